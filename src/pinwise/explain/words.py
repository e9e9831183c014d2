"""Small parts of sentences: quoted names, lists, plurals.

Whatever an index, a package or a manifest says goes through `clean` before it stands in a message.
"""

from collections.abc import Sequence

LONGEST = 120
"""Characters after which a text from outside is cut."""

_PLURALS = {
    "is": "are",
    "was": "were",
    "has": "have",
    "does": "do",
    "needs": "need",
    "requires": "require",
    "lacks": "lack",
    "offers": "offer",
    "allows": "allow",
    "holds": "hold",
    "lists": "list",
    "names": "name",
    "provides": "provide",
}


def clean(text: str, longest: int = LONGEST) -> str:
    """Return `text` on one line, without control characters and backticks, cut to `longest` characters."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text[: 4 * longest])
    line = " ".join(printable.replace("`", "'").split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def code(text: str) -> str:
    """Return `text`, cleaned, in backticks."""
    return f"`{clean(text)}`"


def without_query(url: str) -> str:
    """Return a URL without its query, which may hold a token."""
    bare, mark, _ = url.partition("?")
    return f"{bare}?****" if mark else bare


def address(url: str) -> str:
    """Return a URL for people: cleaned, and without its query."""
    return clean(without_query(url))


def listing(items: Sequence[str], word: str = "and", *, longest: int | None = None, rest: str = "") -> str:
    """Join `items` as prose does: ``a, b and c``.

    With `longest` set, what goes beyond is counted: ``a, b and 3 more`` (`rest` says of what).
    """
    shown = list(items)
    if longest is not None and len(shown) > longest + 1:
        hidden = len(shown) - longest
        shown = [*shown[:longest], f"{hidden:,} more{' ' + rest if rest else ''}"]
    if len(shown) <= 1:
        return "".join(shown)
    return f"{', '.join(shown[:-1])} {word} {shown[-1]}"


def count(amount: int, noun: str) -> str:
    """Return ``1 release`` or ``2 releases``."""
    return f"{amount:,} {noun}" if amount == 1 else f"{amount:,} {noun}s"


def to_plural(predicate: str) -> str:
    """Return a predicate in the plural: ``needs Python >=3.12`` becomes ``need Python >=3.12``."""
    verb, space, rest = predicate.partition(" ")
    return _PLURALS.get(verb, verb) + f"{space}{rest}".replace(" its ", " their ")


def to_sentence(text: str) -> str:
    """Return `text` with a capital letter and a full stop."""
    ending = "" if text.endswith((".", "?", "!")) else "."
    return text[:1].upper() + text[1:] + ending
