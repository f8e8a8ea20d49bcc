"""Attack 6: what is refused is reported, a flood of it once a minute, and quotas outlive a restart."""

import asyncio
import json
import os
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from surveys import clock
from surveys.database import Role
from surveys.identifiers import PersonId, ProjectId, new_id
from surveys.keys import (
    Audience,
    Binding,
    LoginRefusedError,
    NotAllowedError,
    NotOpenedError,
    PlainRow,
    Purpose,
    QuotaExceededError,
    SealedRow,
)
from surveys.keys.grants import make_grant
from surveys.keys.in_process import InProcessKeys, Vault
from surveys.keys.kms.passphrase import PassphraseKms
from surveys.keys.permissions import OPENINGS
from surveys.keys.quotas import HOUR_SECONDS, LOTS_AN_HOUR, Quotas
from surveys.settings import Settings

NOW = clock.now().replace(minute=30)
HOUR = timedelta(seconds=HOUR_SECONDS)
ROOT = os.urandom(32)
SETTINGS = Settings(etterklang_mode="development", etterklang_patient_issuer="https://127.0.0.1:1")

EngineAs = Callable[[Role], AsyncEngine]


class Service:
    """A key service whose clock stands still until it is moved."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.vault = Vault(SETTINGS, engine, PassphraseKms(ROOT))
        self.now = NOW

    def as_role(self, role: Role) -> InProcessKeys:
        return InProcessKeys(self.vault, role, lambda: self.now)


@pytest.fixture
def service(engine_as: EngineAs) -> Service:
    return Service(engine_as(Role.KEYS))


def place(table: str, person_id: PersonId | None = None) -> Binding:
    return Binding(table, new_id(), person_id or PersonId(new_id()), new_id())


def row(table: str) -> SealedRow:
    return SealedRow(place(table), b"")


def reported(database: str) -> list[tuple[str, str, str, str]]:
    """Of each entry of a refusal: whose call, for what, why, and how many."""
    with psycopg.connect(database) as connection:
        found = connection.execute(
            "SELECT entry FROM audit.audit_entry WHERE entry LIKE '%\"refused\"%' ORDER BY lane, sequence"
        ).fetchall()
    entries = [json.loads(entry) for (entry,) in found]
    return [(one["actor"], *(one["about"][key] for key in ("what", "why", "count"))) for one in entries]


def attempts(service: Service) -> dict[tuple[Role, str], Coroutine[Any, Any, object]]:
    """Calls that are refused, by who calls and what for: wrong methods, purposes, tables, grants, tokens."""
    web, worker, research = map(service.as_role, (Role.WEB, Role.WORKER, Role.RESEARCH))
    key, person = service.vault.grant_key, PersonId(new_id())
    old = make_grant(key, Audience.PATIENT, person, (), NOW, NOW - HOUR)
    return {
        (Role.WEB, "link"): web.link([]),
        (Role.WEB, "seal"): web.seal([PlainRow(place("answering.response"), b"x")]),
        (Role.WEB, "pseudonyms"): web.pseudonyms(ProjectId(new_id()), []),
        (Role.WEB, "checkpoint"): web.checkpoint(0, bytes(32)),
        (Role.WEB, "extract"): web.open(Purpose.EXTRACT, []),
        (Role.WEB, "signals"): web.open(Purpose.SIGNALS, [row("lateeffects.signal")], b"no grant"),
        (Role.WEB, "own-draft"): web.open(
            Purpose.OWN_DRAFT, [SealedRow(place("answering.draft", person), b"")], old
        ),
        (Role.WORKER, "ingest"): worker.open(Purpose.INGEST, [row("answering.response")]),
        (Role.WORKER, "receipt_key"): worker.receipt_key(),
        (Role.WORKER, "login"): worker.login(Audience.PATIENT, "", ""),
        (Role.RESEARCH, "inbox_key"): research.inbox_key(),
        (Role.RESEARCH, "rescore"): research.open(Purpose.RESCORE, [row("answering.draft")]),
    }


async def test_whatever_is_refused_is_an_entry_in_the_audit_log(service: Service, database: str) -> None:
    tried = attempts(service)
    for one in tried.values():
        with pytest.raises(NotAllowedError):
            await one
    with pytest.raises(LoginRefusedError):
        await service.as_role(Role.WEB).login(Audience.PATIENT, "no token", "nonce")
    too_many = OPENINGS[Purpose.COMPARE].rows_an_hour
    await service.vault.quotas.take(Role.WORKER, Purpose.COMPARE, too_many, NOW)
    with pytest.raises(QuotaExceededError):
        await service.as_role(Role.WORKER).open(Purpose.COMPARE, [row("answering.score")])
    assert set(reported(database)) == {
        *((role.value, what, "NotAllowedError", "1") for role, what in tried),
        (Role.WEB.value, "login", "LoginRefusedError", "1"),
        (Role.WORKER.value, "compare", "QuotaExceededError", "1"),
    }


async def test_a_flood_is_one_entry_a_minute_that_says_how_many(service: Service, database: str) -> None:
    web = service.as_role(Role.WEB)

    async def refused() -> None:
        with pytest.raises(NotAllowedError):
            await web.link([])

    for _ in range(500):
        await refused()
    assert reported(database) == [(Role.WEB.value, "link", "NotAllowedError", "1")]
    service.now += timedelta(minutes=1)
    await refused()
    await refused()
    await service.vault.refusals.close(service.now)
    assert sorted(int(count) for *_, count in reported(database)) == [1, 1, 500]


async def test_what_does_not_open_is_in_the_process_log_alone(
    service: Service, database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(NotOpenedError):
        await service.as_role(Role.WORKER).open(Purpose.COMPARE, [row("answering.score")])
    assert reported(database) == []
    said = capsys.readouterr().out
    assert "key-service-refused" in said
    assert "NotOpenedError" in said


async def test_a_refusal_stands_though_it_cannot_be_entered(engine_as: EngineAs, database: str) -> None:
    service = Service(engine_as(Role.KEYS))
    with psycopg.connect(database) as connection:
        connection.execute("REVOKE EXECUTE ON FUNCTION audit.append_all(text[]) FROM etterklang_keys")
        connection.commit()
        try:
            with pytest.raises(NotAllowedError):
                await service.as_role(Role.WEB).link([])
        finally:
            connection.execute("GRANT EXECUTE ON FUNCTION audit.append_all(text[]) TO etterklang_keys")
            connection.commit()


async def test_a_quota_is_for_an_hour_a_role_and_a_purpose(engine_as: EngineAs) -> None:
    quotas, most = Quotas(engine_as(Role.KEYS)), OPENINGS[Purpose.DOCUMENTS].rows_an_hour
    await quotas.take(Role.WEB, Purpose.DOCUMENTS, most, NOW)
    with pytest.raises(QuotaExceededError):
        await quotas.take(Role.WEB, Purpose.DOCUMENTS, 1, NOW)
    await quotas.take(Role.WORKER, Purpose.DOCUMENTS, most, NOW)
    await quotas.take(Role.WEB, Purpose.DOWNLOAD, 1, NOW)
    await quotas.take(Role.WEB, Purpose.DOCUMENTS, most, NOW + HOUR)


async def test_what_is_refused_counts_for_nothing(engine_as: EngineAs) -> None:
    quotas, most = Quotas(engine_as(Role.KEYS)), OPENINGS[Purpose.INGEST].rows_an_hour
    with pytest.raises(QuotaExceededError):
        await quotas.take(Role.WORKER, Purpose.INGEST, most + 1, NOW)
    await quotas.take(Role.WORKER, Purpose.INGEST, most, NOW)


async def test_a_restart_gives_no_new_quota_and_loses_a_lot_at_most(engine_as: EngineAs) -> None:
    engine, most = engine_as(Role.KEYS), OPENINGS[Purpose.SIGNALS].rows_an_hour
    lot = most // LOTS_AN_HOUR
    for _ in range(3):
        await Quotas(engine).take(Role.WEB, Purpose.SIGNALS, 1, NOW)
    with pytest.raises(QuotaExceededError):
        await Quotas(engine).take(Role.WEB, Purpose.SIGNALS, most - 3 * lot + 1, NOW)
    await Quotas(engine).take(Role.WEB, Purpose.SIGNALS, most - 3 * lot, NOW)
    with pytest.raises(QuotaExceededError):
        await Quotas(engine).take(Role.WEB, Purpose.SIGNALS, 1, NOW)


async def test_several_services_together_open_no_more_than_one(
    engine_as: EngineAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, allowed = engine_as(Role.KEYS), 400
    few = OPENINGS[Purpose.DOWNLOAD]._replace(rows_an_hour=allowed)
    monkeypatch.setitem(OPENINGS, Purpose.DOWNLOAD, few)
    services = [Quotas(engine) for _ in range(3)]

    async def opened(quotas: Quotas) -> int:
        done = 0
        for _ in range(30):
            try:
                await quotas.take(Role.WEB, Purpose.DOWNLOAD, 7, NOW)
                done += 7
            except QuotaExceededError:
                return done
        return done

    together = sum(await asyncio.gather(*(opened(one) for one in services + services)))
    assert allowed - 7 < together <= allowed
