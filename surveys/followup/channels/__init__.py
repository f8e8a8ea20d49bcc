"""Ways to reach somebody, each behind the one method of ``Channel``."""

from surveys.followup.channels.folder import FolderChannel

__all__ = ["FolderChannel"]
