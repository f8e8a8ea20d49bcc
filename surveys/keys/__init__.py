"""The only place with cryptography: sealing, the key hierarchy, blind linking, the service that unwraps."""

from surveys.keys.client import open_keys
from surveys.keys.errors import (
    FreshLoginNeededError,
    KeysError,
    KeystoreError,
    KeysUnavailableError,
    LoginRefusedError,
    NotAllowedError,
    NotOpenedError,
    QuotaExceededError,
    TooLongError,
)
from surveys.keys.kms.passphrase import create_keystore
from surveys.keys.kms.stores import key_store_name, set_up_key_store
from surveys.keys.messages import (
    NO_PERSON,
    NO_STUDY,
    Audience,
    Binding,
    InboxKey,
    Keys,
    Login,
    OwnAct,
    PlainRow,
    Purpose,
    SealedRow,
)
from surveys.keys.receipts import (
    Commitment,
    commitment,
    receipt_public_key,
    sign_receipt,
    verify_receipt,
)
from surveys.keys.sealing import (
    derive,
    open_with_secret,
    seal_chunk_to_inbox,
    seal_to_inbox,
    seal_with_secret,
)
from surveys.keys.service import run_key_service

__all__ = [
    "NO_PERSON",
    "NO_STUDY",
    "Audience",
    "Binding",
    "Commitment",
    "FreshLoginNeededError",
    "InboxKey",
    "Keys",
    "KeysError",
    "KeysUnavailableError",
    "KeystoreError",
    "Login",
    "LoginRefusedError",
    "NotAllowedError",
    "NotOpenedError",
    "OwnAct",
    "PlainRow",
    "Purpose",
    "QuotaExceededError",
    "SealedRow",
    "TooLongError",
    "commitment",
    "create_keystore",
    "derive",
    "key_store_name",
    "open_keys",
    "open_with_secret",
    "receipt_public_key",
    "run_key_service",
    "seal_chunk_to_inbox",
    "seal_to_inbox",
    "seal_with_secret",
    "set_up_key_store",
    "sign_receipt",
    "verify_receipt",
]
