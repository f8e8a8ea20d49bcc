"""The paper's sections, from what is held of one person. Pure."""

from collections.abc import Iterator, Sequence

import msgspec

from api.patient.paper.wording import Words, day, said_of, words_in
from surveys.answering import Language
from surveys.own import Holdings, Use
from surveys.own.holdings import Answer, Answered, Seen


class Table(msgspec.Struct, frozen=True):
    """A table; ``widths`` are shares of the line."""

    columns: tuple[str, ...]
    widths: tuple[int, ...]
    rows: tuple[tuple[str, ...], ...]


class Section(msgspec.Struct, frozen=True):
    """A heading of level 2 or 3 with lines of text and a table under it."""

    level: int
    title: str
    lines: tuple[str, ...] = ()
    table: Table | None = None


class Paper(msgspec.Struct, frozen=True):
    """The whole paper."""

    title: str
    language: Language
    lines: tuple[str, ...]
    sections: tuple[Section, ...]


def compose(held: Holdings) -> Paper:
    """What is held of one person, in the order in which they would ask."""
    words = words_in(held.language)
    lines = (words["made"].format(at=day(held.made_at, held.language)),)
    return Paper(words["title"], held.language, lines, tuple(_sections(held, words)))


def _sections(held: Holdings, words: Words) -> Iterator[Section]:
    yield _participation(held, words)
    yield Section(2, words["answers"], () if held.responses else (words["none"],))
    for answered in held.responses:
        yield from _answered(answered, words, held.language)
    if held.drafts:
        yield Section(2, words["drafts"])
    for draft in held.drafts:
        yield Section(3, draft.title, table=_answers(draft.answers, words))
    if held.signals:
        yield Section(
            2, words["signals"], tuple(words["signal"].format(**_points(one)) for one in held.signals)
        )
    yield _assessments(held, words)
    yield _facts(held, words)
    yield _uses(held.uses, words, held.language)


def _participation(held: Holdings, words: Words) -> Section:
    told, language = held.participation, held.language
    lines = [words["takes_part"]]
    if told.stopped_at is not None:
        lines = [words["stopped"].format(at=day(told.stopped_at, language))]
    if told.erasure is not None:
        lines.append(words["erasure_asked"].format(at=day(told.erasure.asked_at, language)))
        if told.erasure.done_at is not None:
            lines.append(words["erasure_done"].format(at=day(told.erasure.done_at, language)))
    return Section(2, words["participation"], tuple(lines))


def _answered(answered: Answered, words: Words, language: Language) -> Iterator[Section]:
    at = day(answered.submitted_at, language)
    heading = words["answered_on"].format(title=answered.title, wave=answered.wave, at=at)
    yield Section(3, heading, table=_answers(answered.answers, words))
    for made in answered.scorings:
        if made.scores:
            rows = tuple(
                (one.scale_id, words["no_score"] if one.value is None else f"{one.value:g}")
                for one in made.scores
            )
            lines = (words["scored_on"].format(at=day(made.scored_at, language)),)
            table = Table((words["scale"], words["value"]), (2, 1), rows)
            yield Section(4, words["scores"], lines, table)


def _answers(answers: Sequence[Answer], words: Words) -> Table:
    rows = tuple(
        (f"{one.section}\n{one.question}".strip(), ", ".join(one.said) or words[one.status])
        for one in answers
    )
    return Table((words["question"], words["answer"]), (3, 2), rows)


def _assessments(held: Holdings, words: Words) -> Section:
    rows = tuple(
        (
            one.wave,
            f"{day(one.opens_on, held.language)} – {day(one.closes_on, held.language)}",
            words[one.state],
        )
        for one in held.assessments
    )
    lines = tuple(
        words["waiting"].format(at=day(one.received_at, held.language))
        for one in held.submissions
        if not one.is_stored
    )
    table = Table((words["questionnaire"], words["window"], words["state"]), (3, 3, 2), rows)
    return _with_table(Section(2, words["assessments"], lines, table), words)


def _facts(held: Holdings, words: Words) -> Section:
    rows = tuple(
        (words[one.kind], said_of(one, held.language), day(one.recorded_at, held.language))
        for one in held.facts
        if one.holds and not one.fact.get("withdrawn")
    )
    table = Table((words["fact"], words["said"], words["recorded"]), (2, 4, 2), rows)
    return _with_table(Section(2, words["facts"], (), table), words)


def _uses(uses: Sequence[Use], words: Words, language: Language) -> Section:
    rows = tuple(
        (
            day(one.at, language),
            words[one.purpose],
            _lines(words[one.role], one.organisation, one.project, one.basis),
        )
        for one in uses
    )
    table = Table((words["when"], words["what"], words["who"]), (2, 3, 4), rows)
    return _with_table(Section(2, words["uses"], (), table), words)


def _with_table(section: Section, words: Words) -> Section:
    """A section whose table has no rows says so instead."""
    if section.table is None or section.table.rows:
        return section
    return msgspec.structs.replace(section, lines=(*section.lines, words["none"]), table=None)


def _points(one: Seen) -> dict[str, str]:
    return {
        name: f"{value:g}" if isinstance(value, float) else str(value)
        for name, value in msgspec.structs.asdict(one).items()
    }


def _lines(*lines: str) -> str:
    return "\n".join(line for line in lines if line)
