"""An instrument's life on the command line: each step names who takes it, and what is refused says why."""

import asyncio
import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from api.commands.acting import acting_as
from api.demo import places
from surveys import clock
from surveys.catalogue import load_instrument
from surveys.database import Role, transaction
from surveys.identifiers import InstrumentVersionId
from tests.builders.answering import vouch_for_languages
from tests.builders.command_line import Ended
from tests.builders.xlsform import question, xlsform

Etterklang = Callable[..., Ended]
FILE = places.DOCUMENTS / "urinary-habits.fhir.json"
NAME = "urinary-habits"
TODAY = clock.local_date(clock.now())


def add_licence(etterklang: Etterklang, valid_to: date | None = None, *more: str) -> Ended:
    ends = ("--valid-to", valid_to.isoformat()) if valid_to else ()
    languages = [part for one in ("nb", "nn", "en") for part in ("--language", one)]
    terms = ("--holder", "The holder", "--terms", "for registries", "--reference", "2026/1")
    when = ("--mode", "electronic", "--valid-from", "2020-01-01", *ends)
    return etterklang("licence", "add", NAME, *terms, *languages, *when, *more, by="siv")


def imported(etterklang: Etterklang, *options: str) -> str:
    """The draft's identifier, as the last line of the import names it."""
    said = etterklang("import", FILE, *options, by="kari")
    assert said.code == 0, said.error
    found = re.fullmatch(r"imported .* as draft (\S+)", said.out.splitlines()[-1])
    assert found is not None
    return found[1]


def vouch(version: str) -> None:
    """Records how each language was made and approves it, as the commands do one by one."""

    async def all_at_once() -> None:
        async with acting_as(Role.WORKER) as acting, transaction(acting.engine) as connection:
            version_id = InstrumentVersionId(UUID(version))
            instrument = await load_instrument(connection, acting.keys, version_id)
            await vouch_for_languages(connection, acting.keys, version_id, instrument)

    asyncio.run(all_at_once())


def test_from_a_file_to_the_live_version_and_out_of_use(etterklang: Etterklang) -> None:
    version = imported(etterklang)
    vouch(version)
    assert etterklang("submit", version, by="kari") == Ended(0, f"submitted {version} for review\n", "")
    assert etterklang("return", version, by="ola").out == f"returned {version} to draft\n"
    assert etterklang("submit", version, "--actor", "siv").code == 0
    assert add_licence(etterklang, TODAY + timedelta(days=30)).out.startswith("recorded licence ")
    assert etterklang("publish", version, by="ola") == Ended(0, f"published {version}\n", "")
    line, warning = etterklang("list").out.splitlines()
    assert line.startswith(f"{version}  {NAME} ")
    assert etterklang("export", NAME).out == etterklang("export", version).out != ""
    assert "(en, nb, nn)  published since " in line
    assert " by ola  licence: runs out on " in line
    assert warning.startswith(f"warning: the licence of {NAME} runs out on ")
    assert etterklang("retire", version, by="ola").out == f"retired {version}\n"
    assert "retired since" in etterklang("list").out


def test_an_instrument_imported_as_validated_needs_its_translations_tested(etterklang: Etterklang) -> None:
    version = imported(etterklang, "--validated")
    vouch(version)
    etterklang("submit", version, by="kari")
    add_licence(etterklang)
    faults = etterklang("publish", version, by="ola").out.splitlines()
    assert len(faults) == 2 * len(("en", "nb", "nn"))
    assert "en: the record has no proofreading, nor the reason why it was left out" in faults


def test_whoever_submitted_cannot_publish(etterklang: Etterklang) -> None:
    version = imported(etterklang)
    etterklang("submit", version, by="kari")
    add_licence(etterklang)
    refused = etterklang("publish", version, by="Kari")
    assert (refused.code, refused.out) == (2, "")
    assert "somebody else must publish it" in refused.error


