"""What can go wrong between an approved project and its extract."""

from datetime import date, datetime

from surveys.identifiers import ExtractId, ProjectId


class ResearchError(Exception):
    """The family of everything that this folder raises."""


class ProjectNotFoundError(ResearchError):
    """There is no project with this name or identifier."""

    def __init__(self, project: str) -> None:
        self.project = project
        super().__init__(f"there is no project {project}; have it approved first")


class ProjectChangedError(ResearchError):
    """An approved project is not changed in place."""

    def __init__(self, project_id: ProjectId) -> None:
        self.project_id = project_id
        super().__init__(
            f"project {project_id}, or another of its name, is approved with other terms; "
            "approve the new terms under a new name and identifier"
        )


class UnconfirmedProjectError(ResearchError):
    """A linked project was recorded by one person, and a second has not approved it yet."""

    def __init__(self, project_id: ProjectId) -> None:
        self.project_id = project_id
        super().__init__(
            f"project {project_id} is linked with the registry, so a second person must approve it too: "
            "`etterklang projects approve` with the same document"
        )


class NobodyApprovesError(ResearchError):
    """An approval names nobody who records it."""

    def __init__(self) -> None:
        super().__init__("an approval must name who records it")


class UnsaidTermError(ResearchError):
    """A project keeps from the people whose answers it uses what they are to be told."""

    def __init__(self, term: str) -> None:
        self.term = term
        super().__init__(f"{term}: must not be empty; the people whose answers are used read it")


class ProjectExpiredError(ResearchError):
    """The approval has run out."""

    def __init__(self, project_id: ProjectId, valid_to: date) -> None:
        self.project_id = project_id
        self.valid_to = valid_to
        super().__init__(f"the approval of project {project_id} ran out on {valid_to}; have it renewed")


class FutureExtractError(ResearchError):
    """An extract shows what was known at a moment that has been."""

    def __init__(self, as_of: datetime) -> None:
        self.as_of = as_of
        super().__init__(f"{as_of.isoformat()} has not been yet; ask for a moment that has")


class ExtractNotFoundError(ResearchError):
    """There is no extract with this identifier."""

    def __init__(self, extract_id: ExtractId) -> None:
        self.extract_id = extract_id
        super().__init__(f"there is no extract {extract_id}; request one")


class ExtractNotReadyError(ResearchError):
    """The extract has not been built, or could not be."""

    def __init__(self, extract_id: ExtractId, state: str) -> None:
        self.extract_id = extract_id
        self.state = state
        super().__init__(f"extract {extract_id} is {state}, not ready; ask again later")


class IncompleteExtractError(ResearchError):
    """The stored parts of a file are not those that its manifest speaks of: somebody has changed them."""

    def __init__(self, extract_id: ExtractId, file: str) -> None:
        self.extract_id = extract_id
        self.file = file
        super().__init__(
            f"{file} of extract {extract_id} is not what its manifest says; request a new extract"
        )
