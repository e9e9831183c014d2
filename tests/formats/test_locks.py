"""Locks of every kind: what they hold, that they never change without cause, and that they leak nothing."""

import json
import tomllib
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.markers import Marker
from packaging.pylock import Pylock, PylockSelectError
from packaging.tags import Tag
from packaging.utils import canonicalize_name

from pinwise.environment.declare import declare
from pinwise.formats.digest import request_digest
from pinwise.formats.locks import LockFormat, lock_format, lock_name_with, says_the_same
from pinwise.formats.pipfile_lock import render_pipfile_lock
from pinwise.formats.pylock import environment_marker, group_name, render_pylock
from pinwise.formats.requirements import OWN_LOCK
from pinwise.formats.requirements_lock import render_requirements_lock
from pinwise.model.errors import OutputError, UsageError
from pinwise.model.outcome import Advice, Price
from pinwise.model.request import Exclusion, Index, Manifest, Place, Prereleases
from support.advice import (
    INDEX,
    advice,
    direct_requirement,
    folder,
    linux_environment,
    pin,
    pipfile_manifest,
    sdist_file,
    wheel_file,
)

PRIVATE = "https://private.example/simple"
SECRET = "https://me:hunter2@private.example/simple"
INDEXES = (Index(PRIVATE, "private", secret=SECRET), Index(INDEX, "public"))


LINUX: Any = {
    "python_version": "3.12",
    "python_full_version": "3.12.4",
    "implementation_name": "cpython",
    "sys_platform": "linux",
    "platform_machine": "x86_64",
}
"""The target of the stacks here, as installers describe it."""


def usual_stack() -> Advice:
    """Return a stack with groups, extras, markers, two indexes and local projects."""
    return advice(
        pin(
            "Flask",
            "3.0",
            asked='flask[async]>=2 ; sys_platform == "linux"',
            requires=["click"],
            index=INDEX,
            index_name="public",
        ),
        pin("click", "8.1", by=["flask", "black"], groups=["default", "develop"], index=PRIVATE),
        pin("black", "24.1", asked="black", requires=["click"], groups=["develop"], index_name="public"),
        pin("sphinx", "7.0", asked="sphinx", groups=["dev_docs"], index_name="public"),
        pin("app", "1.0", asked="app", local=folder("app", "1.0", "./app", editable=True)),
        pin("lib", "2.0", asked="lib", local=folder("lib", "2.0", "lib-2.0.tar.gz", sha256="a" * 64)),
        indexes=INDEXES,
        cost=7,
    )


def locks_of(stack: Advice) -> dict[LockFormat, str]:
    """Render a stack in every format."""
    return {
        LockFormat.PYLOCK: render_pylock(stack),
        LockFormat.PIPFILE_LOCK: render_pipfile_lock(stack, pipfile_manifest(stack, indexes=INDEXES)),
        LockFormat.REQUIREMENTS: render_requirements_lock(stack),
    }


def read_pylock(stack: Advice) -> dict[str, Any]:
    """Return a rendered `pylock.toml` as values."""
    return tomllib.loads(render_pylock(stack))


def package(stack: Advice, name: str) -> dict[str, Any]:
    """Return one package of a rendered `pylock.toml`."""
    found: list[dict[str, Any]] = [each for each in read_pylock(stack)["packages"] if each["name"] == name]
    assert len(found) == 1
    return found[0]


def read_pipfile_lock(stack: Advice, manifest: Manifest | None = None) -> dict[str, Any]:
    """Return a rendered `Pipfile.lock` as values."""
    content: dict[str, Any] = json.loads(render_pipfile_lock(stack, manifest or pipfile_manifest(stack)))
    return content


# Every format


def test_format_follows_the_file_name() -> None:
    """A file's name alone says what kind of lock it is."""
    assert lock_format("pylock.toml") is LockFormat.PYLOCK
    assert lock_format("deploy/pylock.gpu.toml") is LockFormat.PYLOCK
    assert lock_format("Pipfile.lock") is LockFormat.PIPFILE_LOCK
    assert lock_format("Pipfile.gpu.lock") is LockFormat.PIPFILE_LOCK
    assert lock_format("constraints.txt") is LockFormat.REQUIREMENTS


