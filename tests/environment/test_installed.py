"""What is installed, read from files; and which environment of a project is meant."""

import json
import os
import sys
from pathlib import Path

import pytest
from packaging.version import Version

from pinwise.environment.installed import parse_direct_url, parse_installed, read_installed
from pinwise.environment.virtual import Whereabouts, find_installation, find_interpreter, read_installation
from pinwise.model.errors import TargetError
from pinwise.model.installed import DirectOrigin, Distribution
from pinwise.model.names import normalise


def put(site: Path, folder: str, **files: str) -> Path:
    """Write a ``.dist-info`` or ``.egg-info`` folder; an underscore in a keyword stands for a dot."""
    info = site / folder
    info.mkdir(parents=True)
    for name, text in files.items():
        (info / name.replace("_json", ".json")).write_text(text, encoding="utf-8")
    return info


def test_distributions_are_read_by_name(tmp_path: Path) -> None:
    """Old and new kinds of metadata count; what is half removed or hidden does not."""
    put(
        tmp_path,
        "Zope.Interface-5.0.dist-info",
        METADATA="Name: Zope.Interface\nVersion: 5.0\n\nName: body\n",
    )
    put(tmp_path, "old-1.0-py3.11.egg-info", **{"PKG-INFO": "Name: old\nVersion: 1.0\n"})
    (tmp_path / "older-0.1.egg-info").write_text("Name: older\nVersion: 0.1\n")
    put(tmp_path, "~lask-1.0.dist-info", METADATA="Name: flask\nVersion: 1.0\n")
    put(tmp_path, "bare_name-2.0.dist-info")
    put(tmp_path, "odd-x.dist-info", METADATA="Name: odd\nVersion: not a version\n")
    put(tmp_path, "-.dist-info", METADATA="Name: -\n")
    (tmp_path / "flask").mkdir()
    found = {each.name: str(each.version) for each in read_installed([tmp_path])}
    assert found == {
        "bare-name": "2.0",
        "odd": "None",
        "old": "1.0",
        "older": "0.1",
        "zope-interface": "5.0",
    }


def test_requirements_of_extras_do_not_count() -> None:
    """What pinwise needs to run is what stays where it is installed; text after the headers says nothing."""
    text = (
        "Metadata-Version: 2.1\nName: a\nVersion: 1\nRequires-Dist: B_c>=1; python_version > '3'\n"
        "Requires-Dist: d ; extra == 'x'\nRequires-Dist: (nonsense\nLicense: x\n \n        y\n"
        "Requires-Dist: e\n\nRequires-Dist: body\n"
    )
    assert parse_installed(text) == ("a", Version("1"), ("b-c", "e"))


@pytest.mark.parametrize(
    ("content", "origin"),
    [
        (
            {"url": "file:///src/app", "dir_info": {"editable": True}},
            DirectOrigin("file:///src/app", is_editable=True, is_folder=True),
        ),
        (
            {"url": "https://me:secret@x.example/a.whl", "archive_info": {"hash": "sha256=" + "AB" * 32}},
            DirectOrigin("https://x.example/a.whl", hashes=("sha256:" + "ab" * 32,)),
        ),
        (
            {"url": "https://x.example/r.git", "vcs_info": {"vcs": "git", "commit_id": "abc"}},
            DirectOrigin("git+https://x.example/r.git", commit="abc"),
        ),
        ({"url": "file:///a", "dir_info": None}, DirectOrigin("file:///a")),
        ({"dir_info": {}}, None),
        ([], None),
        ("text", None),
        ({"url": "http://[", "dir_info": {}}, None),
    ],
)
def test_where_a_distribution_came_from(content: object, origin: DirectOrigin | None) -> None:
    """Folders, archives and repositories are told apart, logins are dropped, nonsense says nothing."""
    assert parse_direct_url(json.dumps(content)) == origin


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, '{"url": 1e999999}', "\x00"])
def test_hostile_text_is_no_error(text: str) -> None:
    """A broken `direct_url.json` or METADATA never ends a command."""
    parse_direct_url(text)
    assert parse_installed(text)[0] is None


def test_an_endless_version_is_none() -> None:
    """A version of thousands of digits is not parsed."""
    assert parse_installed(f"Name: a\nVersion: {'1' * 5000}\n") == (normalise("a"), None, ())


def test_a_folder_that_cannot_be_read(tmp_path: Path) -> None:
    """The error names it and says what to do."""
    with pytest.raises(TargetError, match="cannot be read: no such file or directory"):
        read_installed([tmp_path / "none"])


