"""Which files are read as the manifest, and what is read around it."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest
from packaging.version import Version

from pinwise.actions.manifest import FoundManifest, read_manifest, read_target_manifest
from pinwise.indexes import archives
from pinwise.model.errors import ManifestError, PinwiseError, UsageError
from pinwise.model.facts import Origin
from pinwise.model.request import Selection
from support.artifacts import sdist, source_tree, wheel

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PIPFILE = '[packages]\nflask = "*"\n'


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make an empty folder the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(files: Mapping[str, str | bytes]) -> None:
    """Write files below the current folder."""
    for name, content in files.items():
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def found(where: str | None = None, *, r: tuple[str, ...] = (), c: tuple[str, ...] = ()) -> FoundManifest:
    """Read a manifest as the command line does."""
    return read_manifest(where, requirement_files=r, constraint_files=c, archives=archives)


def refused(where: str | None = None, *, r: tuple[str, ...] = (), c: tuple[str, ...] = ()) -> PinwiseError:
    """Return the error that reading gives; a `UsageError` of some kind."""
    with pytest.raises(UsageError) as caught:
        found(where, r=r, c=c)
    return caught.value


def required(manifest: FoundManifest) -> list[str]:
    """Return all direct requirements as text."""
    return [str(one) for group in manifest.manifest.groups for one in group.requirements]


# --- finding


def test_a_pipfile_comes_before_requirements() -> None:
    """Of several manifests the first in the order is read, and the others are named."""
    write({"requirements.txt": "c\n", "requirements.in": "b\n", "Pipfile": '[packages]\na = "*"\n'})
    manifest = found()
    assert required(manifest) == ["a"]
    assert manifest.passed_over == ("requirements.in", "requirements.txt")
    Path("Pipfile").unlink()
    manifest = found()
    assert required(manifest) == ["b"]
    assert manifest.passed_over == ("requirements.txt",)


def test_our_own_lock_is_never_a_manifest() -> None:
    """A requirements.txt that pinwise wrote is neither read nor named as passed over."""
    write({"requirements.txt": "# Locked by pinwise\na==1\n", "requirements.in": "a\n"})
    assert found().passed_over == ()
    Path("requirements.in").unlink()
    error = refused()
    assert error.message == "there is no manifest in `.`"
    assert "`requirements.txt` is a lock that pinwise wrote" in (error.hint or "")
    assert "is a lock that pinwise wrote" in refused(r=("requirements.txt",)).message
    assert "is a lock that pinwise wrote" in refused("requirements.txt").message


def test_a_script_in_a_folder_without_a_manifest_is_named() -> None:
    """A script with a block is never chosen by itself, but the hint says that it can be named."""
    block = "# A licence, which comes first.\n\n# /// script\n# dependencies = ['a']\n# ///\n"
    write({"plain.py": "print()\n"})
    assert "script" not in (refused().hint or "")
    write({"tool.py": block})
    assert (refused().hint or "").startswith("`tool.py` is a script that says what it requires: name it; ")
    assert required(found("tool.py")) == ["a"]


def test_files_are_named_as_the_user_named_them() -> None:
    """Messages and the manifest show paths as they were given; locks belong to the manifest's folder."""
    write(
        {
            "app/requirements.in": "-r base/all.txt\n-c ../pins.txt\n",
            "app/base/all.txt": "a\n",
            "pins.txt": "a<2\n",
        }
    )
    manifest = found("app")
    assert manifest.manifest.files == ("app/requirements.in", "app/base/all.txt", "pins.txt")
    assert manifest.folder == Path("app")
    assert found("app/requirements.in") == manifest
    assert found(r=("./app/requirements.in",)) == manifest._replace(base=Path())


def test_several_requirements_files_make_one_manifest() -> None:
    """`-r` and `-c` may be repeated; the order is that of the command line."""
    write(
        {"a.txt": "a\n", "b.txt": "b\n-i https://index.example/simple\n", "c.txt": "a<2\n", "d.txt": "b<2\n"}
    )
    manifest = found(r=("b.txt", "a.txt"), c=("c.txt", "d.txt"))
    assert required(manifest) == ["b", "a"]
    assert [str(one) for one in manifest.manifest.constraints] == ["a<2", "b<2"]
    assert [index.url for index in manifest.manifest.indexes] == ["https://index.example/simple"]