@pytest.mark.parametrize(
    ("name", "with_word"),
    [
        ("pylock.toml", "pylock.rhel-8.toml"),
        ("pylock.tool.toml", "pylock.tool-rhel-8.toml"),
        ("locks/pylock.toml", "locks/pylock.rhel-8.toml"),
        ("Pipfile.lock", "Pipfile.rhel-8.lock"),
        ("requirements.txt", "requirements.rhel-8.txt"),
        ("requirements.lock.txt", "requirements.lock.rhel-8.txt"),
    ],
)
def test_a_word_in_the_name_of_a_lock_keeps_its_kind(name: str, with_word: str) -> None:
    """The name of an overlay makes another file of the same kind."""
    assert lock_name_with(name, "rhel:8") == with_word
    assert lock_format(with_word) is lock_format(name)


@pytest.mark.parametrize(
    "name", ["pylock.a.b.toml", "pylock..toml", "poetry.lock", "Pipfile", ".txt", "", "x" * 999]
)
def test_other_names_are_no_locks(name: str) -> None:
    """A name that means no lock is refused, in a message of bounded length."""
    with pytest.raises(UsageError) as caught:
        lock_format(name)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("format_", LockFormat)
def test_no_credentials(format_: LockFormat) -> None:
    """Neither user nor password of an index reach a lock, wherever they come from."""
    leaky = wheel_file("click", "8.1", url=f"{SECRET}/click-8.1-py3-none-any.whl")
    stack = usual_stack()
    pins = tuple(replace(each, files=(leaky,)) if each.name == "click" else each for each in stack.pins)
    text = locks_of(replace(stack, pins=pins))[format_]
    assert "private.example" in text
    assert "hunter2" not in text
    assert "me:" not in text


@pytest.mark.parametrize("format_", LockFormat)
def test_rendering_is_deterministic_and_ends_with_a_newline(format_: LockFormat) -> None:
    """One stack gives one text, in whatever order its pins and files come."""
    stack = usual_stack()
    turned = replace(
        stack, pins=tuple(replace(each, files=each.files[::-1]) for each in reversed(stack.pins))
    )
    text = locks_of(stack)[format_]
    assert text == locks_of(turned)[format_]
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


@pytest.mark.parametrize("format_", LockFormat)
def test_index_without_digests_is_refused(format_: LockFormat) -> None:
    """What cannot be verified is not locked."""
    stack = advice(pin("a", "1", asked="a", files=[wheel_file("a", "1", sha256=None)]))
    with pytest.raises(OutputError, match="gives no SHA-256"):
        locks_of(stack)[format_]


def test_files_without_digest_are_left_out() -> None:
    """A file that cannot be verified is not listed next to one that can."""
    stack = advice(pin("a", "1", asked="a", files=[wheel_file("a", "1"), sdist_file("a", "1", sha256=None)]))
    assert "sdist" not in package(stack, "a")
    assert len(read_pipfile_lock(stack)["default"]["a"]["hashes"]) == 1
    assert render_requirements_lock(stack).count("--hash") == 1


# Says the same


def test_cost_alone_rewrites_nothing() -> None:
    """A stack that costs more because the world moved on keeps its lock."""
    old, new = usual_stack(), usual_stack()
    new = replace(new, proof=replace(new.proof, cost=99, bound=99))
    assert render_pylock(old) != render_pylock(new)
    for format_, text in locks_of(old).items():
        assert says_the_same(text, locks_of(new)[format_], format_)


@pytest.mark.parametrize("format_", LockFormat)
def test_new_files_rewrite(format_: LockFormat) -> None:
    """A digest more is something new."""
    stack = usual_stack()
    added = wheel_file("black", "24.1", filename="black-24.1-cp312-none-any.whl", sha256="b" * 64)
    pins = tuple(
        replace(each, files=(*each.files, added)) if each.name == "black" else each for each in stack.pins
    )
    assert not says_the_same(locks_of(stack)[format_], locks_of(replace(stack, pins=pins))[format_], format_)


def test_new_request_rewrites_pylock() -> None:
    """The digest of the request counts even where the pins stay."""
    stack = usual_stack()
    other = replace(stack, request=replace(stack.request, goal="latest"))
    assert not says_the_same(render_pylock(stack), render_pylock(other), LockFormat.PYLOCK)


