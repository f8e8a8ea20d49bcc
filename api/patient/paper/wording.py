"""The paper's own words, by language, and what a registry said in words that its person knows."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from importlib.resources import files

import msgspec

from surveys.answering import Language
from surveys.clock import LOCAL_ZONE
from surveys.own.holdings import Fact

Words = Mapping[str, str]

LEFT_OUT = frozenset(
    {
        "tumour_id",
        "treatment_id",
        "registry",
        "birth_date_flag",
        "incidence_date_flag",
        "end_of_followup_flag",
        "withdrawn",
    }
)
"""Keys and marks of the registry's own. They stand in the JSON."""

DATES = ("_date", "_on", "_followup")


@cache
def words_in(language: Language) -> Words:
    """The paper's headings and sentences."""
    return _read("words.json")[language]


def said_of(fact: Fact, language: Language) -> str:
    """What a fact says, a line a column; a code without words stands as the registry writes it."""
    words = _read("facts.json")[language]
    return "\n".join(
        f"{words.get(name, name)}: {_value(words, name, value, language)}"
        for name, value in fact.fact.items()
        if value is not None and name not in LEFT_OUT
    )


def day(at: date | datetime, language: Language) -> str:
    """A date as it is written in the language; of a moment, the local one."""
    on = at.astimezone(LOCAL_ZONE).date() if isinstance(at, datetime) else at
    return f"{on.day} {on:%B %Y}" if language == "en" else f"{on:%d.%m.%Y}"


def _value(words: Words, name: str, value: object, language: Language) -> str:
    if name.endswith(DATES):
        return day(date.fromisoformat(str(value)), language)
    return words.get(f"{name}/{value}", str(value))


@cache
def _read(name: str) -> Mapping[Language, Words]:
    content = files("api.patient.paper").joinpath(name).read_bytes()
    return msgspec.json.decode(content, type=dict[Language, dict[str, str]])
