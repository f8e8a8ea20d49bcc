"""The stand-ins of the key stores, and SoftHSM where it is."""

import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from surveys.keys.kms.addresses import AwsStore, read_store
from surveys.keys.kms.aws_calls import AwsCalls
from tests import softhsm
from tests.builders.aws_kms import ACCESS_KEY, SECRET_KEY, AwsKmsServer
from tests.builders.key_stores import (
    AT_ONCE,
    NO_SOFTHSM,
    AwsGround,
    KeyStore,
    TransitGround,
    aws_address,
    aws_key_store,
    file_key_store,
    hsm_key_store,
    make_token,
    transit_ground,
    transit_key_store,
)
from tests.builders.standin import served


@pytest.fixture
def transit(tmp_path: Path) -> Iterator[TransitGround]:
    with transit_ground(tmp_path) as ground:
        yield ground


@pytest.fixture(scope="session")
def aws_server() -> Iterator[AwsGround]:
    """One for this session; tests keep apart by the prefix of their keys."""
    server = AwsKmsServer()
    with served(server.answer) as http:
        address = aws_address("session", http)
        store = read_store(address)
        assert isinstance(store, AwsStore)
        yield AwsGround(server, http, address, AwsCalls(store, AT_ONCE))


@pytest.fixture
def aws(aws_server: AwsGround, monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsGround]:
    # Where boto3 looks for them.
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
    aws_server.http.asked.clear()
    yield replace(aws_server, address=aws_address(f"t{uuid.uuid4().hex[:12]}", aws_server.http))
    aws_server.server.denied.clear()
    assert not aws_server.http.faults


@pytest.fixture(scope="session")
def token() -> Iterator[None]:
    """A SoftHSM token for this session; tests keep apart by the prefix of their keys."""
    if softhsm.find() is None:
        pytest.skip(NO_SOFTHSM)
    # In memory where there is such a folder: SoftHSM waits for the disk at each attribute.
    memory = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it
    with (
        tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder,
        pytest.MonkeyPatch.context() as monkeypatch,
    ):
        # The module reads it once a process.
        monkeypatch.setenv("SOFTHSM2_CONF", str(make_token(Path(folder))))
        yield


@pytest.fixture
def hsm(token: None, tmp_path: Path) -> KeyStore:
    return hsm_key_store(f"t{uuid.uuid4().hex[:12]}", tmp_path)


@pytest.fixture(params=["file", "transit", "aws", "hsm"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> KeyStore:
    """One of each kind, set up and empty of epochs."""
    match request.param:
        case "file":
            return file_key_store(tmp_path)
        case "transit":
            return transit_key_store(request.getfixturevalue("transit"))
        case "aws":
            return aws_key_store(request.getfixturevalue("aws"), tmp_path)
        case _:
            found: KeyStore = request.getfixturevalue("hsm")
            return found