def test_layout_does_not_count() -> None:
    """A lock that was formatted by another tool says the same."""
    text = render_pipfile_lock(usual_stack(), pipfile_manifest(usual_stack()))
    assert says_the_same(json.dumps(json.loads(text)), text, LockFormat.PIPFILE_LOCK)
    pylock = render_pylock(usual_stack())
    assert says_the_same("# mine\n" + pylock, pylock, LockFormat.PYLOCK)
    requirements = render_requirements_lock(usual_stack())
    assert says_the_same(requirements.replace("\n", "\r\n"), requirements, LockFormat.REQUIREMENTS)


@pytest.mark.parametrize("format_", LockFormat)
@pytest.mark.parametrize(
    "old", ["", "{", "[" * 100_000, "null", "a = 1e99999\n", "tool = 3\n", "[tool]\npinwise = 3\n"]
)
def test_broken_lock_says_nothing(format_: LockFormat, old: str) -> None:
    """A present lock that cannot be read is simply rewritten."""
    assert not says_the_same(old, locks_of(usual_stack())[format_], format_)


# pylock.toml


def test_pylock_is_valid_and_selects_the_stack() -> None:
    """The standard's own reader accepts the lock, and selects what each group needs on the target."""
    lock = Pylock.from_dict(read_pylock(usual_stack()))

    def selected(*groups: str) -> set[str]:
        return {found.name for found, _ in lock.select(environment=LINUX, dependency_groups=groups)}

    default = {"flask", "click", "app", "lib"}
    assert selected() == default
    assert selected("develop") == default | {"black"}
    assert selected("dev-docs", "develop") == default | {"black", "sphinx"}


def project_stack() -> Advice:
    """Return a stack with two extras and a group, some of whose packages are shared."""
    stack = advice(
        pin("flask", "3.0", asked="flask", requires=["click"]),
        pin("click", "8.1", by=["flask", "rich"], groups=["default", "[cli]"]),
        pin("rich", "13.0", asked="rich", requires=["click"], groups=["[cli]", "docs"]),
        pin("redis", "5.0", asked="redis", groups=["[fast-json]"]),
        pin("sphinx", "7.0", asked="sphinx", groups=["docs"]),
    )
    groups = tuple(
        replace(group, extra=canonicalize_name(group.name.strip("[]"))) if group.name[0] == "[" else group
        for group in stack.request.groups
    )
    return replace(stack, request=replace(stack.request, groups=groups))


def test_pylock_selects_extras_and_groups() -> None:
    """The standard's own reader selects what each extra and each group needs, and the default without."""
    content = read_pylock(project_stack())
    lock = Pylock.from_dict(content)
    lock.validate()
    assert content["extras"] == ["cli", "fast-json"]
    assert content["dependency-groups"] == ["docs"]

    def selected(extras: tuple[str, ...] = (), groups: tuple[str, ...] = ()) -> set[str]:
        chosen = lock.select(environment=LINUX, extras=extras, dependency_groups=groups)
        return {found.name for found, _ in chosen}

    assert selected() == {"flask", "click"}
    assert selected(extras=("cli",)) == {"flask", "click", "rich"}
    assert selected(extras=("fast-json",)) == {"flask", "click", "redis"}
    assert selected(groups=("docs",)) == {"flask", "click", "rich", "sphinx"}


def test_pylock_of_groups_alone_is_installed_whole() -> None:
    """Without a default group nothing has to be asked for, so the lock names no groups."""
    stack = project_stack()
    docs = tuple(each for each in stack.request.groups if each.name == "docs")
    pins = tuple(replace(each, groups=("docs",)) for each in stack.pins if "docs" in each.groups)
    content = read_pylock(replace(stack, pins=pins, request=replace(stack.request, groups=docs)))
    assert "dependency-groups" not in content
    assert all("marker" not in each for each in content["packages"])


def test_requirements_lock_of_an_amended_stack_needs_no_resolver() -> None:
    """An installer would miss what is excluded, so the lock says how to install it without looking."""
    stack = usual_stack()
    amended = replace(stack.request, overrides=(direct_requirement("click"),))
    text = render_requirements_lock(replace(stack, request=amended))
    assert "# install: pip install --no-deps --require-hashes -r THIS_FILE\n" in text
    plain = render_requirements_lock(stack)
    assert "# install: pip install --require-hashes -r THIS_FILE\n" in plain


