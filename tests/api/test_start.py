"""When the web process refuses to start."""

import pytest
from msgspec.structs import replace

from api.app import create_app
from api.process import opened
from surveys.database import WrongRoleError
from surveys.keys import KeystoreError
from surveys.settings import Settings, SettingsError
from tests.builders.api import Keystore, settings_for

PRODUCTION = Settings(
    etterklang_public_url="https://etterklang.example",
    etterklang_patient_issuer="https://login.example",
    etterklang_staff_issuer="https://staff.example",
)


@pytest.mark.parametrize(
    "name", ["etterklang_public_url", "etterklang_patient_issuer", "etterklang_staff_issuer"]
)
def test_production_takes_https_addresses_only(name: str) -> None:
    create_app(PRODUCTION)
    with pytest.raises(SettingsError, match=f"{name.upper()} must begin with https"):
        create_app(replace(PRODUCTION, **{name: "http://127.0.0.1:8401"}))


async def test_it_does_not_start_as_another_role_than_its_own(database: str, keystore: Keystore) -> None:
    settings = settings_for(database, keystore, 1)
    as_owner = replace(settings, database_url_web=database.replace("postgres:@", "postgres:x@"))
    with pytest.raises(WrongRoleError):
        async with opened(as_owner):
            pass


async def test_it_does_not_start_without_its_keystore(database: str, keystore: Keystore) -> None:
    settings = settings_for(database, keystore, 1)
    with pytest.raises(KeystoreError):
        async with opened(replace(settings, etterklang_key_store="file:/nowhere")):
            pass
