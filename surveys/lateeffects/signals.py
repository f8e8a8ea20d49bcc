"""Signals: what the rules saw in one person's answers, sealed, listed for staff and marked as seen."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Final, Literal, TypeAlias

import msgspec
from sqlalchemy import ColumnElement, Row, and_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from surveys.audit import AuditEntry, append
from surveys.identifiers import AssessmentId, PersonId, SignalId, StudyId, TumourId, new_id
from surveys.keys import Binding, Keys, PlainRow, Purpose, SealedRow
from surveys.lateeffects.errors import SignalNotFoundError
from surveys.lateeffects.rules import Change, LateEffectRule, changes
from surveys.lateeffects.tables import signal
from surveys.lateeffects.trajectories import ScoredWave
from surveys.registry import History, Treatment, TreatmentKind, Tumour

FirstTreatment: TypeAlias = TreatmentKind | Literal["none"]

NO_TREATMENT: Final = "none"
FALLBACK_LANGUAGE = "nb"


class Occasion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose answers were scored: the assessment that they belong to, and the local date they were given on.

    ``wave_names`` is the protocol's name of the wave by language.
    """

    person_id: PersonId
    study_id: StudyId
    assessment_id: AssessmentId
    tumour_id: TumourId
    wave_names: dict[str, str]
    answered_on: date


class SignalContent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is sealed of a signal. Scores are in points of the scale; names are by language."""

    rule_version: int
    rule_names: dict[str, str]
    wave: int
    wave_names: dict[str, str]
    scale_id: str
    scale_names: dict[str, str]
    baseline: float
    score: float
    drop: float
    site: str
    treatment: FirstTreatment
    months_since_diagnosis: int


class SignalDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A signal that is to be sealed and stored."""

    person_id: PersonId
    study_id: StudyId
    assessment_id: AssessmentId
    rule: LateEffectRule
    content: SignalContent


