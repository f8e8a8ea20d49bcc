"""Logs: one event a line, as JSON: what happened and to which row, never who somebody is or what they say."""

import logging
import sys
from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec
import structlog
from opentelemetry import trace
from structlog.types import EventDict, Processor, WrappedLogger

FORBIDDEN = frozenset(
    {
        "answer", "answers", "values", "score", "scores", "drop", "baseline", "draft", "national_id", "pid",
        "number", "name", "birth_date", "token", "id_token", "access_token", "assertion", "code", "cookie",
        "csrf", "grant", "key", "secret", "passphrase", "password", "sealed", "plaintext", "body", "content",
        "instrument", "instrument_id", "scale", "scale_id", "item", "item_id", "icd10", "site", "treatment",
        "authorization", "exc_info", "exception", "stack", "stack_info",
    }
)  # fmt: skip
"""Keys whose values are left out, wherever they stand in an event."""

LEFT_OUT = "[left out]"


def configure_logs(level: str) -> None:
    """Sends every log line of this process, libraries' included, to standard output as one JSON object.

    ``level`` is debug, info, warning or error.
    """
    lowest = logging.getLevelNamesMapping()[level.upper()]
    ours: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        add_trace,
        name_error,
        leave_out_forbidden,
    ]
    structlog.configure(
        processors=[*ours, structlog.processors.JSONRenderer(sort_keys=True)],
        wrapper_class=structlog.make_filtering_bound_logger(lowest),
        logger_factory=structlog.WriteLoggerFactory(sys.stdout),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(_LibraryFormatter())
    logging.basicConfig(handlers=[handler], level=max(logging.WARNING, lowest), force=True)


def add_trace(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Adds the trace and span that the event happened in, when OpenTelemetry has one."""
    span = trace.get_current_span().get_span_context()
    if span.is_valid:
        event["trace_id"] = trace.format_trace_id(span.trace_id)
        event["span_id"] = trace.format_span_id(span.span_id)
    return event


def name_error(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replaces an exception by its class: its message and its frames may hold what must not be logged."""
    given = event.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
    return event


def leave_out_forbidden(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Leaves out the value of every forbidden key, however deep."""
    return {key: _kept(key, value) for key, value in event.items()}


def _kept(key: str, value: object) -> object:
    if key.lower() in FORBIDDEN:
        return LEFT_OUT
    if isinstance(value, Mapping):
        return {str(inner): _kept(str(inner), one) for inner, one in value.items()}
    if isinstance(value, BaseException):
        return type(value).__name__
    return value


class _LibraryFormatter(logging.Formatter):
    """A library's line without its arguments, which may hold anything: its words and the error's class."""

    def format(self, record: logging.LogRecord) -> str:
        event: EventDict = {
            "event": str(record.msg),
            "library": record.name,
            "level": record.levelname.lower(),
            "at": _iso(record.created),
        }
        if record.exc_info and record.exc_info[0]:
            event["error"] = record.exc_info[0].__name__
        return msgspec.json.encode(event, order="sorted").decode()


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
