"""AWS KMS: what each answer means, deletion that takes seven days, and what is left when it is over."""

import logging
from dataclasses import replace
from pathlib import Path

import pytest
from botocore.exceptions import NoCredentialsError

from surveys.keys import KeystoreError, NotOpenedError
from surveys.keys.errors import (
    KeystoreAnswerError,
    KeystoreForbiddenError,
    KeystoreUnreachableError,
    RootKeyMissingError,
)
from surveys.keys.kms.addresses import AwsStore
from surveys.keys.kms.aws import AwsKms
from surveys.keys.kms.aws_calls import AwsCalls
from surveys.keys.kms.patience import Patience
from tests.builders.aws_kms import ACCESS_KEY, SECRET_KEY, refused
from tests.builders.key_stores import AT_ONCE, PURPOSES, AwsGround, aws_address
from tests.builders.standin import SILENCE, Reply

IMPATIENT = Patience(tries=2, pause=0, seconds=0.05)
EPOCH = 20261100
BROKEN, TOO_MANY = refused("KMSInternalException", 500), refused("ThrottlingException", 400)
DENIED = refused("AccessDeniedException", 400)


@pytest.fixture
def ground(aws: AwsGround) -> AwsGround:
    aws.kms().set_up(PURPOSES)
    aws.http.asked.clear()
    return aws


@pytest.mark.parametrize("passing", [BROKEN, TOO_MANY, Reply(503, b"<html>"), Reply(429, b"{}")])
def test_what_passes_is_waited_for(ground: AwsGround, passing: Reply) -> None:
    before = ground.kms().mac(b"", "grants")
    ground.http.faults += [passing, passing]
    assert ground.kms().mac(b"", "grants") == before
    assert not ground.http.faults


@pytest.mark.parametrize(
    ("answers", "error", "word"),
    [
        ([BROKEN] * 3, KeystoreUnreachableError, "500"),
        ([TOO_MANY] * 3, KeystoreUnreachableError, "again"),
        ([DENIED], KeystoreForbiddenError, "does not let us generate_mac"),
        ([refused("UnrecognizedClientException", 400)], KeystoreForbiddenError, "generate_mac"),
        ([refused("ExpiredTokenException", 400)], KeystoreForbiddenError, "generate_mac"),
        ([Reply(403, b"<html>a proxy</html>")], KeystoreForbiddenError, "generate_mac"),
        ([refused("ValidationException", 400)], KeystoreAnswerError, "400"),
        ([refused("DisabledException", 400)], KeystoreError, "DisabledException"),
        ([Reply(200, b"<html>welcome</html>")], KeystoreAnswerError, "documentation"),
        ([Reply(200, b'{"Mac":7}')], KeystoreAnswerError, "documentation"),
        ([Reply(200, b"{}")], KeystoreAnswerError, "documentation"),
        ([Reply(200, b'{"Mac":"AAAA"}')], KeystoreAnswerError, "length"),
    ],
)
def test_each_failure_is_one_error_that_says_what_to_do(
    ground: AwsGround, answers: list[Reply], error: type[KeystoreError], word: str
) -> None:
    ground.http.faults += answers
    with pytest.raises(error, match=word):
        ground.kms().mac(b"", "grants")
    assert not ground.http.faults


def test_signatures_and_public_keys_of_another_kind_are_refused(ground: AwsGround) -> None:
    ground.http.faults.append(Reply(200, b'{"Signature":"AAAA"}'))
    with pytest.raises(KeystoreAnswerError, match="none of Ed25519"):
        ground.kms().sign(b"", "checkpoints")
    ground.http.faults.append(Reply(200, b'{"PublicKey":"AAAA"}'))
    with pytest.raises(KeystoreAnswerError, match="no public key"):
        ground.kms().public_key("checkpoints")


def test_a_server_that_does_not_answer_is_not_waited_for_long(ground: AwsGround) -> None:
    ground.http.faults += [SILENCE, SILENCE]
    with pytest.raises(KeystoreUnreachableError, match="ReadTimeoutError"):
        ground.kms(IMPATIENT).mac(b"", "grants")


