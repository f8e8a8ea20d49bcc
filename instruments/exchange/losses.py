"""What an import reports: the losses and notes that it names, and the error that ends it."""

from instruments.definition import Document


class Loss(Document, frozen=True):
    """One thing that was not understood: the element's path, what stands there, why it is not kept."""

    path: str
    what: str
    why: str


class Note(Document, frozen=True):
    """One thing that was read and left, and by which nothing is lost: path, what stands there, why."""

    path: str
    what: str
    why: str


class InvalidQuestionnaireError(Exception):
    """The content is not a Questionnaire that anything can be read from.

    ``path`` is where (empty for the whole), ``rule`` what is broken there.
    """

    def __init__(self, path: str, rule: str) -> None:
        super().__init__(f"{path or 'the questionnaire'}: {rule}")
        self.path = path
        self.rule = rule
