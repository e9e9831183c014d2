"""From manifest to manifest: there and back gives the same, and the losses are exactly what is lost."""

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement
from packaging.version import Version

from pinwise.formats.convert.manifest_losses import (
    MANIFEST_ASPECTS,
    REQUIREMENT_ASPECTS,
    ManifestFormat,
    manifest_losses,
)
from pinwise.formats.convert.manifest_writers import convert_manifest
from pinwise.formats.convert.pyproject_losses import pyproject_losses
from pinwise.formats.entries import LocalPath
from pinwise.formats.pipfile import parse_pipfile
from pinwise.formats.pyproject import parse_project
from pinwise.formats.requirements import parse_requirements
from pinwise.model.errors import OutputError
from pinwise.model.facts import Metadata, Origin
from pinwise.model.names import normalise
from pinwise.model.request import EVERYTHING, LocalProject, Manifest, Place

PIPFILE, REQUIREMENTS, PYPROJECT = ManifestFormat


def local(written: LocalPath) -> LocalProject:
    """Return a local project whose name is that of its folder."""
    name = normalise(written.path.rpartition("/")[2])
    nothing = Metadata(None, (), frozenset(), Origin.LOCAL)
    return LocalProject(name, Version("1.0"), written.path, written.is_editable, nothing)


def nothing_included(path: str, place: Place) -> str:
    """Fail: these manifests include nothing."""
    raise AssertionError(path, place)


def read(text: str, form: ManifestFormat) -> Manifest:
    """Read a manifest."""
    if form is PIPFILE:
        return parse_pipfile(text, "Pipfile", local=local)
    if form is PYPROJECT:
        return parse_project(text, "pyproject.toml", selection=EVERYTHING, local=local)
    return parse_requirements(text, "requirements.in", read=nothing_included, local=local)


def losses(text: str, form: ManifestFormat, target: ManifestFormat) -> set[tuple[str, str]]:
    """Return subject and aspect of everything that is lost."""
    found = convert_manifest(read(text, form), target).losses
    if form is PYPROJECT:
        found += pyproject_losses(text, "pyproject.toml", target)
    for loss in found:
        known = REQUIREMENT_ASPECTS if loss.subject else MANIFEST_ASPECTS
        assert loss.why == known[loss.aspect].reasons[target]
    return {(loss.subject, loss.aspect) for loss in found}


MARKERS = st.sampled_from(["", "sys_platform == 'linux'", "python_version < '3.12' or os_name == 'nt'"])
SPECIFIERS = st.sampled_from(["*", ">=2,<3", "==1.0", "~=1.4", "!=2.0"])
DIGEST = "sha256:" + "a" * 64


@st.composite
def pipfiles(draw: st.DrawFn) -> str:
    """Return a Pipfile with all that one may say."""
    lines: list[str] = []
    sources = draw(st.sampled_from([(), ("main",), ("main", "other")]))
    for name in sources:
        verify = draw(st.sampled_from(["true", "false"]))
        lines += [
            "[[source]]",
            f'name = "{name}"',
            f'url = "https://{name}.example/simple"',
            f"verify_ssl = {verify}",
        ]
    for category in ("packages", "dev-packages", "qa"):
        lines.append(f"[{category}]")
        for name in draw(st.lists(st.sampled_from(["flask", "a-b", "C3"]), unique=True)):
            facts = [f'version = "{draw(SPECIFIERS)}"']
            if marker := draw(MARKERS):
                facts.append(f'markers = "{marker}"')
            facts += draw(st.sampled_from([[], ['extras = ["x", "y"]'], [f'hashes = ["{DIGEST}"]']]))
            if sources and name == "flask" and draw(st.booleans()):
                facts.append(f'index = "{sources[0]}"')
            lines.append(f"{name} = {{{', '.join(facts)}}}")
        if draw(st.booleans()):
            lines.append(f'app-{category} = {{path = "./app-{category}", editable = true}}')
    lines += draw(st.sampled_from([[], ["[requires]", 'python_version = "3.12"']]))
    lines += draw(st.sampled_from([[], ["[pipenv]", "allow_prereleases = true"]]))
    lines += draw(
        st.sampled_from([[], ["[pipenv.pinwise]", 'goal = "latest"', "allow_prereleases = {flask = true}"]])
    )
    return "\n".join(lines) + "\n"


