"""What can go wrong with a stored document or an instrument version."""

from surveys.identifiers import InstrumentVersionId


class CatalogueError(Exception):
    """The family of everything that this folder raises."""


class VersionNotFoundError(CatalogueError):
    """No instrument version has this identifier."""

    def __init__(self, version_id: InstrumentVersionId) -> None:
        self.version_id = version_id
        super().__init__(f"there is no instrument version {version_id}; list the versions and choose one")


class NotLiveError(CatalogueError):
    """No version of an instrument is live."""

    def __init__(self, instrument_id: str) -> None:
        self.instrument_id = instrument_id
        super().__init__(
            f"no version of the instrument {instrument_id} is live; list the versions and name one"
        )


class VersionMoveError(CatalogueError):
    """An instrument version does not go from its state to the one asked for."""

    def __init__(self, version_id: InstrumentVersionId, state: str, wanted: str) -> None:
        self.version_id = version_id
        self.state = state
        self.wanted = wanted
        super().__init__(
            f"instrument version {version_id} is {state} and cannot become {wanted}; {_way(state)}"
        )


class SecondPersonError(CatalogueError):
    """Whoever would publish a version has imported it or submitted it for review."""

    def __init__(self, version_id: InstrumentVersionId, actor: str) -> None:
        self.version_id = version_id
        self.actor = actor
        super().__init__(
            f"{actor} imported instrument version {version_id} or submitted it for review; "
            "somebody else must publish it"
        )


class NoWordingError(CatalogueError):
    """An instrument version has no wording in a language."""

    def __init__(self, version_id: InstrumentVersionId, language: str) -> None:
        self.version_id = version_id
        self.language = language
        super().__init__(f"instrument version {version_id} has no wording in {language}")


class NoTextError(CatalogueError):
    """A text that is to be marked is none that the language has."""

    def __init__(self, language: str, key: str) -> None:
        self.language = language
        self.key = key
        super().__init__(f"{language}: {key} is no text that this language has")


class OtherInstrumentError(CatalogueError):
    """A record of a translation names another instrument than the version's."""

    def __init__(self, version_id: InstrumentVersionId, language: str) -> None:
        self.version_id = version_id
        self.language = language
        super().__init__(
            f"the record of {language} names another instrument than that of version {version_id}"
        )


class NoRecordError(CatalogueError):
    """A language is to be approved and nobody has recorded how its wording was made."""

    def __init__(self, version_id: InstrumentVersionId, language: str) -> None:
        self.version_id = version_id
        self.language = language
        super().__init__(
            f"instrument version {version_id} has no record of its translation into {language}; "
            "record how it was made first"
        )


class OwnTranslationError(CatalogueError):
    """Whoever would approve a language has made its wording or recorded how it was made."""

    def __init__(self, version_id: InstrumentVersionId, language: str, actor: str) -> None:
        self.version_id = version_id
        self.language = language
        self.actor = actor
        super().__init__(
            f"{actor} made or recorded the translation of instrument version {version_id} into {language}; "
            "somebody else must approve it"
        )


class NoActorError(CatalogueError):
    """Nobody is named who moves a version, records or approves."""

    def __init__(self) -> None:
        super().__init__("actor: is empty; name the person who does this (--actor or ETTERKLANG_ACTOR)")


class NotPublishableError(CatalogueError):
    """An instrument version lacks something that publishing needs; ``faults`` names each place and rule."""

    def __init__(self, version_id: InstrumentVersionId, faults: tuple[str, ...]) -> None:
        self.version_id = version_id
        self.faults = faults
        super().__init__(
            f"instrument version {version_id} has {len(faults)} faults and cannot be published; "
            "mend each that is listed; another wording, structure or scoring is a new version"
        )


def _way(state: str) -> str:
    return {
        "draft": "submit it for review first",
        "in-review": "publish it, or return it to draft",
    }.get(state, "store a new version")
