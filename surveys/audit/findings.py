"""What verifying finds: the first thing in the log that is not as it was written."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Broken:
    """The first bad entry."""

    lane: int
    sequence: int
    why: str

    def __str__(self) -> str:
        return f"lane {self.lane}, entry {self.sequence}: {self.why}"


@dataclass(frozen=True)
class BrokenCheckpoint:
    """The first checkpoint that the log does not bear out, where no entry can be named for it."""

    size: int
    why: str

    def __str__(self) -> str:
        return f"checkpoint over {self.size} entries: {self.why}"


Finding = Broken | BrokenCheckpoint
