"""Declared targets: names in, environments out."""

import pytest
from packaging.markers import Marker, default_environment
from packaging.tags import Tag

from pinwise.environment.declare import Build, declare
from pinwise.environment.platforms import parse_platform
from pinwise.formats.python_names import names_a_python, parse_python
from pinwise.model.errors import TargetError


def platforms_of(platform: str) -> list[str]:
    """Return the platform parts of the tags of cp312 wheels, in order."""
    return [
        tag.removeprefix("cp312-cp312-")
        for tag in declare("3.12", platform).tags
        if tag.startswith("cp312-cp312-")
    ]


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("3.12", "3.12.0"),
        ("3.11.7", "3.11.7"),
        ("3.6", "3.6.0"),
        ("3.15", "3.15.0"),
        ("3.15rc1", "3.15.0rc1"),
    ],
)
def test_two_parts_mean_the_first_release(text: str, version: str) -> None:
    """``X.Y`` means ``X.Y.0``; a full version is kept."""
    environment = declare(text, "manylinux_2_28_x86_64")
    assert str(environment.python) == version
    assert environment.markers["python_full_version"] == version
    assert environment.markers["python_version"] == ".".join(text.split(".")[:2]).removesuffix("rc1")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "3",
        "2.7",
        "3.5.9",
        "3.16",
        "4.0",
        "3.12.1.1",
        "3.x",
        "three",
        "3.12+local",
        "9" * 5000,
        "3.12;",
        "-1",
    ],
)
def test_another_python_is_an_error(text: str) -> None:
    """What is no CPython 3.6 to 3.15 is a `TargetError` with a hint, however strange it looks."""
    with pytest.raises(TargetError) as caught:
        parse_python(text)
    assert caught.value.hint
    assert len(caught.value.message) < 200


def test_manylinux_reaches_down_to_the_oldest_glibc_with_its_aliases() -> None:
    """A glibc target takes wheels of every older glibc; the legacy names follow the version they mean."""
    assert platforms_of("manylinux_2_18_x86_64") == [
        "linux_x86_64",
        "manylinux_2_18_x86_64",
        "manylinux_2_17_x86_64",
        "manylinux2014_x86_64",
        *(f"manylinux_2_{minor}_x86_64" for minor in (16, 15, 14, 13, 12)),
        "manylinux2010_x86_64",
        *(f"manylinux_2_{minor}_x86_64" for minor in (11, 10, 9, 8, 7, 6, 5)),
        "manylinux1_x86_64",
    ]
    assert platforms_of("manylinux_2_18_aarch64") == [
        "linux_aarch64",
        "manylinux_2_18_aarch64",
        "manylinux_2_17_aarch64",
        "manylinux2014_aarch64",
    ]


def test_musllinux_reaches_down_to_its_first_version() -> None:
    """A musl target takes wheels of every older musl 1.x, and none of glibc."""
    assert platforms_of("musllinux_1_2_x86_64") == [
        "linux_x86_64",
        "musllinux_1_2_x86_64",
        "musllinux_1_1_x86_64",
        "musllinux_1_0_x86_64",
    ]


@pytest.mark.parametrize(
    ("alias", "name"),
    [
        ("manylinux2014_x86_64", "manylinux_2_17_x86_64"),
        ("manylinux2014_aarch64", "manylinux_2_17_aarch64"),
        ("manylinux2010_x86_64", "manylinux_2_12_x86_64"),
        ("manylinux1_x86_64", "manylinux_2_5_x86_64"),
        ("linux_x86_64", "manylinux_2_28_x86_64"),
    ],
)
def test_an_alias_is_the_platform_it_stands_for(alias: str, name: str) -> None:
    """An alias and its full name give the same environment."""
    assert declare("3.12", alias) == declare("3.12", name)
    assert declare("3.12", alias).platform == name


@pytest.mark.parametrize(
    "text",
    [
        "",
        "linux",
        "win_ia64",
        "macosx_10_15_arm64",
        "macosx_10_3_x86_64",
        "macosx_11_0_universal2",
        "manylinux_2_4_x86_64",
        "manylinux_2_16_aarch64",
        "manylinux2010_aarch64",
        "manylinux_3_1_x86_64",
        "musllinux_2_1_x86_64",
        "manylinux_2_28_riscv64",
        "x" * 999,
    ],
)
def test_an_unknown_platform_is_an_error_that_lists_the_known_ones(text: str) -> None:
    """What is no known form is a `TargetError` whose hint lists them all."""
    with pytest.raises(TargetError) as caught:
        parse_platform(text)
    assert "manylinux_2_N_x86_64" in str(caught.value.hint)
    assert "musllinux_1_N_aarch64" in str(caught.value.hint)
    assert len(caught.value.message) < 200


def test_a_misspelt_platform_gets_a_near_one() -> None:
    """The hint names the form that the user most likely meant."""
    with pytest.raises(TargetError) as caught:
        parse_platform("manylinux_2.28_x86_64")
    assert "did you mean `manylinux_2_28_x86_64`?" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("python", "abi"), [("3.6", "cp36m"), ("3.7", "cp37m"), ("3.8", "cp38"), ("3.13", "cp313")]
)
def test_old_pythons_name_their_allocator_in_the_abi(python: str, abi: str) -> None:
    """The ABI of CPython 3.7 and older ends in ``m``; later ones have no flag."""
    first = declare(python, "manylinux_2_28_x86_64").tags[0]
    assert first == f"{abi.removesuffix('m')}-{abi}-linux_x86_64"


