"""The two identity providers as the settings name them: whom they are for, and who we are to them."""

import ipaddress
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from api.security.client_key import ClientKey, ClientKeyError
from surveys.keys import Audience
from surveys.settings import Settings, SettingsError

CALLBACK = "/login/callback"
SIGNED_OUT = {Audience.PATIENT: "/?notice=signed-out", Audience.STAFF: "/staff"}


class Profile(NamedTuple):
    """One identity provider: its issuer, our registration there, and the assurance that is asked for."""

    audience: Audience
    issuer: str
    client_id: str
    key: ClientKey
    acr: str
    redirect_uri: str
    signed_out_uri: str


def check_login_settings(settings: Settings) -> None:
    """Refuses an issuer or an address of ours that does not belong in this mode.

    Production takes https alone and nothing on this machine, which is where the development provider lives;
    development takes plain http on this machine only.

    Raises:
        SettingsError: names the variable.
    """
    check = _check_in_production if settings.etterklang_mode == "production" else _check_in_development
    for name in ("etterklang_public_url", "etterklang_patient_issuer", "etterklang_staff_issuer"):
        address: str = getattr(settings, name)
        check(name.upper(), address, _parts(name.upper(), address))


def read_profiles(settings: Settings) -> Mapping[Audience, Profile]:
    """The providers that are set up; in development one or both may be missing.

    Raises:
        SettingsError: an address does not belong in this mode, or a client key cannot be used.
    """
    check_login_settings(settings)
    return {
        audience: _profile(settings, audience)
        for audience in Audience
        if _setting(settings, audience, "issuer")
    }


def is_loopback(host: str) -> bool:
    """Whether the host is this very machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _profile(settings: Settings, audience: Audience) -> Profile:
    public = settings.etterklang_public_url
    return Profile(
        audience=audience,
        issuer=_setting(settings, audience, "issuer"),
        client_id=_setting(settings, audience, "client_id"),
        key=_key(settings, audience),
        acr=_acr(settings, audience),
        redirect_uri=public + CALLBACK,
        signed_out_uri=public + SIGNED_OUT[audience],
    )


def _key(settings: Settings, audience: Audience) -> ClientKey:
    file = _setting(settings, audience, "client_key")
    if not file:
        raise SettingsError(f"{_name(audience, 'client_key')} must name the file of the client key")
    try:
        return ClientKey.read(Path(file))
    except ClientKeyError as error:
        raise SettingsError(f"{_name(audience, 'client_key')}: {error.rule}") from error


def _acr(settings: Settings, audience: Audience) -> str:
    accepted = _setting(settings, audience, "acr").split()
    if not accepted:
        raise SettingsError(f"{_name(audience, 'acr')} must list the accepted assurance levels")
    return accepted[0]


def _setting(settings: Settings, audience: Audience, what: str) -> str:
    value: str = getattr(settings, f"etterklang_{audience}_{what}")
    return value


def _name(audience: Audience, what: str) -> str:
    return f"etterklang_{audience}_{what}".upper()


def _check_in_production(name: str, address: str, parts: SplitResult) -> None:
    if parts.scheme != "https" or not parts.hostname or is_loopback(parts.hostname):
        raise SettingsError(f"{name} must begin with https:// and lead to another machine in production")
    _check_plain(name, address, parts)


def _check_in_development(name: str, address: str, parts: SplitResult) -> None:
    if not address:
        return
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname or "")):
        raise SettingsError(f"{name} must begin with https://, or http:// on this machine, in development")
    _check_plain(name, address, parts)


def _check_plain(name: str, address: str, parts: SplitResult) -> None:
    if parts.query or parts.fragment or parts.username or address.endswith("/"):
        raise SettingsError(f"{name} must have no trailing slash, query or password")


def _parts(name: str, address: str) -> SplitResult:
    try:
        return urlsplit(address)
    except ValueError as error:
        raise SettingsError(f"{name} is not an address") from error
