"""The development provider as the demonstration starts it: its two clients, and the people found for it."""

from pathlib import Path

import msgspec

from api.demo import places
from api.demo.provider import Client, ProviderConfig, serve
from api.demo.stories import find_people
from api.security.client_key import ensure_client_key
from api.security.profiles import CALLBACK, SIGNED_OUT
from surveys.keys import Audience
from surveys.settings import Settings


def serve_provider(settings: Settings, people: Path) -> None:
    """Finds people worth being, writes them to the file ``people``, and serves until told to stop."""
    listed = find_people(settings)
    people.write_bytes(msgspec.json.encode(listed))
    config = ProviderConfig(
        mode=settings.etterklang_mode,
        issuer=settings.etterklang_patient_issuer,
        clients=tuple(_client(settings, audience) for audience in Audience),
        people=listed,
    )
    serve(config, settings.etterklang_demo_provider_port)


def _client(settings: Settings, audience: Audience) -> Client:
    public_url = settings.etterklang_public_url
    client_id: str = getattr(settings, f"etterklang_{audience.value}_client_id")
    return Client(
        client_id,
        audience,
        (ensure_client_key(places.HOME / f"{audience.value}-client.jwk"),),
        (public_url + CALLBACK,),
        (public_url + SIGNED_OUT[audience],),
    )
