"""A researcher's script: gets a token with a signed assertion, requests an extract and pulls its files."""

import hashlib
import json
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

import httpx2
from joserfc import jwt
from joserfc.jwk import OKPKey

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
FILES = ("responses.parquet", "codebook.json", "manifest.json")


@dataclass(frozen=True)
class Machine:
    """A machine by its address of the service, its name and its private key."""

    url: str
    client_id: str
    key: OKPKey

    @classmethod
    def read(cls, url: str, client_id: str, file: Path) -> "Machine":
        return cls(url, client_id, OKPKey.import_key(json.loads(file.read_bytes())))

    def token(self) -> str:
        now = int(time.time())
        claims = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": f"{self.url}/api/token",
            "iat": now,
            "exp": now + 30,
            "jti": str(uuid.uuid4()),
        }
        header = {"alg": "Ed25519", "kid": self.key.kid}
        assertion = jwt.encode(header, claims, self.key, algorithms=["Ed25519"])
        answer = httpx2.post(
            f"{self.url}/api/token",
            data={
                "grant_type": "client_credentials",
                "client_assertion_type": ASSERTION_TYPE,
                "client_assertion": assertion,
            },
        )
        return str(answer.raise_for_status().json()["access_token"])

    def pull(self, project_id: str) -> dict[str, bytes]:
        """Requests an extract as of now, waits until it is ready, and gives its files, checked."""
        with httpx2.Client(
            base_url=self.url, headers={"authorization": f"Bearer {self.token()}"}, timeout=30
        ) as client:
            asked = client.post(f"/api/research/projects/{project_id}/extracts", json={})
            place = asked.raise_for_status().headers["location"]
            give_up = time.monotonic() + 60
            while (state := client.get(place).raise_for_status().json()["state"]) != "ready":
                assert state in ("requested", "linked"), state
                assert time.monotonic() < give_up, "the extract takes too long"
            files = {name: client.get(f"{place}/{name}").raise_for_status().content for name in FILES}
        manifest = json.loads(files["manifest.json"])
        for one in manifest["files"]:
            assert hashlib.sha256(files[one["name"]]).hexdigest() == one["sha256"]
        return files