def test_a_free_threaded_build_takes_no_ordinary_extension_modules() -> None:
    """A detected ``t`` build has its own ABI and no ``abi3``."""
    tags = declare("3.13", "manylinux_2_28_x86_64", build=Build(abi_flags="t")).tags
    assert "cp313-cp313t-manylinux_2_28_x86_64" in tags
    assert "cp313-cp313-manylinux_2_28_x86_64" not in tags
    assert "cp313-abi3-manylinux_2_28_x86_64" not in tags


def test_tags_go_from_the_particular_to_the_general() -> None:
    """Compiled wheels come before the stable ABI, that before pure ones; there are no doubles."""
    tags = declare("3.12", "manylinux_2_28_x86_64").tags
    in_order = [
        "cp312-cp312-manylinux_2_28_x86_64",
        "cp312-abi3-manylinux_2_28_x86_64",
        "cp39-abi3-manylinux_2_28_x86_64",
        "py3-none-manylinux_2_28_x86_64",
        "py312-none-any",
        "py3-none-any",
    ]
    assert sorted(in_order, key=tags.index) == in_order
    assert len(set(tags)) == len(tags)
    assert all(Tag(*tag.split("-")) for tag in tags)


def test_every_marker_variable_has_a_value() -> None:
    """The markers are those of PEP 508 but ``extra``, all decided by the names alone."""
    markers = declare("3.12.4", "manylinux_2_28_aarch64").markers
    assert set(markers) == set(default_environment())
    assert markers["platform_release"] == markers["platform_version"] == ""
    environment = dict(markers)
    assert Marker("platform_machine == 'aarch64' and sys_platform == 'linux'").evaluate(environment)
    assert Marker("python_full_version >= '3.12.4' and python_version < '3.13'").evaluate(environment)
    assert Marker("implementation_name == 'cpython' and os_name == 'posix'").evaluate(environment)
    assert Marker("platform_python_implementation == 'CPython' and platform_system == 'Linux'").evaluate(
        environment
    )


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("3.14t", "cp314-cp314t"),
        ("3.14.1t", "cp314-cp314t"),
        ("3.14+freethreaded", "cp314-cp314t"),
        ("cp314t", "cp314-cp314t"),
        ("cp39", "cp39-cp39"),
        ("cpython-3.12", "cp312-cp312"),
        ("pypy3.11", "pp311-pypy311_pp73"),
        ("pypy-3.10.14", "pp310-pypy310_pp73"),
        ("pp310", "pp310-pypy310_pp73"),
    ],
)
@pytest.mark.parametrize("platform", ["macosx_14_0_arm64", "win_arm64", "musllinux_1_2_aarch64"])
def test_a_python_can_be_named_from_anywhere(text: str, first: str, platform: str) -> None:
    """Every name gives its ABI on every platform, and the tags of pure wheels of it."""
    environment = declare(text, platform)
    assert environment.tags[0].startswith(f"{first}-")
    assert "py3-none-any" in environment.tags
    assert environment.platform == platform


@pytest.mark.parametrize("text", ["3.12t", "pypy3.11t", "pypy3.12", "pypy3.5", "3.12-7.3.1", "pp312", "cp35"])
def test_what_was_never_built_is_an_error(text: str) -> None:
    """There is no free-threaded CPython before 3.13, no free-threaded PyPy and none beyond 3.11."""
    with pytest.raises(TargetError) as caught:
        parse_python(text)
    assert "`--python pypy3.11`" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("text", "is_name"),
    [
        ("3.12", True),
        ("pypy3.11", True),
        ("cp312", True),
        ("pypy3", False),
        ("python3.12", False),
        ("./3", False),
    ],
)
def test_commands_are_not_names(text: str, is_name: bool) -> None:  # noqa: FBT001  # a case
    """`python3.12` and `pypy3` are commands to run, `3.12` and `pypy3.11` targets."""
    assert names_a_python(text) is is_name


def test_macos_reaches_down_and_takes_universal_wheels() -> None:
    """An arm64 Mac takes universal2 wheels, from 10.x too, and no x86_64 ones; an Intel one has its own."""
    arm = platforms_of("macosx_12_3_arm64")
    assert arm[:4] == [
        "macosx_12_0_arm64",
        "macosx_12_0_universal2",
        "macosx_11_0_arm64",
        "macosx_11_0_universal2",
    ]
    assert "macosx_10_9_universal2" in arm
    assert not any("x86_64" in tag for tag in arm)
    intel = platforms_of("macosx_11_0_x86_64")
    assert "macosx_10_9_x86_64" in intel
    assert "macosx_10_9_universal2" in intel


def test_windows_has_one_platform_and_its_markers() -> None:
    """Each Windows takes its own wheels only."""
    assert platforms_of("win_amd64") == ["win_amd64"]
    markers = {name: declare("3.12", name).markers for name in ("win_amd64", "win_arm64", "win32")}
    assert [markers[name]["platform_machine"] for name in markers] == ["AMD64", "ARM64", "x86"]
    assert {markers[name]["sys_platform"] for name in markers} == {"win32"}
    assert {markers[name]["os_name"] for name in markers} == {"nt"}


def test_a_stable_abi_without_a_lock_is_one_of_its_own() -> None:
    """A free-threaded CPython takes no abi3 wheels: they hold on to the lock that it has not."""
    tags = declare("3.15t", "manylinux_2_28_x86_64").tags
    assert not any("-abi3-" in tag for tag in tags)
    assert any(tag.startswith("cp315-abi3t-") for tag in tags)


def test_a_free_threaded_target_says_so() -> None:
    """The Python is named with what the markers cannot say."""
    assert declare("3.14t", "win_amd64").python_name == "3.14.0, free-threaded"
    assert declare("pypy3.11", "win_amd64").python_name == "PyPy 3.11.0"
    assert declare("3.14", "win_amd64") != declare("3.14t", "win_amd64")
