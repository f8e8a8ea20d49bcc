"""Log lines: one JSON object each, and nothing in them of what somebody answered or who they are."""

import json
import logging

import pytest
import structlog
from opentelemetry import trace
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

from surveys.logs import LEFT_OUT, configure_logs


@pytest.fixture(autouse=True)
def restored():
    """Puts logging back as it was for the tests that come after."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


def written(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_an_event_is_one_json_object_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("info")
    structlog.get_logger().info("sweep.done", persons=5, text="two\nlines")
    (line,) = written(capsys)
    assert (line["event"], line["level"], line["persons"]) == ("sweep.done", "info", 5)
    assert str(line["at"]).endswith("Z")


@pytest.mark.parametrize(
    "forbidden",
    ["national_id", "answers", "scores", "token", "assertion", "instrument_id", "grant", "Authorization"],
)
def test_a_forbidden_value_is_left_out_however_deep_it_lies(
    capsys: pytest.CaptureFixture[str], forbidden: str
) -> None:
    configure_logs("info")
    structlog.get_logger().info("tried", **{forbidden: "secret"}, inner={"deeper": {forbidden: "secret"}})
    (line,) = written(capsys)
    assert "secret" not in json.dumps(line)
    assert line[forbidden] == LEFT_OUT


def test_an_error_is_named_and_its_message_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("info")
    try:
        int("secret")
    except ValueError:
        structlog.get_logger().exception("bell.failed", bell="sweep")
    (line,) = written(capsys)
    assert (line["error"], line["event"], line["bell"]) == ("ValueError", "bell.failed", "sweep")
    assert "secret" not in json.dumps(line)


def test_a_librarys_line_is_written_without_its_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("info")
    try:
        {}["secret"]
    except KeyError:
        logging.getLogger("some.library").exception("could not read %s", "secret")
    (line,) = written(capsys)
    assert (line["event"], line["library"], line["error"]) == (
        "could not read %s",
        "some.library",
        "KeyError",
    )
    assert "secret" not in json.dumps(line)


def test_what_lies_below_the_level_is_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("warning")
    structlog.get_logger().info("sweep.done")
    assert written(capsys) == []


def test_an_event_inside_a_span_carries_its_trace(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("info")
    context = SpanContext(0xABC, 0xDEF, is_remote=False, trace_flags=TraceFlags(1))
    with trace.use_span(NonRecordingSpan(context)):
        structlog.get_logger().info("inside")
    structlog.get_logger().info("outside")
    inside, outside = written(capsys)
    assert (inside["trace_id"], inside["span_id"]) == (f"{0xABC:032x}", f"{0xDEF:016x}")
    assert "trace_id" not in outside
