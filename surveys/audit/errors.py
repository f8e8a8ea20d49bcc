"""What can go wrong with the audit log, its checkpoints and its proofs."""


class AuditError(Exception):
    """The base of them all."""


class CheckpointError(AuditError):
    """A checkpoint, its key or its signature is none that counts; the message says by which rule."""

    def __init__(self, rule: str) -> None:
        super().__init__(f"not a checkpoint that counts: {rule}")
        self.rule = rule


class DamagedLogError(AuditError):
    """An entry is not where the log must have one, so no checkpoint is signed over it."""

    def __init__(self, lane: int, sequence: int) -> None:
        super().__init__(
            f"lane {lane}, entry {sequence} is missing: no checkpoint is made; run `audit verify`"
        )
        self.lane = lane
        self.sequence = sequence
