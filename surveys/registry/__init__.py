"""People, cases and treatments as the registry feeds them, linked by national ID and never overwritten."""

from surveys.registry.as_of import linked_cases
from surveys.registry.batches import (
    BatchConflictError,
    batch_status,
    import_waiting_batches,
    receive_batch,
)
from surveys.registry.feed import import_rows
from surveys.registry.history import (
    ControlOf,
    History,
    Reservation,
    ReservationScope,
    Treatment,
    TreatmentKind,
    Tumour,
)
from surveys.registry.messages import BatchHeader, BatchStatus, FeedReport, Form, Rejected
from surveys.registry.reading import histories, histories_of
from surveys.registry.rows import FeedError

__all__ = [
    "BatchConflictError",
    "BatchHeader",
    "BatchStatus",
    "ControlOf",
    "FeedError",
    "FeedReport",
    "Form",
    "History",
    "Rejected",
    "Reservation",
    "ReservationScope",
    "Treatment",
    "TreatmentKind",
    "Tumour",
    "batch_status",
    "histories",
    "histories_of",
    "import_rows",
    "import_waiting_batches",
    "linked_cases",
    "receive_batch",
]
