"""The published instruments that the project knows: facts only (numbers, ranges, formulas), never wording."""

from functools import lru_cache
from importlib.resources import files

import msgspec

from instruments.definition import Document
from instruments.scoring import ScoringSpec

FOLDER = files("instruments.catalogue") / "instruments"


class UnknownInstrumentError(Exception):
    """The catalogue has no instrument of this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the catalogue has no {name[:100]!r}; it has {', '.join(names())}")
        self.name = name


class LicenceTerms(Document, frozen=True):
    """What the holder of the rights asks; ``status``: how sure that is, ``electronic``: more for screens."""

    terms: str
    status: str
    holder: str = ""
    electronic: str = ""
    sources: tuple[str, ...] = ()


class Entry(Document, frozen=True):
    """One published instrument: what it is, how sure its facts are (``status``), and how it is scored.

    ``aliases`` are other names of it, ``columns`` other headers of an item's column in a table of answers,
    ``unscored`` the items that no score counts. Without ``scoring``, its rules are not known well enough.
    """

    spec_id: str
    instrument_id: str
    title: str
    n_items: int
    licence: LicenceTerms
    family: str = ""
    aliases: tuple[str, ...] = ()
    recall: str = ""
    status: str = ""
    sources: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    unscored: tuple[str, ...] = ()
    columns: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    scoring: ScoringSpec | None = None


@lru_cache(maxsize=1)
def names() -> tuple[str, ...]:
    """The names of all entries, in the order of the alphabet."""
    return tuple(
        sorted(path.name[: -len(".json")] for path in FOLDER.iterdir() if path.name.endswith(".json"))
    )


@lru_cache(maxsize=64)
def entry(name: str) -> Entry:
    """The entry of this name, instrument identifier or alias; case, ``-`` and ``_`` do not matter.

    Raises:
        UnknownInstrumentError: there is none.
    """
    wanted = _plain(name)
    if wanted in names():
        return _read(wanted)
    for other in names():
        found = _read(other)
        if wanted in {_plain(found.instrument_id), *map(_plain, found.aliases)}:
            return found
    raise UnknownInstrumentError(name)


def _plain(name: str) -> str:
    return name.strip().lower().replace("-", "_")


@lru_cache(maxsize=64)
def _read(name: str) -> Entry:
    return msgspec.json.decode((FOLDER / f"{name}.json").read_bytes(), type=Entry)
