"""The lines of a requirements file: comments, continuations, and the options on each line."""

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pinwise.formats.entries import near, refuse_variables, shown
from pinwise.model.errors import ManifestError
from pinwise.model.request import Place

MOST_CHARACTERS = 262_144
"""The longest logical line: some two thousand digests."""

SHORT = {
    "-r": "--requirement",
    "-c": "--constraint",
    "-e": "--editable",
    "-i": "--index-url",
    "-f": "--find-links",
}
OTHER_NAMES = {"--pypi-url": "--index-url"}
WITH_VALUE = (
    *("--requirement", "--constraint", "--editable", "--index-url", "--extra-index-url", "--find-links"),
    *("--no-binary", "--only-binary", "--all-releases", "--only-final", "--trusted-host", "--use-feature"),
    *("--hash", "--config-settings", "--config-setting", "--global-option"),
)
FLAGS = ("--no-index", "--pre", "--prefer-binary", "--require-hashes", "--no-require-hashes")
ON_REQUIREMENT = ("--hash", "--config-settings", "--config-setting", "--global-option")
_COMMENT = re.compile(r"(?:^|\s)#.*$")
_VARIABLE = re.compile(r"\$\{[A-Z0-9_]+\}")
_INDEX_LINE = re.compile(r"\s*(?:-i|-f|--(?:extra-)?index-url|--find-links)\b")


@dataclass(frozen=True, slots=True)
class RequirementsLine:
    """One logical line: a requirement or path, possibly none, and the options after it, in order.

    Attributes:
        place: Where its first line stands.
        requirement: The requirement or path as written, or "".
        options: Each by its long name, with its value or "".
        last: The number of its last line.
    """

    place: Place
    requirement: str
    options: tuple[tuple[str, str], ...]
    last: int


def requirements_lines(text: str, file: str) -> Iterator[RequirementsLine]:
    """Yield the logical lines of a requirements file that say something."""
    for number, last, line in _logical_lines(text.removeprefix("\ufeff")):
        place = Place(file, number)
        if len(line) > MOST_CHARACTERS:
            raise ManifestError("this line is too long", file=place.file, line=place.line)
        variable = _VARIABLE.search(line)
        if variable is not None and _INDEX_LINE.match(line) is None:
            refuse_variables(variable.group(), place, "this line")
        yield _split(line, place, last)


def physical_lines(text: str) -> list[str]:
    """Return the lines of a requirements file, without their ends."""
    return re.split(r"\r\n|\r|\n", text)


def _logical_lines(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield each line with the numbers of its first and last part, continuations joined, without comments."""
    parts: list[str] = []
    start = number = 1
    for number, line in enumerate(physical_lines(text), start=1):
        if not parts:
            start = number
        is_comment = line.lstrip().startswith("#")
        if line.endswith("\\") and not is_comment:
            parts.append(line[:-1])
            continue
        parts.append(f" {line}" if is_comment else line)
        joined = _COMMENT.sub("", "".join(parts)).strip()
        parts = []
        if joined:
            yield start, number, joined
    joined = _COMMENT.sub("", "".join(parts)).strip()
    if joined:
        yield start, number, joined


def _split(line: str, place: Place, last: int) -> RequirementsLine:
    """Part the requirement from the options after it."""
    words = line.split(" ")
    first = next((position for position, word in enumerate(words) if word.startswith("-")), len(words))
    requirement = " ".join(words[:first]).strip()
    try:
        tokens = shlex.split(" ".join(words[first:]))
    except ValueError:
        raise ManifestError("a quotation mark is not closed", file=place.file, line=place.line) from None
    options = tuple(_options(tokens, place))
    for name, _ in options:
        if requirement and name not in ON_REQUIREMENT:
            raise ManifestError(
                f"`{name}` cannot stand on the line of a requirement",
                file=place.file,
                line=place.line,
                hint="write it on a line of its own",
            )
        if not requirement and name == "--hash":
            raise ManifestError("`--hash` stands without a requirement", file=place.file, line=place.line)
    return RequirementsLine(place, requirement, options, last)


def _options(tokens: Sequence[str], place: Place) -> Iterator[tuple[str, str]]:
    """Yield each option by its long name, with its value or ""."""
    rest = iter(tokens)
    for token in rest:
        name, value = _name_and_value(token)
        if name in FLAGS and value is None:
            yield name, ""
            continue
        if name not in WITH_VALUE:
            raise ManifestError(
                f"`{shown(token)}` is not an option of requirements files",
                file=place.file,
                line=place.line,
                hint=near(name, (*WITH_VALUE, *FLAGS)) or None,
            )
        if value is None:
            value = next(rest, None)
        if not value:
            raise ManifestError(f"`{name}` needs a value", file=place.file, line=place.line)
        yield name, value


def _name_and_value(token: str) -> tuple[str, str | None]:
    """Part ``--name=value`` and ``-nvalue``; the name is the long one."""
    if token[:2] in SHORT:
        value = token[2:].removeprefix("=")
        return SHORT[token[:2]], value or None
    name, equals, value = token.partition("=")
    return OTHER_NAMES.get(name, name), value if equals else None
