"""Vault and OpenBao: who we are there, what each answer means, and that no token is ever repeated."""

import json
import logging
from pathlib import Path

import pytest

from surveys.keys import KeystoreError, NotOpenedError
from surveys.keys.errors import (
    KeystoreAnswerError,
    KeystoreForbiddenError,
    KeystoreSealedError,
    KeystoreUnreachableError,
    RootKeyMissingError,
)
from surveys.keys.kms.addresses import TransitStore, read_store
from surveys.keys.kms.patience import Patience
from surveys.keys.kms.transit import TransitKms
from surveys.keys.kms.transit_calls import transit_calls
from tests.builders.key_stores import AT_ONCE, PURPOSES, TransitGround
from tests.builders.standin import SILENCE, Reply, make_certificate, served
from tests.builders.transit import FORBIDDEN, SEALED, SECRET_ID, TOKEN

IMPATIENT = Patience(tries=2, pause=0, seconds=0.05)
TOO_MANY, BROKEN = (
    Reply(429, b'{"errors":["request path is rate limited"]}'),
    Reply(500, b'{"errors":["no"]}'),
)


@pytest.fixture
def ground(transit: TransitGround) -> TransitGround:
    transit.kms().set_up(PURPOSES)
    transit.http.asked.clear()
    return transit


@pytest.mark.parametrize("passing", [TOO_MANY, BROKEN, SEALED, Reply(502, b"<html>bad gateway</html>")])
def test_what_passes_is_waited_for(ground: TransitGround, passing: Reply) -> None:
    before = ground.kms().mac(b"", "grants")
    ground.http.faults += [passing, passing]
    assert ground.kms().mac(b"", "grants") == before
    assert not ground.http.faults


@pytest.mark.parametrize(
    ("answers", "error", "word"),
    [
        ([SEALED] * 3, KeystoreSealedError, "unseal"),
        ([BROKEN] * 3, KeystoreUnreachableError, "500"),
        ([TOO_MANY] * 3, KeystoreUnreachableError, "429"),
        ([FORBIDDEN], KeystoreForbiddenError, r"POST ours/hmac/etterklang-mac/sha2-256 .*policy"),
        ([Reply(307)], KeystoreAnswerError, "307"),
        ([Reply(412)], KeystoreAnswerError, "412"),
        ([Reply(200, b"<html>welcome</html>")], KeystoreAnswerError, "documentation"),
        ([Reply(200, b'{"data":{"hmac":7}}')], KeystoreAnswerError, "documentation"),
        ([Reply(200, b'{"data":{}}')], KeystoreAnswerError, "documentation"),
        ([Reply(200, b'{"data":{"hmac":"vault:v1:AAAA"}}')], KeystoreAnswerError, "length"),
        ([Reply(200, b'{"data":{"hmac":"AAAA"}}')], KeystoreAnswerError, "documentation"),
        ([Reply(200)], KeystoreAnswerError, "documentation"),
    ],
)
def test_each_failure_is_one_error_that_says_what_to_do(
    ground: TransitGround, answers: list[Reply], error: type[KeystoreError], word: str
) -> None:
    ground.http.faults += answers
    with pytest.raises(error, match=word):
        ground.kms().mac(b"", "grants")
    assert not ground.http.faults


def test_answers_of_another_shape_than_asked_for_are_refused(ground: TransitGround) -> None:
    kms, one = ground.kms(), {"ciphertext": "vault:v1:AAAAAAAA"}
    for results in ([], [one, one], [{"ciphertext": "plain"}], [{"error": "no"}]):
        ground.http.faults.append(Reply(200, json.dumps({"data": {"batch_results": results}}).encode()))
        with pytest.raises(KeystoreAnswerError):
            kms.wrap_many([b"k" * 32], b"")
    keys = {"type": "ed25519", "keys": {"1": {"public_key": "AAAA"}}}
    ground.http.faults.append(Reply(200, json.dumps({"data": keys}).encode()))
    with pytest.raises(KeystoreAnswerError, match="Ed25519"):
        kms.public_key("checkpoints")


