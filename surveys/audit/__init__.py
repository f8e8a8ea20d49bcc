"""The audit log: who did what, hash-chained in the transaction of the act itself."""

from surveys.audit.entries import AuditEntry, encode
from surveys.audit.errors import AuditError, CheckpointError
from surveys.audit.log import Broken, append, verify

__all__ = ["AuditEntry", "AuditError", "Broken", "CheckpointError", "append", "encode", "verify"]