def test_pylock_pins_its_target() -> None:
    """Another Python, implementation, system or processor is refused; another bug-fix release is not."""
    marker = Marker(environment_marker(linux_environment("3.12.4")))
    target = {
        "python_version": "3.12",
        "implementation_name": "cpython",
        "sys_platform": "linux",
        "platform_machine": "x86_64",
    }
    assert marker.evaluate(target)
    for name, other in {
        "python_version": "3.13",
        "implementation_name": "pypy",
        "sys_platform": "win32",
        "platform_machine": "aarch64",
    }.items():
        assert not marker.evaluate({**target, name: other})
    assert read_pylock(usual_stack())["requires-python"] == ">=3.12"


@pytest.mark.parametrize("platform", ["macosx_14_0_arm64", "win_amd64", "win32", "musllinux_1_2_aarch64"])
@pytest.mark.parametrize("python", ["3.12", "3.14t", "pypy3.11"])
def test_pylock_is_for_any_target(python: str, platform: str) -> None:
    """The standard's own reader takes the lock on the target that it is for, and on no other."""
    stack = advice(pin("flask", "3.0", asked="flask"), environment=declare(python, platform))
    lock = Pylock.from_dict(read_pylock(stack))
    tags = [Tag(*tag.split("-")) for tag in stack.request.environment.tags]
    environment: Any = dict(stack.request.environment.markers)
    assert [found.name for found, _ in lock.select(environment=environment, tags=tags)] == ["flask"]
    elsewhere: Any = {**environment, "sys_platform": "cygwin"}
    with pytest.raises(PylockSelectError):
        list(lock.select(environment=elsewhere, tags=tags))


def test_pylock_takes_any_machine_for_a_32_bit_windows() -> None:
    """A 32-bit Python mostly runs on a 64-bit Windows, and its markers name the machine."""
    assert "platform_machine" not in environment_marker(declare("3.12", "win32"))
    assert "platform_machine == 'AMD64'" in environment_marker(declare("3.12", "win_amd64"))


def test_a_free_threaded_target_is_another_request() -> None:
    """The digest tells targets apart that have the same markers; own tags count too."""
    threaded, usual = declare("3.14t", "win_amd64"), declare("3.14", "win_amd64")
    own = replace(usual, tags=("py3-none-any",), has_own_tags=True)
    digests = {request_digest(advice(environment=each).request) for each in (threaded, usual, own)}
    assert len(digests) == 3
    assert "for Python 3.14, free-threaded, win_amd64" in render_requirements_lock(
        advice(environment=threaded)
    )
    assert read_pylock(advice(environment=threaded))["tool"]["pinwise"]["environment"]["abi_flags"] == "t"


def test_pylock_package_says_what_it_is() -> None:
    """A package names version, index, files with digests, and what it requires."""
    flask = package(usual_stack(), "flask")
    assert flask["version"] == "3.0"
    assert flask["index"] == INDEX
    assert flask["requires-python"] == ">=3.8"
    assert flask["dependencies"] == [{"name": "click"}]
    assert "marker" not in flask
    wheel = wheel_file("flask", "3.0")
    (listed,) = flask["wheels"]
    assert listed["url"] == wheel.url
    assert listed["size"] == 1234
    assert listed["hashes"] == {"sha256": wheel.sha256}
    assert listed["upload-time"].isoformat() == "2023-11-14T22:13:20+00:00"


def test_pylock_has_one_file_per_line() -> None:
    """A new file is one new line in a difference."""
    files = [
        wheel_file("a", "1", filename=f"a-1-{n}-py3-none-any.whl", url=f"https://x.example/{n}")
        for n in "123"
    ]
    text = render_pylock(advice(pin("a", "1", asked="a", files=files)))
    assert sum(line.startswith("    {name = ") for line in text.splitlines()) == 3


