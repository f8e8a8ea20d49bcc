"""What researchers' scripts ask for: an approved project's extracts and their files."""

from api.research.extracts import research_router

__all__ = ["research_router"]
