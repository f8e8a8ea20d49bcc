"""The audit log: who did what, hash-chained in the act's own transaction, under signed checkpoints."""

from surveys.audit.archive import read_outside
from surveys.audit.entries import AuditEntry, encode
from surveys.audit.errors import AuditError, CheckpointError, DamagedLogError
from surveys.audit.findings import Broken, BrokenCheckpoint
from surveys.audit.growing import make_checkpoint
from surveys.audit.log import append, append_all
from surveys.audit.proofs import ProofError, Proven, check_proof, write_proof
from surveys.audit.proving import prove
from surveys.audit.verifying import Outside, Verified, verify

__all__ = [
    "AuditEntry",
    "AuditError",
    "Broken",
    "BrokenCheckpoint",
    "CheckpointError",
    "DamagedLogError",
    "Outside",
    "ProofError",
    "Proven",
    "Verified",
    "append",
    "append_all",
    "check_proof",
    "encode",
    "make_checkpoint",
    "prove",
    "read_outside",
    "verify",
    "write_proof",
]
