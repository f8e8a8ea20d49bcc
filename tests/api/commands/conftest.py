"""The command line in this process, on a database of its own."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.builders.api import Keystore
from tests.builders.command_line import Ended, etterklang


@pytest.fixture
def command_line(
    database: str,
    keystore: Keystore,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., Ended]:
    """Runs ``etterklang``; ``by`` is the setting of who acts, ``lines`` are the standard input."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ETTERKLANG_MODE", "development")
    monkeypatch.setenv("DATABASE_URL", database)
    monkeypatch.setenv("ETTERKLANG_KEY_STORE", f"file:{keystore.file}")
    monkeypatch.setenv("ETTERKLANG_KEY_STORE_SECRET_FILE", str(keystore.passphrase))

    def run(*arguments: str | Path, by: str = "", lines: tuple[str, ...] = ()) -> Ended:
        monkeypatch.setenv("ETTERKLANG_ACTOR", by)
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
        return etterklang(*arguments)

    return run


@pytest.fixture(name="etterklang")
def instruments_command(command_line: Callable[..., Ended]) -> Callable[..., Ended]:
    """Runs ``etterklang instruments``; ``by`` is the setting of who acts."""
    return lambda *arguments, by="": command_line("instruments", *arguments, by=by)
