"""Which identity providers, addresses and client keys the settings may name."""

from pathlib import Path

import msgspec
import pytest

from api.security.client_key import ClientKey, ClientKeyError, ensure_client_key
from api.security.profiles import check_login_settings, read_profiles
from surveys.clock import now
from surveys.keys import Audience
from surveys.settings import Settings, SettingsError

PRODUCTION = Settings(
    etterklang_mode="production",
    etterklang_public_url="https://answers.example",
    etterklang_patient_issuer="https://login.example",
    etterklang_staff_issuer="https://work.example/realm",
)
DEVELOPMENT = Settings(
    etterklang_mode="development",
    etterklang_public_url="http://localhost:8400",
    etterklang_patient_issuer="http://localhost:8401",
    etterklang_staff_issuer="https://work.example",
)


@pytest.mark.parametrize("settings", [PRODUCTION, DEVELOPMENT])
def test_what_belongs_in_the_mode_is_taken(settings: Settings) -> None:
    check_login_settings(settings)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "http://login.example",
        "http://localhost:8401",
        "https://localhost:8401",
        "https://127.0.0.1:8401",
        "https://127.8.9.1",
        "https://[::1]:8401",
        "https://login.localhost",
        "https://",
        "login.example",
        "https://login.example/",
        "https://login.example?a=b",
        "https://somebody@login.example",
        "https://[broken",
    ],
)
@pytest.mark.parametrize(
    "name", ["etterklang_patient_issuer", "etterklang_staff_issuer", "etterklang_public_url"]
)
def test_production_takes_https_elsewhere_alone(name: str, address: str) -> None:
    with pytest.raises(SettingsError, match=name.upper()):
        check_login_settings(msgspec.structs.replace(PRODUCTION, **{name: address}))


@pytest.mark.parametrize("address", ["http://login.example", "ftp://localhost", "http://localhost:8401/"])
def test_development_takes_plain_http_on_this_machine_alone(address: str) -> None:
    with pytest.raises(SettingsError, match="ETTERKLANG_PATIENT_ISSUER"):
        check_login_settings(msgspec.structs.replace(DEVELOPMENT, etterklang_patient_issuer=address))


def test_a_provider_needs_a_client_key_that_can_be_read(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="ETTERKLANG_PATIENT_CLIENT_KEY must name"):
        read_profiles(PRODUCTION)
    missing = msgspec.structs.replace(PRODUCTION, etterklang_patient_client_key=str(tmp_path / "none"))
    with pytest.raises(SettingsError, match="ETTERKLANG_PATIENT_CLIENT_KEY"):
        read_profiles(missing)


def test_the_first_accepted_level_is_the_one_that_is_asked_for(tmp_path: Path) -> None:
    ensure_client_key(tmp_path / "key")
    settings = msgspec.structs.replace(
        DEVELOPMENT, etterklang_patient_client_key=str(tmp_path / "key"), etterklang_staff_issuer=""
    )

    profiles = read_profiles(settings)

    assert profiles[Audience.PATIENT].acr == "idporten-loa-substantial"
    assert Audience.STAFF not in profiles


def test_a_client_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    made = ensure_client_key(tmp_path / "key")

    assert ensure_client_key(tmp_path / "key") == made
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    assert (made.kty, made.alg, made.use) == ("RSA", "RS256", "sig")
    assert "d" not in msgspec.to_builtins(made)


def test_a_client_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    ensure_client_key(tmp_path / "key")
    (tmp_path / "key").chmod(0o644)

    with pytest.raises(ClientKeyError, match="0600"):
        ClientKey.read(tmp_path / "key")


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}",
        "[]",
        '{"kty":"oct","k":"c2VjcmV0"}',
        '{"kty":"RSA","n":"AQAB","e":"AQAB"}',
        '{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}',
    ],
)
def test_a_file_that_holds_no_private_key_of_our_kinds_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "key"
    file.touch(mode=0o600)
    file.write_text(content)

    with pytest.raises(ClientKeyError):
        ClientKey.read(file)


def test_a_key_in_an_error_or_a_log_shows_nothing_private(tmp_path: Path) -> None:
    ensure_client_key(tmp_path / "key")
    private = msgspec.json.decode((tmp_path / "key").read_bytes(), type=dict[str, str])["d"]

    assert private not in repr(ClientKey.read(tmp_path / "key"))


def test_every_assertion_is_a_new_one(tmp_path: Path) -> None:
    ensure_client_key(tmp_path / "key")
    key, moment = ClientKey.read(tmp_path / "key"), now()

    assert key.assertion("us", "them", moment) != key.assertion("us", "them", moment)
