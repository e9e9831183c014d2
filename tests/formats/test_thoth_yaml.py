"""The forebear's `.thoth.yaml`: what is understood, what is passed over, what is refused."""

from contextlib import suppress

import pytest
import yaml
from hypothesis import find, given
from hypothesis import strategies as st

from pinwise.environment.platforms import parse_platform
from pinwise.formats.distributions import DISTRIBUTIONS, platform_of, releases_of
from pinwise.formats.thoth_yaml import ENTRY_KEYS, IDLE_KEYS, READ_KEYS, UNUSED_KEYS, parse_thoth
from pinwise.model.errors import ManifestError, TargetError
from pinwise.model.request import Place

FILE = ".thoth.yaml"

WHOLE = """\
host: khemenu.thoth-station.example
tls_verify: true
requirements_format: pip-tools
overlays_dir: ./overlays/
virtualenv: false

runtime_environments:
  - name: 'rhel:8'
    operating_system:
      name: RHEL
      version: '8.4'
    hardware:
      cpu_family: 6
      cpu_model: 94
      gpu_model: null
    python_version: '3.8'
    cuda_version: '10.1'
    cudnn_version: null
    openmpi_version: null
    labels: null
    recommendation_type: performance
    platform: linux-x86_64
  - name: no_cuda
    python_version: 3.10
    hardware: {}
managers:
  - name: update
    configuration:
      labels: [bot]
"""


def environment(text: str) -> str:
    """Return a file with one environment of these keys."""
    lines = "".join(f"    {line}\n" for line in text.splitlines())
    return f"host: x\nruntime_environments:\n  - name: it\n{lines}"


def test_a_whole_file_is_understood() -> None:
    """Each environment has its keys with their lines; keys without a value say nothing."""
    thoth = parse_thoth(WHOLE, FILE)
    assert (thoth.overlays_dir, thoth.requirements_format) == ("overlays", ("pip-tools", thoth_place(3)))
    assert thoth.idle == ("host", "tls_verify", "virtualenv", "managers")
    first, second = thoth.environments
    assert (first.name, first.place.line, first.unused) == ("rhel:8", 8, ("hardware", "cuda_version"))
    assert first.platform_tag() == ("manylinux_2_28_x86_64", thoth_place(9))
    assert first.recommendation_type is not None
    assert first.recommendation_type.text == "performance"
    assert second.python_version is not None
    assert second.python_version.string("it") == "3.10"
    assert (second.unused, second.platform_tag()) == ((), None)


def thoth_place(line: int) -> Place:
    """Return a place in the file."""
    return Place(FILE, line)


def test_what_the_client_and_the_bots_wrote_over_the_years_is_understood() -> None:
    """Names with the release, shouted types, keys of early versions, templates where they do not matter."""
    text = """\
---
host: '{THOTH_HOST}'
repositories:
  - slug: some/where
limit_latest_versions: null
runtime_environments:
- name: 'rhel:7.7'
  operating_system:
    name: 'rhel'
    version: '7.7'
  hardware:
    cpu_family: '6'
  python_version: '3.7'
  recommendation_type: STABLE
  limit_latest_versions: null
"""
    thoth = parse_thoth(text, FILE)
    (one,) = thoth.environments
    assert (one.name, one.unused) == ("rhel:7.7", ("hardware",))
    assert one.platform_tag() == ("manylinux_2_17_x86_64", thoth_place(8))
    assert one.recommendation_type is not None
    assert one.recommendation_type.text == "stable"
    assert thoth.idle == ("host", "repositories", "limit_latest_versions")
    assert parse_thoth("managers:\n- name: version\n", FILE).environments == ()


def test_the_goal_of_the_file_is_that_of_environments_without_one() -> None:
    """Early versions had `recommendation_type` at the top."""
    text = "recommendation_type: latest\nruntime_environments:\n- {name: a}\n"
    text += "- {name: b, recommendation_type: stable}\n"
    goals = [each.recommendation_type for each in parse_thoth(text, FILE).environments]
    assert [goal.text for goal in goals if goal is not None] == ["latest", "stable"]


@pytest.mark.parametrize(
    ("keys", "tag"),
    [
        ("operating_system: {name: ubi, version: 9}", "manylinux_2_34_x86_64"),
        (
            "operating_system: {name: ubuntu, version: '22.04'}\nplatform: linux-aarch64",
            "manylinux_2_35_aarch64",
        ),
        ("operating_system: {name: alpine, version: 3.19.1}", "musllinux_1_2_x86_64"),
        ("operating_system: {name: null, version: null}\nplatform: linux-x86_64", "linux_x86_64"),
        (
            "operating_system: {name: gentoo, version: 1}\nplatform: manylinux_2_30_x86_64",
            "manylinux_2_30_x86_64",
        ),
        ("platform: macosx-11.0-arm64", "macosx_11_0_arm64"),
        ("platform: win-amd64", "win_amd64"),
        ("operating_system: {name: ubi, version: 8}\nplatform: musllinux_1_2_x86_64", "musllinux_1_2_x86_64"),
    ],
)
def test_a_platform_follows_from_the_operating_system(keys: str, tag: str) -> None:
    """A distribution's release stands for its C library; the platform alone is a tag already."""
    (one,) = parse_thoth(environment(keys), FILE).environments
    found = one.platform_tag()
    assert found is not None
    assert found[0] == tag
    parse_platform(tag)