def test_a_server_that_does_not_answer_is_not_waited_for_long(ground: TransitGround) -> None:
    ground.http.faults += [SILENCE, SILENCE]
    with pytest.raises(KeystoreUnreachableError, match=r"127.0.0.1.*ReadTimeout"):
        ground.kms(IMPATIENT).mac(b"", "grants")


def test_a_server_that_is_not_there_is_named(tmp_path: Path, ground: TransitGround) -> None:
    ground.address = "vault+http://127.0.0.1:9/ours"
    ground.__post_init__()
    with pytest.raises(KeystoreUnreachableError, match=r"127.0.0.1:9 does not answer \(ConnectError\)"):
        ground.kms().check()


def test_a_missing_root_key_is_said_to_be_and_never_made_on_the_way(ground: TransitGround) -> None:
    kms = ground.kms()
    wrapped = kms.wrap_many([b"k" * 32], b"")
    ground.server.keys = {name: key for name, key in ground.server.keys.items() if "sign" in name}
    for ask in (lambda: kms.mac(b"", "g"), lambda: kms.unwrap_many(wrapped, b""), ground.kms().check):
        with pytest.raises(RootKeyMissingError, match="etterklang keys init"):
            ask()
    with pytest.raises(RootKeyMissingError, match="sign-unknown"):
        kms.sign(b"", "unknown")
    with pytest.raises(RootKeyMissingError, match="sign-unknown"):
        kms.public_key("unknown")


def test_setting_up_again_makes_nothing_and_changes_nothing(ground: TransitGround) -> None:
    before = {name: key.material for name, key in ground.server.keys.items()}
    assert ground.kms().set_up(PURPOSES) == []
    assert {name: key.material for name, key in ground.server.keys.items()} == before
    del ground.server.keys["ours/etterklang-sign-another"]
    assert ground.kms().set_up(PURPOSES) == ["etterklang-sign-another"]


def test_setting_up_says_which_right_is_lacking(transit: TransitGround) -> None:
    transit.server.denied.append("POST ours/keys/etterklang-mac")
    with pytest.raises(KeystoreForbiddenError, match="POST ours/keys/etterklang-mac"):
        transit.kms().set_up(PURPOSES)


def test_a_key_of_this_name_that_is_not_ours_is_refused(ground: TransitGround) -> None:
    ground.server.keys["ours/etterklang-wrap"].exportable = True
    with pytest.raises(KeystoreError, match="neither exportable nor derived"):
        ground.kms().set_up(PURPOSES)
    ground.server.keys["ours/etterklang-wrap"].kind = "ed25519"
    with pytest.raises(KeystoreError, match="must be aes256-gcm96"):
        ground.kms().set_up(PURPOSES)


def test_who_may_not_delete_destroys_nothing_and_whoever_may_goes_on(ground: TransitGround) -> None:
    kms = ground.kms()
    kms.make_epoch(20261100)
    ground.server.denied.append("POST ours/keys/etterklang-epoch-20261100/config")
    with pytest.raises(KeystoreForbiddenError):
        kms.destroy_epoch(20261100)
    ground.server.denied.clear()
    kms.destroy_epoch(20261100)
    assert "ours/etterklang-epoch-20261100" not in ground.server.keys


def test_many_keys_are_few_requests(ground: TransitGround) -> None:
    kms = ground.kms()
    assert len(kms.unwrap_many(kms.wrap_many([b"k" * 32] * 5001, b""), b"")) == 5001
    assert len(ground.http.asked) == 4


def test_a_token_that_is_renewed_is_read_anew(ground: TransitGround) -> None:
    kms = ground.kms()
    ground.server.tokens = {f"{TOKEN}-2"}
    with pytest.raises(KeystoreForbiddenError):
        kms.check()
    ground.secret_file.write_text(f"{TOKEN}-2\n")
    kms.check()


