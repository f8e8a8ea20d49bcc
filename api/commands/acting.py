"""How a command reaches the service: its settings, its database role and the key service."""

import os
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from api.commands.environment import EMBEDDED_OPTIONS, ENVIRONMENT_FILE, read_environment_file
from surveys import embedded
from surveys.database import Role, check_role, make_engine
from surveys.keys import Keys, open_keys
from surveys.keys.in_process import Vault
from surveys.keys.service import opened_vault
from surveys.settings import Settings, load_settings


@dataclass(frozen=True)
class Acting:
    """A command at work as one database role."""

    settings: Settings
    engine: AsyncEngine
    keys: Keys


def settings_here() -> Settings:
    """The settings of the environment, or where none names a database, those of the demonstration here.

    Raises:
        SettingsError: see ``load_settings``.
    """
    named = any(name.startswith("DATABASE_URL") for name in os.environ)
    if named or not ENVIRONMENT_FILE.exists():
        return load_settings()
    return load_settings(read_environment_file(ENVIRONMENT_FILE) | dict(os.environ))


def embedded_folder(settings: Settings) -> Path:
    """Where the embedded server of these settings keeps its data."""
    return settings.home / "pg"


def embedded_here(settings: Settings, role: Role) -> AbstractContextManager[object]:
    """The embedded server, if this role's database is in it, running for as long as it is needed."""
    folder = embedded_folder(settings)
    is_embedded = str(folder.resolve()) in _plain(settings.database_address(role))
    return embedded.start(folder, EMBEDDED_OPTIONS) if is_embedded else nullcontext()


@asynccontextmanager
async def connected(settings: Settings, role: Role) -> AsyncIterator[AsyncEngine]:
    """An engine for ``role``; the embedded server, if that is meant, runs for as long as it is needed."""
    address = settings.database_address(role)
    with embedded_here(settings, role):
        engine = make_engine(address, role)
        try:
            await check_role(engine, role)
            yield engine
        finally:
            await engine.dispose()


@asynccontextmanager
async def acting_as(role: Role) -> AsyncIterator[Acting]:
    """The settings, an engine and the key service for one command.

    Raises:
        SettingsError, WrongRoleError, KeysError: the service cannot be reached as this role.
    """
    settings = settings_here()
    opening: AbstractAsyncContextManager[Keys] = open_keys(settings, role)
    async with connected(settings, role) as engine, opening as keys:
        yield Acting(settings, engine, keys)


@asynccontextmanager
async def vault_here() -> AsyncIterator[Vault]:
    """The key service itself, for a command about keys or identities, as ``etterklang_keys``.

    Raises:
        SettingsError, WrongRoleError, KeysError: it cannot be opened here.
    """
    settings = settings_here()
    with embedded_here(settings, Role.KEYS):
        async with opened_vault(settings) as vault:
            yield vault


def _plain(address: str) -> str:
    return address.replace("%2F", "/")
