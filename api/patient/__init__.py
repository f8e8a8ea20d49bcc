"""What a patient's page asks for: itself, the assessments, drafts and submissions, and their own view."""

from api.patient.assessments import patient_router
from api.patient.own import own_router
from api.patient.page import mine_page, patient_page

__all__ = ["mine_page", "own_router", "patient_page", "patient_router"]
