"""How long a key store is waited for, and how often it is asked again."""

import random
import time
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from surveys.keys.errors import KeystoreError

Value = TypeVar("Value")


class Patience(NamedTuple):
    """``tries`` in all, ``pause`` seconds before the second one, doubled each time; ``seconds`` an answer."""

    tries: int = 4
    pause: float = 0.2
    seconds: float = 5.0


class PassingError(Exception):
    """What may be gone at the next try; ``lasting`` is what it is when it is not."""

    def __init__(self, lasting: KeystoreError) -> None:
        super().__init__(str(lasting))
        self.lasting = lasting


def persist(patience: Patience, attempt: Callable[[], Value]) -> Value:
    """What ``attempt`` gives, tried again while it raises PassingError.

    Only for what may be done twice without harm: an answer that is lost says nothing of what was done.

    Raises:
        KeystoreError: the last try's.
    """
    for number in range(1, patience.tries):
        try:
            return attempt()
        except PassingError:
            # At random, so that services that failed together do not come back together.
            time.sleep(patience.pause * 2 ** (number - 1) * random.uniform(0.5, 1))  # noqa: S311 - no secret
    try:
        return attempt()
    except PassingError as error:
        raise error.lasting from error
