"""Which destinations the settings name."""

from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from surveys.audit.publishing.bucket import Bucket
from surveys.audit.publishing.destination import Destination
from surveys.audit.publishing.folder import Folder
from surveys.audit.publishing.webhook import Webhook, read_secret
from surveys.settings import Settings, SettingsError

SETTING = "ETTERKLANG_AUDIT_DESTINATIONS"
SECRET_SETTING = "ETTERKLANG_AUDIT_WEBHOOK_SECRET_FILE"  # noqa: S105 - the name of a setting
LOOPBACK = {"127.0.0.1", "::1", "localhost"}


def destinations_of(settings: Settings) -> list[Destination]:
    """The destinations, in the order in which they are named.

    Raises:
        SettingsError: one is of no kind that there is, or is not named as its kind is, or twice.
    """
    addresses = settings.etterklang_audit_destinations.split()
    found = [_read(settings, number, address) for number, address in enumerate(addresses, start=1)]
    if len({one.name for one in found}) != len(found):
        raise SettingsError(f"{SETTING} names a destination twice")
    return found


def _read(settings: Settings, number: int, address: str) -> Destination:
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError as error:
        raise _unfit(number, "it is no address") from error
    match parts.scheme:
        case "file":
            return Folder(_folder(number, parts))
        case "s3":
            if not host:
                raise _unfit(number, "a bucket is written s3://bucket/prefix")
            prefix = parts.path.strip("/")
            return Bucket(
                parts.netloc, f"{prefix}/" if prefix else "", settings.etterklang_audit_bucket_endpoint
            )
        case "https":
            return Webhook(address, _secret(settings))
        case "http" if host in LOOPBACK:
            return Webhook(address, _secret(settings))
        case "http":
            raise _unfit(number, "a webhook must have https; http is for this machine alone")
    raise _unfit(number, "it must begin with file://, s3:// or https://")


def _folder(number: int, parts: SplitResult) -> Path:
    path = Path(unquote(parts.path))
    if parts.netloc or not path.is_absolute():
        raise _unfit(number, "a folder is written file:///absolute/path")
    return path


def _secret(settings: Settings) -> bytes:
    if not settings.etterklang_audit_webhook_secret_file:
        raise SettingsError(f"a webhook needs {SECRET_SETTING}")
    try:
        return read_secret(Path(settings.etterklang_audit_webhook_secret_file).read_text(encoding="ascii"))
    except OSError as error:
        raise SettingsError(f"{SECRET_SETTING} names no file that can be read") from error
    except ValueError as error:
        raise SettingsError(f"{SECRET_SETTING}: a secret is whsec_ and base64 of 24 bytes or more") from error


def _unfit(number: int, rule: str) -> SettingsError:
    # The address itself may hold a token, and errors are printed.
    return SettingsError(f"{SETTING}, destination {number}: {rule}")
