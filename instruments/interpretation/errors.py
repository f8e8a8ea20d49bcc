"""What can go wrong when scores are interpreted."""

from collections.abc import Iterable


class InterpretationError(Exception):
    """The family of everything that this folder raises."""


class UnknownNameError(InterpretationError):
    """The interpretation has no scale, difference or population of this name."""

    def __init__(self, instrument_id: str, kind: str, name: str, known: Iterable[str]) -> None:
        self.kind = kind
        self.name = name
        names = ", ".join(sorted(known)) or "none"
        super().__init__(f"{instrument_id} has no {kind} {name!r}; it has {names}")


class NoFigureError(InterpretationError):
    """The source gives no such figure, and none is made up."""

    def __init__(self, name: str, figure: str) -> None:
        self.name = name
        self.figure = figure
        super().__init__(f"{name} gives no {figure}; choose another source or name the figure yourself")


class InvalidTimesError(InterpretationError):
    """The scores, days or definition cannot be read as follow-up; ``place`` says which."""

    def __init__(self, place: str, rule: str) -> None:
        self.place = place
        self.rule = rule
        super().__init__(f"{place}: {rule}")
