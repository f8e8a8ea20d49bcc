"""Everything that can be set, read from the environment once; a field is its variable in lower case."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import msgspec
from sqlalchemy.engine import make_url

from surveys.database import Role


class SettingsError(Exception):
    """A setting is missing, malformed or not allowed in this mode; the message names the variable."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The settings. ``docs/settings.md`` lists each with its meaning; a test holds the two together."""

    etterklang_mode: Literal["production", "development"] = "production"
    etterklang_home: str = ".etterklang"
    database_url: str = ""
    database_url_web: str = ""
    database_url_worker: str = ""
    database_url_keys: str = ""
    database_url_research: str = ""
    etterklang_host: str = "127.0.0.1"
    etterklang_port: int = 8400
    etterklang_public_url: str = "http://127.0.0.1:8400"
    etterklang_demo_provider_port: int = 8401
    etterklang_demo_persons: int = 5_000
    etterklang_patient_issuer: str = ""
    etterklang_patient_client_id: str = "etterklang"
    etterklang_patient_client_key: str = ""
    etterklang_patient_acr: str = "idporten-loa-substantial idporten-loa-high"
    etterklang_staff_issuer: str = ""
    etterklang_staff_client_id: str = "etterklang-staff"
    etterklang_staff_client_key: str = ""
    etterklang_staff_acr: str = "idporten-loa-substantial idporten-loa-high"
    etterklang_key_store: str = ""
    etterklang_key_store_secret_file: str = ""
    etterklang_key_store_ca_file: str = ""
    etterklang_keys_socket_folder: str = ""
    etterklang_keys_callers: str = ""
    etterklang_notice_folder: str = ""
    etterklang_session_idle_minutes: int = 15
    etterklang_session_minutes: int = 60
    etterklang_audit_origin: str = ""
    etterklang_audit_destinations: str = ""
    etterklang_audit_bucket_endpoint: str = ""
    etterklang_audit_webhook_secret_file: str = ""
    etterklang_actor: str = ""
    etterklang_organisation: str = ""
    etterklang_legal_basis: str = ""
    etterklang_log_level: Literal["debug", "info", "warning", "error"] = "info"

    @property
    def home(self) -> Path:
        """The folder of the embedded database, the development keystore and the sockets."""
        return Path(self.etterklang_home)

    @property
    def audit_origin(self) -> str:
        """The name of this audit log and of the key that signs its checkpoints."""
        return self.etterklang_audit_origin or f"{urlsplit(self.etterklang_public_url).hostname}/audit"

    def database_address(self, role: Role) -> str:
        """The PostgreSQL URL for ``role``: its own setting if there is one, else ``DATABASE_URL``.

        Raises:
            SettingsError: neither is set.
        """
        own: str = getattr(self, f"database_url_{role.name.lower()}")
        address = own or self.database_url
        if not address:
            raise SettingsError(f"DATABASE_URL_{role.name} or DATABASE_URL must be set")
        return address


def load_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings in ``environment``; names that are not ours are left alone.

    Raises:
        SettingsError: a value has the wrong type or is not one of those allowed, or a name that begins
            with ``ETTERKLANG_`` is not a setting.
    """
    names = {name.upper(): name for name in Settings.__struct_fields__}
    ours = {names[key]: value for key, value in environment.items() if key in names}
    unknown = sorted(key for key in environment if key.startswith("ETTERKLANG_") and key not in names)
    if unknown:
        raise SettingsError(f"{unknown[0]} is not a setting; docs/settings.md lists them all")
    try:
        settings = msgspec.convert(ours, Settings, strict=False)
        for name, value in ours.items():
            if name.startswith("database_url") and value:
                make_url(value)
    except Exception as error:
        raise SettingsError(f"a setting does not fit: {error}") from error
    return settings
