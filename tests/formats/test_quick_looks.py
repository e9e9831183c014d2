"""What is seen of a `pylock.toml` without parsing all of it is what parsing it would show."""

import tomllib
from collections.abc import Iterator
from random import Random

import pytest

from pinwise.formats.lock_origin import KEYS
from pinwise.formats.locks import LockFormat, says_the_same
from pinwise.formats.present.pylock import bare_pins, read_pylock
from pinwise.formats.pylock import render_pylock
from pinwise.model.errors import ManifestError
from support.advice import advice, pin, sdist_file, wheel_file

DAY = 86_400 * 9
NAMES = [f"flask-3.0-cp3{minor}-cp3{minor}-linux_x86_64.whl" for minor in range(9, 14)]
FILES = [
    wheel_file("flask", "3.0", filename=name, url=f"https://files.example/{name}", size=7, uploaded=DAY * k)
    for k, name in enumerate(NAMES, start=2_000)
]
LOCK = render_pylock(
    advice(
        pin("flask", "3.0", requires=["click", "jinja2"], asked="flask>=2", files=FILES),
        pin("click", "8.1", by=["flask"], files=[sdist_file("click", "8.1")]),
        pin("jinja2", "3.1", by=["flask"], groups=["default", "develop"]),
    )
)
PIECES = ["wheels = [", "]", "[[packages]]", '"""', "'''", "# no", 'name = "other"', "", "    {", "cost = 7"]
SIGNS = ['"', "'", "\\", "\n", "]", "}", "=", ",", "\x00", "é", "0", " ", "\r"]


def damaged(seed: int) -> str:
    """Return the lock with a few lines or characters changed."""
    random = Random(seed)
    text = LOCK
    for _ in range(random.choice([1, 1, 1, 2, 4])):
        lines = text.split("\n")
        number = random.randrange(len(lines))
        match random.choice(["drop", "double", "put", "swap", "sign", "sign", "sign"]):
            case "drop":
                del lines[number]
            case "double":
                lines.insert(number, lines[number])
            case "put":
                lines.insert(number, random.choice(PIECES))
            case "swap":
                other = random.randrange(len(lines))
                lines[number], lines[other] = lines[other], lines[number]
            case _:
                place = random.randrange(len(lines[number]) + 1)
                more = random.choice([0, 1])
                lines[number] = lines[number][:place] + random.choice(SIGNS) + lines[number][place + more :]
        text = "\n".join(lines)
    return text


def parsed(text: str) -> dict[str, object] | None:
    """Return the content of a lock, None if it is not TOML."""
    try:
        return tomllib.loads(text)
    except ValueError:
        return None


def pins(text: str) -> list[tuple[object, ...]] | str:
    """Return what a reader of pins needs of a lock, or that it is none."""
    try:
        lock = read_pylock(text, "pylock.toml")
    except ManifestError as error:
        return str(error)
    return [(each.name, each.version, each.index, each.marker, each.path, each.line) for each in lock.pins]


def locks() -> Iterator[str]:
    """Yield many damaged locks."""
    yield from (damaged(seed) for seed in range(3000))


def test_bare_pins_are_the_pins() -> None:
    """Emptied lines change no pin and no line number, and make nothing valid that is not TOML."""
    assert len(bare_pins(LOCK)) < len(LOCK) - 500
    assert pins(bare_pins(LOCK)) == pins(LOCK)
    invalid = same = 0
    for text in locks():
        bare = bare_pins(text)
        assert bare.count("\n") == text.count("\n")
        assert (parsed(bare) is None) == (parsed(text) is None), text
        if parsed(text) is None:
            invalid += 1
        elif not isinstance(pins(text), str):
            same += 1
            assert pins(bare) == pins(text), text
    assert invalid > 500
    assert same > 500


@pytest.mark.parametrize("cost", ["0", "17", "-1", "007", "1.5", '"17"', "9" * 5000, "17 # cheap", "0x11"])
def test_the_note_of_the_cost_is_passed_over_where_it_is_one(cost: str) -> None:
    """Whatever the quick look says, comparing the parsed texts says too."""
    old = LOCK.replace("\ncost = 0\n", f"\ncost = {cost}\n")
    assert old != LOCK or cost == "0"
    assert says_the_same(old, LOCK, LockFormat.PYLOCK) == (parsed(old) is not None)


def test_the_quick_comparison_agrees_with_the_slow_one() -> None:
    """Two texts that are seen to differ in the note of the cost only have the same content but for it."""
    found = 0
    dear = LOCK.replace("\ncost = 0\n", "\ncost = 12\n")
    for text in locks():
        if says_the_same(text, dear, LockFormat.PYLOCK):
            found += 1
            content, ours = parsed(text), parsed(dear)
            assert without_notes(content) == without_notes(ours), text
    assert found > 50


def without_notes(content: dict[str, object] | None) -> object:
    """Return the content of a lock without our notes of the cost and of what it was made."""
    assert content is not None
    tool = content["tool"]
    assert isinstance(tool, dict)
    ours = {key: value for key, value in tool["pinwise"].items() if key not in ("cost", *KEYS)}
    return {**content, "tool": {**tool, "pinwise": ours}}
