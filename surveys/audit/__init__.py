"""The audit log: who did what, hash-chained in the act's own transaction, under signed checkpoints."""

from surveys.audit.entries import AuditEntry, encode
from surveys.audit.errors import AuditError, CheckpointError, DamagedLogError
from surveys.audit.growing import make_checkpoint
from surveys.audit.log import Broken, append, append_all, verify

__all__ = [
    "AuditEntry",
    "AuditError",
    "Broken",
    "CheckpointError",
    "DamagedLogError",
    "append",
    "append_all",
    "encode",
    "make_checkpoint",
    "verify",
]
