"""``etterklang keys init`` and ``status``: the key store that the settings name, set up once."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.builders.command_line import Ended
from tests.builders.key_stores import TransitGround, transit_ground
from tests.builders.transit import TOKEN

Etterklang = Callable[..., Ended]


@pytest.fixture
def transit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TransitGround]:
    with transit_ground(tmp_path) as ground:
        monkeypatch.setenv("ETTERKLANG_KEY_STORE", ground.address)
        monkeypatch.setenv("ETTERKLANG_KEY_STORE_SECRET_FILE", str(ground.secret_file))
        yield ground


def test_it_makes_the_root_keys_once(command_line: Etterklang, transit: TransitGround) -> None:
    made = command_line("keys", "init")
    assert (made.code, made.error) == (0, "")
    assert "made etterklang-wrap, etterklang-mac, etterklang-sign-checkpoints" in made.out
    keys = {name: key.material for name, key in transit.server.keys.items()}
    again = command_line("keys", "init")
    assert (again.code, "everything was there already" in again.out) == (0, True)
    assert {name: key.material for name, key in transit.server.keys.items()} == keys


def test_a_right_that_is_lacking_is_one_sentence(command_line: Etterklang, transit: TransitGround) -> None:
    transit.server.denied.append("POST ours/keys/etterklang-wrap")
    refused = command_line("keys", "init")
    assert (refused.code, refused.out) == (2, "")
    assert refused.error.startswith("etterklang: the token may not POST ours/keys/etterklang-wrap at http://")
    assert TOKEN not in refused.error


def test_a_store_that_does_not_do_what_it_should_is_found_out(
    command_line: Etterklang, transit: TransitGround
) -> None:
    assert command_line("keys", "init").code == 0
    keys = transit.server.keys
    keys["ours/etterklang-sign-checkpoints"].kind = "aes256-gcm96"
    refused = command_line("keys", "init")
    assert (refused.code, "must be ed25519" in refused.error) == (2, True)


def test_status_names_the_store(command_line: Etterklang, transit: TransitGround) -> None:
    before = command_line("keys", "status")
    assert (before.code, "etterklang keys init" in before.error) == (2, True)
    command_line("keys", "init")
    status = command_line("keys", "status")
    assert status.out.startswith(f"key store: Transit at {transit.http.url}/v1/ours, keys etterklang-…\n")
    assert "erasures: 0 carried out" in status.out


def test_a_keystore_file_is_made_once_and_must_open(
    command_line: Etterklang, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, cost in (("MEMORY_KIB", 64), ("ITERATIONS", 1), ("LANES", 1)):
        monkeypatch.setattr(f"surveys.keys.kms.passphrase.{name}", cost)
    keystore, passphrase = tmp_path / "keystore", tmp_path / "passphrase"
    passphrase.write_text("correct horse battery staple\n")
    monkeypatch.setenv("ETTERKLANG_KEY_STORE", f"file:{keystore}")
    monkeypatch.setenv("ETTERKLANG_KEY_STORE_SECRET_FILE", str(passphrase))
    assert f"made {keystore}" in command_line("keys", "init").out
    content = keystore.read_bytes()
    assert "everything was there already" in command_line("keys", "init").out
    passphrase.write_text("another horse battery staple")
    refused = command_line("keys", "init")
    assert (refused.code, "another passphrase" in refused.error) == (2, True)
    assert keystore.read_bytes() == content


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("ETTERKLANG_KEY_STORE", "", "ETTERKLANG_KEY_STORE must be set"),
        ("ETTERKLANG_KEY_STORE", "keystore", "ETTERKLANG_KEY_STORE: it must begin with file:"),
        ("ETTERKLANG_KEY_STORE_SECRET_FILE", "", "ETTERKLANG_KEY_STORE_SECRET_FILE must be set"),
        ("ETTERKLANG_KEY_STORE_SECRET_FILE", "/nowhere", "ETTERKLANG_KEY_STORE_SECRET_FILE names no file"),
        ("ETTERKLANG_KEY_STORE_CA_FILE", "/nowhere", "ETTERKLANG_KEY_STORE_CA_FILE names no file"),
    ],
)
def test_a_setting_that_does_not_fit_is_named(
    command_line: Etterklang,
    transit: TransitGround,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
    said: str,
) -> None:
    monkeypatch.setenv(name, value)
    refused = command_line("keys", "init")
    assert (refused.code, refused.out) == (2, "")
    assert said in refused.error
