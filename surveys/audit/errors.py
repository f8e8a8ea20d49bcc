"""What can go wrong with the audit log's checkpoints and proofs."""


class AuditError(Exception):
    """The base of them all."""


class CheckpointError(AuditError):
    """A checkpoint, its key or its signature is none that counts; the message says by which rule."""

    def __init__(self, rule: str) -> None:
        super().__init__(f"not a checkpoint that counts: {rule}")
        self.rule = rule