def test_publishing_without_a_licence_is_refused_with_the_reason(etterklang: Etterklang) -> None:
    version = imported(etterklang)
    vouch(version)
    etterklang("submit", version, by="kari")
    refused = etterklang("publish", version, by="ola")
    assert refused.code == 2
    assert refused.out == "licence: there is no licence record; register the agreement first\n"
    assert "cannot be published" in refused.error
    assert "in-review since" in etterklang("list").out


def test_the_account_acts_where_nobody_is_named(etterklang: Etterklang) -> None:
    version = imported(etterklang)
    assert etterklang("submit", version).code == 0
    assert re.search(r"in-review since \S+ by \S+  licence: none", etterklang("list").out)


def test_licences_are_listed_with_what_they_cover(etterklang: Etterklang) -> None:
    add_licence(etterklang, None, "--max-patients", "500")
    (line,) = etterklang("licence", "list").out.splitlines()
    assert line == (f"{NAME}  The holder, 2026/1  (nb, nn, en; electronic, at most 500 patients)  holds")
    add_licence(etterklang, TODAY - timedelta(days=1))
    assert len(etterklang("licence", "list").out.splitlines()) == 1


def test_a_licence_that_has_run_out_says_so(etterklang: Etterklang) -> None:
    ended = TODAY - timedelta(days=1)
    add_licence(etterklang, ended)
    said = etterklang("licence", "list").out.splitlines()
    assert said[0].endswith(f"  ran out on {ended.isoformat()}")
    assert said[1].endswith("nobody new is invited")


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("publish", str(uuid4())), "there is no instrument version"),
        (("submit", "version-1"), "UUID"),
        (("licence", "add", NAME), "Missing option"),
    ],
)
def test_what_does_not_fit_is_one_clear_refusal(
    etterklang: Etterklang, command: tuple[str, ...], said: str
) -> None:
    refused = etterklang(*command, by="ola")
    assert refused.code == 2
    assert said in refused.error


def test_a_licence_that_ends_before_it_begins_is_refused(etterklang: Etterklang) -> None:
    refused = add_licence(etterklang, date(2019, 12, 31))
    assert (refused.code, refused.error) == (2, "etterklang: valid_to: comes before valid_from, 2020-01-01\n")


def test_a_mode_that_is_none_is_refused(etterklang: Etterklang) -> None:
    refused = add_licence(etterklang, None, "--mode", "telepathy")
    assert refused.code == 2
    assert "'telepathy' is no mode" in refused.error


def test_a_version_that_is_live_is_not_submitted_again(etterklang: Etterklang) -> None:
    version = imported(etterklang)
    vouch(version)
    etterklang("submit", version, by="kari")
    add_licence(etterklang)
    etterklang("publish", version, by="ola")
    refused = etterklang("submit", version, by="kari")
    assert refused.error == (
        f"etterklang: instrument version {version} is published and cannot become in-review; "
        "store a new version\n"
    )


def test_scoring_anew_says_what_it_did(etterklang: Etterklang) -> None:
    version = imported(etterklang)
    vouch(version)
    assert "responses are scored by a published version only" in etterklang("rescore", version).error
    etterklang("submit", version, by="kari")
    add_licence(etterklang)
    etterklang("publish", version, by="ola")
    said = etterklang("rescore", version, by="ola")
    assert said == Ended(0, "0 responses scored anew, 0 had these scores already, 0 are erased\n", "")


def test_an_xlsform_is_refused_until_its_losses_are_accepted_and_then_imported(
    etterklang: Etterklang, tmp_path: Path
) -> None:
    file = tmp_path / "form.xlsx"
    file.write_bytes(xlsform(question("begin repeat", "g"), question("text", "a"), question("end repeat")))
    refused = etterklang("import", file, "--format", "xlsform", by="kari")
    assert refused.code == 3
    assert refused.out.startswith("survey row 2 (g): type: a repeat: ")
    accepted = etterklang("import", file, "--accept-loss", "survey row 2 (g): type", by="kari")
    assert accepted.code == 0, accepted.error
    assert accepted.out.splitlines()[-1].startswith("imported 2 items, ")
    assert len(etterklang("list").out.splitlines()) == 1