class Signal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A signal as staff see it, in their language.

    ``person_id`` is the identifier that is reached, where the person has several. ``site`` is the case's
    ICD-10 code, ``treatment`` the kind of the first treatment (``none`` before any), and
    ``months_since_diagnosis`` counts whole months up to the answer.
    """

    signal_id: SignalId
    person_id: PersonId
    raised_at: datetime
    state: Literal["new", "seen"]
    rule_name: str
    wave_name: str
    scale_name: str
    drop: float
    baseline: float
    score: float
    site: str
    treatment: FirstTreatment
    months_since_diagnosis: int


def signals_for(
    rules: Iterable[LateEffectRule],
    occasion: Occasion,
    earlier: Sequence[ScoredWave],
    new: Sequence[ScoredWave],
    linked: History | None,
) -> list[SignalDraft]:
    """What ``rules`` see in the ``new`` scores of one occasion against the person's ``earlier`` ones. Pure.

    ``earlier`` holds the waves of the same case. Controls have no case of their own, so nothing of theirs
    is a late effect: there is no signal unless ``linked`` holds the occasion's tumour.
    """
    tumours = () if linked is None else linked.tumours
    case = next((one for one in tumours if one.tumour_id == occasion.tumour_id), None)
    if linked is None or case is None:
        return []
    seen = [change for rule in rules for part in new if (change := changes(rule, earlier, part)) is not None]
    return [_draft(occasion, change, case, linked.treatments) for change in seen]


async def insert_signals(
    connection: AsyncConnection, keys: Keys, drafts: Sequence[SignalDraft], now: datetime
) -> int:
    """Seals and stores ``drafts``, one a rule and assessment however often it is called; says how many.

    Raises:
        KeysError: the key service refused or could not be reached.
    """
    if not drafts:
        return 0
    ids = [SignalId(new_id()) for _ in drafts]
    sealed = await keys.seal(
        [
            PlainRow(
                signal_place(signal_id, draft.person_id, draft.study_id), msgspec.json.encode(draft.content)
            )
            for signal_id, draft in zip(ids, drafts, strict=True)
        ]
    )
    rows = [
        {
            "person_id": draft.person_id,
            "signal_id": signal_id,
            "study_id": draft.study_id,
            "assessment_id": draft.assessment_id,
            "rule_id": draft.rule.rule_id,
            "raised_at": now,
            "state": "new",
            "sealed": value,
        }
        for signal_id, draft, value in zip(ids, drafts, sealed, strict=True)
    ]
    # The worker may only insert, so the conflict cannot name its index and the rows cannot be returned.
    statement = insert(signal).values(rows).on_conflict_do_nothing()
    result = await connection.execute(statement, execution_options={"preserve_rowcount": True})
    return result.rowcount


async def list_signals(
    connection: AsyncConnection, keys: Keys, grant: bytes, limit: int, language: str = FALLBACK_LANGUAGE
) -> list[Signal]:
    """The newest ``limit`` signals, opened for the member of staff to whom ``grant`` was given.

    Raises:
        KeysError: the grant does not allow it, a signal does not open, or the key service is out of reach.
    """
    rows = (
        await connection.execute(
            select(signal, text("(persons.all_of(signal.person_id))[1] AS reached"))
            .order_by(signal.c.raised_at.desc(), signal.c.signal_id.desc())
            .limit(limit)
        )
    ).all()
    if not rows:
        return []
    sealed = [SealedRow(signal_place(row.signal_id, row.person_id, row.study_id), row.sealed) for row in rows]
    opened = await keys.open(Purpose.SIGNALS, sealed, grant)
    return [_signal(row, content, language) for row, content in zip(rows, opened, strict=True)]


async def mark_seen(
    connection: AsyncConnection, person_id: PersonId, signal_id: SignalId, by: str, now: datetime
) -> None:
    """Notes that ``by`` has seen the signal; whoever saw it first stays noted.

    Raises:
        SignalNotFoundError: this person has no such signal.
    """
    of_person = text("signal.person_id = ANY (persons.all_of(:person_id))").bindparams(person_id=person_id)
    this_one = and_(of_person, signal.c.signal_id == signal_id)
    changed = await connection.execute(
        update(signal).where(this_one, signal.c.state == "new").values(state="seen", seen_at=now, seen_by=by)
    )
    if changed.rowcount == 0:
        await _check_exists(connection, this_one, signal_id)
        return
    about = {"signal": str(signal_id)}
    await append(connection, AuditEntry("signal-seen", by, now, person_id, about))


async def _check_exists(
    connection: AsyncConnection, this_one: ColumnElement[bool], signal_id: SignalId
) -> None:
    if await connection.scalar(select(text("1")).select_from(signal).where(this_one)) is None:
        raise SignalNotFoundError(signal_id)


def _draft(occasion: Occasion, change: Change, case: Tumour, treatments: Sequence[Treatment]) -> SignalDraft:
    content = SignalContent(
        rule_version=change.rule.version,
        rule_names=change.rule.names,
        wave=change.wave,
        wave_names=occasion.wave_names,
        scale_id=change.rule.scale_id,
        scale_names=change.rule.scale_names,
        baseline=change.baseline,
        score=change.score,
        drop=change.drop,
        site=case.icd10,
        treatment=_first_treatment(treatments, occasion),
        months_since_diagnosis=_whole_months(case.incidence_date, occasion.answered_on),
    )
    return SignalDraft(occasion.person_id, occasion.study_id, occasion.assessment_id, change.rule, content)


def _first_treatment(treatments: Sequence[Treatment], occasion: Occasion) -> FirstTreatment:
    given = [
        one
        for one in treatments
        if one.tumour_id == occasion.tumour_id and one.started_on <= occasion.answered_on
    ]
    # Surveillance is the choice not to treat yet: it says something only where nothing followed.
    active = [one for one in given if one.kind != "surveillance"] or given
    return min(active, key=lambda one: (one.started_on, one.kind)).kind if active else NO_TREATMENT


def _whole_months(since: date, until: date) -> int:
    months = (until.year - since.year) * 12 + until.month - since.month
    return max(0, months - (until.day < since.day))


def signal_place(signal_id: SignalId, person_id: PersonId, study_id: StudyId) -> Binding:
    """Where a sealed signal belongs."""
    return Binding("lateeffects.signal", signal_id, person_id, study_id)


def _signal(row: Row[tuple[object, ...]], content: bytes, language: str) -> Signal:
    opened = msgspec.json.decode(content, type=SignalContent)
    return Signal(
        signal_id=row.signal_id,
        person_id=row.reached,
        raised_at=row.raised_at.astimezone(UTC),
        state=row.state,
        rule_name=_named(opened.rule_names, language),
        wave_name=_named(opened.wave_names, language),
        scale_name=_named(opened.scale_names, language),
        drop=opened.drop,
        baseline=opened.baseline,
        score=opened.score,
        site=opened.site,
        treatment=opened.treatment,
        months_since_diagnosis=opened.months_since_diagnosis,
    )


def _named(names: Mapping[str, str], language: str) -> str:
    return names.get(language) or names[FALLBACK_LANGUAGE]
