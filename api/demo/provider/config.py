"""What the provider is started with, and what it refuses to start with."""

from typing import Literal
from urllib.parse import urlsplit

import msgspec

from api.security.client_key import PublicJwk
from api.security.profiles import is_loopback
from surveys.keys import Audience
from surveys.national_id import NationalIdError, Series, read


class DemoProviderError(Exception):
    """The provider cannot start like this; the message names the rule."""


class Person(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody to log in as: a patient by ``pid``, a synthetic national identifier; staff by ``name``."""

    story: str
    pid: str = ""
    name: str = ""


class Client(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A registered client: its public keys, where it may be sent back to, and who logs in at it."""

    client_id: str
    audience: Audience
    jwks: tuple[PublicJwk, ...]
    redirect_uris: tuple[str, ...]
    signed_out_uris: tuple[str, ...] = ()


class ProviderConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The provider. ``mode`` is the service's own, ``ETTERKLANG_MODE``; ``issuer`` has no trailing slash."""

    mode: Literal["production", "development"]
    issuer: str
    clients: tuple[Client, ...]
    people: tuple[Person, ...]


def check_config(config: ProviderConfig) -> None:
    """Refuses production, an issuer that others can reach, and anybody who may exist.

    Raises:
        DemoProviderError: names the rule.
    """
    if config.mode != "development":
        raise DemoProviderError(
            "the development identity provider does not start in production; set ETTERKLANG_MODE=development"
        )
    address = urlsplit(config.issuer)
    plain = f"{address.scheme}://{address.netloc}"
    if address.scheme != "http" or not is_loopback(address.hostname or "") or plain != config.issuer:
        raise DemoProviderError("the issuer must be http:// on this machine, without a path")
    for number, person in enumerate(config.people, 1):
        _check_person(number, person)


def _check_person(number: int, person: Person) -> None:
    if bool(person.pid) is bool(person.name):
        raise DemoProviderError(f"person {number} must have either a number (patient) or a name (staff)")
    if person.pid:
        try:
            read(person.pid, Series.SYNTHETIC)
        except NationalIdError as error:
            raise DemoProviderError(f"the number of person {number}: {error.rule}") from error
