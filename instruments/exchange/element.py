"""One object of a FHIR resource that remembers what was read from it, so that the rest can be named as lost.

Every field and every extension is either taken by a reader or reported by ``finish``; there is no third way.
"""

from collections.abc import Callable
from typing import NamedTuple

from instruments.exchange.canonicals import name_of
from instruments.exchange.json_tree import Tree
from instruments.exchange.losses import InvalidQuestionnaireError, Loss, Note
from instruments.exchange.markup import markdown_says, xhtml_says
from instruments.exchange.reasons import WHY_LOST
from instruments.exchange.translations import plain_translations

UNKNOWN_FIELD = "this field is not understood here, so what it changes cannot be kept"
UNKNOWN_EXTENSION = "this extension is not understood here, so what it changes cannot be kept"
MODIFIER = "a modifier extension may turn the meaning of what it stands in, and this one is not understood"
OTHER_WORDS = "it says more, or other, than the plain text, which alone is shown"
TWICE = "it is given more than once, and only the first is kept"


class Reading:
    """What one import has understood (fields and extensions, counted), what it notes, what it has lost."""

    __slots__ = ("losses", "notes", "understood")

    def __init__(self) -> None:
        self.understood = 0
        self.losses: list[Loss] = []
        self.notes: list[Note] = []

    def lose(self, path: str, what: str, why: str) -> None:
        self.losses.append(Loss(path, what[:300], why))

    def note(self, path: str, what: str, why: str) -> None:
        self.notes.append(Note(path, what[:300], why))


class Wording(NamedTuple):
    """A text in the questionnaire's own language, where it has one, and in others by language."""

    text: str | None
    others: dict[str, str]
    markdown: str | None = None
    xhtml: str | None = None