def test_pylock_names_a_file_that_its_url_does_not() -> None:
    """A file's name is written where the URL ends with something else, and only there."""
    named = wheel_file("a", "1+cpu", url="https://files.example/a-1%2Bcpu-py3-none-any.whl")
    stack = advice(pin("a", "1+cpu", asked="a", files=[named]))
    assert package(stack, "a")["wheels"][0]["name"] == "a-1+cpu-py3-none-any.whl"
    assert "name" not in package(usual_stack(), "flask")["wheels"][0]
    Pylock.from_dict(read_pylock(stack))


def test_pylock_local_projects() -> None:
    """A folder has no version, for it may change; an archive has one and a digest."""
    tree, archive = package(usual_stack(), "app"), package(usual_stack(), "lib")
    assert tree["directory"] == {"path": "./app", "editable": True}
    assert "version" not in tree
    assert "index" not in tree
    assert archive["archive"] == {"path": "lib-2.0.tar.gz", "hashes": {"sha256": "a" * 64}}
    assert archive["version"] == "2.0"


def test_pylock_takes_one_sdist_that_the_standard_knows() -> None:
    """Of several source archives the tar file is listed; kinds that the standard lacks are not."""
    files = [
        sdist_file("a", "1", filename="a-1.zip", url="https://x.example/a-1.zip"),
        sdist_file("a", "1", filename="a-1.tar.bz2", url="https://x.example/a-1.tar.bz2"),
        sdist_file("a", "1"),
    ]
    assert package(advice(pin("a", "1", asked="a", files=files)), "a")["sdist"]["url"].endswith("a-1.tar.gz")


def test_pylock_without_any_file_that_the_standard_knows_is_refused() -> None:
    """A release that exists only as a kind of archive the format lacks gives an error, not a broken lock."""
    only = sdist_file("a", "1", filename="a-1.tar.bz2", url="https://x.example/a-1.tar.bz2")
    with pytest.raises(OutputError, match=r"pylock\.toml"):
        render_pylock(advice(pin("a", "1", asked="a", files=[only])))


def test_pylock_ignores_a_broken_requires_python() -> None:
    """A specifier that no reader of the lock could read is left out."""
    stack = advice(pin("a", "1", asked="a", requires_python=">=3.5.*"))
    assert "requires-python" not in package(stack, "a")


def test_pylock_of_nothing_is_valid() -> None:
    """An empty manifest has a lock too."""
    assert Pylock.from_dict(read_pylock(advice())).packages == []


def test_pylock_own_table() -> None:
    """Our own table holds what stays as long as the pins do, and nothing else."""
    stack = usual_stack()
    assert read_pylock(stack)["tool"]["pinwise"] == {
        "request": f"sha256:{request_digest(stack.request)}",
        "goal": "stable",
        "cost": 7,
        "manifests": ["Pipfile"],
        "groups": ["default", "develop", "dev_docs"],
        "environment": {
            "python": "3.12.4",
            "implementation": "cpython",
            "platform": "manylinux_2_28_x86_64",
        },
    }


def test_group_names_are_normalised() -> None:
    """A category is asked for by its normalised name, whatever characters the manifest used."""
    assert group_name("Dev_Docs") == "dev-docs"
    assert group_name('it\'s "odd"') == "it-s-odd"


words = st.text(st.characters(exclude_categories=[]), max_size=12)


@given(reason=words, platform=words, group=words.filter(lambda text: group_name(text) != ""))
def test_pylock_survives_any_text(reason: str, platform: str, group: str) -> None:
    """Whatever text comes from outside, the lock is valid TOML and valid by the standard."""
    environment = replace(linux_environment(), platform=platform)
    file = wheel_file("a", "1", url=f"https://x.example/{reason}/a-1-py3-none-any.whl")
    stack = advice(pin("a", "1", asked="a", files=[file], groups=[group]), environment=environment)
    text = render_pylock(stack)
    text.encode()
    (package,) = Pylock.from_dict(tomllib.loads(text)).packages
    assert (package.name, str(package.version), len(package.wheels or ())) == ("a", "1", 1)


# Pipfile.lock


