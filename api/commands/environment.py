"""What a command needs before it imports anything heavy: settings files, options of the embedded server."""

from pathlib import Path

ENVIRONMENT_FILE = Path(".etterklang/environment")
EMBEDDED_OPTIONS = {"max_connections": "100", "shared_buffers": "256MB", "log_min_messages": "warning"}


def read_environment_file(path: Path) -> dict[str, str]:
    """The ``NAME=value`` lines of a settings file; lines that begin with ``#`` are remarks."""
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
