"""JSON from strangers, read into dicts and lists: whatever is wrong with it is one error."""

import json
import math
from collections import Counter

from instruments.exchange.losses import InvalidQuestionnaireError

MAX_BYTES = 8 * 1024 * 1024
MAX_OBJECTS = 60_000

Tree = dict[str, object]


def read_tree(content: bytes) -> Tree:
    """The JSON object in ``content``.

    Raises:
        InvalidQuestionnaireError: it is too large, not UTF-8, not JSON or not an object; nested too deep; has
            a key twice in one object, a number that is not finite, or half a character.
    """
    if len(content) > MAX_BYTES:
        raise InvalidQuestionnaireError("", f"is larger than {MAX_BYTES} bytes")
    builder = _Builder()
    try:
        text = content.decode("utf-8-sig")
        # Braces within texts count too, so that only what may have too many objects is counted with care.
        is_small = text.count("{") <= MAX_OBJECTS
        tree = json.loads(
            text,
            object_pairs_hook=_make_object if is_small else builder.make_object,
            parse_constant=builder.read_number,
            parse_float=builder.read_number,
        )
    except RecursionError:
        raise InvalidQuestionnaireError("", "is nested too deep") from None
    except UnicodeDecodeError:
        raise InvalidQuestionnaireError("", "is not UTF-8") from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise InvalidQuestionnaireError("", f"is not JSON: {error.msg} at {place}") from None
    except ValueError:
        raise InvalidQuestionnaireError("", "holds a number with too many digits") from None
    if not isinstance(tree, dict):
        raise InvalidQuestionnaireError("", "is not a JSON object")
    if builder.found_infinite or "\\ud" in text or "\\uD" in text:
        _refuse_unusable(tree)
    return tree


class _Builder:
    """Makes the objects of a tree and remembers whether a number in it was not finite."""

    def __init__(self) -> None:
        self.found_infinite = False
        self.objects = 0

    def make_object(self, pairs: list[tuple[str, object]]) -> Tree:
        self.objects += 1
        if self.objects > MAX_OBJECTS:
            raise InvalidQuestionnaireError("", f"has more than {MAX_OBJECTS} objects")
        return _make_object(pairs)

    def read_number(self, text: str) -> float:
        number = float(text)
        if not math.isfinite(number):
            self.found_infinite = True
        return number


def _make_object(pairs: list[tuple[str, object]]) -> Tree:
    tree = dict(pairs)
    if len(tree) < len(pairs):
        keys = Counter(key for key, _ in pairs)
        twice = next(key for key, count in keys.items() if count > 1)
        raise InvalidQuestionnaireError("", f"has the key {twice[:100]!r} twice in one object")
    return tree


def _refuse_unusable(tree: Tree) -> None:
    """Finds the place of a number that is not finite or of a surrogate without its other half."""
    waiting: list[tuple[str, object]] = [("", tree)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, dict):
            waiting.extend((f"{path}.{key}".lstrip("."), child) for key, child in value.items())
            waiting.extend((path, key) for key in value)
        elif isinstance(value, list):
            waiting.extend((f"{path}[{index}]", child) for index, child in enumerate(value))
        elif isinstance(value, float) and not math.isfinite(value):
            raise InvalidQuestionnaireError(path, "is a number that is not finite")
        elif isinstance(value, str) and not _is_encodable(value):
            raise InvalidQuestionnaireError(_printable(path), "holds half a character (a lone surrogate)")


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _printable(path: str) -> str:
    return path.encode(errors="replace").decode()
