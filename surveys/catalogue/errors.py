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


class NoActorError(CatalogueError):
    """Nobody is named who moves a version or records a licence."""

    def __init__(self) -> None:
        super().__init__("actor: is empty; name the person who does this (--actor or ETTERKLANG_ACTOR)")


class NotPublishableError(CatalogueError):
    """An instrument version lacks something that publishing needs; ``faults`` names each place and rule."""

    def __init__(self, version_id: InstrumentVersionId, faults: tuple[str, ...]) -> None:
        self.version_id = version_id
        self.faults = faults
        super().__init__(
            f"instrument version {version_id} has {len(faults)} faults and cannot be published; "
            "mend each that is listed and store a new version"
        )


def _way(state: str) -> str:
    return {
        "draft": "submit it for review first",
        "in-review": "publish it, or return it to draft",
    }.get(state, "store a new version")
