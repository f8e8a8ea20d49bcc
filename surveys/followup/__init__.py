"""Turns registry facts into the right questionnaire for the right person at the right time."""

from surveys.followup.assessments import (
    Assessment,
    Overview,
    WaveCounts,
    assessments_of,
    every_own_assessment,
    overview,
    own_assessment,
    own_assessments,
)
from surveys.followup.checking import check_protocol
from surveys.followup.differences import Changes, Stored, difference
from surveys.followup.errors import (
    ChannelError,
    FollowupError,
    InvalidProtocolError,
    ProtocolFault,
    ProtocolRetiredError,
    UnknownProtocolError,
)
from surveys.followup.notices import Channel, Notice, NoticeKind, may_send_at
from surveys.followup.planning import Planned, explain, plan, plan_all
from surveys.followup.protocol import (
    Anchor,
    Protocol,
    ProtocolDraft,
    Wave,
    WaveDraft,
    Who,
    read_draft,
    resolve,
)
from surveys.followup.sending import Sent, send_due
from surveys.followup.states import MOVES, AssessmentState
from surveys.followup.sweeps import Swept, sweep
from surveys.followup.versions import live_protocols, load_protocols, publish_protocol, store_protocol

__all__ = [
    "MOVES",
    "Anchor",
    "Assessment",
    "AssessmentState",
    "Changes",
    "Channel",
    "ChannelError",
    "FollowupError",
    "InvalidProtocolError",
    "Notice",
    "NoticeKind",
    "Overview",
    "Planned",
    "Protocol",
    "ProtocolDraft",
    "ProtocolFault",
    "ProtocolRetiredError",
    "Sent",
    "Stored",
    "Swept",
    "UnknownProtocolError",
    "Wave",
    "WaveCounts",
    "WaveDraft",
    "Who",
    "assessments_of",
    "check_protocol",
    "difference",
    "every_own_assessment",
    "explain",
    "live_protocols",
    "load_protocols",
    "may_send_at",
    "overview",
    "own_assessment",
    "own_assessments",
    "plan",
    "plan_all",
    "publish_protocol",
    "read_draft",
    "resolve",
    "send_due",
    "store_protocol",
    "sweep",
]