class Element:
    """One JSON object at ``path``. Reading a field takes it out; ``finish`` reports what is left."""

    __slots__ = ("_children", "_extensions", "_fields", "path", "reading")

    def __init__(self, fields: Tree, path: str, reading: Reading) -> None:
        self.path = path
        self.reading = reading
        self._fields = fields
        self._children: tuple[Element, ...] | list[Element] = ()
        self._extensions: dict[str, list[tuple[str, Element]]] | None = None

    def at(self, key: str) -> str:
        """The path of one field."""
        return f"{self.path}.{key}" if self.path else key

    def peek(self, key: str) -> object:
        """A field as it stands in the JSON, without reading it."""
        return self._fields.get(key)

    def has(self, key: str) -> bool:
        """Whether the field is there and nobody has read it yet."""
        return key in self._fields

    def lose(self, key: str, what: str, why: str) -> None:
        """Names a field as lost."""
        self._fields.pop(key, None)
        self.reading.lose(self.at(key), what, why)

    def invalid(self, key: str, rule: str) -> InvalidQuestionnaireError:
        """The error that says that a field breaks a rule."""
        return InvalidQuestionnaireError(self.at(key), rule)

    def raw(self, key: str) -> object:
        """A field as it stands in the JSON; None where it is missing or has been read."""
        value = self._fields.get(key)
        if value is not None:
            del self._fields[key]
            self.reading.understood += 1
        return value

    def text(self, key: str) -> str | None:
        """A string.

        Raises:
            InvalidQuestionnaireError: it is something else.
        """
        value = self.raw(key)
        if value is None or isinstance(value, str):
            return value
        raise self.invalid(key, "must be a text")

    def flag(self, key: str) -> bool | None:
        """A boolean; published questionnaires have the texts "true" and "false" too, read as what they say.

        Raises:
            InvalidQuestionnaireError: it is something else.
        """
        value = self.raw(key)
        if isinstance(value, str) and value in ("true", "false"):
            return value == "true"
        if value is None or isinstance(value, bool):
            return value
        raise self.invalid(key, "must be true or false")

    def number(self, key: str) -> float | None:
        """A finite number; published questionnaires have texts that hold one too, read as what they say.

        Raises:
            InvalidQuestionnaireError: it is something else.
        """
        value = self.raw(key)
        if isinstance(value, str):
            value = _number_in(value)
            if value is None:
                raise self.invalid(key, "must be a number")
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.invalid(key, "must be a number")
        if abs(value) > 1e300:
            raise self.invalid(key, "is a number out of range")
        return float(value)

    def whole(self, key: str) -> int | None:
        """A whole number; see ``number``.

        Raises:
            InvalidQuestionnaireError: it is something else.
        """
        value = self.number(key)
        if value is None:
            return None
        if not value.is_integer():
            raise self.invalid(key, "must be a whole number")
        return int(value)

    def wording(self, key: str, *, with_markup: bool = False) -> Wording | None:
        """A text that people read, with its translations (the ``translation`` extension of ``_key``).

        ``with_markup`` takes ``rendering-markdown`` and ``rendering-xhtml`` too, where they say the same
        words and no more; else they are lost.

        Raises:
            InvalidQuestionnaireError: it is not a text.
        """
        text = self.text(key)
        name = f"_{key}"
        if name not in self._fields:
            return None if text is None else Wording(text, {})
        plain = plain_translations(self._fields[name])
        if plain is not None:
            del self._fields[name]
            self.reading.understood += 1 + 5 * len(plain)
            return Wording(text, plain)
        beside = self.child(name)
        if text is None and beside is None:
            return None
        others: dict[str, str] = {}
        for translation in beside.extension_list("translation") if beside else ():
            language, content = translation.extension("lang"), translation.extension("content")
            code = language.text("valueCode") if language else None
            words = (content.text("valueString") or content.text("valueMarkdown")) if content else None
            if not code or words is None:
                self.reading.lose(translation.path, "a translation", "it lacks its language or its content")
            elif code in others:
                self.reading.lose(translation.path, "a translation", TWICE)
            else:
                others[code] = words
        if beside is None or not with_markup:
            return Wording(text, others)
        return Wording(
            text,
            others,
            _marked_up(beside, "rendering-markdown", text or "", markdown_says),
            _marked_up(beside, "rendering-xhtml", text or "", xhtml_says),
        )

    def child(self, key: str) -> "Element | None":
        """An object within this one.

        Raises:
            InvalidQuestionnaireError: it is not an object.
        """
        value = self.raw(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self.invalid(key, "must be an object")
        return self._adopt(value, self.at(key))

    def children(self, key: str) -> list["Element"]:
        """The objects of a list within this one; none where it is missing.

        Raises:
            InvalidQuestionnaireError: it is not a list of objects.
        """
        values = self.raw(key)
        if values is None:
            return []
        if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
            raise self.invalid(key, "must be a list of objects")
        return [self._adopt(value, f"{self.at(key)}[{index}]") for index, value in enumerate(values)]

    def objects(self, key: str) -> list["Element"]:
        """An object, or the objects of a list; none, and nothing read, where the field is anything else."""
        value = self._fields.get(key)
        if isinstance(value, dict):
            return [self._adopt(value, self.at(key))] if self.raw(key) is not None else []
        if isinstance(value, list) and all(isinstance(one, dict) for one in value):
            return self.children(key)
        return []

    def is_primitive(self, key: str) -> bool:
        """Whether a field is a text, number or boolean, or a list of them; does not count as reading it."""
        value = self._fields.get(key)
        values = value if isinstance(value, list) else [value]
        return not any(isinstance(one, dict | list) for one in values)

    def extension(self, name: str) -> "Element | None":
        """The extension of this name (see ``canonicals``), or nothing; a second one is lost."""
        extensions = self._extensions
        if extensions is None:
            if "extension" not in self._fields:
                return None
            extensions = self._sorted_extensions()
        if name not in extensions:
            return None
        found = self.extension_list(name)
        for extra in found[1:]:
            extra.abandon(f"the extension {name}", TWICE)
        return found[0] if found else None

    def extension_list(self, name: str) -> list["Element"]:
        """All extensions of this name, which from now on count as understood.

        Raises:
            InvalidQuestionnaireError: the extensions are not a list of objects.
        """
        if self._extensions is None and "extension" not in self._fields:
            return []
        pairs = self._sorted_extensions().pop(name, None)
        if pairs is None:
            return []
        found = [entry for _, entry in pairs]
        self.reading.understood += len(found)
        for entry in found:
            self._keep(entry)
        return found

    def abandon(self, what: str, why: str) -> None:
        """Names this whole object as lost, so that nothing in it is looked at any more."""
        self.reading.lose(self.path, what, why)
        self._fields = {}
        self._extensions = None

    def finish(self) -> None:
        """Names every field and extension, here and below, that nobody has read."""
        if self._extensions is not None or "extension" in self._fields:
            self._lose_extensions()
        for key, value in self._fields.items():
            if key == "fhir_comments" and self.is_primitive(key):
                self.reading.note(self.at(key), "a comment", "it is for those who read the file")
            elif not (key == "id" and isinstance(value, str)):
                self._lose_field(key, value)
        for child in self._children:
            child.finish()

    def _adopt(self, fields: Tree, path: str) -> "Element":
        child = Element(fields, path, self.reading)
        self._keep(child)
        return child

    def _keep(self, child: "Element") -> None:
        if isinstance(self._children, tuple):
            self._children = []
        self._children.append(child)

    def _sorted_extensions(self) -> dict[str, list[tuple[str, "Element"]]]:
        """The extensions by name, with their urls; those only that nobody has read yet."""
        if self._extensions is not None:
            return self._extensions
        found = self._extensions = {}
        values = self._fields.pop("extension", [])
        if not isinstance(values, list):
            raise self.invalid("extension", "must be a list of objects")
        place = self.at("extension")
        for index, value in enumerate(values):
            if not isinstance(value, dict):
                raise self.invalid("extension", "must be a list of objects")
            entry = Element(value, f"{place}[{index}]", self.reading)
            url = value.pop("url", None)
            if not isinstance(url, str):
                raise entry.invalid("url", "must be a text")
            found.setdefault(name_of(url), []).append((url, entry))
        return found

    def _lose_extensions(self) -> None:
        for name, entries in self._sorted_extensions().items():
            for url, entry in entries:
                self.reading.lose(entry.path, url, WHY_LOST.get(name, UNKNOWN_EXTENSION))

    def _lose_field(self, key: str, value: object) -> None:
        if key.startswith("_") and isinstance(value, dict):
            self._adopt(value, self.at(key))
        elif key == "modifierExtension" and isinstance(value, list) and value:
            for index, _ in enumerate(value):
                self.reading.lose(f"{self.at(key)}[{index}]", "a modifier extension", MODIFIER)
        else:
            self.reading.lose(self.at(key), f"the field {key}", WHY_LOST.get(key, UNKNOWN_FIELD))


def _marked_up(beside: Element, name: str, text: str, says: Callable[[str, str], bool]) -> str | None:
    """The same text with markup; one that says other, or more, than the text is lost."""
    extension = beside.extension(name)
    if extension is None:
        return None
    marked = extension.text("valueString" if extension.has("valueString") else "valueMarkdown")
    if marked is not None and says(marked, text):
        return marked
    extension.reading.lose(extension.path, name, OTHER_WORDS)
    return None


def _number_in(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if number - number == 0 else None
