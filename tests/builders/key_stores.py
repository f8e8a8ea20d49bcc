"""Every kind of key store, fresh for one test, and processes that use one at once."""

import contextlib
import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

from surveys.keys.kms import Kms
from surveys.keys.kms.addresses import AwsStore, Pkcs11Store, TransitStore, read_store
from surveys.keys.kms.aws import AwsKms
from surveys.keys.kms.aws_calls import AwsCalls
from surveys.keys.kms.hsm import HsmKms
from surveys.keys.kms.passphrase import create_keystore, open_keystore
from surveys.keys.kms.patience import Patience
from surveys.keys.kms.transit import TransitKms
from surveys.keys.kms.transit_calls import transit_calls
from tests import softhsm
from tests.builders import aws_kms, transit
from tests.builders.standin import Standin, served

PURPOSES = ("checkpoints", "another")
AT_ONCE = Patience(tries=3, pause=0, seconds=10)
PASSPHRASE, PIN, TOKEN_LABEL = b"correct horse battery staple", "a-pin-of-tests", "etterklang tests"
NO_SOFTHSM = "SoftHSM is not here: run `python -m tests.softhsm` as root on Debian"


@dataclass
class KeyStore:
    """A key store that is set up; each ``open`` is what a process that starts does."""

    open: Callable[[], Kms]
    address: str
    secret_file: Path


@dataclass
class TransitGround:
    """A stand-in for Vault, and what to say to it."""

    server: transit.TransitServer
    http: Standin
    secret_file: Path
    address: str = ""
    store: TransitStore = field(init=False)

    def __post_init__(self) -> None:
        self.address = self.address or f"vault+{self.http.url}/ours"
        store = read_store(self.address)
        assert isinstance(store, TransitStore)
        self.store = store

    def kms(self, patience: Patience = AT_ONCE) -> TransitKms:
        return TransitKms(self.store, transit_calls(self.store, self.secret_file, None, patience))


@dataclass
class AwsGround:
    """A stand-in for AWS KMS, the address of keys in it, and a client.

    A client holds nothing but connections, and making one takes a tenth of a second.
    """

    server: aws_kms.AwsKmsServer
    http: Standin
    address: str
    calls: AwsCalls

    @property
    def store(self) -> AwsStore:
        found = read_store(self.address)
        assert isinstance(found, AwsStore)
        return found

    def kms(self, patience: Patience | None = None) -> AwsKms:
        """A new one; with another client where it has another patience."""
        calls = self.calls if patience is None else AwsCalls(self.store, patience)
        return AwsKms(self.store, calls, AT_ONCE)


@contextlib.contextmanager
def transit_ground(folder: Path) -> Iterator[TransitGround]:
    """A Vault with nothing in it, and the token's file."""
    secret_file = folder / "token"
    secret_file.write_text(f"{transit.TOKEN}\n")
    server = transit.TransitServer()
    with served(server.answer) as http:
        yield TransitGround(server, http, secret_file)


def aws_address(prefix: str, http: Standin) -> str:
    """Keys of this prefix in the stand-in for AWS KMS."""
    return f"aws-kms:{prefix}?region={aws_kms.REGION}&endpoint={http.url}"


def make_token(folder: Path, label: str = TOKEN_LABEL, mechanisms: str = "ALL") -> Path:
    """A token in SoftHSM under a configuration of its own, which the environment must name; gives that."""
    (folder / "tokens").mkdir()
    configuration = folder / "softhsm2.conf"
    configuration.write_text(
        f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n"
        f"slots.mechanisms = {mechanisms}\n"
    )
    subprocess.run(
        ["softhsm2-util", "--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", PIN],
        check=True,
        capture_output=True,
        env=os.environ | {"SOFTHSM2_CONF": str(configuration)},
    )
    return configuration


def hsm_store(prefix: str) -> Pkcs11Store:
    """Keys of this prefix in the token of the tests."""
    return Pkcs11Store(str(softhsm.find()), TOKEN_LABEL, prefix)


def file_key_store(folder: Path) -> KeyStore:
    path, secret_file = folder / "keystore", folder / "passphrase"
    secret_file.write_bytes(PASSPHRASE)
    # The file says at which costs it opens; a test has no thief to slow down.
    with patch.multiple("surveys.keys.kms.passphrase", MEMORY_KIB=64, ITERATIONS=1, LANES=1):
        create_keystore(path, PASSPHRASE)
    return KeyStore(lambda: open_keystore(path, PASSPHRASE), f"file:{path}", secret_file)


def transit_key_store(ground: TransitGround) -> KeyStore:
    ground.kms().set_up(PURPOSES)
    return KeyStore(ground.kms, ground.address, ground.secret_file)


def aws_key_store(ground: AwsGround, nowhere: Path) -> KeyStore:
    ground.kms().set_up(PURPOSES)
    return KeyStore(ground.kms, ground.address, nowhere)


def hsm_key_store(prefix: str, folder: Path) -> KeyStore:
    secret_file, store = folder / "pin", hsm_store(prefix)
    secret_file.write_text(f"{PIN}\n")
    HsmKms(store, secret_file).set_up(PURPOSES)
    address = f"pkcs11:token={TOKEN_LABEL.replace(' ', '%20')};object={prefix}?module-path={store.module}"
    return KeyStore(lambda: HsmKms(store, secret_file), address, secret_file)


def in_processes(works: Sequence[Callable[[], bytes]]) -> list[bytes]:
    """What each gives in a process of its own, forked from this one; all run at once."""
    ends = [_forked(work) for work in works]
    return [_ended(process, reading) for process, reading in ends]


def _forked(work: Callable[[], bytes]) -> tuple[int, int]:
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        try:
            os.write(writing, b"+" + work())
        except BaseException as error:
            os.write(writing, f"-{error!r}".encode())
        finally:
            os._exit(0)
    os.close(writing)
    return process, reading


def _ended(process: int, reading: int) -> bytes:
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read()
    os.waitpid(process, 0)
    assert said.startswith(b"+"), said.decode(errors="replace")
    return said[1:]
