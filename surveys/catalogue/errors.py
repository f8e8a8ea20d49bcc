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
            f"instrument version {version_id} is {state} and cannot become {wanted}; store a new version"
        )


class NotPublishableError(CatalogueError):
    """An instrument version lacks something that publishing needs; ``faults`` names each place and rule."""

    def __init__(self, version_id: InstrumentVersionId, faults: tuple[str, ...]) -> None:
        self.version_id = version_id
        self.faults = faults
        super().__init__(
            f"instrument version {version_id} has {len(faults)} faults and cannot be published; "
            "mend each that is listed and store a new version"
        )
