"""What can go wrong with protocols and notices."""

from collections.abc import Sequence

import msgspec

from surveys.identifiers import ProtocolVersionId


class FollowupError(Exception):
    """The family of everything that this folder raises."""


class ProtocolFault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing wrong with a protocol document: where (as ``$.waves[1].anchor``) and which rule."""

    place: str
    rule: str


class InvalidProtocolError(FollowupError):
    """The document is not a protocol that can be followed; ``faults`` names each place and rule."""

    def __init__(self, faults: Sequence[ProtocolFault]) -> None:
        self.faults = tuple(faults)
        super().__init__(
            "the protocol cannot be used: " + "; ".join(f"{one.place}: {one.rule}" for one in self.faults)
        )


class UnknownProtocolError(FollowupError):
    """There is no protocol version with this identifier."""

    def __init__(self, protocol_version_id: ProtocolVersionId) -> None:
        self.protocol_version_id = protocol_version_id
        super().__init__(f"there is no protocol version {protocol_version_id}; store the protocol first")


class ProtocolRetiredError(FollowupError):
    """The version was live once and has been replaced; it does not come back."""

    def __init__(self, protocol_version_id: ProtocolVersionId) -> None:
        self.protocol_version_id = protocol_version_id
        super().__init__(
            f"protocol version {protocol_version_id} has been retired; store and publish a new version"
        )


class ChannelError(FollowupError):
    """A channel did not take a notice. ``reason`` is a word for the outbox, never an address."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"the channel did not take the notice ({reason}); it is tried again")
