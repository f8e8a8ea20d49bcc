"""PKCS#11, against SoftHSM: keys that never leave, a PIN that is tried once, a session that was lost."""

from collections.abc import Callable
from pathlib import Path

import pkcs11
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from surveys.keys import KeystoreError
from surveys.keys.errors import KeystoreForbiddenError, KeystoreUnreachableError, RootKeyMissingError
from surveys.keys.kms import hsm_session
from surveys.keys.kms.addresses import Pkcs11Store, read_store
from surveys.keys.kms.hsm import HsmKms
from tests.builders.key_stores import (
    PURPOSES,
    TOKEN_LABEL,
    KeyStore,
    hsm_store,
    in_processes,
    make_token,
)

EPOCH = 20261100


def store_of(found: KeyStore) -> Pkcs11Store:
    store = read_store(found.address)
    assert isinstance(store, Pkcs11Store)
    return store


def in_a_process_of_its_own(work: Callable[[], object]) -> str:
    """What ``work`` gives or raises where nobody has logged in to the token yet."""

    def said() -> bytes:
        try:
            return str(work()).encode()
        except KeystoreError as error:
            return f"{type(error).__name__}: {error}".encode()

    (answer,) = in_processes([said])
    return answer.decode()


def test_no_key_that_it_makes_can_be_read_out(hsm: KeyStore) -> None:
    kms, store = hsm.open(), store_of(hsm)
    kms.make_epoch(EPOCH)
    session = hsm_session.HsmSession(store, hsm.secret_file)

    def secrets(opened: pkcs11.Session) -> list[tuple[str, bool, bool]]:
        kinds = (pkcs11.ObjectClass.SECRET_KEY, pkcs11.ObjectClass.PRIVATE_KEY)
        return [
            (
                str(key[pkcs11.Attribute.LABEL]),
                bool(key[pkcs11.Attribute.SENSITIVE]),
                bool(key[pkcs11.Attribute.EXTRACTABLE]),
            )
            for kind in kinds
            for key in opened.get_objects({pkcs11.Attribute.CLASS: kind})
            if str(key[pkcs11.Attribute.LABEL]).startswith(store.prefix)
        ]

    names = ("wrap", "mac", f"epoch {EPOCH}", "sign checkpoints", "sign another")
    assert sorted(session.use(secrets)) == sorted((f"{store.prefix} {name}", True, False) for name in names)


def test_a_destroyed_key_is_no_object_of_the_token_any_more(hsm: KeyStore) -> None:
    kms, store = hsm.open(), store_of(hsm)
    kms.make_epoch(EPOCH)
    kms.destroy_epoch(EPOCH)
    wanted = {pkcs11.Attribute.LABEL: f"{store.prefix} epoch {EPOCH}"}
    session = hsm_session.HsmSession(store, hsm.secret_file)
    assert session.use(lambda opened: list(opened.get_objects(wanted))) == []


def test_setting_up_again_makes_nothing(hsm: KeyStore) -> None:
    assert HsmKms(store_of(hsm), hsm.secret_file).set_up(PURPOSES) == []


def test_a_missing_root_key_is_said_to_be(token: None, hsm: KeyStore) -> None:
    kms = HsmKms(hsm_store("nothing-here"), hsm.secret_file)
    for ask in (
        kms.check,
        lambda: kms.mac(b"", "g"),
        lambda: kms.sign(b"", "x"),
        lambda: kms.public_key("x"),
    ):
        with pytest.raises(RootKeyMissingError, match=r"nothing-here .*etterklang keys init"):
            ask()


def test_two_keys_of_one_label_are_refused(hsm: KeyStore) -> None:
    store, kms = store_of(hsm), hsm.open()
    session = hsm_session.HsmSession(store, hsm.secret_file)

    def another(opened: pkcs11.Session) -> None:
        opened.generate_key(pkcs11.KeyType.AES, 256, label=f"{store.prefix} wrap", store=True)

    session.use(another)
    with pytest.raises(KeystoreError, match="more than one key"):
        kms.wrap_many([b"k"], b"")


# python-pkcs11 says so when it ends a search in a session that is gone.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_session_that_was_lost_is_opened_again(hsm: KeyStore) -> None:
    kms = hsm.open()
    before = kms.mac(b"", "grants")
    hsm_session.HsmSession(store_of(hsm), hsm.secret_file).use(lambda opened: opened.close())
    assert kms.mac(b"", "grants") == before


def test_a_wrong_pin_is_tried_once_and_not_repeated(
    hsm: KeyStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOFTHSM2_CONF", str(make_token(tmp_path)))
    hsm.secret_file.write_text("a-wrong-pin")
    said = in_a_process_of_its_own(HsmKms(store_of(hsm), hsm.secret_file).check)
    assert said.startswith(KeystoreForbiddenError.__name__)
    assert "PinIncorrect" in said
    assert "tried once" in said
    assert "a-wrong-pin" not in said


def test_no_token_no_module_and_no_pin_are_said_to_be_none(hsm: KeyStore, tmp_path: Path) -> None:
    store = store_of(hsm)
    for other in (
        Pkcs11Store(store.module, "another token", store.prefix),
        Pkcs11Store(str(tmp_path / "none.so"), TOKEN_LABEL, store.prefix),
    ):
        with pytest.raises(KeystoreUnreachableError, match=f"token {other.token} of {other.module}"):
            HsmKms(other, hsm.secret_file).check()
    hsm.secret_file.unlink()
    with pytest.raises(KeystoreError, match="SECRET_FILE names no file"):
        hsm.open().make_epoch(EPOCH)


def test_where_the_token_has_no_ed25519_the_seed_is_computed_from_a_secret_in_it(
    hsm: KeyStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOFTHSM2_CONF", str(make_token(tmp_path, mechanisms="-CKM_EDDSA")))

    def signed() -> bytes:
        kms = HsmKms(store_of(hsm), hsm.secret_file)
        kms.set_up(PURPOSES)
        return kms.public_key("checkpoints") + kms.public_key("another") + kms.sign(b"m", "checkpoints")

    one, again = (in_processes([signed])[0] for _ in range(2))
    assert one == again
    assert one[:32] != one[32:64]
    Ed25519PublicKey.from_public_bytes(one[:32]).verify(one[64:], b"m")