def test_constraints_may_be_added_to_a_pipfile() -> None:
    """`-c` restricts what a Pipfile requires; its index options are ignored, and that is said."""
    write({"Pipfile": PIPFILE, "c.txt": "-i https://index.example/simple\nflask<3\n"})
    manifest = found(c=("c.txt",)).manifest
    assert [str(one) for one in manifest.constraints] == ["flask<3"]
    assert (manifest.kind, manifest.files, manifest.indexes) == ("Pipfile", ("Pipfile", "c.txt"), ())
    assert len(manifest.warnings) == 1


def test_a_folder_and_files_cannot_both_be_named() -> None:
    """Where both say what to read, neither is guessed."""
    write({"Pipfile": PIPFILE, "a.txt": "a\n"})
    assert "both name what to read" in refused(".", r=("a.txt",)).message


@pytest.mark.parametrize(
    ("files", "where", "r", "message"),
    [
        ({}, None, (), "there is no manifest in `.`"),
        ({}, "nowhere", (), "`nowhere` does not exist"),
        ({}, None, ("a.txt",), "`a.txt` does not exist"),
        ({"a/b.txt": ""}, None, ("a",), "`a` cannot be read: Is a directory"),
        ({}, None, ("a\0b",), "`a?b` cannot be read: not a path"),
        ({}, None, ("https://x.example/a.txt",), "is a remote file"),
        ({"Pipfile": PIPFILE}, None, ("Pipfile",), "`Pipfile` is no requirements file"),
        ({"pylock.toml": ""}, "pylock.toml", (), "is not a manifest that pinwise reads"),
        ({"Pipfile.lock": ""}, "Pipfile.lock", (), "is not a manifest that pinwise reads"),
        ({"Pipfile": ""}, None, (), "Pipfile: this manifest requires nothing"),
        (
            {"requirements.in": "# a\n-c c.txt\n", "c.txt": "a<2\n"},
            None,
            (),
            "this manifest requires nothing",
        ),
        ({"requirements.in": b"a\n\xff\xfea\0"}, None, (), "requirements.in:2: this file is not UTF-8"),
        ({"Pipfile": b"# -*- coding: latin-1 -*-\n\n# \xe9"}, None, (), "Pipfile:3: this file is not UTF-8"),
        ({"requirements.in": "\n-r x.txt\n"}, None, (), "requirements.in:2: `x.txt` does not exist"),
        ({"requirements.in": b"#" * (8 * 2**20 + 1)}, None, (), "is larger than 8,388,608 bytes"),
    ],
    ids=range(15),
)
def test_what_cannot_be_read_is_told(
    files: dict[str, str | bytes], where: str | None, r: tuple[str, ...], message: str
) -> None:
    """A missing, unreadable or empty manifest is an error with a next step."""
    write(files)
    error = refused(where, r=r)
    assert message in str(error)
    assert error.hint or "larger" in message


def test_a_byte_order_mark_is_no_text() -> None:
    """UTF-8 with a byte order mark reads like UTF-8 without."""
    write({"Pipfile": b"\xef\xbb\xbf" + PIPFILE.encode()})
    assert required(found()) == ["flask"]


# --- local projects


def project(where: str, text: str) -> dict[str, str]:
    """Return a project folder with this ``pyproject.toml``."""
    return {f"{where}/pyproject.toml": text}


def test_a_folder_states_its_metadata() -> None:
    """A local project is known by its own name, with what its `[project]` table requires."""
    write(
        {
            f"libs/shop/{name}": text
            for name, text in source_tree("Shop_Front", "1.2", requires=["a>=1"]).items()
        }
    )
    write({"requirements.in": "-e ./libs/shop\n"})
    manifest = found().manifest
    (requirement,) = manifest.groups[0].requirements
    assert (requirement.name, requirement.path, requirement.is_editable) == (
        "shop-front",
        "./libs/shop",
        True,
    )
    (local,) = manifest.local
    assert (local.name, local.version, local.path, local.is_editable) == (
        "shop-front",
        Version("1.2"),
        "./libs/shop",
        True,
    )
    assert [str(one) for one in local.metadata.requirements] == ["a>=1"]
    assert (local.metadata.origin, local.sha256) == (Origin.LOCAL, None)


