"""The audit log: who did what, hash-chained in the transaction of the act itself."""

from surveys.audit.entries import AuditEntry, encode
from surveys.audit.log import Broken, append, verify

__all__ = ["AuditEntry", "Broken", "append", "encode", "verify"]
