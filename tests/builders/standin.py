"""A real HTTP server on loopback that stands in for a vendor's, and can be told to fail."""

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple


class Request(NamedTuple):
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Reply(NamedTuple):
    status: int
    body: bytes = b""


SILENCE = Reply(0)
"""No answer until the server ends."""


@dataclass
class Standin:
    """``faults`` are given instead of the next answers, one a request; ``asked`` are all requests so far."""

    url: str
    asked: list[Request] = field(default_factory=list)
    faults: deque[Reply] = field(default_factory=deque)
    ended: threading.Event = field(default_factory=threading.Event)

    def answer(self, request: Request, honestly: Callable[[Request], Reply]) -> Reply:
        self.asked.append(request)
        try:
            return self.faults.popleft()
        except IndexError:
            return honestly(request)


@contextlib.contextmanager
def served(honestly: Callable[[Request], Reply]) -> Iterator[Standin]:
    """Serves what ``honestly`` answers until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 1 << 16
        disable_nagle_algorithm = True

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply = standin.answer(Request(self.command, self.path, headers, body), honestly)
            if reply is SILENCE:
                standin.ended.wait()
                self.close_connection = True
                return
            self.send_response(reply.status)
            if reply.status != 204:
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        do_GET = do_POST = do_DELETE = _answer  # noqa: N815 - the names that http.server calls

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        standin = Standin(f"http://127.0.0.1:{server.server_port}")
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        try:
            yield standin
        finally:
            standin.ended.set()
            server.shutdown()
            serving.join()