def test_paths_are_relative_to_the_folder_of_the_manifest() -> None:
    """A path in a Pipfile or in a folder's requirements means the same wherever pinwise is started."""
    write(project("app/libs/shop", '[project]\nname = "shop"\nversion = "1"\n'))
    write(
        {"app/Pipfile": '[packages]\nshop = {path = "libs/shop"}\n', "app/requirements.in": "-r sub/a.txt\n"}
    )
    write({"app/sub/a.txt": "./libs/shop\n"})
    assert required(found("app")) == ["libs/shop"]
    assert required(found("app/requirements.in")) == ["./libs/shop"]


def test_indexes_that_are_folders_become_absolute(folder: Path) -> None:
    """A folder that a manifest names stands for itself only: another project's `dist` is another index."""
    write(
        {"app/requirements.in": "-f ./dist\n-f https://links.example/\na\n", "reqs/dev.txt": "-f dist\na\n"}
    )
    write({"shop/Pipfile": '[[source]]\nname = "own"\nurl = "simple"\n' + PIPFILE})
    for where, index in (("app", "app/dist"), ("shop", "shop/simple")):
        assert found(where).manifest.indexes[0].url == str(folder / index)
    assert found(r=("reqs/dev.txt",)).manifest.indexes[0].url == str(folder / "reqs/dist")
    assert found("app").manifest.indexes[1].url == "https://links.example"


def test_paths_in_files_named_by_hand_are_relative_to_the_current_folder() -> None:
    """With `-r` a path is relative to where pinwise is started, as in pip."""
    write(
        project("libs/shop", '[project]\nname = "shop"\nversion = "1"\n') | {"reqs/dev.txt": "./libs/shop\n"}
    )
    assert required(found(r=("reqs/dev.txt",))) == ["./libs/shop"]


def test_a_wheel_states_its_metadata_and_has_a_digest() -> None:
    """A wheel file is read by its METADATA; its digest is kept for the lock."""
    shop = wheel("shop", "1.0", requires=["a", "b; extra == 'x'"], extras=["x"])
    write({f"dist/{shop.filename}": shop.content, "requirements.in": f"dist/{shop.filename}[x]\n"})
    (local,) = found().manifest.local
    assert (local.name, local.sha256, local.metadata.extras) == ("shop", shop.sha256, frozenset({"x"}))
    assert len(local.metadata.requirements) == 2


@pytest.mark.parametrize(
    ("options", "origin"),
    [({}, Origin.LOCAL), ({"metadata_version": "1.2", "egg_info": "a\n"}, Origin.EGG_INFO)],
)
def test_an_sdist_states_its_metadata(options: dict[str, str], origin: Origin) -> None:
    """An sdist is read by its static PKG-INFO, an old one by its egg-info."""
    shop = sdist("shop", "1.0", requires=["a"], **options)
    write({shop.filename: shop.content, "requirements.in": f"shop @ file:{shop.filename}\n"})
    (local,) = found().manifest.local
    assert [str(one) for one in local.metadata.requirements] == ["a"]
    assert local.metadata.origin is origin


def test_an_unpacked_sdist_states_its_metadata() -> None:
    """A folder whose dependencies are dynamic is read by its static PKG-INFO, if it has one."""
    write(project("shop", '[project]\nname = "shop"\nversion = "1"\ndynamic = ["dependencies"]\n'))
    write({"shop/PKG-INFO": "Metadata-Version: 2.2\nName: shop\nVersion: 1\nRequires-Dist: a\n"})
    write({"requirements.in": "./shop\n"})
    assert [str(one) for one in found().manifest.local[0].metadata.requirements] == ["a"]


def test_one_project_that_is_named_twice_is_read_once() -> None:
    """The same folder under two spellings is one project."""
    write(project("shop", '[project]\nname = "shop"\nversion = "1"\n'))
    write({"requirements.in": "./shop\n-e shop/\n./shop[x]\n"})
    assert [project.path for project in found().manifest.local] == ["./shop"]


