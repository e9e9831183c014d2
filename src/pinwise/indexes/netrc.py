"""Logins by host, in the form that ftp, curl and pip read (``~/.netrc``). No I/O."""

import re
from collections.abc import Iterator
from typing import NamedTuple

_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)')
_VALUES = ("login", "user", "password", "account")


class Login(NamedTuple):
    """A user and a password."""

    user: str
    password: str


class _Token(NamedTuple):
    text: str
    line: int


def parse_netrc(text: str) -> dict[str, Login]:
    """Return the login of each machine; of several for one machine, the first.

    ``default`` is left out: it would send a password to every index there is. So are machines without a
    password.

    Raises:
        ValueError: It cannot be understood; the message names the line and nothing of its content.
    """
    entries: list[dict[str, str]] = []
    tokens = _tokens(text)
    for token in tokens:
        match token.text:
            case "machine":
                entries.append({"machine": _next(tokens, token)})
            case "default":
                entries.append({})
            case word if word in _VALUES and entries:
                entries[-1]["login" if word == "user" else word] = _next(tokens, token)
            case _:
                raise ValueError(f"line {token.line}")
    logins: dict[str, Login] = {}
    for entry in entries:
        if "machine" in entry and "password" in entry:
            logins.setdefault(entry["machine"].lower(), Login(entry.get("login", ""), entry["password"]))
    return logins


def _next(tokens: Iterator[_Token], before: _Token) -> str:
    token = next(tokens, None)
    if token is None:
        raise ValueError(f"line {before.line}")
    return token.text


def _tokens(text: str) -> Iterator[_Token]:
    """Yield the words; a macro ends at an empty line, a comment begins a line or follows a space."""
    is_macro = False
    for number, line in enumerate(text.splitlines(), start=1):
        is_macro = is_macro and bool(line.strip())
        if is_macro:
            continue
        for match in _TOKEN.finditer(line):
            word = match[2]
            if word == "macdef":
                is_macro = True
                break
            if word is not None and word.startswith("#") and _is_comment(line[: match.start()]):
                break
            yield _Token(re.sub(r"\\(.)", r"\1", match[1]) if word is None else word, number)


def _is_comment(before: str) -> bool:
    """Whether a ``#`` begins a comment: not where a value stands, for passwords may begin with it."""
    words = before.split()
    return not words or words[-1] not in ("machine", *_VALUES)
