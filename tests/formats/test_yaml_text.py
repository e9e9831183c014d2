"""YAML under limits: plain values with their lines, and nothing else, whatever the text is."""

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinwise.formats.yaml_text import MOST_CHARACTERS, MOST_VALUES, YamlValue, parse_yaml
from pinwise.model.errors import ManifestError
from pinwise.model.limits import USUAL

FILE = "some.yaml"


def plain(value: YamlValue) -> object:
    """Return a value without its places."""
    if isinstance(value.value, tuple):
        return [plain(each) for each in value.value]
    if isinstance(value.value, dict):
        return {key: plain(each) for key, each in value.value.items()}
    return value.value


def failure(text: str) -> ManifestError:
    """Return the error for a text that is refused."""
    with pytest.raises(ManifestError) as caught:
        parse_yaml(text, FILE)
    assert caught.value.file == FILE
    return caught.value


def test_values_are_those_of_the_safe_loader() -> None:
    """Words mean what PyYAML's safe loader makes of them, but for times, which stay texts."""
    text = """
a: [1, 0x1f, 1_000, -3.5, .inf, yes, Off, ~, null, '', x y, "é\\n"]
b:
  - c: {d: e}
  - |
    many
    lines
when: 2020-01-01
? "a key"
: ~
"""
    assert plain(parse_yaml(text, FILE)) == {
        "a": [1, 31, 1000, -3.5, float("inf"), True, False, None, None, "", "x y", "é\n"],
        "b": [{"c": {"d": "e"}}, "many\nlines\n"],
        "when": "2020-01-01",
        "a key": None,
    }


def test_every_value_knows_its_line_and_how_it_was_written() -> None:
    """The value of a key stands at the key; a number can be had as it is written."""
    root = parse_yaml("a: 1\nb:\n  - version: 3.10\n    name: x\n", FILE).mapping("this")
    (entry,) = root["b"].sequence("`b`")
    version = entry.mapping("an entry")["version"]
    assert [each.place.line for each in (root["a"], root["b"], entry, version)] == [1, 2, 3, 3]
    assert (version.value, version.string("`version`")) == (3.1, "3.10")


def test_an_empty_text_is_an_empty_mapping() -> None:
    """Nothing, and comments only, say nothing."""
    assert [plain(parse_yaml(text, FILE)) for text in ("", "# a\n", "---\n")] == [{}, {}, None]
    assert parse_yaml("---\n", FILE).mapping("this") == {}


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a: 1\nb: &x 2\n", 2, "`&x` is an anchor"),
        ("a: 1\nb: *x\n", 2, "`*x` is an alias"),
        ("a:\n- !!python/object:os.x 1\n", 2, "`!!python/object:os.x` is a tag"),
        ("a: !!str 1\n", 1, "`!!str` is a tag"),
        ("a: 1\nb: 2\na: 3\n", 3, "the key `a` stands here twice (some.yaml:1)"),
        ("a: 1\n---\nb: 2\n", 2, "this file holds a second document"),
        ("a: 1\n? [b]\n: c\n", 2, "a key must be a text"),
        ("a: 1\n\tb: 2\n", 2, "this is not valid YAML"),
        ("a: {b\n", 2, "this is not valid YAML"),
        ("a: \x00", None, "this is not valid YAML"),
        ("a: \ud800", None, "it holds half a character"),
        ("[" * 50_000, 1, "nested too deep"),
        ("- " * 50_000, 1, "nested too deep"),
        ("{" * 50_000, 1, "a key must be a text"),
        ("{a: " * 50_000, 1, "nested too deep"),
        ("- a\n" * (MOST_VALUES + 1), MOST_VALUES, "more than 50,000 values"),
        ("#" * (MOST_CHARACTERS + 1), None, "longer than"),
    ],
    ids=range(17),
)
def test_what_is_no_plain_data_is_refused(text: str, line: int | None, message: str) -> None:
    """Bombs, tags, second documents and second keys are errors with their line, and soon."""
    begin = time.monotonic()
    error = failure(text)
    assert time.monotonic() - begin < 10
    assert message in error.message
    assert error.line == line


def test_depth_is_limited_at_its_limit() -> None:
    """The deepest nesting is read, one more is refused."""
    assert parse_yaml("[" * USUAL.yaml_depth + "]" * USUAL.yaml_depth, FILE)
    assert "too deep" in failure("[" * (USUAL.yaml_depth + 1) + "]" * (USUAL.yaml_depth + 1)).message


@pytest.mark.parametrize("text", ["9" * 6000, "0x" + "f" * 6000, "0x_", "0b_", "1e999", "-.e5", "08", "1:99"])
def test_no_number_is_an_error(text: str) -> None:
    """What PyYAML takes for a number and then cannot read, or only in a long time, is a text."""
    value = parse_yaml(f"a: {text}", FILE).mapping("this")["a"]
    assert value.text == text
    assert value.string("`a`") == text


def test_kinds_are_checked_where_they_are_needed() -> None:
    """A value of another kind is an error that says what it is instead."""
    root = parse_yaml("a: [1]\nb: {c: 1}\nd: yes\n", FILE).mapping("this")
    for ask, message in (
        (lambda: root["a"].mapping("`a`"), "`a` must be a mapping of keys to values, not a list"),
        (lambda: root["b"].sequence("`b`"), "`b` must be a list, not a mapping"),
        (lambda: root["d"].string("`d`"), "`d` must be a text, not `yes`"),
        (lambda: root["b"].refuse_unknown(("e", "cc"), "a key of b"), "`c` is not a key of b"),
    ):
        with pytest.raises(ManifestError) as caught:
            ask()
        assert caught.value.message == message


@given(st.text(alphabet="ab:-[]{},&*!|>'\"%@#?~ \n\t0.", max_size=60))
def test_any_text_gives_a_value_or_an_error(text: str) -> None:
    """No text ends in anything but a value or our own error."""
    with suppress(ManifestError):
        assert isinstance(parse_yaml(text, FILE), YamlValue)