@pytest.mark.parametrize(
    ("files", "line", "message"),
    [
        ({}, "./shop", "the local project `./shop` does not exist"),
        ({"shop/setup.py": "raise SystemExit"}, "./shop", "does not state its metadata, and no code is run"),
        (project("shop", "[build-system]\n"), "./shop", "does not state its metadata"),
        (
            project("shop", '[project]\nname = "shop"\nversion = "1"\ndynamic = ["dependencies"]\n'),
            "./shop",
            "leaves its dependencies to its build",
        ),
        ({"shop.txt": "x"}, "./shop.txt", "is neither a folder nor a wheel"),
        ({"shop-1.0.whl": "x"}, "./shop-1.0.whl", "is neither a folder nor a wheel"),
        ({"shop-1-py3-none-any.whl": "x"}, "./shop-1-py3-none-any.whl", "cannot be read: "),
        ({"shop-1.tar.gz": "x"}, "./shop-1.tar.gz", "cannot be read: "),
        ({"shop-1-py3-none-any.whl": "x"}, "-e ./shop-1-py3-none-any.whl", "only a folder can be editable"),
        (
            {"shop-2-py3-none-any.whl": wheel("shop", "1").content},
            "./shop-2-py3-none-any.whl",
            "states another name or version: shop==1",
        ),
        (
            {"shop-1.tar.gz": sdist("shop", "1", metadata_version="1.2").content},
            "./shop-1.tar.gz",
            "does not state what it requires",
        ),
        (
            project("shop", '[project]\nname = "x"\nversion = "1"\n')
            | project("other", '[project]\nname = "X"\nversion = "1"\n'),
            "./other\n./shop",
            "holds the project `x`, and so does `./other`",
        ),
    ],
    ids=range(12),
)
def test_a_local_project_that_states_nothing_is_told(
    files: dict[str, str | bytes], line: str, message: str
) -> None:
    """A local project that cannot be read statically is an error at its line in the manifest."""
    write(files | {"requirements.in": f"# first\n{line}\n"})
    error = refused()
    assert isinstance(error, ManifestError)
    assert (error.file, error.line) == ("requirements.in", line.count("\n") + 2)
    assert message in error.message


def test_an_error_inside_of_a_local_project_names_its_file() -> None:
    """What is wrong in a local project's own file is told with that file and line."""
    write(project("shop", '[project]\nname = "shop"\nversion = "1"\ndependencies = ["b c"]\n'))
    write({"requirements.in": "./shop\n"})
    error = refused()
    assert (error.file, error.line) == ("./shop/pyproject.toml", 4)


# --- examples


@pytest.mark.parametrize("example", sorted(path.name for path in EXAMPLES.iterdir() if path.is_dir()))
def test_every_example_is_read(example: str) -> None:
    """What the examples require is what their files say."""
    manifest = found(str(EXAMPLES / example))
    assert manifest.passed_over == ()
    assert manifest.manifest.warnings == ()
    pipfile = EXAMPLES / example / "Pipfile"
    names = [one.requirement.name for group in manifest.manifest.groups for one in group.requirements]
    if pipfile.is_file():
        tables = tomllib.loads(pipfile.read_text())
        assert names == [*tables["packages"], *tables.get("dev-packages", ())]
    else:
        lines = (EXAMPLES / example / "requirements.in").read_text().splitlines()
        assert len(names) == len([line for line in lines if line and not line.startswith("#")])


# --- pyproject.toml and scripts

PROJECT = '[project]\nname = "shop"\ndependencies = ["flask"]\n[dependency-groups]\ntest = ["pytest"]\n'
SCRIPT = '# /// script\n# dependencies = ["rich"]\n# ///\n'


def test_the_order_of_the_manifests_of_a_folder() -> None:
    """Pipfile, pyproject.toml, requirements.in, requirements.txt; those that were passed over are named."""
    write(
        {"requirements.txt": "c\n", "requirements.in": "b\n", "Pipfile": PIPFILE, "pyproject.toml": PROJECT}
    )
    assert found().passed_over == ("pyproject.toml", "requirements.in", "requirements.txt")
    Path("Pipfile").unlink()
    assert required(found()) == ["flask"]
    assert found().passed_over == ("requirements.in", "requirements.txt")