def test_pipfile_lock_layout() -> None:
    """The text is what pipenv itself would write of the same values: four spaces, sorted keys."""
    stack = usual_stack()
    text = render_pipfile_lock(
        stack, replace(pipfile_manifest(stack, indexes=INDEXES), requires_python="3.12")
    )
    content = json.loads(text)
    assert text == json.dumps(content, indent=4, separators=(",", ": "), sort_keys=True) + "\n"
    assert content["_meta"] == {
        "hash": {"sha256": "1" * 64},
        "pipfile-spec": 6,
        "requires": {"python_version": "3.12"},
        "sources": [
            {"name": "private", "url": PRIVATE, "verify_ssl": True},
            {"name": "public", "url": INDEX, "verify_ssl": True},
        ],
    }


def test_pipfile_lock_full_python_version() -> None:
    """Three parts in the manifest's Python are a full version."""
    manifest = replace(pipfile_manifest(usual_stack()), requires_python="3.12.4")
    assert read_pipfile_lock(usual_stack(), manifest)["_meta"]["requires"] == {
        "python_full_version": "3.12.4"
    }


def test_pipfile_lock_categories_hold_their_closure() -> None:
    """Each category holds all that it needs, also what another one holds already."""
    content = read_pipfile_lock(usual_stack())
    assert set(content["default"]) == {"flask", "click", "app", "lib"}
    assert set(content["develop"]) == {"black", "click"}
    assert set(content["dev_docs"]) == {"sphinx"}
    assert content["default"]["click"] == content["develop"]["click"]


def test_pipfile_lock_entries() -> None:
    """An entry has the keys that pipenv gives it, and always its source."""
    content = read_pipfile_lock(usual_stack(), pipfile_manifest(usual_stack(), indexes=INDEXES))
    flask, click = content["default"]["flask"], content["default"]["click"]
    assert flask["version"] == "==3.0"
    assert flask["index"] == "public"
    assert flask["extras"] == ["async"]
    assert flask["markers"] == "sys_platform == 'linux'"
    assert flask["hashes"] == sorted(flask["hashes"])
    assert len(flask["hashes"]) == 2
    assert set(click) == {"hashes", "index", "version"}
    assert click["index"] == "private"
    assert content["default"]["app"] == {"editable": True, "path": "./app"}
    assert content["default"]["lib"] == {"hashes": ["sha256:" + "a" * 64], "path": "lib-2.0.tar.gz"}


def test_marker_of_the_manifest_does_not_bind_what_others_need() -> None:
    """A project that another one asks for too is needed whatever the manifest's marker says."""
    stack = advice(
        pin("a", "1", asked="a", requires=["b"]), pin("b", "1", asked='b ; os_name == "nt"', by=["a"])
    )
    assert "markers" not in read_pipfile_lock(stack)["default"]["b"]
    assert "os_name" not in render_requirements_lock(stack)


def test_markers_of_several_lines_are_joined() -> None:
    """A project that two lines ask for is needed where either marker holds, or always if one has none."""
    stack = advice(pin("b", "1", asked='b ; os_name == "nt"'))
    (default,) = stack.request.groups
    for line, expected in {
        'b ; sys_platform == "linux"': "(os_name == 'nt') or (sys_platform == 'linux')",
        'b>0 ; os_name == "nt"': "os_name == 'nt'",
        "b": None,
    }.items():
        group = replace(default, requirements=(*default.requirements, direct_requirement(line)))
        both = replace(stack, request=replace(stack.request, groups=(group,)))
        assert read_pipfile_lock(both)["default"]["b"].get("markers") == expected


def test_pipfile_lock_names_indexes_that_the_manifest_does_not() -> None:
    """Every index that serves a pin is a source, with a unique name made of its host."""
    stack = advice(
        pin("a", "1", asked="a", index="https://x.example/one"),
        pin("b", "1", asked="b", index="https://x.example/two"),
        pin("c", "1", asked="c"),
        indexes=[
            Index("https://x.example/one"),
            Index("https://x.example/two", verify_ssl=False),
            Index(INDEX, "x-example"),
        ],
    )
    content = read_pipfile_lock(stack, pipfile_manifest(stack, indexes=[Index(INDEX, "x-example")]))
    assert [(source["name"], source["url"]) for source in content["_meta"]["sources"]] == [
        ("x-example", INDEX),
        ("x-example-2", "https://x.example/one"),
        ("x-example-3", "https://x.example/two"),
    ]
    assert content["_meta"]["sources"][2]["verify_ssl"] is False
    assert content["default"]["b"]["index"] == "x-example-3"


