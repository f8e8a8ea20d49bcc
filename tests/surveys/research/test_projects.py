"""Who may ask for an extract, and what becomes of a request."""

from collections.abc import Sequence
from datetime import date
from itertools import product
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import text

from surveys.database import Role, transaction
from surveys.identifiers import ExtractId, ProjectId, new_id
from surveys.research import (
    ExtractNotFoundError,
    ExtractNotReadyError,
    ExtractState,
    FutureExtractError,
    IncompleteExtractError,
    NobodyApprovesError,
    Project,
    ProjectChangedError,
    ProjectExpiredError,
    ProjectNotFoundError,
    UnconfirmedProjectError,
    approve_project,
    extract_file,
    extract_status,
    find_project,
    request_extract,
    write_extract,
)
from surveys.research.extracts import MOVES
from tests.builders.answering import (
    FIRST,
    NOW,
    SECOND,
    Study,
    as_owner,
    count,
    refusal,
)
from tests.builders.research import (
    LATER,
    answered,
    approve,
    extract,
    fetch,
    files_of,
    make_project,
    patient,
)


async def test_what_may_not_be_asked_for_is_refused(study: Study) -> None:
    project = await approve(study, make_project(valid_to=date(2026, 11, 22)))
    async with transaction(study.web) as connection:
        with pytest.raises(ProjectExpiredError):
            await request_extract(connection, project.project_id, NOW, "a client", NOW)
        with pytest.raises(ProjectNotFoundError):
            await request_extract(connection, ProjectId(new_id()), NOW, "a client", NOW)
        with pytest.raises(ProjectNotFoundError):
            await find_project(connection, "nothing such")
        assert await find_project(connection, project.name) == project
    lasting = await approve(study, make_project(project_id=ProjectId(UUID(int=41)), name="lasting"))
    async with transaction(study.web) as connection:
        with pytest.raises(FutureExtractError):
            await request_extract(connection, lasting.project_id, LATER, "a client", NOW)


async def test_an_approved_project_is_not_changed(study: Study) -> None:
    await approve(study, make_project())
    await approve(study, make_project())
    with pytest.raises(ProjectChangedError):
        await approve(study, make_project(variables=("site",)))
    with pytest.raises(ProjectChangedError):
        await approve(study, make_project(project_id=ProjectId(UUID(int=41))))


async def by(study: Study, person: str, **terms: object) -> bool:
    async with transaction(study.worker) as connection:
        return await approve_project(connection, make_project(**terms), person, NOW)


async def test_a_linked_project_takes_two_people_before_it_may_ask(study: Study, database: str) -> None:
    async def asked() -> ExtractId:
        async with transaction(study.web) as connection:
            return await request_extract(connection, make_project().project_id, NOW, "a client", NOW)

    assert not await by(study, FIRST)
    for same in (FIRST, f" {FIRST.upper()} "):
        assert not await by(study, same)
        with pytest.raises(UnconfirmedProjectError, match="second person"):
            await asked()
    with pytest.raises(ProjectChangedError):
        await by(study, SECOND, variables=("site",))
    assert await by(study, SECOND)
    assert await asked()
    assert await by(study, "a third"), "the same again changes nothing"
    said = "research.project WHERE recorded_by = 'kari' AND confirmed_by = 'ola'"
    assert count(database, said) == 1
    for action, person in (("project-approved", FIRST), ("project-confirmed", SECOND)):
        entry = f'\'%"action":"{action}","actor":"{person}"%\''
        assert count(database, f"audit.audit_entry WHERE entry LIKE {entry}") == 1


async def test_a_project_without_anything_linked_takes_one(study: Study) -> None:
    assert await by(study, FIRST, variables=())
    async with transaction(study.web) as connection:
        assert await request_extract(connection, make_project().project_id, NOW, "a client", NOW)
    with pytest.raises(NobodyApprovesError):
        await by(study, "  ")


async def test_the_database_itself_takes_no_single_person_and_no_early_extract(
    study: Study, database: str
) -> None:
    await by(study, FIRST)
    confirm = "UPDATE research.project SET confirmed_at = now(), confirmed_by = "
    assert "project_takes_two" in refusal(database, f"{confirm} ' Kari '")
    request = (
        "INSERT INTO research.extract (extract_id, project_id, as_of, requested_by, requested_at, state) "
        "SELECT gen_random_uuid(), project_id, now(), 'x', now(), 'requested' FROM research.project"
    )
    assert "a second person has not approved" in refusal(database, request)
    assert refusal(database, f"{confirm} 'ola'", request) == ""


async def test_the_demonstrations_project_can_be_approved(study: Study) -> None:
    documents = Path(__file__).parents[3] / "api" / "demo" / "documents"
    project = msgspec.json.decode((documents / "research-project.json").read_bytes(), type=Project)
    await approve(study, project)
    async with transaction(study.research) as connection:
        assert await find_project(connection, project.name) == project
        rows: Sequence[str] = (
            (await connection.execute(text("SELECT name FROM research.project"))).scalars().all()
        )
    assert list(rows) == [project.name]


async def test_an_extract_that_cannot_be_built_is_marked_and_the_next_is_built(
    study: Study, database: str
) -> None:
    await answered(study, database, *patient())
    as_owner(database, "UPDATE answering.response SET wave = 2 WHERE part = 0")
    bad = await extract(study, await approve(study, make_project()))
    good = await extract(
        study,
        await approve(
            study, make_project(project_id=ProjectId(UUID(int=41)), name="o", study_id=UUID(int=9))
        ),
    )
    async with study.web.connect() as connection:
        failed = await extract_status(connection, bad)
        assert (failed.state, failed.failed_because) == (ExtractState.FAILED, "NotOpenedError")
        assert (await extract_status(connection, good)).state is ExtractState.READY
        with pytest.raises(ExtractNotReadyError):
            await anext(extract_file(connection, study.keys_as(Role.WEB), bad, "manifest.json"))
        with pytest.raises(ExtractNotFoundError):
            await extract_status(connection, ExtractId(new_id()))


async def test_an_extract_with_a_missing_or_swapped_part_is_refused(study: Study, database: str) -> None:
    await answered(study, database, *patient())
    extract_id = await extract(study, await approve(study, make_project()))
    as_owner(database, "DELETE FROM research.extract_part WHERE file = 'codebook.json'")
    with pytest.raises(IncompleteExtractError):
        await fetch(study, extract_id, "codebook.json")


async def test_the_command_line_writes_what_the_web_gives(
    study: Study, database: str, tmp_path: Path
) -> None:
    await answered(study, database, *patient())
    extract_id = await extract(study, await approve(study, make_project()))
    await write_extract(study.research, study.keys_as(Role.RESEARCH), extract_id, tmp_path)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == await files_of(study, extract_id)


STEPS_TO: dict[ExtractState, list[ExtractState]] = {
    ExtractState.REQUESTED: [],
    ExtractState.LINKED: [ExtractState.LINKED],
    ExtractState.READY: [ExtractState.LINKED, ExtractState.READY],
    ExtractState.FAILED: [ExtractState.LINKED, ExtractState.FAILED],
}


async def test_the_database_holds_the_same_moves(study: Study, database: str) -> None:
    project = await approve(study, make_project())
    async with transaction(study.web) as connection:
        await request_extract(connection, project.project_id, NOW, "a client", NOW)
    for before, after in product(ExtractState, repeat=2):
        steps = [*STEPS_TO[before], after]
        said = refusal(database, *(f"UPDATE research.extract SET state = '{step}'" for step in steps))
        assert ("does not go from" in said) == (after not in MOVES[before]), (before, after, said)
