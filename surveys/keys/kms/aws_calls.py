"""Requests to AWS KMS: what is tried again, and what each refusal means.

By boto3, which is the optional extra ``aws``.
"""

from typing import Any, TypeVar

import msgspec
from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's own
    CredentialRetrievalError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
)

from surveys.keys.errors import (
    KeystoreAnswerError,
    KeystoreError,
    KeystoreForbiddenError,
    KeystoreUnreachableError,
)
from surveys.keys.kms.addresses import AwsStore
from surveys.keys.kms.patience import PassingError, Patience, persist
from surveys.keys.kms.per_process import PerProcess

AT_ONCE = 16
"""Requests under way at once; each account's own limit is some thousands a second."""

NOT_US = {
    "AccessDeniedException",
    "ExpiredTokenException",
    "IncompleteSignature",
    "IncompleteSignatureException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "NotAuthorized",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
PASSING = {
    "DependencyTimeoutException",
    "KMSInternalException",
    "KeyUnavailableException",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
}
OURS_TO_JUDGE = {
    "AlreadyExistsException",
    "DisabledException",
    "IncorrectKeyException",
    "InvalidCiphertextException",
    "KMSInvalidStateException",
    "NotFoundException",
}

Answer = TypeVar("Answer")


class AwsRefusedError(Exception):
    """AWS KMS refuses with one of ``OURS_TO_JUDGE``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class AwsCalls:
    """The operations of AWS KMS. Credentials, and a region that is not named, are those that boto3 finds."""

    def __init__(self, store: AwsStore, patience: Patience | None = None) -> None:
        self._store = store
        self._patience = patience or Patience()
        self._clients = PerProcess(lambda: _client(self._store, self._patience))

    def ask(self, operation: str, gives: type[Answer], **parameters: object) -> Answer:
        """What the operation (boto3's name for it) answers.

        Raises:
            AwsRefusedError: it was refused with a code that the caller must judge.
            KeystoreForbiddenError, KeystoreUnreachableError, KeystoreAnswerError: as named.
        """
        answer = persist(self._patience, lambda: self._once(operation, parameters))
        try:
            return msgspec.convert(answer, gives)
        except msgspec.ValidationError:
            # Its message may quote what was sent.
            raise KeystoreAnswerError(f"AWS KMS answered {operation} not as its documentation says") from None

    def _once(self, operation: str, parameters: dict[str, object]) -> object:
        client = self._clients.get()
        try:
            return getattr(client, operation)(**parameters)
        except ClientError as error:
            raise _judged(operation, error.response) from error
        except BotoCoreError as error:
            raise _unanswered(operation, error) from error
        except (TypeError, ValueError):
            # What botocore says of an answer that it cannot read may quote it.
            raise KeystoreAnswerError(f"AWS KMS answered {operation} not as its documentation says") from None


def _client(store: AwsStore, patience: Patience) -> Any:
    # Trying again is ours, once for every network store.
    config = Config(
        connect_timeout=patience.seconds,
        read_timeout=patience.seconds,
        retries={"total_max_attempts": 1},
        max_pool_connections=AT_ONCE,
    )
    try:
        # A session of its own: boto3's common one must not be used by two threads at once.
        return Session().client(
            "kms", region_name=store.region or None, endpoint_url=store.endpoint or None, config=config
        )
    except (BotoCoreError, ValueError) as error:
        raise KeystoreError(
            f"AWS KMS cannot be reached with these settings: {type(error).__name__}"
        ) from error


def _judged(operation: str, response: dict[str, Any]) -> Exception:
    code = str(response.get("Error", {}).get("Code", ""))
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if code in OURS_TO_JUDGE:
        return AwsRefusedError(code)
    if code in NOT_US or status == 403:
        return KeystoreForbiddenError(
            f"AWS KMS does not let us {operation}; docs/key-stores.md has the policy"
        )
    if code in PASSING or status == 429 or status >= 500:
        said = f"AWS KMS answers {operation} with status {status}, and again"
        return PassingError(KeystoreUnreachableError(said))
    return KeystoreAnswerError(f"AWS KMS refused {operation} with status {status}")


def _unanswered(operation: str, error: Exception) -> Exception:
    kind = type(error).__name__
    if isinstance(error, ConnectionError | HTTPClientError):
        return PassingError(KeystoreUnreachableError(f"AWS KMS does not answer ({kind})"))
    if isinstance(error, NoCredentialsError | PartialCredentialsError | CredentialRetrievalError):
        return KeystoreForbiddenError(f"boto3 finds no credentials for AWS KMS ({kind})")
    return KeystoreAnswerError(f"AWS KMS answered {operation} not as its documentation says ({kind})")
