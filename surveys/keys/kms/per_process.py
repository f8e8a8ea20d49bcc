"""Connections and sessions, which a forked process must not share with the one that it was forked from."""

import os
from collections.abc import Callable
from typing import Generic, TypeVar

Made = TypeVar("Made")


class PerProcess(Generic[Made]):
    """Something that each process makes for itself, when it first needs it."""

    def __init__(self, make: Callable[[], Made]) -> None:
        self._make = make
        self._made: dict[int, Made] = {}

    def get(self) -> Made:
        """This process's own. Two threads that come first at once may make two, and then share one."""
        process = os.getpid()
        if process not in self._made:
            # The parent's is kept: to close it would speak on the parent's connection.
            self._made.setdefault(process, self._make())
        return self._made[process]
