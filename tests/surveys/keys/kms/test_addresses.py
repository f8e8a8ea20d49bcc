"""How ETTERKLANG_KEY_STORE names a key store, and what of it is refused."""

from pathlib import Path

import pytest

from surveys.keys.kms.addresses import (
    AwsStore,
    FileStore,
    Pkcs11Store,
    Store,
    TransitStore,
    name_of,
    read_store,
)
from surveys.settings import SettingsError

VAULT, HERE = "https://vault.example:8200", "http://127.0.0.1:8200"


@pytest.mark.parametrize(
    ("address", "store"),
    [
        ("file:/var/lib/etterklang/keystore", FileStore(Path("/var/lib/etterklang/keystore"))),
        ("file:///var/lib/a%20keystore", FileStore(Path("/var/lib/a keystore"))),
        ("file:.etterklang/keystore", FileStore(Path(".etterklang/keystore"))),
        (f"vault+{VAULT}/transit", TransitStore(VAULT, "transit", "etterklang", "", "token", "")),
        (
            f"vault+{VAULT}/team/keys/?prefix=prom&namespace=a/b&auth=approle&role=4f-1",
            TransitStore(VAULT, "team/keys", "prom", "a/b", "approle", "4f-1"),
        ),
        (
            "vault+http://127.0.0.1:8200/t",
            TransitStore("http://127.0.0.1:8200", "t", "etterklang", "", "token", ""),
        ),
        ("aws-kms:etterklang", AwsStore("etterklang", "", "")),
        (
            "aws-kms:prom?region=eu-north-1&endpoint=https://vpce.example",
            AwsStore("prom", "eu-north-1", "https://vpce.example"),
        ),
        (
            "pkcs11:token=Our%20token;object=prom?module-path=/usr/lib/hsm.so",
            Pkcs11Store("/usr/lib/hsm.so", "Our token", "prom"),
        ),
        ("pkcs11:token=t+1?module-path=/usr/lib/c++.so", Pkcs11Store("/usr/lib/c++.so", "t+1", "etterklang")),
    ],
)
def test_each_kind_is_read(address: str, store: Store) -> None:
    assert read_store(address) == store
    assert name_of(store)


@pytest.mark.parametrize(
    ("address", "rule"),
    [
        ("/var/lib/keystore", "must begin with file:"),
        ("https://vault.example/transit", "must begin with file:"),
        ("file:", "written file:/path"),
        ("file://host/path", "written file:/path"),
        ("vault+http://vault.example/transit", "must be vault"),
        ("vault+https://vault.example", "written vault"),
        ("vault+https://vault.example/a%2f..", "written vault"),
        ("vault+https://hvs.hidden@vault.example/transit", "token does not belong"),
        ("vault+https://a:hvs.hidden@vault.example/transit", "token does not belong"),
        ("vault+https://vault.example/transit?token=hvs.hidden", "unknown field `token`"),
        ("vault+https://vault.example/transit?auth=approle", "need a role"),
        ("vault+https://vault.example/transit?role=x", "need a role"),
        ("vault+https://vault.example/transit?auth=ldap&role=x", "auth"),
        ("vault+https://vault.example/transit?prefix=A", "prefix"),
        ("vault+https://vault.example:port/transit", "no address"),
        ("aws-kms:", "prefix"),
        ("aws-kms:etterklang?profile=x", "unknown field `profile`"),
        ("aws-kms:etterklang?endpoint=http://kms.example", "endpoint must have https"),
        ("pkcs11:token=t", "module-path"),
        ("pkcs11:?module-path=/x.so", "token"),
        ("pkcs11:token=t;pin-value=hidden?module-path=/x.so", "unknown field `pin-value`"),
        ("pkcs11:token?module-path=/x.so", "name=value"),
    ],
)
def test_what_is_not_of_its_kind_is_refused_without_being_repeated(address: str, rule: str) -> None:
    with pytest.raises(SettingsError, match=rule) as refused:
        read_store(address)
    assert str(refused.value).startswith("ETTERKLANG_KEY_STORE: ")
    assert "hidden" not in str(refused.value)
