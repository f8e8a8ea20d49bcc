"""Finds SoftHSM for the tests of PKCS#11, or gets it, and says how; ``python -m tests.softhsm`` does both."""

import shutil
from pathlib import Path

from tests.debian import can_install, install

FOLDERS = (
    "/usr/lib/softhsm",
    "/usr/lib64/softhsm",
    "/usr/lib64/pkcs11",
    "/usr/local/lib/softhsm",
    "/opt/homebrew/lib/softhsm",
)
MODULE = "libsofthsm2.so"


def find() -> Path | None:
    """The PKCS#11 module, if there is one and the tool that makes its tokens."""
    files = (Path(folder) / MODULE for folder in FOLDERS)
    return next((file for file in files if file.exists()), None) if shutil.which("softhsm2-util") else None


def get() -> str:
    """Where it is, from Debian when there is none and we are root; without it, the tests skip and say so."""
    if found := find():
        return f"the system's {found}"
    if not can_install():
        return "none, so the tests of PKCS#11 are skipped (Debian: apt-get install softhsm2)"
    if not install(["softhsm2"]):
        return "none, so the tests of PKCS#11 are skipped: apt-get could not install softhsm2"
    return f"installed from Debian, {find()}"


if __name__ == "__main__":
    print(f"SoftHSM for the tests: {get()}", flush=True)  # noqa: T201 - said to the person at the terminal