# --- layouts


def environment(folder: Path, library: str, cfg: str, program: str = "bin/python") -> Path:
    """Make what looks like a virtual environment; return its site folder."""
    (folder / program).parent.mkdir(parents=True)
    (folder / program).write_text("")
    (folder / "pyvenv.cfg").write_text(cfg)
    site = folder / library
    site.mkdir(parents=True)
    return site


@pytest.mark.parametrize(
    ("library", "cfg", "program"),
    [
        ("lib/python3.12/site-packages", "version = 3.12.1\n", "bin/python"),
        ("lib/python3.14t/site-packages", "version_info = 3.14.0.final.0\n", "bin/python3"),
        ("lib/pypy3.10/site-packages", "implementation = PyPy\nversion_info = 3.10.14\n", "bin/pypy3"),
        ("Lib/site-packages", "version = 3.12.1\n", "Scripts/python.exe"),
        ("lib/python3.12/site-packages", "home = /usr/bin\n", "bin/python"),
        ("lib64/python3.12/site-packages", "version = 3.12.1\n", "bin/python"),
    ],
)
def test_layouts(tmp_path: Path, library: str, cfg: str, program: str) -> None:
    """Every platform has its own; the packages are found without running anything."""
    site = environment(tmp_path / "env", library, cfg, program)
    put(site, "a-1.dist-info", METADATA="Name: a\nVersion: 1\n")
    found = read_installation(tmp_path / "env", "")
    assert [each.resolve() for each in found.sites] == [site.resolve()]
    assert read_installed(found.sites) == (Distribution(normalise("a"), Version("1")),)
    assert found.python == tmp_path / "env" / program


def test_packages_of_another_python_are_not_looked_at(tmp_path: Path) -> None:
    """What an earlier Python left behind does not count; two names of one folder are one."""
    folder = tmp_path / "env"
    site = environment(folder, "lib/python3.12/site-packages", "version = 3.12.1\n")
    (folder / "lib" / "python3.9" / "site-packages").mkdir(parents=True)
    (folder / "lib64").symlink_to("lib")
    assert read_installation(folder, "").sites == (site,)


def test_an_environment_without_an_interpreter(tmp_path: Path) -> None:
    """It is not whole."""
    (tmp_path / "pyvenv.cfg").write_text("version = 3.12.1\n")
    with pytest.raises(TargetError, match="has no interpreter"):
        read_installation(tmp_path, "")


def test_the_systems_packages_are_known_to_be_seen(tmp_path: Path) -> None:
    """`include-system-site-packages` is read, for an installer would take those for good enough."""
    cfg = "version = 3.12.1\ninclude-system-site-packages = True\n"
    environment(tmp_path / "env", "lib/python3.12/site-packages", cfg)
    assert read_installation(tmp_path / "env", "").sees_system


def test_an_interpreter_without_an_environment(tmp_path: Path) -> None:
    """The base interpreter is asked where its packages are; the one of an environment is recognised."""
    base = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}"
    found = find_installation(Whereabouts(tmp_path, python=str(base)), own_prefix="/nowhere")
    assert found is not None
    assert not found.is_virtual
    assert found.sites
    (tmp_path / "liar").write_text("#!/bin/sh\necho nonsense\n")
    (tmp_path / "liar").chmod(0o755)
    with pytest.raises(TargetError, match="does not say where its packages are"):
        find_installation(Whereabouts(tmp_path, python=str(tmp_path / "liar")), own_prefix="/nowhere")


def test_an_interpreter_is_found_by_the_name_of_its_python(tmp_path: Path) -> None:
    """The one of the search path, else our own; one that says it is another Python is none."""
    minor = f"3.{sys.version_info.minor}"
    (tmp_path / f"python{minor}").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / f"python{minor}").chmod(0o755)
    assert find_interpreter(minor, str(tmp_path), own=sys.executable) == sys.executable
    assert find_interpreter(f"{minor}.99", str(tmp_path), own=sys.executable) is None
    assert find_interpreter("3.6", str(tmp_path), own=sys.executable) is None
    os.unlink(tmp_path / f"python{minor}")  # noqa: PTH108  # as above
    (tmp_path / f"python{minor}").symlink_to(sys.executable)
    assert find_interpreter(minor, str(tmp_path), own="/nowhere") == str(tmp_path / f"python{minor}")
