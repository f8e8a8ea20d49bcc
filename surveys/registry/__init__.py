"""People, cases and treatments as the registry feeds them, linked by national ID and never overwritten."""

from surveys.registry.history import (
    ControlOf,
    History,
    Reservation,
    ReservationScope,
    Treatment,
    TreatmentKind,
    Tumour,
)
from surveys.registry.reading import histories, histories_of

__all__ = [
    "ControlOf",
    "History",
    "Reservation",
    "ReservationScope",
    "Treatment",
    "TreatmentKind",
    "Tumour",
    "histories",
    "histories_of",
]
