"""Messages keep to their guide (docs/concepts/messages.md), as far as a look at the source can tell."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pinwise.model import errors
from pinwise.model.errors import PinwiseError

PACKAGE = Path(__file__).parents[1] / "src" / "pinwise"
NAMES = {
    name for name, each in vars(errors).items() if isinstance(each, type) and issubclass(each, PinwiseError)
}
FILLED = "\x00"
"""Stands for what is filled in when the message is made."""


@dataclass(frozen=True)
class Message:
    """The text of an error, or of its hint, as the source has it."""

    text: str
    where: str
    has_place: bool = False


def text_of(node: ast.expr) -> Iterator[str]:
    """Yield each form that a text can have, with `FILLED` for what is filled in."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=parts):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else FILLED for part in parts)
        case ast.IfExp(body=first, orelse=second):
            yield from text_of(first)
            yield from text_of(second)
        case ast.BoolOp(values=values):
            for value in values:
                yield from text_of(value)
        case ast.BinOp(left=left, op=ast.Add()):
            yield from (f"{text}{FILLED}" for text in text_of(left))


def calls() -> Iterator[tuple[ast.Call, str]]:
    """Yield each call that makes an error of ours, and where it stands."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in NAMES:
                yield node, f"{path.relative_to(PACKAGE)}:{node.lineno}"


def messages() -> list[Message]:
    """Return the messages of all errors."""
    found = []
    for call, where in calls():
        has_place = any(keyword.arg == "file" for keyword in call.keywords)
        found += [Message(text, where, has_place) for text in text_of(call.args[0])] if call.args else []
    return found


def hints() -> list[Message]:
    """Return the hints of all errors."""
    return [
        Message(text, where)
        for call, where in calls()
        for keyword in call.keywords
        if keyword.arg == "hint"
        for text in text_of(keyword.value)
    ]


def every(found: list[Message]) -> pytest.MarkDecorator:
    """Run a test once per message."""
    return pytest.mark.parametrize("message", found, ids=lambda message: message.where)


def begins_small(text: str) -> bool:
    """Whether a text begins with a small letter, a name in backticks, or what is filled in."""
    return bool(re.match(rf"[a-z`{FILLED}]|[A-Z]{{2,}}|[A-Z][a-z]*-[A-Z]", text))


def test_the_scan_sees_what_it_should() -> None:
    """It finds the errors of the source, and tells a small beginning from a capital one."""
    assert len(messages()) > 100
    assert len(hints()) > 60
    assert all(map(begins_small, ("there is", "`a` is", f"{FILLED} is", "PEP 751", "SHA-256 is", "X-Y is")))
    assert not any(map(begins_small, ("There is", "A file", "'a' is", "")))


@every(messages())
def test_a_message_is_one_small_sentence(message: Message) -> None:
    """It goes on after `error: `, has no full stop, and fits on two lines before names are filled in."""
    assert begins_small(message.text)
    assert not message.text.rstrip().endswith((".", "!", "?"))
    assert not re.search(r"[.!?] [A-Z]", message.text)
    assert len(message.text) <= 160


@every(messages())
def test_a_message_says_what_it_is_about(message: Message) -> None:
    """It names something in backticks, or the file in which it stands, or is all filled in."""
    assert "`" in message.text or message.has_place or FILLED in message.text


@every([*messages(), *hints()])
def test_names_stand_in_backticks(message: Message) -> None:
    """Backticks come in pairs, and no other quotes stand in their place; in them quotes are code."""
    assert message.text.count("`") % 2 == 0 or FILLED in message.text
    assert not re.search(rf"(?<!`)(['\"]){FILLED}\\1", message.text)


@every(hints())
def test_a_hint_is_a_next_step(message: Message) -> None:
    """It goes on after `hint: ` without a full stop; a question may end with its mark."""
    assert begins_small(message.text)
    assert not message.text.rstrip().endswith((".", "!"))
    assert len(message.text) <= 200


def test_what_the_user_can_mend_has_a_hint() -> None:
    """A usage error says what to do next, wherever it is made."""
    without = {
        where.partition(":")[0]
        for call, where in calls()
        if isinstance(call.func, ast.Name)
        and call.func.id in {"UsageError", "TargetError", "OutputError"}
        and not any(keyword.arg == "hint" for keyword in call.keywords)
    }
    assert without == set()
