"""Checkpoints leave the database: to folders, buckets and webhooks that its owner cannot set back."""

from surveys.audit.publishing.destination import Destination, Publication
from surveys.audit.publishing.reading import destinations_of
from surveys.audit.publishing.shell import Standing, publish, standings

__all__ = ["Destination", "Publication", "Standing", "destinations_of", "publish", "standings"]
