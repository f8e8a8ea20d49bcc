"""What can go wrong when two identifiers are joined."""


class PersonsError(Exception):
    """The family of everything that this folder raises."""


class MergeRefusedError(PersonsError):
    """A merge, or its end, breaks a rule; the rule is named, the person never."""

    def __init__(self, rule: str) -> None:
        super().__init__(f"nothing was merged or unmerged: {rule}")
        self.rule = rule
