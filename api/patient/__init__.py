"""What a patient's page asks for: the page itself, the assessments, drafts and submissions."""

from api.patient.assessments import patient_router
from api.patient.page import patient_page

__all__ = ["patient_page", "patient_router"]
