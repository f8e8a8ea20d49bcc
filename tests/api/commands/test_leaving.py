"""What staff do about a patient's wish to be erased, and what a project must say, on the command line."""

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from surveys import clock
from surveys.database import Role
from surveys.identifiers import PersonId, new_id
from surveys.keys import Audience, Keys, OwnAct
from surveys.keys.grants import make_grant
from surveys.keys.in_process import InProcessKeys
from tests.builders.answering import count
from tests.builders.command_line import Ended

PROJECT = Path(__file__).parents[3] / "api" / "demo" / "documents" / "research-project.json"

Command = Callable[..., Ended]


async def test_status_lists_who_waits_and_a_member_of_staff_confirms(
    command_line: Command, keys_as: Callable[[Role], Keys]
) -> None:
    web, person = keys_as(Role.WEB), PersonId(new_id())
    assert isinstance(web, InProcessKeys)
    now = clock.now()
    grant = make_grant(web._vault.grant_key, Audience.PATIENT, person, (), now + timedelta(minutes=5), now)
    await web.act(OwnAct.ERASE, grant)
    status = await asyncio.to_thread(command_line, "keys", "status")
    assert f"waits: {person}, asked for by patient" in status.out
    assert "erasures: 0 carried out, 1 wait for a second person" in status.out
    posing = await asyncio.to_thread(command_line, "keys", "erase", str(person), "--by", "patient")
    assert (posing.code, "not allowed" in posing.error) == (2, True)
    confirmed = await asyncio.to_thread(command_line, "keys", "erase", str(person), "--by", "kari")
    assert confirmed.code == 0
    after = (await asyncio.to_thread(command_line, "keys", "status")).out
    assert "erasures: 1 carried out, 0 wait for a second person" in after
    assert str(person) not in after


@pytest.mark.parametrize("term", ["title", "organisation", "basis"])
def test_a_project_that_does_not_say_what_persons_are_told_is_refused_by_its_name(
    command_line: Command, tmp_path: Path, database: str, term: str
) -> None:
    document = json.loads(PROJECT.read_text("utf-8"))
    for said, rule in ((document | {term: " "}, "must not be empty"), (_without(document, term), "missing")):
        (tmp_path / "project.json").write_text(json.dumps(said))
        ended = command_line("projects", "approve", tmp_path / "project.json", by="kari")
        assert ended.code == 2
        assert term in ended.error
        assert rule in ended.error
    assert count(database, "research.project") == 0


def _without(document: dict[str, object], term: str) -> dict[str, object]:
    return {name: value for name, value in document.items() if name != term}
