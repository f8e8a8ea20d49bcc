"""A lean HTTP load: so many clients, each on its own kept connection, in a process of its own."""

import asyncio
import multiprocessing
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

_spawning = multiprocessing.get_context("spawn")


@dataclass(frozen=True)
class Request:
    """A prepared HTTP/1.1 request, whole."""

    content: bytes


@dataclass(frozen=True)
class Load:
    """What a load gave: requests a second, latencies in milliseconds, and how many were not 2xx."""

    per_second: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    refused: int


def prepare(method: str, path: str, port: int, headers: dict[str, str], body: bytes) -> Request:
    """One request as bytes."""
    lines = [f"{method} {path} HTTP/1.1", f"host: localhost:{port}", f"content-length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return Request("\r\n".join(lines).encode() + b"\r\n\r\n" + body)


def apply(port: int, requests: Sequence[Request], clients: int) -> Load:
    """Sends every request once, shared out among ``clients`` connections to loopback."""
    with _spawning.Pool(1) as pool:
        return pool.apply(_apply, (port, requests, clients))


def _apply(port: int, requests: Sequence[Request], clients: int) -> Load:
    return asyncio.run(_run(port, requests, clients))


async def _run(port: int, requests: Sequence[Request], clients: int) -> Load:
    milliseconds: list[float] = []
    refused = 0

    async def client(own: Sequence[Request]) -> None:
        nonlocal refused
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in own:
            started = time.perf_counter()
            writer.write(request.content)
            status = await _read_answer(reader)
            milliseconds.append((time.perf_counter() - started) * 1000)
            refused += status // 100 != 2
        writer.close()

    started = time.perf_counter()
    await asyncio.gather(*(client(requests[n::clients]) for n in range(clients)))
    seconds = time.perf_counter() - started
    cuts = statistics.quantiles(milliseconds, n=100)
    return Load(len(requests) / seconds, cuts[49], cuts[94], cuts[98], refused)


async def _read_answer(reader: asyncio.StreamReader) -> int:
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head[9:12])
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            await reader.readexactly(int(line.split(b":")[1]))
            break
    return status