def test_an_unknown_processor_is_left_to_the_target() -> None:
    """The error for it is that of any other target, and names what there is."""
    keys = "operating_system: {name: ubi, version: 8}\nplatform: linux-ppc64le"
    (one,) = parse_thoth(environment(keys), FILE).environments
    assert one.platform_tag() == ("linux_ppc64le", thoth_place(5))
    with pytest.raises(TargetError, match="linux_ppc64le"):
        parse_platform("linux_ppc64le")


def test_every_known_release_has_a_platform() -> None:
    """Each release of the table gives a tag that is a target."""
    for name in DISTRIBUTIONS:
        assert releases_of(name)
        for release in releases_of(name):
            tag = platform_of(name, release, "x86_64")
            assert tag is not None
            parse_platform(tag)


@pytest.mark.parametrize(
    ("text", "line", "message", "hint"),
    [
        ("runtime_environment: []", 1, "`runtime_environment` is not a key of", "`runtime_environments`"),
        ("runtime_environments: {a: b}", 1, "must be a list, not a mapping", "- "),
        ("runtime_environments: [3]", 1, "must be a mapping of keys to values, not `3`", ""),
        ("runtime_environments:\n- python_version: '3.8'", 2, "has no `name`", "- name: "),
        ("runtime_environments:\n- name: a\n- name: A", 3, "two environments are named `A`", "rename"),
        ("runtime_environments:\n- name: '{os_name}:8'", 2, "is not a name of an environment", "template"),
        ("runtime_environments:\n- name: ../x", 2, "is not a name of an environment", "letters"),
        ("requirements_format: poetry", 1, "has no choice `poetry`", "pip-compile"),
        ("overlays_dir: ../elsewhere", 1, "inside of the project's", "overlays_dir: overlays"),
        ("overlays_dir: /etc", 1, "inside of the project's", "overlays_dir: overlays"),
        ("overlays_dir: C:/x", 1, "inside of the project's", "overlays_dir: overlays"),
        ("overlays_dir: [a]", 1, "must be a text, not a list", "quotes"),
        (environment("pyhton_version: '3.8'"), 4, "`pyhton_version` is not a key of", "`python_version`"),
        (environment("hardware: {cpu: 6}"), 4, "`cpu` is not a key of `hardware`", "cpu_family"),
        (environment("operating_system: {nam: a}"), 4, "`nam` is not a key of", "`name`"),
        (
            environment("operating_system:\n  name: ubi\n  version: 8\n  python_version: '3.6'"),
            7,
            "`python_version` is not a key of `operating_system`",
            "indent it",
        ),
        (environment("operating_system: {name: ubi}"), 4, "has no `version`", "both"),
        (environment("recommendation_type: newest"), 4, "has no choice `newest`", "testing"),
        ("- a", 1, "this file must be a mapping of keys to values, not a list", ""),
    ],
    ids=range(19),
)
def test_what_is_wrong_is_told_with_its_line(text: str, line: int, message: str, hint: str) -> None:
    """Unknown keys and values of the wrong kind are errors with file, line and a next step."""
    with pytest.raises(ManifestError) as caught:
        parse_thoth(text, FILE)
    assert (caught.value.file, caught.value.line) == (FILE, line)
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("keys", "line", "message", "hint"),
    [
        (
            "operating_system: {name: fedoraa, version: '32'}",
            4,
            "no operating system that",
            "mean `fedora`",
        ),
        ("operating_system: {name: plan9, version: 4}", 4, "no operating system that", "knows rhel, ubi"),
        ("operating_system:\n  name: fedora\n  version: 99", 6, "no release `99` of `fedora`", "24 to 43"),
        ("operating_system: {name: ubi, version: 8}\nplatform: win32", 4, "both a Linux distribution", "one"),
    ],
)
def test_a_target_that_is_none_is_told_when_it_is_asked_for(
    keys: str, line: int, message: str, hint: str
) -> None:
    """An operating system that nobody knows is an error of its environment, and not of the others."""
    (one,) = parse_thoth(environment(keys), FILE).environments
    with pytest.raises(ManifestError) as caught:
        one.platform_tag()
    assert (caught.value.file, caught.value.line) == (FILE, line)
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.dates(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "version", "cpu_family", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)
ENTRIES = st.dictionaries(st.sampled_from([*ENTRY_KEYS, *UNUSED_KEYS]), VALUES, max_size=5)
NAMED = ENTRIES.map(lambda entry: {**entry, "name": "it"})
FILES = st.fixed_dictionaries(
    {}, optional=dict.fromkeys((*READ_KEYS, *IDLE_KEYS), VALUES) | {"runtime_environments": st.lists(NAMED)}
)


def _is_read(content: dict[str, object]) -> bool:
    """Whether a configuration is read, and names an environment."""
    try:
        return bool(parse_thoth(yaml.safe_dump(content, sort_keys=False), FILE).environments)
    except ManifestError:
        return False


def test_of_any_values_some_are_read_and_some_refused() -> None:
    """Otherwise the next test would hold a reader that refuses everything, or one that checks nothing."""
    assert find(FILES, _is_read)["runtime_environments"]
    assert find(FILES, lambda content: bool(content) and not _is_read(content))


@given(FILES)
def test_any_values_give_a_configuration_or_an_error(content: dict[str, object]) -> None:
    """Known keys with any values end in values or in our own error, on reading and for the target."""
    text = yaml.safe_dump(content, sort_keys=False)
    with suppress(ManifestError):
        for each in parse_thoth(text, FILE).environments:
            each.platform_tag()
            if each.python_version is not None:
                each.python_version.string("it")
