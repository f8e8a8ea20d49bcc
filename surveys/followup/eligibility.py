"""Whether a notice may go out now: decided from fresh facts at the moment of sending. Pure."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from surveys.followup.differences import Stored
from surveys.followup.notices import NoticeKind
from surveys.followup.planning import Planned, Rule, plan
from surveys.followup.protocol import Protocol
from surveys.followup.states import AssessmentState
from surveys.identifiers import AssessmentId, PersonId
from surveys.registry import History

ONE_DAY = timedelta(days=1)


class Outcome(StrEnum):
    """What becomes of a claimed notice."""

    SEND = "send"
    WITHHOLD = "withhold"
    POSTPONE = "postpone"


class Claimed(NamedTuple):
    """A notice that this worker holds. ``fence`` counts the claims: only the latest may settle it."""

    person_id: PersonId
    outbox_id: UUID
    created_at: datetime
    fence: int
    attempts: int
    assessment_id: AssessmentId
    kind: NoticeKind


class Surroundings(NamedTuple):
    """What is stored around a claimed notice: its assessment, and two facts about its neighbours.

    ``waits_for_another``: the person has an assessment open that comes before this one. ``is_superseded``:
    another notice of the same assessment takes this one's place. ``is_invited``: one of its notices went out.
    """

    stored: Stored
    waits_for_another: bool
    is_superseded: bool
    is_invited: bool = False


class Verdict(NamedTuple):
    """The outcome, and for a notice that does not go out why: a word for the outbox."""

    outcome: Outcome
    reason: str = ""


def judge(
    around: Surroundings | None, protocol: Protocol | None, history: History | None, today: date
) -> Verdict:
    """Whether a notice goes out on the local date ``today``.

    It is withheld unless its assessment is open and in its window, and its person is known and, by the
    protocol, still to be asked it; it waits while another assessment of the person comes first.
    """
    if around is None or protocol is None or history is None:
        return Verdict(Outcome.WITHHOLD, "unknown")
    stored = around.stored
    if stored.state is not AssessmentState.OPEN:
        return Verdict(Outcome.WITHHOLD, stored.state.value)
    if not stored.opens_on <= today <= stored.closes_on:
        return Verdict(Outcome.WITHHOLD, "outside-window")
    if reason := _not_wanted(stored, plan(protocol, history, today)):
        return Verdict(Outcome.WITHHOLD, reason)
    if around.is_superseded:
        return Verdict(Outcome.WITHHOLD, "superseded")
    return Verdict(Outcome.POSTPONE, "another-first") if around.waits_for_another else Verdict(Outcome.SEND)


def without_licence(around: Surroundings) -> Verdict:
    """What becomes of a notice that would go out, where no licence covers the instrument today.

    Whoever was invited is reminded still; nobody else is told before the licence is renewed.
    """
    return Verdict(Outcome.SEND) if around.is_invited else Verdict(Outcome.POSTPONE, "licence")


def _not_wanted(stored: Stored, planned: tuple[Planned, ...]) -> str:
    wanted = next((one for one in planned if one.key == stored.key), None)
    if wanted is None:
        return "not-eligible"
    if wanted.state is not AssessmentState.CANCELLED:
        return ""
    return wanted.reason.facts[-1].what if wanted.reason.rule is Rule.STOP else wanted.reason.rule.value