def lost_in_requirements(manifest: Manifest) -> set[tuple[str, str]]:
    """Return what requirements.in cannot say of a Pipfile."""
    lost = {("", "indexes")} if manifest.indexes else set()
    lost |= {("", "requires_python")} if manifest.requires_python else set()
    lost |= {("", "settings")} if manifest.settings else set()
    for group in manifest.groups:
        for direct in group.requirements:
            lost |= {(str(direct), "groups")} if group.name != "default" else set()
            lost |= {(str(direct), "index")} if direct.index else set()
    return lost


def lost_in_pyproject(manifest: Manifest) -> set[tuple[str, str]]:
    """Return what pyproject.toml cannot say of a Pipfile."""
    lost = {("", "indexes")} if manifest.indexes else set()
    is_renamed = any(group.name == "develop" and group.requirements for group in manifest.groups)
    lost |= {("", "group names")} if is_renamed else set()
    both = manifest.prereleases.all and manifest.prereleases.names
    lost |= {("", "prereleases")} if both else set()
    for group in manifest.groups:
        for direct in group.requirements:
            lost |= {(str(direct), "entry")} if direct.path else set()
            lost |= {(str(direct), "index")} if direct.index else set()
            lost |= {(str(direct), "hashes")} if direct.hashes else set()
    return lost


@given(text=pipfiles())
def test_losses_of_a_pipfile_are_exactly_what_the_target_cannot_say(text: str) -> None:
    """The list of losses is what the target cannot say: nothing is missing from it, nothing is invented."""
    manifest = read(text, PIPFILE)
    assert losses(text, PIPFILE, PIPFILE) == set()
    assert losses(text, PIPFILE, REQUIREMENTS) == lost_in_requirements(manifest)
    assert losses(text, PIPFILE, PYPROJECT) == lost_in_pyproject(manifest)


@given(text=pipfiles())
def test_a_pipfile_comes_back(text: str) -> None:
    """A Pipfile comes back from requirements.in, but for what the list of losses names."""
    manifest = read(text, PIPFILE)
    there = convert_manifest(manifest, REQUIREMENTS)
    if "groups" in {loss.aspect for loss in there.losses}:
        return  # one project in several groups would be joined on the way back
    back = read(convert_manifest(read(there.text, REQUIREMENTS), PIPFILE).text, PIPFILE)
    known = {(loss.subject, loss.aspect) for loss in there.losses}
    again = {(loss.subject, loss.aspect) for loss in manifest_losses(manifest, back, PIPFILE)}
    assert again == known


REQUIREMENTS_OF_PROJECTS = (
    "flask>=2",
    'a-b[fast]~=1.0; sys_platform == "linux"',
    "c3",
    "lib @ file:///srv/lib",
    'tool[x]@ file:///srv/tool ; os_name == "nt"',
)
BESIDES = {
    'description = "A shop"\n': "project",
    '[build-system]\nrequires = ["hatchling"]\n': "build",
    "[tool.ruff]\nline-length = 110\n": "tables",
    "[other]\nkey = 1\n": "tables",
}
OWN = {
    "goal": 'goal = "latest"',
    "constraints": 'constraints = ["a-b<2"]',
    "overrides": 'overrides = ["c3==1.0"]',
    "exclusions": 'exclude = {d = "we do not need it"}',
    "prereleases": "allow_prereleases = {flask = true}",
    "overlays": '[tool.pinwise.overlays.alpine]\nplatform = "musllinux_1_2_x86_64"',
    "metadata": '[[tool.pinwise.metadata]]\nname = "d"\nversion = "1.0"\nrequires_dist = ["c3"]',
}


@st.composite
def projects(draw: st.DrawFn) -> str:
    """Return a pyproject.toml with all that one may say."""

    def items() -> str:
        chosen = draw(st.lists(st.sampled_from(REQUIREMENTS_OF_PROJECTS), unique=True))
        return "[" + ", ".join(f"'{each}'" for each in chosen) + "]"

    lines = ['[project]\nname = "shop"\nversion = "1.0"']
    lines += draw(st.sampled_from([[], ['requires-python = ">=3.11"'], ['requires-python = "==3.12.*"']]))
    besides = draw(st.lists(st.sampled_from(list(BESIDES)), unique=True))
    lines += [each for each in besides if BESIDES[each] == "project"]
    lines += [f"dependencies = {items()}", "[project.optional-dependencies]"]
    extras = draw(st.lists(st.sampled_from(["redis", "dev", "all"]), unique=True))
    lines += [f"{name} = {items()}" for name in extras]
    lines.append("[dependency-groups]")
    groups = draw(st.lists(st.sampled_from(["dev", "Docs_1", "develop", "scripts", "redis"]), unique=True))
    lines += [f"{name} = {items()}" for name in groups]
    has_includes: bool = draw(st.booleans())
    if groups and has_includes:
        lines.append(f'whole = ["c3", {{include-group = "{groups[0]}"}}]')
    own = draw(st.lists(st.sampled_from(list(OWN)), unique=True))
    lines += [
        "[tool.pinwise]",
        *(OWN[key] for key in sorted(own, key=lambda key: key in {"metadata", "overlays"})),
    ]
    lines += [each for each in besides if BESIDES[each] != "project"]
    return "\n".join(lines) + "\n"


