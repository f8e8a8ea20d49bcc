"""Merging on the command line: the numbers come from standard input, and nothing says them again."""

import asyncio
from collections.abc import Callable

import pytest
from joserfc.jwk import ECKey
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from surveys.database import Role
from surveys.identifiers import PersonId
from surveys.keys import Audience
from surveys.keys.in_process import InProcessKeys, Vault
from surveys.keys.kms.passphrase import open_keystore
from surveys.settings import Settings
from tests.builders.answering import count
from tests.builders.api import Keystore
from tests.builders.command_line import Ended
from tests.builders.keys import key_server, login_token, synthetic_numbers

EC = ECKey.generate_key("P-256", {"kid": "ec"})
OLD, NEW, NOBODY = synthetic_numbers(3)

Etterklang = Callable[..., Ended]
EngineAs = Callable[[Role], AsyncEngine]


@pytest.fixture
def etterklang(command_line: Etterklang) -> Etterklang:
    """Runs ``etterklang identities``; ``lines`` are its standard input."""
    return lambda *arguments, lines=(): command_line("identities", *arguments, "--actor", "kari", lines=lines)


def vault_of(keystore: Keystore, engine: AsyncEngine, issuer: str) -> Vault:
    settings = Settings(etterklang_mode="development", etterklang_patient_issuer=issuer)
    return Vault(settings, engine, open_keystore(keystore.file, keystore.passphrase.read_bytes()))


async def reached(vault: Vault, number: str) -> PersonId:
    """Whom a login with this number reaches."""
    nonce = "of this login"
    token = login_token(EC, "ec", vault.settings.etterklang_patient_issuer, number, nonce)
    return (await InProcessKeys(vault, Role.WEB).login(Audience.PATIENT, token, nonce)).person_id


def entries(database: str) -> list[str]:
    engine = create_engine(make_url(database).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        found = list(connection.scalars(text("SELECT entry FROM audit.audit_entry ORDER BY entry")))
    engine.dispose()
    return found


async def test_either_number_logs_in_to_the_new_ones_person_until_it_is_undone(
    etterklang: Etterklang, keystore: Keystore, engine_as: EngineAs, database: str
) -> None:
    with key_server(EC) as provider:
        vault = vault_of(keystore, engine_as(Role.KEYS), provider.issuer)
        old, new = await InProcessKeys(vault, Role.WORKER).link([OLD, NEW])
        assert (await reached(vault, OLD), await reached(vault, NEW)) == (old, new)
        merged = await asyncio.to_thread(etterklang, "merge", "--why", "new number", lines=(OLD, NEW))
        assert merged == Ended(0, f"merged {old} into {new}\n", "")
        assert (await reached(vault, OLD), await reached(vault, NEW)) == (new, new)
        parted = await asyncio.to_thread(etterklang, "unmerge", "--why", "a mistake", lines=(OLD,))
        assert parted == Ended(0, f"parted {old} from {new}\n", "")
        assert (await reached(vault, OLD), await reached(vault, NEW)) == (old, new)
    said = [one for one in entries(database) if "merged" in one]
    assert len(said) == 2
    assert '"why":"a mistake"},"action":"persons-unmerged","actor":"kari"' in said[0]
    assert '"why":"new number"},"action":"persons-merged","actor":"kari"' in said[1]
    assert not any(number in one for one in entries(database) for number in (OLD, NEW))


@pytest.mark.parametrize(
    ("lines", "rule"),
    [
        ((OLD, NOBODY), "no registry has fed the new number"),
        ((NOBODY, NEW), "no registry has fed the old number"),
        ((OLD, "13097248022"), "the new number is no national identifier: only synthetic numbers count here"),
        ((OLD,), "the new number is no national identifier: it must be eleven digits"),
        ((OLD, OLD), "both numbers are the same person's already"),
    ],
)
async def test_what_cannot_be_merged_is_one_sentence_without_a_number(
    etterklang: Etterklang,
    keystore: Keystore,
    engine_as: EngineAs,
    database: str,
    lines: tuple[str, ...],
    rule: str,
) -> None:
    await InProcessKeys(vault_of(keystore, engine_as(Role.KEYS), ""), Role.WORKER).link([OLD, NEW])
    refused = await asyncio.to_thread(etterklang, "merge", "--why", "new number", lines=lines)
    assert (refused.code, refused.out) == (2, "")
    assert refused.error.startswith("etterklang: nothing was merged or unmerged: ")
    assert rule in refused.error
    assert not any(number in refused.error for number in lines)
    assert count(database, "persons.merge") == 0
    assert not any("merged" in one for one in entries(database))
