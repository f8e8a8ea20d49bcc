"""Requests to a Vault or OpenBao: who we are there, what is tried again, and what each refusal means."""

import re
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Generic, TypeVar

import httpx2
import msgspec

from surveys.keys.errors import (
    KeystoreAnswerError,
    KeystoreError,
    KeystoreForbiddenError,
    KeystoreSealedError,
    KeystoreUnreachableError,
)
from surveys.keys.kms.addresses import TransitStore
from surveys.keys.kms.patience import PassingError, Patience, persist
from surveys.keys.kms.per_process import PerProcess
from surveys.keys.kms.secret_file import read_secret_file
from surveys.tls import trusted

TOKEN = re.compile(rb"[\x21-\x7e]+")

Data = TypeVar("Data")
Body = Mapping[str, object]


class _Answered(msgspec.Struct, Generic[Data], frozen=True):
    data: Data


class _Auth(msgspec.Struct, frozen=True):
    client_token: str


class _LoggedIn(msgspec.Struct, frozen=True):
    auth: _Auth


class TransitRefusedError(Exception):
    """The store takes the request for a wrong one (400): a ciphertext that does not open, among others."""


class TransitCalls:
    """The HTTP API below ``/v1``; the token is what ``secret_file`` holds at each request, or a login's."""

    def __init__(
        self, store: TransitStore, secret_file: Path, trust: ssl.SSLContext, patience: Patience
    ) -> None:
        self._store = store
        self._secret_file = secret_file
        self._patience = patience
        self._session = ""
        self._clients = PerProcess(
            lambda: httpx2.Client(
                base_url=f"{store.server}/v1/", timeout=patience.seconds, verify=trust, follow_redirects=False
            )
        )

    def get(self, path: str, gives: type[Data]) -> Data | None:
        """The data at a path, or nothing where there is none.

        Raises:
            KeystoreError: see ``_asked``.
        """
        answer = self._asked("GET", path, None)
        return None if answer.status_code == 404 else _decoded(answer.content, _Answered[gives]).data  # type: ignore[valid-type]

    def post(self, path: str, body: Body, gives: type[Data]) -> Data:
        """The data of the answer.

        Raises:
            TransitRefusedError: the request is wrong.
            KeystoreError: see ``_asked``.
        """
        answer = self._asked("POST", path, body)
        return _decoded(answer.content, _Answered[gives]).data  # type: ignore[valid-type]

    def do(self, method: str, path: str, body: Body | None = None) -> None:
        """A request whose answer says nothing more.

        Raises:
            TransitRefusedError: the request is wrong.
            KeystoreError: see ``_asked``.
        """
        self._asked(method, path, body)

    def _asked(self, method: str, path: str, body: Body | None) -> httpx2.Response:
        """The answer, with status 200, 204 or, to a GET, 404.

        Raises:
            TransitRefusedError: 400.
            KeystoreForbiddenError, KeystoreSealedError: 403, 503.
            KeystoreUnreachableError: no answer, 429 or another 5xx.
            KeystoreAnswerError: any other.
        """
        answer = persist(self._patience, lambda: self._once(method, path, body, self._token()))
        if answer.status_code == 403 and self._store.auth != "token":
            # A login ends; another one tells that from a right that is lacking.
            self._session = ""
            answer = persist(self._patience, lambda: self._once(method, path, body, self._token()))
        return self._judged(method, path, answer)

    def _once(self, method: str, path: str, body: Body | None, token: str) -> httpx2.Response:
        headers = {"X-Vault-Request": "true", "Content-Type": "application/json"}
        if token:
            headers["X-Vault-Token"] = token
        if self._store.namespace:
            headers["X-Vault-Namespace"] = self._store.namespace
        content = None if body is None else msgspec.json.encode(body)
        try:
            answer = self._clients.get().request(method, path, content=content, headers=headers)
        except httpx2.RequestError as error:
            said = f"Transit at {self._store.server} does not answer ({type(error).__name__})"
            raise PassingError(KeystoreUnreachableError(said)) from error
        if answer.status_code == 503:
            said = f"Transit at {self._store.server} is sealed, or down for maintenance (503); unseal it"
            raise PassingError(KeystoreSealedError(said))
        if answer.status_code == 429 or answer.status_code >= 500:
            said = f"Transit at {self._store.server} answers with status {answer.status_code}, and again"
            raise PassingError(KeystoreUnreachableError(said))
        return answer

    def _judged(self, method: str, path: str, answer: httpx2.Response) -> httpx2.Response:
        status = answer.status_code
        if status in {200, 204} or (status == 404 and method == "GET"):
            return answer
        act = f"{method} {path} at {self._store.server}"
        if status == 403:
            raise KeystoreForbiddenError(f"the token may not {act}; docs/key-stores.md has the policy")
        if status == 400:
            raise TransitRefusedError(f"{act} was refused")
        raise KeystoreAnswerError(f"{act} was answered with status {status}")

    def _token(self) -> str:
        secret = read_secret_file(self._secret_file)
        if not TOKEN.fullmatch(secret):
            raise KeystoreError("ETTERKLANG_KEY_STORE_SECRET_FILE holds no token, but spaces or none at all")
        if self._store.auth == "token":
            return secret.decode()
        if not self._session:
            self._session = self._login(secret.decode())
        return self._session

    def _login(self, secret: str) -> str:
        if self._store.auth == "approle":
            body = {"role_id": self._store.role, "secret_id": secret}
        else:
            body = {"role": self._store.role, "jwt": secret}
        path = f"auth/{self._store.auth}/login"
        try:
            answer = self._judged("POST", path, self._once("POST", path, body, ""))
        except TransitRefusedError as error:
            raise KeystoreForbiddenError(
                f"{self._store.auth} at {self._store.server} lets us not in"
            ) from error
        token = _decoded(answer.content, _LoggedIn).auth.client_token
        if not TOKEN.fullmatch(token.encode()):
            raise KeystoreAnswerError(f"{self._store.auth} at {self._store.server} gave no token")
        return token


def transit_calls(
    store: TransitStore, secret_file: Path, ca_file: Path | None, patience: Patience | None = None
) -> TransitCalls:
    """Ready to ask.

    Raises:
        KeystoreError: ``ca_file`` holds no certificates.
    """
    try:
        trust = trusted() if ca_file is None else ssl.create_default_context(cafile=str(ca_file))
    except (OSError, ssl.SSLError) as error:
        raise KeystoreError("ETTERKLANG_KEY_STORE_CA_FILE names no file with certificates") from error
    return TransitCalls(store, secret_file, trust, patience or Patience())


def _decoded(content: bytes, kind: type[Data]) -> Data:
    try:
        return msgspec.json.decode(content, type=kind)
    except msgspec.DecodeError:
        # Its message may quote what was sent.
        raise KeystoreAnswerError("Transit answered with what its documentation does not say") from None
