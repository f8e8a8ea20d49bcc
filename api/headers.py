"""The headers that every response carries, errors and 404s included."""

from collections.abc import Iterable, Mapping

from litestar.types import Message

Header = tuple[bytes, bytes]

# Nothing of an API response is ever shown as a page. Documents bring a policy of their own with their hashes.
NOTHING_ALLOWED = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
UNUSED_FEATURES = (
    "accelerometer", "autoplay", "camera", "display-capture", "encrypted-media", "fullscreen",
    "geolocation", "gyroscope", "hid", "idle-detection", "local-fonts", "magnetometer", "microphone", "midi",
    "payment", "picture-in-picture", "publickey-credentials-get", "screen-wake-lock", "serial", "usb",
    "xr-spatial-tracking",
)  # fmt: skip
ALWAYS: Mapping[str, str] = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "permissions-policy": ", ".join(f"{feature}=()" for feature in UNUSED_FEATURES),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-permitted-cross-domain-policies": "none",
}
UNLESS_SET: Mapping[str, str] = {
    "content-security-policy": NOTHING_ALLOWED,
    "cache-control": "no-store",
}
TWO_YEARS = "max-age=63072000; includeSubDomains"


class SecurityHeaders:
    """Adds the headers to the start of a response, whoever made it."""

    def __init__(self, public_url: str) -> None:
        """``public_url`` is the address that browsers see; under https they are told to insist on it."""
        always = dict(ALWAYS)
        if public_url.startswith("https://"):
            always["strict-transport-security"] = TWO_YEARS
        self._always = _encoded(always)
        self._unless_set = _encoded(UNLESS_SET)

    def add(self, start: Message) -> None:
        """Puts the headers into an ``http.response.start`` message; a policy that the response set stays."""
        if start["type"] != "http.response.start":
            return
        own: Iterable[Header] = start.get("headers", [])
        fixed = {name for name, _ in self._always}
        kept = [(name, value) for name, value in own if name.lower() not in fixed]
        present = {name.lower() for name, _ in kept}
        missing = [(name, value) for name, value in self._unless_set if name not in present]
        start["headers"] = [*kept, *missing, *self._always]


def _encoded(headers: Mapping[str, str]) -> list[Header]:
    return [(name.encode(), value.encode()) for name, value in headers.items()]
