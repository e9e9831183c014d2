"""The inline metadata of a script (PEP 723) as a manifest."""

import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinwise.formats.script import block_of, parse_script
from pinwise.model.errors import ManifestError
from pinwise.model.request import Manifest

SCRIPT = """\
#!/usr/bin/env python3
# A tool.
# /// script
# requires-python = ">=3.12"
# dependencies = [
#   "requests<3",
#
#   "rich",
# ]
# [tool.pinwise]
# goal = "latest"
# exclude = {idna = "not needed"}
# ///
import requests
"""

REFERENCE = re.compile(r"(?m)^# /// (?P<type>[a-zA-Z0-9-]+)$\s(?P<content>(^#(| .*)$\s)+)^# ///$")
"""The regular expression of the specification."""


def read(text: str) -> Manifest:
    """Read a script."""
    return parse_script(text, "tool.py")


def test_a_block_is_a_manifest() -> None:
    """Dependencies, Python and our own table are read, each with its line in the script."""
    manifest = read(SCRIPT)
    (group,) = manifest.groups
    assert group.name == "default"
    assert [(str(one), str(one.place)) for one in group.requirements] == [
        ("requests<3", "tool.py:6"),
        ("rich", "tool.py:8"),
    ]
    assert (manifest.kind, manifest.requires_python, manifest.settings) == (
        "script",
        ">=3.12",
        {"goal": "latest"},
    )
    assert str(manifest.settings_places["goal"]) == "tool.py:11"
    assert [(each.name, each.reason, each.place.line) for each in manifest.exclusions] == [
        ("idna", "not needed", 12)
    ]
    assert read(SCRIPT.replace("\n", "\r\n")) == manifest


@pytest.mark.parametrize(
    ("text", "line", "message", "hint"),
    [
        ("import os\n", None, "no `# /// script` block", "begin it with the lines"),
        ("# /// script\n# dependencies = []\nimport os\n", None, "no `# /// script` block", "`# ///`"),
        (SCRIPT + "\n# /// script\n# x = 1\n# ///\n", 16, "has a second `# /// script` block", "keep one"),
        ("# /// script\n# dependancies = []\n# ///\n", 2, "`dependancies` is not a key", "`dependencies`"),
        ("# /// script\n# dependencies = [\n# ///\n", 2, "not valid TOML", None),
        ('# /// script\n# dependencies = [\n#  "?",\n# ]\n# ///\n', 3, "not a valid requirement", "write it"),
        ('# /// script\n# requires-python = "x"\n# ///\n', 2, "not a range of Python versions", "write it"),
    ],
    ids=range(7),
)
def test_what_is_wrong_is_told_with_its_line(
    text: str, line: int | None, message: str, hint: str | None
) -> None:
    """No block, two blocks, a key that is nearly right, or bad TOML: an error with the script's own line."""
    with pytest.raises(ManifestError) as caught:
        read(text)
    error = caught.value
    assert (error.file, error.line) == ("tool.py", line)
    assert message in error.message
    assert (hint or "") in (error.hint or "")


def test_a_key_of_the_future_is_ignored_with_a_warning() -> None:
    """The standard may grow keys: one that resembles none of today's is said, not refused."""
    (warning,) = read('# /// script\n# dependencies = ["a"]\n# license-files = 1\n# ///\n').warnings
    assert warning == "tool.py:3: `license-files` is not a key of a script's block; it is ignored."


lines = st.sampled_from(
    [
        "# /// script",
        "# /// other",
        "# ///",
        "#",
        "# a = 1",
        "# ",
        "",
        "x = 1",
        "#x",
        "# /// script ",
        " # ///",
    ]
)


@given(st.lists(lines, max_size=12))
def test_blocks_are_found_as_the_standard_finds_them(written: list[str]) -> None:
    """For any lines the same block is found as by the expression of the specification, on the same lines."""
    text = "\n".join([*written, ""])
    expected = [match for match in REFERENCE.finditer(text) if match["type"] == "script"]
    if len(expected) != 1:
        with pytest.raises(ManifestError, match=r"has no|has a second"):
            block_of(text, "tool.py")
        return
    found = block_of(text, "tool.py")
    content = "".join(
        line[2:] if line.startswith("# ") else line[1:]
        for line in expected[0]["content"].splitlines(keepends=True)
    )
    first = text[: expected[0].start("content")].count("\n")
    assert found == "\n" * first + content


def test_many_beginnings_take_no_time() -> None:
    """A script of nothing but beginnings is read line by line, not again from each of them."""
    with pytest.raises(ManifestError, match="no `# /// script` block"):
        read("# /// script\n" * 200_000)


@given(st.text(max_size=200))
def test_any_block_gives_a_manifest_or_an_error(text: str) -> None:
    """No text in a block ends in a traceback."""
    body = "".join(f"# {line}\n" for line in text.splitlines())
    with suppress(ManifestError):
        assert read(f"# /// script\n{body}# ///\n").kind == "script"