def test_pipfile_lock_default_source_keeps_its_name() -> None:
    """A Pipfile without sources that was served by pipenv's default names it as pipenv does."""
    from plette.pipfiles import DEFAULT_SOURCE_TOML  # noqa: PLC0415  # the one place that knows it

    (source,) = tomllib.loads(DEFAULT_SOURCE_TOML)["source"]
    stack = advice(pin("a", "1", asked="a", index=source["url"]), indexes=[Index(source["url"])])
    content = read_pipfile_lock(stack)
    assert content["_meta"]["sources"] == [source]
    assert content["default"]["a"]["index"] == source["name"]


def test_pipfile_lock_source_with_two_names() -> None:
    """Where the manifest names one URL twice, an entry keeps the name that it is bound by."""
    indexes = [Index(INDEX, "one"), Index(INDEX, "two")]
    stack = advice(pin("a", "1", asked="a", index_name="two"), indexes=indexes)
    assert (
        read_pipfile_lock(stack, pipfile_manifest(stack, indexes=indexes))["default"]["a"]["index"] == "two"
    )


def test_pipfile_lock_is_free_of_mirrors() -> None:
    """Where `--index-url` stood in for a source of the Pipfile, the lock names the source and its own URL."""
    mirror = "https://mirror.example/simple"
    stack = advice(pin("a", "1", asked="a", index=mirror, index_name="corp"), indexes=[Index(mirror, "corp")])
    text = render_pipfile_lock(stack, pipfile_manifest(stack, indexes=[Index(INDEX, "corp")]))
    assert "mirror" not in text
    assert json.loads(text)["default"]["a"]["index"] == "corp"
    assert json.loads(text)["_meta"]["sources"] == [{"name": "corp", "url": INDEX, "verify_ssl": True}]


@pytest.mark.parametrize(
    ("login", "is_kept"),
    [("${USER}:${WORD}", True), ("${TOKEN}", True), ("me:${WORD}", False), ("${USER}:word", False)],
)
def test_pipfile_lock_keeps_variables_and_no_credentials(login: str, is_kept: bool) -> None:  # noqa: FBT001
    """As pipenv writes it, a source whose login is variables keeps them; any other login is left out."""
    source = Index("https://index.example/simple", "corp", secret=f"https://{login}@index.example/simple")
    stack = advice(pin("a", "1", asked="a", index=source.url, index_name="corp"), indexes=[source])
    (written,) = read_pipfile_lock(stack, pipfile_manifest(stack, indexes=[source]))["_meta"]["sources"]
    assert written["url"] == (source.secret if is_kept else source.url)


def test_pipfile_lock_needs_a_pipfile() -> None:
    """Without a Pipfile there is no hash, and no `Pipfile.lock`."""
    manifest = replace(pipfile_manifest(usual_stack()), files=("requirements.in",), pipfile_sha256=None)
    with pytest.raises(UsageError, match=r"requirements\.in"):
        render_pipfile_lock(usual_stack(), manifest)


def test_pipfile_lock_has_no_pages_of_links() -> None:
    """Pipenv knows no ``--find-links``, so a pin from there is refused."""
    stack = advice(pin("a", "1", asked="a"), indexes=[Index(INDEX, is_flat=True)])
    with pytest.raises(OutputError, match="page of links"):
        read_pipfile_lock(stack)


# requirements.txt