@pytest.mark.parametrize("auth", ["approle", "kubernetes"])
def test_a_login_is_made_once_and_again_when_it_has_ended(transit: TransitGround, auth: str) -> None:
    transit.address += f"?auth={auth}&role=etterklang"
    transit.__post_init__()
    transit.secret_file.write_text(SECRET_ID)
    kms = transit.kms()
    kms.set_up(PURPOSES)
    assert transit.server.logins == 1
    transit.server.tokens.clear()
    kms.check()
    assert transit.server.logins == 2
    transit.server.denied.append("POST ours/hmac/etterklang-mac/sha2-256")
    with pytest.raises(KeystoreForbiddenError, match="POST ours/hmac"):
        kms.mac(b"", "grants")
    transit.secret_file.write_text("another")
    with pytest.raises(KeystoreForbiddenError, match=f"{auth} at .* lets us not in"):
        transit.kms().check()


def test_the_namespace_is_sent(transit: TransitGround) -> None:
    transit.server.namespace = "registry/ours"
    with pytest.raises(KeystoreForbiddenError):
        transit.kms().set_up(PURPOSES)
    transit.address += "?namespace=registry/ours"
    transit.__post_init__()
    assert len(transit.kms().set_up(PURPOSES)) == 4


def test_a_server_whose_certificate_nobody_vouches_for_is_told_nothing(
    transit: TransitGround, tmp_path: Path
) -> None:
    certificate, authority = make_certificate(tmp_path)
    with served(transit.server.answer, certificate) as http:
        store = read_store(f"vault+{http.url}/ours")
        assert isinstance(store, TransitStore)

        def trusting(ca_file: Path | None) -> TransitKms:
            return TransitKms(store, transit_calls(store, transit.secret_file, ca_file, AT_ONCE))

        with pytest.raises(KeystoreUnreachableError, match="ConnectError"):
            trusting(None).set_up(PURPOSES)
        assert http.asked == []
        assert len(trusting(authority).set_up(PURPOSES)) == 4


@pytest.mark.parametrize("content", ["", "two words", "a\nb", "æ"])
def test_a_file_without_a_token_is_refused_before_anything_is_sent(
    ground: TransitGround, content: str
) -> None:
    ground.secret_file.write_text(content, encoding="utf-8")
    with pytest.raises(KeystoreError, match="SECRET_FILE holds no token") as refused:
        ground.kms().check()
    assert content == "" or content not in str(refused.value)
    assert not ground.http.asked


def test_no_file_is_said_to_be_none(ground: TransitGround) -> None:
    ground.secret_file.unlink()
    with pytest.raises(KeystoreError, match="SECRET_FILE names no file"):
        ground.kms().check()


def test_no_token_and_no_key_is_in_any_error_or_log(
    ground: TransitGround, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    kms, said = ground.kms(IMPATIENT), []
    wrapped = kms.wrap_many([b"a-key-that-no-log-may-hold......"], b"")
    echo = Reply(400, json.dumps({"errors": [f"{TOKEN} a-key-that-no-log-may-hold"]}).encode())
    lying = Reply(200, json.dumps({"data": {"hmac": TOKEN}}).encode())
    for answers in (
        [echo],
        [lying],
        [FORBIDDEN],
        [SEALED] * 2,
        [BROKEN] * 2,
        [SILENCE] * 2,
        [Reply(200, echo.body)],
    ):
        for ask in (lambda: kms.mac(b"", "g"), lambda: kms.unwrap_many(wrapped, b"x")):
            ground.http.faults += answers
            with pytest.raises((KeystoreError, NotOpenedError)) as raised:
                ask()
            error: BaseException | None = raised.value
            while error is not None:
                said += [str(error), repr(error)]
                error = error.__cause__
            ground.http.faults.clear()
    assert len(said) > 28
    for secret in (TOKEN, "a-key-that-no-log-may-hold"):
        assert secret not in caplog.text
        assert not any(secret in one for one in said)