def test_a_pyproject_that_only_configures_tools_is_no_manifest() -> None:
    """It is neither read nor named as passed over; alone it is not enough, and the error says so."""
    write({"pyproject.toml": "[tool.ruff]\n"})
    error = refused()
    assert error.message == "there is no manifest in `.`"
    assert "`pyproject.toml` has neither `[project]` nor `[dependency-groups]`" in (error.hint or "")
    write({"requirements.txt": "c\n"})
    assert (required(found()), found().passed_over) == (["c"], ())


def test_extras_and_groups_are_chosen() -> None:
    """A selection reaches the project, by its folder or its file."""
    write({"pyproject.toml": PROJECT, "sub/pyproject.toml": PROJECT})
    chosen = Selection(groups=("test",))
    for where in (None, "pyproject.toml", "sub"):
        manifest = read_manifest(where, selection=chosen, archives=archives)
        assert required(manifest) == ["flask", "pytest"]


def test_only_a_project_has_extras_and_groups() -> None:
    """Of other manifests nothing can be chosen, and that is said instead of ignored."""
    write({"Pipfile": PIPFILE, "a.txt": "a\n", "tool.py": SCRIPT})
    for where, files in ((None, ()), (None, ("a.txt",)), ("tool.py", ())):
        with pytest.raises(UsageError, match="has no extras or groups to choose from"):
            read_manifest(
                where, requirement_files=files, selection=Selection(all_extras=True), archives=archives
            )


def test_a_script_is_named_by_its_file() -> None:
    """A script is read where it is named, and never found in a folder."""
    write({"app/tool.py": SCRIPT})
    manifest = found("app/tool.py")
    assert (required(manifest), manifest.folder, manifest.manifest.kind) == (["rich"], Path("app"), "script")
    assert "there is no manifest" in refused("app").message
    assert "is no requirements file" in refused(r=("app/tool.py",)).message


def test_constraints_are_added_to_those_of_the_own_table() -> None:
    """`-c` and `[tool.pinwise] constraints` both count."""
    write({"pyproject.toml": PROJECT + '[tool.pinwise]\nconstraints = ["flask<4"]\n', "c.txt": "flask>2\n"})
    assert [str(one) for one in found(c=("c.txt",)).manifest.constraints] == ["flask<4", "flask>2"]


def test_a_project_that_requires_nothing_says_what_to_do() -> None:
    """The hint offers groups, or the manifest that was passed over."""
    write({"pyproject.toml": '[project]\nname = "shop"\n'})
    assert "`--all-groups`" in (refused().hint or "")
    write({"requirements.txt": "a\n"})
    assert "`requirements.txt` in the same folder was not read" in (refused().hint or "")
    write({"tool.py": "# /// script\n# dependencies = []\n# ///\n"})
    assert "dependencies" in (refused("tool.py").hint or "")


def test_poetrys_own_table_is_not_guessed_at() -> None:
    """A project of Poetry's earlier form is an error where nothing else says what it requires."""
    write({"pyproject.toml": '[tool.poetry]\nname = "a"\n[tool.poetry.dependencies]\nflask = "*"\n'})
    assert "only `[tool.poetry]` says what this project requires" in refused().message


def test_what_is_said_of_the_target_needs_no_requirements() -> None:
    """Python and settings are read of a project that leaves its dependencies to its build."""
    dynamic = '[project]\nname = "a"\nrequires-python = ">=3.12"\ndynamic = ["dependencies"]\n'
    write({"pyproject.toml": dynamic, "a/requirements.txt": "a\n", "tool.py": SCRIPT})
    manifest = read_target_manifest(None, archives=archives)
    assert manifest is not None
    assert manifest.requires_python == ">=3.12"
    assert read_target_manifest("tool.py", archives=archives) is not None
    assert read_target_manifest("a", archives=archives) is None
    Path("empty").mkdir()
    assert read_target_manifest("empty", archives=archives) is None