def test_a_server_that_is_not_there_is_said_to_be(aws: AwsGround) -> None:
    nowhere = AwsStore("ours", "eu-north-1", "http://127.0.0.1:9")
    with pytest.raises(KeystoreUnreachableError, match="EndpointConnectionError"):
        AwsKms(nowhere, AwsCalls(nowhere, AT_ONCE)).check()


def test_without_credentials_or_region_it_says_so(
    ground: AwsGround, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(KeystoreForbiddenError, match=NoCredentialsError.__name__):
        ground.kms(AT_ONCE).check()
    nowhere = AwsStore("ours", "", "")
    with pytest.raises(KeystoreError, match="NoRegionError"):
        AwsKms(nowhere, AwsCalls(nowhere, AT_ONCE)).check()


def test_a_missing_root_key_is_said_to_be(aws: AwsGround) -> None:
    kms = aws.kms()
    for ask in (
        kms.check,
        lambda: kms.mac(b"", "g"),
        lambda: kms.wrap_many([b"k"], b""),
        lambda: kms.unwrap_many([b"\0\1a" + b"b" * 80], b""),
        lambda: kms.sign(b"", "checkpoints"),
        lambda: kms.public_key("checkpoints"),
        lambda: kms.epoch_key(EPOCH),
    ):
        with pytest.raises(RootKeyMissingError, match="etterklang keys init"):
            ask()


def test_setting_up_again_makes_nothing(ground: AwsGround) -> None:
    keys = len(ground.server.keys)
    assert ground.kms().set_up(PURPOSES) == []
    assert len(ground.server.keys) == keys


@pytest.mark.parametrize("operation", ["CreateKey", "CreateAlias", "DescribeKey"])
def test_setting_up_says_which_right_is_lacking(aws: AwsGround, operation: str) -> None:
    aws.server.denied.add(operation)
    with pytest.raises(KeystoreForbiddenError, match="does not let us"):
        aws.kms().set_up(PURPOSES)


def test_a_key_of_this_alias_that_is_not_ours_is_refused(ground: AwsGround) -> None:
    prefix = ground.store.prefix
    aliases = ground.server.aliases
    ground.server.keys[aliases[f"alias/{prefix}/mac"]].state = "Disabled"
    with pytest.raises(KeystoreError, match="must be a HMAC_256 key in use"):
        ground.kms().set_up(PURPOSES)
    aliases[f"alias/{prefix}/mac"] = aliases[f"alias/{prefix}/wrap"]
    with pytest.raises(KeystoreError, match="is a SYMMETRIC_DEFAULT key"):
        ground.kms().set_up(PURPOSES)


def test_a_destroyed_epoch_cannot_be_used_at_once_and_is_gone_for_good_in_seven_days(
    ground: AwsGround,
) -> None:
    kms, alias = ground.kms(), f"alias/{ground.store.prefix}/epoch/{EPOCH}"
    kms.make_epoch(EPOCH)
    kms.destroy_epoch(EPOCH)
    key = ground.server.keys[ground.server.aliases[alias]]
    assert (key.state, key.days) == ("PendingDeletion", 7)
    ground.server.pass_days(7)
    assert alias not in ground.server.aliases
    ground.kms().make_epoch(EPOCH)
    with pytest.raises(NotOpenedError):
        ground.kms().epoch_key(EPOCH)
    assert alias not in ground.server.aliases


def test_a_destruction_that_was_interrupted_is_gone_on_with(ground: AwsGround) -> None:
    kms, alias = ground.kms(), f"alias/{ground.store.prefix}/epoch/{EPOCH}"
    kms.make_epoch(EPOCH)
    ground.server.denied.add("ScheduleKeyDeletion")
    with pytest.raises(KeystoreForbiddenError):
        kms.destroy_epoch(EPOCH)
    key = ground.server.keys[ground.server.aliases[alias]]
    assert key.state == "Disabled"
    ground.server.denied.clear()
    kms.destroy_epoch(EPOCH)
    assert key.state == "PendingDeletion"


def test_years_of_destroyed_epochs_are_remembered(ground: AwsGround) -> None:
    kms, epochs = ground.kms(), [year * 10_000 + month * 100 for year in (2026, 2027) for month in (1, 7, 12)]
    for epoch in epochs:
        kms.destroy_epoch(epoch)
    for epoch in epochs:
        ground.kms().make_epoch(epoch)
        with pytest.raises(NotOpenedError):
            ground.kms().epoch_key(epoch)
    kms.make_epoch(20270800)
    assert len(kms.epoch_key(20270800)) == 32


def test_an_epoch_key_that_somebody_disabled_is_not_taken_for_a_destroyed_one(ground: AwsGround) -> None:
    kms = ground.kms()
    kms.make_epoch(EPOCH)
    ground.server.keys[ground.server.aliases[f"alias/{ground.store.prefix}/epoch/{EPOCH}"]].state = "Disabled"
    with pytest.raises(KeystoreError, match="is Disabled"):
        kms.epoch_key(EPOCH)


def test_the_key_that_lost_the_race_for_an_alias_is_deleted(ground: AwsGround) -> None:
    kms, server = ground.kms(), ground.server
    kms.make_epoch(EPOCH)
    # Not seen yet by another service, which therefore makes one too.
    server.not_yet[f"alias/{ground.store.prefix}/epoch/{EPOCH}"] = 1
    before = set(server.keys)
    ground.kms().make_epoch(EPOCH)
    (spare,) = set(server.keys) - before
    assert server.keys[spare].state == "PendingDeletion"
    assert ground.kms().epoch_key(EPOCH) == kms.epoch_key(EPOCH)


def test_who_may_not_decrypt_is_told_so_and_not_that_it_is_damaged(ground: AwsGround) -> None:
    kms = ground.kms()
    wrapped = kms.wrap_many([b"k" * 32], b"")
    ground.server.denied.add("Decrypt")
    with pytest.raises(KeystoreForbiddenError, match="decrypt"):
        kms.unwrap_many(wrapped, b"")


def test_what_another_root_key_sealed_does_not_open(ground: AwsGround) -> None:
    wrapped = ground.kms().wrap_many([b"k" * 32], b"")
    other = replace(ground, address=aws_address("other", ground.http)).kms()
    other.set_up(PURPOSES)
    with pytest.raises(NotOpenedError):
        other.unwrap_many(wrapped, b"")


def test_many_keys_are_one_request(ground: AwsGround) -> None:
    kms = ground.kms()
    wrapped = kms.wrap_many([b"k" * 32] * 1000, b"") + kms.wrap_many([b"l" * 32], b"")
    assert len(ground.http.asked) == 2
    kms.unwrap_many(wrapped, b"")
    assert len(ground.http.asked) == 4


def test_no_context_and_no_secret_leaves_in_the_clear(
    ground: AwsGround, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    kms, said = ground.kms(), []
    wrapped = kms.wrap_many([b"a-key-that-no-log-may-hold......"], b"a-context-that-no-trail-may-hold")
    lying = Reply(200, b'{"Mac":7,"Plaintext":"a-key-that-no-log-may-hold"}')
    for answers in ([lying], [DENIED], [BROKEN] * 3, [Reply(200, SECRET_KEY.encode())]):
        for ask in (lambda: kms.mac(b"", "g"), lambda: kms.unwrap_many(wrapped, b"x")):
            ground.http.faults += answers
            with pytest.raises((KeystoreError, NotOpenedError)) as raised:
                ask()
            said.append(str(raised.value))
            ground.http.faults.clear()
    for secret in (SECRET_KEY, ACCESS_KEY, "a-key-that-no-log-may-hold"):
        assert secret not in caplog.text
        assert not any(secret in one for one in said)
    assert not any(b"a-context-that-no-trail-may-hold" in one.body for one in ground.http.asked)