def test_requirements_lock_whole() -> None:
    """The whole text, as people read it in a review."""
    flask_wheel, flask_sdist = wheel_file("flask", "3.0"), sdist_file("flask", "3.0")
    stack = advice(
        pin("flask", "3.0", asked='flask[async]>=2 ; os_name == "posix"', requires=["click"]),
        pin(
            "click",
            "8.1",
            by=["flask", "black"],
            asked="click",
            index=PRIVATE,
            files=[wheel_file("click", "8.1")],
        ),
        pin("black", "24.1", asked="black", groups=["develop"], files=[wheel_file("black", "24.1")]),
        pin("app", "1.0", asked="app", local=folder("app", "1.0", "my app", editable=True)),
        indexes=INDEXES,
        file="some/folder/Pipfile",
    )
    digests = sorted([str(flask_wheel.sha256), str(flask_sdist.sha256)])
    assert (
        render_requirements_lock(stack)
        == f"""\
# Locked by pinwise for Python 3.12, manylinux_2_28_x86_64
# install: pip install --require-hashes -r THIS_FILE

--index-url https://index.example/simple
--extra-index-url https://private.example/simple

click==8.1 \\
    --hash=sha256:{wheel_file("click", "8.1").sha256}
    # via black, flask, Pipfile
    # from https://private.example/simple

flask[async]==3.0 ; os_name == "posix" \\
    --hash=sha256:{digests[0]} \\
    --hash=sha256:{digests[1]}
    # via Pipfile
    # from https://index.example/simple

# Only for develop

black==24.1 \\
    --hash=sha256:{wheel_file("black", "24.1").sha256}
    # via Pipfile (develop)
    # from https://index.example/simple

# Folders have no digest, so pip takes none from this file. Install them after it:
#   pip install --no-deps -e "./my app"
"""
    )


def test_requirements_lock_is_known_by_its_first_line() -> None:
    """Our own lock is never taken for a manifest."""
    assert render_requirements_lock(advice()).startswith(OWN_LOCK)


def test_requirements_lock_options() -> None:
    """Pages of links and unverified hosts become options; without any index there is none."""
    indexes = [Index("./wheels", is_flat=True), Index("https://x.example:8443/simple", verify_ssl=False)]
    text = render_requirements_lock(advice(pin("a", "1", asked="a"), indexes=indexes))
    assert "--index-url https://x.example:8443/simple\n--find-links ./wheels\n" in text
    assert "--trusted-host x.example:8443\n" in text
    assert "# from" not in text
    assert "--no-index\n" in render_requirements_lock(advice(indexes=indexes[:1]))


@given(file=words, group=words.filter(bool))
def test_requirements_lock_comments_stay_comments(file: str, group: str) -> None:
    """No name of a file or group can smuggle a line into the lock."""
    stack = advice(pin("a", "1", asked="a", groups=[group]), file=file)
    text = render_requirements_lock(stack)
    lines = [line for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]
    assert [line.split()[0].partition("=")[0] for line in lines] == ["--index-url", "a", "--hash", "--hash"]
    text.encode()


# The digest of a request


def test_digest_ignores_how_things_were_found() -> None:
    """Places, origins, running kernels, index names and passwords do not change what was asked."""
    request = usual_stack().request
    environment = request.environment
    same = replace(
        request,
        environment=replace(
            environment,
            origins={},
            markers={**environment.markers, "platform_release": "6.1", "platform_version": "#1"},
        ),
        indexes=(Index(PRIVATE), Index(INDEX)),
    )
    assert request_digest(same) == request_digest(request)
    excluding = [
        replace(request, exclusions=(Exclusion(canonicalize_name("x"), reason, Place("Pipfile", line)),))
        for line, reason in enumerate(("one", "other"))
    ]
    assert request_digest(excluding[0]) == request_digest(excluding[1])


def test_digest_depends_on_what_decides() -> None:
    """Goal, order of indexes, options and requirements each change it."""
    request = usual_stack().request
    others = [
        replace(request, goal="latest"),
        replace(request, indexes=request.indexes[::-1]),
        replace(request, prereleases=Prereleases(all=True)),
        replace(request, groups=request.groups[:1]),
        replace(request, local={}),
        replace(request, environment=linux_environment("3.12.5")),
        replace(request, overrides=(direct_requirement("click<8"),)),
        replace(request, overrides=(direct_requirement("click<9"),)),
        replace(request, exclusions=(Exclusion(canonicalize_name("click"), "why", Place("Pipfile", 1)),)),
    ]
    assert len({request_digest(each) for each in (request, *others)}) == len(others) + 1


def test_price_has_no_place_in_a_lock() -> None:
    """Prices change with the world, so only their sum is noted, in our own table."""
    price = Price("freshness", "a==1", 12, "a very special reason")
    stack = advice(pin("a", "1", asked="a", prices=[price]))
    assert all("special" not in text for text in locks_of(stack).values())
    assert read_pylock(stack)["tool"]["pinwise"]["cost"] == 12
