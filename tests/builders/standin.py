"""A real HTTP server on loopback that stands in for a vendor's, and can be told to fail."""

import contextlib
import ipaddress
import ssl
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat


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
def served(
    honestly: Callable[[Request], Reply], certificate: ssl.SSLContext | None = None
) -> Iterator[Standin]:
    """Serves what ``honestly`` answers until the block ends, by https where there is a certificate."""

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

        def handle(self) -> None:
            # Who does not trust the certificate goes without a word.
            with contextlib.suppress(ssl.SSLError, ConnectionError):
                super().handle()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        if certificate is not None:
            server.socket = certificate.wrap_socket(server.socket, server_side=True)
        scheme = "http" if certificate is None else "https"
        standin = Standin(f"{scheme}://127.0.0.1:{server.server_port}")
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        try:
            yield standin
        finally:
            standin.ended.set()
            server.shutdown()
            serving.join()


def make_certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """What a server on loopback needs, and the file of the authority that vouches for it: itself."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=True
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    authority, private = folder / "authority.pem", folder / "server.pem"
    authority.write_bytes(certificate.public_bytes(Encoding.PEM))
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority, private)
    return context, authority
