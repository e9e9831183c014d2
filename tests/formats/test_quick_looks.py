"""What is seen of a `pylock.toml` without parsing all of it is what parsing it would show."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.utils import canonicalize_name

from pinwise.formats.lock_origin import KEYS
from pinwise.formats.locks import LockFormat, says_the_same
from pinwise.formats.present.own_pylock import read_own_pins
from pinwise.formats.present.pylock import read_pylock
from pinwise.formats.pylock import _unusual_table, file_table, render_pylock
from support.advice import advice, folder, pin, sdist_file, wheel_file

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
STACK = advice(
    pin("app", "1", asked="app", local=folder("app", "1", "./app", editable=True), requires_python=None),
    pin("redis", "5.0", asked="redis", groups=["[fast-json]", "test"], requires_python=">=3.8, !=3.9.1"),
    pin(
        "pytest-x",
        "8.0+local.1",
        asked="pytest-x",
        groups=["test"],
        files=[sdist_file("pytest-x", "8.0+local.1")],
    ),
)
GROUPS = tuple(
    replace(group, extra=canonicalize_name(group.name.strip("[]"))) if group.name[0] == "[" else group
    for group in STACK.request.groups
)
LOCKS = (LOCK, render_pylock(replace(STACK, request=replace(STACK.request, groups=GROUPS))))
PIECES = ["wheels = [", "]", "[[packages]]", '"""', "'''", "# no", 'name = "other"', "", "    {", "cost = 7"]
SIGNS = ['"', "'", "\\", "\n", "]", "}", "=", ",", "\x00", "é", "0", " ", "\r"]


def damaged(seed: int, text: str) -> str:
    """Return a lock with a few lines or characters changed."""
    random = Random(seed)
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


def locks(whole: str = LOCK) -> Iterator[str]:
    """Yield many damaged locks."""
    yield from (damaged(seed, whole) for seed in range(3000))


def test_a_quick_look_sees_the_pins() -> None:
    """Where a lock is as we write it, its pins are seen as a parser sees them; else the parser is asked."""
    seen = passed = 0
    for text in (*LOCKS, *locks(), *locks(LOCKS[1])):
        own = read_own_pins(text, "pylock.toml")
        if own is None:
            passed += 1
            assert text not in LOCKS
            continue
        whole = read_pylock(text, "pylock.toml")
        seen += 1
        for field in ("groups", "extras", "indexes", "requires_python", "environments"):
            assert getattr(own, field) == getattr(whole, field), text
        assert own.pins == tuple(replace(pin, files=(), hashes=(), requires=()) for pin in whole.pins), text
    assert passed > 1000
    assert seen > 500


@pytest.mark.parametrize(
    "time",
    ["2024-02-29T00", "2000-02-29T00", "2100-02-29T00", "2023-02-29T00", "2024-04-31T00", "2024-12-31T24"],
)
def test_a_quick_look_knows_the_calendar(time: str) -> None:
    """A day that there is not makes no lock of ours; one that there is does not keep the parser busy."""
    text = re.sub(r"upload-time = [^,]*", f"upload-time = {time}:00:00Z", LOCK)
    assert text != LOCK
    assert (read_own_pins(text, "pylock.toml") is not None) == (parsed(text) is not None)


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


@given(
    st.text('ab-1./@:?#%"\\é =', max_size=12),
    st.sampled_from(["https://files.example/", "http://[::1]/", "https://me:secret@files.example/", "./"]),
    st.sampled_from(["a-1.tar.gz", "a-1-py3-none-any.whl", 'a"1.zip', "b-1.tar.gz"]),
    st.none() | st.integers(0, 10**10),
    st.none() | st.integers(0, 10**12),
)
def test_a_usual_file_is_written_as_any_other(
    folder: str, host: str, name: str, uploaded: int | None, size: int | None
) -> None:
    """The quick way to write a file, which a lock has thousands of, writes what the other one does."""
    url = f"{host}{folder}/{name}"
    file = sdist_file("a", "1", filename="a-1.tar.gz", url=url, uploaded=uploaded, size=size)
    assert file_table(file) == _unusual_table(file)
