"""YAML under limits: one document of plain values, each of which knows its line.

The C parser of PyYAML ends the process with 50 KB of ``[``, for it builds values by recursion. Here the
values are built from its stream of events, which needs none; depth and number are checked on the way. Of YAML
only what data needs is read: no anchors and aliases (a few lines of them can stand for billions of values),
no tags, no second document, no key twice.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from pinwise.formats.entries import near, shown
from pinwise.model.errors import ManifestError
from pinwise.model.limits import USUAL, TextLimits
from pinwise.model.request import Place

MOST_CHARACTERS = 262_144
"""The longest YAML text that is read."""

MOST_VALUES = 50_000

LONGEST_PLAIN = 100
"""Without quotes, what is longer is always a text: no number needs so many digits."""

_CORE = "tag:yaml.org,2002:"

Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class YamlValue:
    """One value and where it stands.

    Attributes:
        value: A scalar, a sequence of values, or a mapping from keys, as written, to values.
        text: A scalar as written, without quotes; "" for the others.
        place: File and line on which it begins; for the value of a key the line of the key.
    """

    value: "Scalar | tuple[YamlValue, ...] | Mapping[str, YamlValue]"
    text: str
    place: Place

    @property
    def is_absent(self) -> bool:
        """Whether it is ``null``, which says nothing."""
        return self.value is None

    def error(self, message: str, hint: str | None = None) -> ManifestError:
        """Return an error about this value."""
        return ManifestError(message, file=self.place.file, line=self.place.line, hint=hint or None)

    def mapping(self, what: str) -> "Mapping[str, YamlValue]":
        """Return the mapping that this value must be; ``null`` is an empty one.

        Args:
            what: The value in words, for the error.
        """
        if self.value is None:
            return {}
        if not isinstance(self.value, Mapping):
            raise self.error(f"{what} must be a mapping of keys to values, not {self.kind}")
        return self.value

    def sequence(self, what: str) -> "tuple[YamlValue, ...]":
        """Return the list that this value must be; ``null`` is an empty one."""
        if self.value is None:
            return ()
        if not isinstance(self.value, tuple):
            raise self.error(f"{what} must be a list, not {self.kind}", "begin each entry with `- `")
        return self.value

    def string(self, what: str) -> str:
        """Return the text of the scalar that this value must be: a number counts as it is written."""
        if isinstance(self.value, str | int | float) and not isinstance(self.value, bool):
            return self.text.strip()
        raise self.error(f"{what} must be a text, not {self.kind}", 'write it in quotes: `"…"`')

    @property
    def kind(self) -> str:
        """What kind of value it is, in words."""
        match self.value:
            case None:
                return "`null`"
            case Mapping():
                return "a mapping"
            case str() | int() | float():
                return f"`{shown(self.text)}`"
            case _:
                return "a list"

    def refuse_unknown(self, known: Sequence[str], what: str) -> None:
        """Refuse a mapping with a key that is none of `known`; `what` goes on after the key's name.

        What is no mapping has no keys.
        """
        for key, value in self.value.items() if isinstance(self.value, Mapping) else ():
            if key not in known:
                raise value.error(
                    f"`{shown(key)}` is not {what}",
                    near(key, known) or f"it may be {', '.join(known)}",
                )


def parse_yaml(text: str, file: str, limits: TextLimits = USUAL) -> YamlValue:
    """Return the one document of a YAML text; an empty text is an empty mapping.

    Args:
        text: The text.
        file: Its name as the user wrote it.
        limits: Say how deep it may be nested.

    Raises:
        ManifestError: It is not valid YAML, breaks a limit, or is more than plain values; with its line.
    """
    if len(text) > MOST_CHARACTERS:
        raise ManifestError(f"this file is longer than {MOST_CHARACTERS:,} characters", file=file)
    from yaml import YAMLError  # noqa: PLC0415  # 20 ms, only where there is YAML

    try:
        return _Building(file, limits.yaml_depth).document(text)
    except YAMLError as error:
        raise _invalid(error, file) from None
    except UnicodeError:
        raise ManifestError("this is not valid YAML: it holds half a character", file=file) from None


def _invalid(error: Any, file: str) -> ManifestError:
    """Return the error for what PyYAML cannot read, with its line where it tells one."""
    mark = getattr(error, "problem_mark", None)
    reason = getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be read"
    hint = None
    if "\\t" in str(reason) or "cannot start any token" in str(reason):
        hint = "indent with spaces; put a value that begins with a sign such as `%`, `@` or `{` in quotes"
    line = None if mark is None else mark.line + 1
    return ManifestError(
        f"this is not valid YAML: {shown(str(reason), 160)}", file=file, line=line, hint=hint
    )


@dataclass(slots=True)
class _Open:
    """A collection whose end has not come yet.

    Attributes:
        place: Where it begins.
        items: Of a list.
        pairs: Of a mapping; None for a list.
        key: The key of a mapping whose value comes next, and where it stands.
    """

    place: Place
    items: list[YamlValue] = field(default_factory=list)
    pairs: dict[str, YamlValue] | None = None
    key: tuple[str, Place] | None = None


@dataclass(slots=True)
class _Building:
    """Values while they are built from events."""

    file: str
    deepest: int
    stack: list[_Open] = field(default_factory=list)
    documents: int = 0
    count: int = 0
    root: YamlValue | None = None

    def document(self, text: str) -> YamlValue:
        """Return the value of the one document."""
        import yaml  # noqa: PLC0415  # as above

        for event in _events(text):
            place = Place(self.file, event.start_mark.line + 1)
            match event:
                case yaml.DocumentStartEvent():
                    self.documents += 1
                    if self.documents > 1:
                        raise self._error("this file holds a second document", place, "keep one of them")
                case yaml.AliasEvent():
                    raise self._error(
                        f"`*{shown(event.anchor or '')}` is an alias", place, "write out what it stands for"
                    )
                case yaml.MappingStartEvent():
                    self._begin(event, _Open(place, pairs={}))
                case yaml.SequenceStartEvent():
                    self._begin(event, _Open(place))
                case yaml.ScalarEvent():
                    self._check(event, place)
                    value = _plain(event.value) if event.implicit[0] else event.value
                    self._add(YamlValue(value, event.value, place))
                case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                    self._end()
                case _:
                    pass
        return self.root or YamlValue({}, "", Place(self.file, 1))

    def _error(self, message: str, place: Place, hint: str | None = None) -> ManifestError:
        return ManifestError(message, file=self.file, line=place.line, hint=hint)

    def _check(self, event: Any, place: Place) -> None:
        """Refuse anchors, tags and too many values."""
        if event.anchor is not None:
            raise self._error(
                f"`&{shown(event.anchor)}` is an anchor", place, "write out the value wherever it is meant"
            )
        if event.tag is not None and event.tag != "!":
            raise self._error(
                f"`{shown(event.tag.replace(_CORE, '!!'))}` is a tag",
                place,
                "leave it out: only plain values",
            )
        self.count += 1
        if self.count > MOST_VALUES:
            raise self._error(f"this file holds more than {MOST_VALUES:,} values", place)

    def _begin(self, event: Any, opened: _Open) -> None:
        self._check(event, opened.place)
        if self.stack and self.stack[-1].pairs is not None and self.stack[-1].key is None:
            raise self._error(
                "a key must be a text", opened.place, "put it in quotes if it begins with a sign"
            )
        if len(self.stack) >= self.deepest:
            hint = "the setting `yaml_depth` says how deep"
            raise self._error("lists or mappings are nested too deep", opened.place, hint)
        self.stack.append(opened)

    def _end(self) -> None:
        done = self.stack.pop()
        value = tuple(done.items) if done.pairs is None else done.pairs
        self._add(YamlValue(value, "", done.place))

    def _add(self, value: YamlValue) -> None:
        """Put a finished value where it belongs."""
        if not self.stack:
            self.root = value
            return
        top = self.stack[-1]
        if top.pairs is None:
            top.items.append(value)
        elif top.key is None:
            if value.text in top.pairs:
                first = top.pairs[value.text].place
                raise self._error(
                    f"the key `{shown(value.text)}` stands here twice ({first})", value.place, "keep one"
                )
            top.key = (value.text, value.place)
        else:
            key, place = top.key
            top.pairs[key] = YamlValue(value.value, value.text, place)
            top.key = None


def _events(text: str) -> Iterator[Any]:
    """Yield the events of a text, from the C parser where there is one."""
    import yaml  # noqa: PLC0415  # as above

    loader = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
    yield from yaml.parse(text, Loader=loader)


def _plain(text: str) -> Scalar:
    """Return what a scalar without quotes means, as PyYAML's safe loader has it; times stay texts."""
    if len(text) > LONGEST_PLAIN:
        return text
    from yaml import ScalarNode  # noqa: PLC0415  # as above

    kinds, constructor = _reader()
    tag = next((tag for tag, pattern in kinds.get(text[:1], ()) if pattern.match(text)), "")
    node = ScalarNode(tag, text)
    try:
        match tag.removeprefix(_CORE):
            case "null":
                return None
            case "bool":
                return bool(constructor.construct_yaml_bool(node))
            case "int":
                return int(constructor.construct_yaml_int(node))
            case "float":
                return float(constructor.construct_yaml_float(node))
            case _:
                return text
    except ValueError:  # `0x_` is a number to PyYAML, which then cannot read it
        return text


@cache
def _reader() -> tuple[Mapping[str, Any], Any]:
    """Return PyYAML's patterns of scalars by their first letter, and what reads them."""
    from yaml.constructor import SafeConstructor  # noqa: PLC0415  # as above
    from yaml.resolver import Resolver  # noqa: PLC0415

    return Resolver.yaml_implicit_resolvers, SafeConstructor()
