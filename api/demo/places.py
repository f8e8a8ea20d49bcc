"""Where the demonstration keeps what it makes, and the settings it runs under."""

import secrets
from collections.abc import Sequence
from pathlib import Path

HOME = Path(".etterklang")
ENVIRONMENT = HOME / "environment"
DOCUMENTS = Path(__file__).parent / "documents"
COHORT = HOME / "cohort.ndjson"
SEED = 1
REGISTRY = "norway"
PROJECT = "everyday-after-prostate-cancer"


def write_environment(address: str, port: int, provider_port: int) -> Path:
    """Writes the settings file that every process and command of the demonstration reads."""
    keystore, passphrase = HOME / "keystore", HOME / "keystore-passphrase"
    if not passphrase.exists():
        passphrase.touch(mode=0o600)
        passphrase.write_text(secrets.token_urlsafe(32), encoding="ascii")
    client_keys = [HOME / f"{audience}-client.jwk" for audience in ("patient", "staff")]
    if not all(file.exists() for file in (keystore, *client_keys)):
        _make_keys(keystore, passphrase, client_keys)
    values = {
        "ETTERKLANG_MODE": "development",
        "ETTERKLANG_HOME": str(HOME),
        "DATABASE_URL": address,
        "ETTERKLANG_PORT": str(port),
        "ETTERKLANG_PUBLIC_URL": f"http://localhost:{port}",
        "ETTERKLANG_DEMO_PROVIDER_PORT": str(provider_port),
        "ETTERKLANG_PATIENT_ISSUER": f"http://127.0.0.1:{provider_port}",
        "ETTERKLANG_PATIENT_CLIENT_KEY": str(HOME / "patient-client.jwk"),
        "ETTERKLANG_STAFF_ISSUER": f"http://127.0.0.1:{provider_port}",
        "ETTERKLANG_STAFF_CLIENT_KEY": str(HOME / "staff-client.jwk"),
        "ETTERKLANG_KEY_STORE": f"file:{keystore}",
        "ETTERKLANG_KEY_STORE_SECRET_FILE": str(passphrase),
        "ETTERKLANG_ORGANISATION": "Demonstrasjonens kreftregister",
        "ETTERKLANG_LEGAL_BASIS": "GDPR artikkel 6(1)(e) og 9(2)(j)",
        "ETTERKLANG_NOTICE_FOLDER": str(HOME / "notices"),
    }
    ENVIRONMENT.write_text("".join(f"{name}={value}\n" for name, value in values.items()), encoding="utf-8")
    return ENVIRONMENT


def _make_keys(keystore: Path, passphrase: Path, client_keys: Sequence[Path]) -> None:
    # Slow to import, and only the first start makes keys.
    from api.security.client_key import ensure_client_key  # noqa: PLC0415
    from surveys.keys import create_keystore  # noqa: PLC0415

    if not keystore.exists():
        create_keystore(keystore, passphrase.read_bytes())
    for file in client_keys:
        ensure_client_key(file)
