"""The one file with a secret that a key store is opened with: a passphrase, a token, a PIN."""

from pathlib import Path

from surveys.keys.errors import KeystoreError


def read_secret_file(path: Path) -> bytes:
    """What stands in it, without the white space around it.

    Raises:
        KeystoreError: it cannot be read.
    """
    try:
        return path.read_bytes().strip()
    except OSError as error:
        raise KeystoreError("ETTERKLANG_KEY_STORE_SECRET_FILE names no file that can be read") from error
