"""What the registry's staff see: the page, the signals of late effects, and how many have answered."""

from api.staff.page import staff_page
from api.staff.registry import staff_router

__all__ = ["staff_page", "staff_router"]
