"""The key service for tests: a fresh root key, in process, on the test's own database."""

import os
from collections.abc import Callable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from surveys import clock
from surveys.database import Role
from surveys.keys import Keys
from surveys.keys.in_process import InProcessKeys, Vault
from surveys.keys.kms.passphrase import PassphraseKms
from surveys.settings import Settings


def in_process_keys(
    engine: AsyncEngine,
    settings: Settings | None = None,
    now: Callable[[], datetime] = clock.now,
) -> Callable[[Role], Keys]:
    """Gives the key service as each role meets it; ``engine`` is connected as ``etterklang_keys``."""
    vault = Vault(settings or Settings(etterklang_mode="development"), engine, PassphraseKms(os.urandom(32)))
    return lambda role: InProcessKeys(vault, role, now)