def lost_of_a_project(text: str, target: ManifestFormat) -> set[tuple[str, str]]:
    """Return what another manifest cannot say of a pyproject.toml."""
    tables = tomllib.loads(text)
    lost = {("", "project")}  # its name and version
    lost |= {("", "build")} if "build-system" in tables else set()
    lost |= {("", "tables")} if "other" in tables or "ruff" in tables["tool"] else set()
    groups = tables["dependency-groups"]
    lost |= {("", "includes")} if "whole" in groups else set()
    lost |= {("", "overlays")} if "overlays" in tables["tool"]["pinwise"] else set()
    if target is PYPROJECT:
        return lost
    extras = tables["project"]["optional-dependencies"]
    empty = [items for items in (*extras.values(), *groups.values()) if not items]
    lost |= {("", "empty groups")} if empty else set()
    python = tables["project"].get("requires-python")
    if target is PIPFILE:
        lost |= {("", "extras")} if extras else set()
        lost |= {("", "group names")} if "dev" in groups and "develop" not in groups else set()
        lost |= {("", "taken names")} if "scripts" in groups else set()
        return lost | ({("", "requires_python")} if python == ">=3.11" else set())
    lost |= {("", "requires_python")} if python else set()
    own = tables["tool"]["pinwise"]
    lost |= {("", aspect) for aspect in ("constraints", "overrides") if aspect in own}
    lost |= {("", "exclusions")} if "exclude" in own else set()
    lost |= {("", "settings")} if {"goal", "metadata"} & set(own) else set()
    return lost


@given(text=projects())
def test_losses_of_a_pyproject_are_exactly_what_the_target_cannot_say(text: str) -> None:
    """Whatever a pyproject.toml says is in the target or in the list of losses, and in one of them only."""
    groups = [group for group in read(text, PYPROJECT).groups if group.name != "default"]
    homeless = {(str(direct), "groups") for group in groups for direct in group.requirements}
    assert losses(text, PYPROJECT, PYPROJECT) == lost_of_a_project(text, PYPROJECT)
    assert losses(text, PYPROJECT, PIPFILE) == lost_of_a_project(text, PIPFILE)
    assert losses(text, PYPROJECT, REQUIREMENTS) == lost_of_a_project(text, REQUIREMENTS) | homeless


@given(text=projects())
def test_a_pyproject_comes_back(text: str) -> None:
    """What a pyproject.toml requires comes back from a Pipfile: each list, under the names of a Pipfile."""
    manifest = read(text, PYPROJECT)
    there = read(convert_manifest(manifest, PIPFILE).text, PIPFILE)
    back = read(convert_manifest(there, PYPROJECT).text, PYPROJECT)
    before = [{str(direct) for direct in group.requirements} for group in manifest.groups]
    after = [{str(direct) for direct in group.requirements} for group in back.groups]
    assert sorted(filter(None, map(sorted, after))) == sorted(filter(None, map(sorted, before)))
    again = {loss.aspect for loss in manifest_losses(manifest, back, PYPROJECT) if not loss.subject}
    lost = {loss.aspect for loss in convert_manifest(manifest, PIPFILE).losses}
    assert again - {"empty groups", "overlays"} == lost & {"requires_python"}


LINES = st.sampled_from(
    [
        "flask>=2",
        "celery[redis]~=5.4 ; python_version > '3.8'",
        f"a-b==1.0 --hash={DIGEST}",
        "-e ./app",
        "./lib[fast] ; os_name == 'nt'",
        "--pre",
        "--index-url https://index.example/simple",
        "--extra-index-url https://extra.example/simple",
        "--find-links https://links.example/page",
        "--no-binary a-b",
        "--only-binary :all:",
        "--all-releases flask",
        "--no-index",
    ]
)


