"""Patterns: what is matched, what is refused, and that no pattern can make an answer take long."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instruments.patterns import MAX_LENGTH, PatternError, check_pattern, matches

ADDRESS = (
    r"^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
    r"(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$"
)


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("abc", "abc", True),
        ("abc", "xabc", False),
        ("abc", "abcd", False),
        ("", "", True),
        ("a|bc|", "", True),
        ("a|bc|", "bc", True),
        ("(a|b)*c", "ababc", True),
        ("a{2,3}", "aaaa", False),
        ("a{2,}", "aaaa", True),
        ("a{2}", "a", False),
        ("a??b", "b", True),
        (r"\d{4}", "0150", True),
        (r"\d{4}", "٠١٥٠", False),
        (r"\w+\s\W\S\D", "a_1 !xy", True),
        ("[^a-c]", "d", True),
        ("[^a-c]", "b", False),
        (r"[\d.-]+", "-1.5", True),
        ("[æøåÆØÅ]+", "Åø", True),
        (r"\x41\u00e6\t", "Aæ\t", True),
        ("(?<year>[0-9]{4})", "2026", True),
        ("^a$", "a", True),
        ("(^a|b$)c?", "b", True),
        ("a^b", "ab", False),
        (".", "\n", False),
        (ADDRESS, "kari.nordmann@etterklang.example", True),
        (ADDRESS, "kari.nordmann@", False),
    ],
)
def test_the_whole_answer_is_matched(pattern: str, text: str, *, expected: bool) -> None:
    assert matches(pattern, text) is expected


@pytest.mark.parametrize(
    "pattern",
    [
        "(a", "a)", "[a", "*a", "a**", "a{2", "a{3,2}", "a{9999}", r"(a)\1", r"\bword\b", "(?=a)b", "(?<!a)b",
        "(?i)a", "a++", r"\u12", "[z-a]", r"[\d-z]", "^*", "\\", "(?<name", "(" * 40 + ")" * 40,
        "((((a{30}){30}){30}){30})", "x" * 2000,
    ],
)  # fmt: skip
def test_what_cannot_be_read_or_matched_in_linear_time_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        check_pattern(pattern)


@pytest.mark.parametrize(
    "pattern", ["(a+)+$", "(a|a)*$", "(a|aa)+$", "(.*a){20}", "(a?){30}a{30}", "(x+x+)+y"]
)
def test_patterns_that_take_a_backtracking_engine_years_end_at_once(pattern: str) -> None:
    assert matches(pattern, "a" * 500 + "!") is False


def test_an_answer_that_is_too_long_for_a_pattern_does_not_match() -> None:
    assert matches("a*", "a" * MAX_LENGTH)
    assert not matches("a*", "a" * (MAX_LENGTH + 1))


ATOMS = st.sampled_from(["a", "b", ".", "[ab]", "[^a]", r"\w"])
PATTERNS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: "(" + "|".join(parts) + ")"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{1,3}", "{0,2}"])).map(
            lambda pair: f"(?:{pair[0]}){pair[1]}"
        ),
    ),
    max_leaves=6,
)


@given(PATTERNS, st.text(alphabet="abc", max_size=6))
def test_short_answers_match_as_they_do_in_a_backtracking_engine(pattern: str, text: str) -> None:
    assert matches(pattern, text) is (re.fullmatch(pattern, text) is not None)


@given(st.text("ab(|)[-^]{2,}*+?.$\\dw<:=!", max_size=20), st.text("ab2-", max_size=20))
def test_any_text_is_a_pattern_or_is_refused(pattern: str, text: str) -> None:
    try:
        check_pattern(pattern)
    except PatternError:
        return
    assert matches(pattern, text) in (True, False)
