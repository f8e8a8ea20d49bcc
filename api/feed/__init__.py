"""What a registry's own system sends: batches of cases, streamed in and sealed as they come."""

from api.feed.batches import feed_router

__all__ = ["feed_router"]
