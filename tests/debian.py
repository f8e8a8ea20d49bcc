"""What tests need of Debian's packages, installed where we are root on such a machine."""

import os
import shutil
import subprocess
from collections.abc import Sequence


def can_install() -> bool:
    """Whether we are root on a machine that has apt-get."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(packages: Sequence[str]) -> bool:
    """Installs the first of the packages that there is; False where none could be.

    Without a network everything else can still be tested.
    """
    took = _apt_get("update", "-qq")
    return took and any(_apt_get("install", "-y", "-qq", "--no-install-recommends", one) for one in packages)


def _apt_get(*arguments: str) -> bool:
    return subprocess.run(["apt-get", *arguments], check=False, capture_output=True).returncode == 0
