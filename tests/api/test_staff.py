"""The staff's routes and page, over HTTP."""

import json
from uuid import uuid4

from surveys.database import Role, transaction
from surveys.identifiers import StudyId, new_id
from surveys.lateeffects import LateEffectRule, SignalContent, SignalDraft, insert_signals
from tests.builders.answering import NOW, STUDY, Open, Study, open_assessment
from tests.builders.api import Service


def rule() -> LateEffectRule:
    names = {"nb": "Fall", "nn": "Fall", "en": "Drop"}
    return LateEffectRule(uuid4(), 1, "instrument", "energy", 10.0, "lower", names, names, "made for tests")


async def raise_signal(study: Study, one: Open) -> None:
    """A signal as the worker stores it."""
    made = rule()
    content = SignalContent(
        rule_version=1,
        rule_names=made.names,
        wave=2,
        wave_names={"nb": "Et år", "nn": "Eitt år", "en": "One year"},
        scale_id=made.scale_id,
        scale_names=made.scale_names,
        baseline=80.0,
        score=60.0,
        drop=20.0,
        site="C61",
        treatment="surgery",
        months_since_diagnosis=12,
    )
    draft = SignalDraft(one.person_id, StudyId(STUDY), one.assessment_id, made, content)
    async with transaction(study.worker) as connection:
        assert await insert_signals(connection, study.keys_as(Role.WORKER), [draft], NOW) == 1


async def test_signals_are_listed_and_marked_as_seen_once(service: Service, study: Study) -> None:
    one = await open_assessment(study)
    await raise_signal(study, one)
    staff = await service.staff()
    (signal,) = (await staff.get("/api/staff/signals")).json()["signals"]
    assert (signal["state"], signal["drop"], signal["site"]) == ("new", 20.0, "C61")
    path = f"/api/staff/signals/{signal['person_id']}/{signal['signal_id']}/seen"
    assert [(await staff.post(path)).status_code for _ in range(2)] == [204, 204]
    assert (await staff.get("/api/staff/signals")).json()["signals"][0]["state"] == "seen"


async def test_a_signal_of_another_person_is_not_found(service: Service, study: Study) -> None:
    one = await open_assessment(study)
    await raise_signal(study, one)
    staff = await service.staff()
    (signal,) = (await staff.get("/api/staff/signals")).json()["signals"]
    found = await staff.post(f"/api/staff/signals/{new_id()}/{signal['signal_id']}/seen")
    assert (found.status_code, found.json()["type"].rpartition("/")[2]) == (404, "signal-not-found")


async def test_the_overview_leaves_out_small_counts(service: Service, study: Study) -> None:
    for _ in range(5):
        await open_assessment(study)
    await open_assessment(study, state="lapsed")
    found = (await (await service.staff()).get("/api/staff/overview")).json()
    assert found["persons"] == 6
    (wave,) = found["waves"]
    assert (wave["open"], wave["lapsed"]) == (5, None)


async def test_the_page_says_who_is_logged_in(service: Service) -> None:
    async def state(client: object) -> dict[str, object]:
        page = (await client.get("/staff")).text  # type: ignore[attr-defined]
        return dict(json.loads(page.partition('id="state">')[2].partition("</script>")[0]))

    staff = await service.staff()
    assert await state(staff) == {
        "signed_in": True,
        "name": "somebody-staff",
        "csrf": staff.headers["x-csrf"],
        "notice": None,
    }
    nobody = {"signed_in": False, "name": None, "csrf": None, "notice": None}
    assert await state(await service.anyone()) == nobody
    assert (await state(await service.patient()))["signed_in"] is False
