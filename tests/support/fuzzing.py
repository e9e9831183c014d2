"""Feed parsers with damaged texts: what they are given, they parse or refuse with the one error they name.

A target is a parser with texts that it reads. Each case takes one of them and damages it a few times: bytes
lost, doubled or changed, hostile words put in, pieces of other texts spliced in, values put in the place of
others. The cases of a seed are always the same.
"""

import random
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from pinwise.model.errors import PinwiseError

MOST_SECONDS = 2.0
"""How long one text may take, far above what any honest one takes here (0.05 s)."""

WORDS = (
    *('"', "'", '"""', "'''", "[", "]", "[[", "]]", "{", "}", "=", ",", ".", ":", ";", "#", "\\", "\\\n"),
    *("\x00", "\x1b[31m", "\x7f", "\u202e", "\ufeff", "\u2028", "\r", "\t", "é", "\U0001f40d", "\udcff"),
    *(
        "==",
        "===",
        ">=",
        "~=",
        "!=",
        "<",
        "^",
        "*",
        "@",
        "@ file:///",
        "@ https://index.example/a.whl",
        "${X}",
    ),
    *("0", "-1", "1e999", "nan", "inf", "9" * 400, "0x", "1979-05-27T07:32:00Z", "true", "null", "0.0.0"),
    *("1!2.post1.dev3+local", "v1", "1..2", "1.0.*", "1" + ".0" * 300, "sha256:", "sha256:" + "0" * 64),
    *("python_version < '3'", "extra == 'a'", "'a' in extras", "(" * 60, ")" * 60, "[" * 60, "not", " or "),
    *(
        "../" * 30,
        "C:\\",
        "file:",
        "http://",
        "https://user:pw@index.example/",
        "//",
        "~",
        "-r",
        "-e .",
        "-c x",
    ),
    *(
        "--hash=",
        "--hash=sha256:0",
        "--index-url",
        "--find-links",
        "name",
        "version",
        "include-group",
        "tool.",
    ),
)
"""What is put into texts: marks of the formats, and what has upset parsers before."""

_VALUE = re.compile(r"""(?<=[=:\s,\[])("[^"\n]*"|'[^'\n]*'|\d+|true|false|\[[^\[\]\n]*\]|\{[^{}\n]*\})""")
_VALUES = (
    '""',
    '"x"',
    "[]",
    "{}",
    "[[]]",
    "0",
    "-7",
    "1.5",
    "true",
    "1979-05-27",
    "[1, 'a']",
    "{a = 1}",
    '{"a": 1}',
)


@dataclass(frozen=True, slots=True)
class Target:
    """A parser, the texts it reads, and the errors it may raise."""

    name: str
    parse: Callable[[str], object]
    texts: Sequence[str]
    errors: tuple[type[Exception], ...]


def damaged(target: Target, seed: int) -> str:
    """Return one damaged text of a target, always the same for the same seed."""
    rng = random.Random(f"{target.name} {seed}")
    text = rng.choice(target.texts)
    for _ in range(rng.randint(1, 6)):
        text = rng.choice(_DAMAGES)(text, rng, target.texts)
    return text[:200_000]


def trial(target: Target, seed: int) -> str | None:
    """Return what is wrong with how a target takes the text of a seed; None where nothing is."""
    text = damaged(target, seed)
    begin = time.process_time()
    try:
        target.parse(text)
    except target.errors as error:
        said = f"{error} {getattr(error, 'hint', '') or ''}"
        if isinstance(error, PinwiseError) and not said.isprintable():
            return f"the message has control characters: {said!r}"
    except Exception as error:  # noqa: BLE001  # this is what is looked for
        return f"{type(error).__name__}: {error}"
    taken = time.process_time() - begin
    return f"{taken:.1f} s" if taken > MOST_SECONDS else None


def faults(target: Target, seeds: Iterator[int]) -> Iterator[tuple[int, str]]:
    """Yield each seed whose text is not taken well, and what is wrong."""
    for seed in seeds:
        wrong = trial(target, seed)
        if wrong is not None:
            yield seed, wrong


def _put(text: str, rng: random.Random, _: Sequence[str]) -> str:
    at = rng.randint(0, len(text))
    return text[:at] + rng.choice(WORDS) * rng.choice((1, 1, 1, 2, 40)) + text[at:]


def _replace(text: str, rng: random.Random, _: Sequence[str]) -> str:
    at = rng.randint(0, len(text))
    return text[:at] + rng.choice(WORDS) + text[at + rng.randint(1, 12) :]


def _cut(text: str, rng: random.Random, _: Sequence[str]) -> str:
    at = rng.randint(0, len(text))
    return text[:at] + text[at + rng.choice((1, 1, 3, 20, 200)) :]


def _end(text: str, rng: random.Random, _: Sequence[str]) -> str:
    return text[: rng.randint(0, len(text))]


def _double(text: str, rng: random.Random, _: Sequence[str]) -> str:
    at, size = rng.randint(0, len(text)), rng.choice((1, 10, 100))
    return text[:at] + text[at : at + size] * rng.choice((2, 2, 30)) + text[at + size :]


def _double_line(text: str, rng: random.Random, _: Sequence[str]) -> str:
    lines = text.splitlines(keepends=True) or [""]
    lines.insert(rng.randint(0, len(lines)), rng.choice(lines))
    return "".join(lines)


def _splice(text: str, rng: random.Random, texts: Sequence[str]) -> str:
    lines = rng.choice(texts).splitlines(keepends=True) or [""]
    at, begin = rng.randint(0, len(text)), rng.randint(0, len(lines) - 1)
    return text[:at] + "".join(lines[begin : begin + rng.randint(1, 4)]) + text[at:]


def _other_value(text: str, rng: random.Random, _: Sequence[str]) -> str:
    places = list(_VALUE.finditer(text))
    if not places:
        return text
    place = rng.choice(places)
    return text[: place.start()] + rng.choice(_VALUES) + text[place.end() :]


_DAMAGES = (
    _put,
    _replace,
    _cut,
    _end,
    _double,
    _double_line,
    _splice,
    _other_value,
    _other_value,
    _other_value,
)