@given(lines=st.lists(LINES, unique=True))
def test_a_requirements_file_comes_back(lines: list[str]) -> None:
    """What a requirements file says comes back from a Pipfile, but for what the list of losses names."""
    manifest = read("\n".join(lines), REQUIREMENTS)
    assert losses("\n".join(lines), REQUIREMENTS, REQUIREMENTS) == set()
    there = convert_manifest(manifest, PIPFILE)
    back = read(convert_manifest(read(there.text, PIPFILE), REQUIREMENTS).text, REQUIREMENTS)
    again = {loss.aspect for loss in manifest_losses(manifest, back, REQUIREMENTS)}
    assert again <= {loss.aspect for loss in there.losses}
    expected = set()
    options = set(lines)
    if "--find-links https://links.example/page" in options or "--no-index" in options:
        expected.add("indexes")
    elif "--extra-index-url https://extra.example/simple" in options:
        expected |= set() if "--index-url https://index.example/simple" in options else {"indexes"}
    if "--only-binary :all:" in options:
        expected.add("formats")
    if "--no-binary a-b" in options and f"a-b==1.0 --hash={DIGEST}" not in options:
        expected.add("formats")
    assert {loss.aspect for loss in there.losses} == expected


def test_pyproject_is_what_the_standards_say() -> None:
    """A written pyproject.toml has the standard tables, and requirements as the standard writes them."""
    text = (
        '[packages]\nflask = {version = ">=2", extras = ["async"], markers = "os_name == \'nt\'"}\n'
        'app = {path = "./app", editable = true}\n[dev-packages]\npytest = "*"\n'
        '[requires]\npython_version = "3.12"\n[pipenv.pinwise]\ngoal = "latest"\n'
    )
    written = convert_manifest(read(text, PIPFILE), PYPROJECT, project="My.Shop").text
    tables: dict[str, Any] = tomllib.loads(written)
    assert tables["project"] == {
        "name": "my-shop",
        "version": "0",
        "requires-python": "==3.12.*",
        "dependencies": ['flask[async]>=2; os_name == "nt"'],
    }
    assert tables["dependency-groups"] == {"dev": ["pytest"]}
    assert tables["tool"]["pinwise"] == {"goal": "latest"}
    assert "# -e ./app" in written
    assert all(Requirement(each) for each in tables["project"]["dependencies"])


def test_lines_of_one_project_are_joined_in_a_pipfile() -> None:
    """Several lines of one project become one entry where their markers agree, and are refused elsewhere."""
    converted = convert_manifest(read("flask>=2\nflask[async]<4\n", REQUIREMENTS), PIPFILE)
    (direct,) = read(converted.text, PIPFILE).groups[0].requirements
    assert str(direct) == "flask[async]<4,>=2"
    assert {loss.aspect for loss in converted.losses} == {"requirement", "entry"}
    with pytest.raises(OutputError, match="several times under different markers"):
        convert_manifest(read("a<2; os_name == 'nt'\na>=2; os_name != 'nt'\n", REQUIREMENTS), PIPFILE)


def test_indexes_that_add_to_the_default_one_keep_it() -> None:
    """A Pipfile made of a file with extra indexes only names the default index last, and the list says so."""
    manifest = read("--extra-index-url https://extra.example/simple\nflask\n", REQUIREMENTS)
    converted = convert_manifest(manifest, PIPFILE)
    urls = [index.url for index in read(converted.text, PIPFILE).indexes]
    assert urls[0] == "https://extra.example/simple"
    assert len(urls) == 2
    assert {loss.aspect for loss in converted.losses} == {"indexes"}


@pytest.mark.parametrize("login", ["user:word", "${USER}:${WORD}"])
@pytest.mark.parametrize("target", [PIPFILE, PYPROJECT, REQUIREMENTS])
def test_logins_are_copied_or_named_as_lost(target: ManifestFormat, login: str) -> None:
    """A login of an index is in the new file only as variables, and else in the list of losses."""
    text = f"--index-url https://{login}@index.example/simple\nflask\n"
    converted = convert_manifest(read(text, REQUIREMENTS), target)
    assert "user:word" not in converted.text
    assert ("logins" in {loss.aspect for loss in converted.losses}) == (login not in converted.text)


@pytest.mark.parametrize("target", [REQUIREMENTS, PYPROJECT, PIPFILE])
def test_overlays_are_named_as_lost(target: ManifestFormat) -> None:
    """Overlays are not carried over, and the list of losses says so."""
    text = '[packages]\nflask = "*"\n[pipenv.pinwise.overlays.gpu]\npython = "3.12"\n'
    assert ("", "overlays") in losses(text, PIPFILE, target)
