"""What is held of one person as a PDF that a screen reader can read (PDF/UA-1)."""

from api.patient.paper.composing import compose
from api.patient.paper.printing import print_paper

__all__ = ["compose", "print_paper"]
