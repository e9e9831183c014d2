"""Targets as files: what `pinwise environment --format toml` prints, read again."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pinwise.cli.render import environment_facts, to_toml
from pinwise.environment.declare import Build, declare
from pinwise.environment.file import parse_environment_file, read_environment_file
from pinwise.environment.platforms import KNOWN_PLATFORMS
from pinwise.model.environment import Environment
from pinwise.model.errors import TargetError

PYTHONS = ("3.6", "3.7.9", "3.12", "3.14t", "3.15.0rc1", "3.13.2t", "pypy3.10", "pypy3.11.9-7.3.20")
SMALL = 'python = "3.12"\nplatform = "macosx_14_0_arm64"\n'

TEXTS = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_characters="\x7f"), max_size=8)

PLATFORMS = tuple(
    form.replace("macosx_N_N", "macosx_12_0").replace("2_N", "2_30").replace("1_N", "1_2")
    for form in KNOWN_PLATFORMS
)
BUILDS = st.builds(Build, release=TEXTS, version=TEXTS, machine=st.sampled_from(["", "ARM64"]))


def bare(environment: Environment) -> Environment:
    """Return an environment without what says where it comes from."""
    return replace(environment, origins={})


def described(environment: Environment) -> str:
    """Return what `pinwise environment --format toml` prints."""
    return to_toml(environment_facts(environment))


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(PYTHONS), st.sampled_from(PLATFORMS), BUILDS)
def test_what_is_printed_is_read_again(python: str, platform: str, build: Build) -> None:
    """Reading what was printed gives the same target."""
    environment = declare(python, platform, build=build)
    assert bare(parse_environment_file(described(environment), "x.toml")) == bare(environment)


def test_a_debug_build_keeps_its_flags() -> None:
    """Flags that no name of a Python says are in the file."""
    environment = declare("3.12", "win_amd64", build=Build(abi_flags="d"))
    assert bare(parse_environment_file(described(environment), "x.toml")) == bare(environment)


def test_two_names_are_enough() -> None:
    """What is not in the file is derived from the Python and the platform; the file is the origin."""
    environment = parse_environment_file(SMALL, "mac.toml")
    assert bare(environment) == bare(declare("3.12", "macosx_14_0_arm64"))
    assert environment.origins == {"python": "`mac.toml`", "platform": "`mac.toml`"}


def test_own_tags_and_markers_count_as_written() -> None:
    """Tags stand in for the derived ones, a marker for its own variable only."""
    text = SMALL + 'tags = ["cp312-cp312-macosx_14_0_arm64"]\n[markers]\nplatform_release = "23.5.0"\n'
    environment = parse_environment_file(text, "x.toml")
    assert environment.tags == ("cp312-cp312-macosx_14_0_arm64",)
    assert environment.has_own_tags
    assert environment.markers["platform_release"] == "23.5.0"
    assert environment.markers["sys_platform"] == "darwin"


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("", "x.toml: this target has no `python`", "pinwise environment --format toml"),
        ('python = "3.12"\n', "x.toml: this target has no `platform`", "--format toml"),
        (SMALL + "platfrom = 1\n", "x.toml:3: `platfrom` is not a key of a target", "`platform`?"),
        (
            SMALL + '[markers]\nsys_platfrom = ""\n',
            "x.toml:4: `sys_platfrom` is not a marker",
            "`sys_platform`?",
        ),
        (SMALL + '[markers]\npython_version = "3.11"\n', "x.toml:4: the marker `python_version`", "leave"),
        (SMALL + 'tags = ["cp312"]\n', "x.toml:3: `cp312` is not a wheel tag", "py3-none-any"),
        (SMALL + "tags = 1\n", "x.toml:3: `tags` must be a list", "--format toml"),
        (SMALL + 'abi_flags = "t"\n', "x.toml:3: `abi_flags` cannot be `t`", "free-threaded"),
        (SMALL + 'abi_flags = "z"\n', "x.toml:3: `abi_flags` cannot be `z`", "free-threaded"),
        (SMALL + 'implementation = "graalpy"\n', "x.toml:3: `implementation` is `graalpy`", "`pypy`"),
        ('python = "2.7"\nplatform = "win32"\n', "x.toml:1: Python `2.7` is not among", "3.14t"),
        ('python = "3.12"\nplatform = "win23"\n', "x.toml:2: `win23` is not a platform", "`win32`?"),
        ('python = "3.12', "x.toml:1: this is not valid TOML", "--format toml"),
        ("a" * 600_000, "x.toml: this file is longer than", "--format toml"),
    ],
)
def test_a_wrong_file_is_an_error_with_its_line(text: str, message: str, hint: str) -> None:
    """What is wrong is named with file, line and what to write instead."""
    with pytest.raises(TargetError) as caught:
        parse_environment_file(text, "x.toml")
    assert str(caught.value).startswith(message)
    assert hint in str(caught.value.hint)


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    """A missing file, a folder and bytes that are no text are named."""
    with pytest.raises(TargetError, match="No such file"):
        read_environment_file(tmp_path / "absent.toml")
    with pytest.raises(TargetError, match="Is a directory"):
        read_environment_file(tmp_path)
    (tmp_path / "x.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(TargetError, match="is not UTF-8"):
        read_environment_file(tmp_path / "x.toml")
