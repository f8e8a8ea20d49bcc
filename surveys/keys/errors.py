"""What can go wrong with keys; no message says more than its reader may know."""


class KeysError(Exception):
    """Something about keys, sealing or the key service went wrong."""


class NotOpenedError(KeysError):
    """A sealed value does not open here: damaged, moved, or under another key. There is one such error."""

    def __init__(self) -> None:
        super().__init__("a sealed value does not open: it is damaged, or it does not belong where it stands")


class TooLongError(KeysError):
    """A value is longer than its envelope may be, or a call than its frame."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"what was given is longer than the {limit} bytes that there is room for")
        self.limit = limit


class NotAllowedError(KeysError):
    """The caller's role or grant does not cover what it asked for."""

    def __init__(self, what: str) -> None:
        super().__init__(f"not allowed: {what}")
        self.what = what


class FreshLoginNeededError(KeysError):
    """The login behind the grant is too long ago for this; the same person logs in again and repeats it."""

    def __init__(self) -> None:
        super().__init__("this needs a login of the last five minutes; log in again")


class LoginRefusedError(KeysError):
    """An ID token breaks a rule; the rule is named, the token never."""

    def __init__(self, rule: str) -> None:
        super().__init__(f"the identity provider's token was refused: {rule}")
        self.rule = rule


class QuotaExceededError(KeysError):
    """More was asked to be opened for a purpose than its hourly quota allows."""

    def __init__(self, purpose: str) -> None:
        super().__init__(f"the hourly quota for {purpose} is used up; try again later")
        self.purpose = purpose


class KeysUnavailableError(KeysError):
    """The key service does not answer."""

    def __init__(self) -> None:
        super().__init__("the key service does not answer")


class KeystoreError(KeysError):
    """The key store cannot be made, opened or used."""


class KeystoreUnreachableError(KeystoreError):
    """The key store does not answer, or only with errors of its own, however often it is asked."""


class KeystoreSealedError(KeystoreError):
    """The key store answers that it is sealed."""


class KeystoreForbiddenError(KeystoreError):
    """The key store takes us for nobody, or for somebody without the right; the act is named."""


class RootKeyMissingError(KeystoreError):
    """A root key is not in the key store. It is never made on the way: it would be another one."""


class KeystoreAnswerError(KeystoreError):
    """The key store answers with what its documentation does not say."""
