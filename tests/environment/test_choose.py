"""Which Python and platform an advice is for, source by source."""

import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from pinwise.environment.choose import Clues, choose_environment, choose_python
from pinwise.environment.detect import read_own
from pinwise.model.errors import TargetError

PLATFORM = "manylinux_2_28_x86_64"


def virtual_environment(folder: Path, version: str) -> Path:
    """Write what names the Python of a virtual environment."""
    folder.mkdir(parents=True)
    (folder / "pyvenv.cfg").write_text(f"version = {version}\n", encoding="utf-8")
    return folder


def clues(folder: Path, **others: object) -> Clues:
    """Return clues for a folder and an empty search path."""
    return Clues(**({"folder": folder, "search_path": str(folder / "bin")} | others))  # type: ignore[arg-type]


def found(given: Clues) -> tuple[str, str]:
    """Return the version that is chosen and its origin."""
    python = choose_python(given)
    return python.version, python.origin


def test_sources_are_asked_in_the_order_of_the_policy(tmp_path: Path) -> None:
    """Option, virtual environment, .python-version, manifest, search path, own: each outranks the next."""
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    (bin_folder / "python3").symlink_to(os.path.realpath(sys.executable))
    (tmp_path / ".python-version").write_text("3.10\n", encoding="utf-8")
    virtual_environment(tmp_path / ".venv", "3.9.18")
    everything = clues(
        tmp_path, python="3.12", python_origin="option", requires_python="3.8", manifest="Pipfile"
    )
    assert found(everything) == ("3.12", "option")
    declared_nothing = clues(tmp_path, requires_python="3.8", manifest="Pipfile")
    assert found(declared_nothing) == ("3.9.18", "detected: the project's virtual environment `.venv`")
    shutil.rmtree(tmp_path / ".venv")
    assert found(declared_nothing) == ("3.10", "`.python-version`, line 1")
    (tmp_path / ".python-version").unlink()
    assert found(declared_nothing) == ("3.8", "required by `Pipfile`")
    exact = clues(tmp_path, requires_python="==3.12.*", manifest="pyproject.toml")
    assert found(exact) == ("3.12", "required by `pyproject.toml`")
    version, origin = found(clues(tmp_path, requires_python=">=3.9,<4", manifest="pyproject.toml"))
    assert version == "3.9"
    assert origin.startswith("the lowest that `requires-python` of `pyproject.toml` allows; ")
    version, origin = found(clues(tmp_path))
    assert version == read_own().version
    assert origin == f"detected: `python3` on the search path, `{bin_folder / 'python3'}`"
    (bin_folder / "python3").unlink()
    assert found(clues(tmp_path)) == (read_own().version, "detected: pinwise's own interpreter")


def test_an_activated_environment_counts_if_it_is_the_projects(tmp_path: Path) -> None:
    """Inside the folder, or linked to it as by pipenv; one from elsewhere says nothing of this project."""
    project = tmp_path / "project"
    inside = virtual_environment(project / "env", "3.11.2")
    outside = virtual_environment(tmp_path / "envs" / "project-x1", "3.12.3")
    assert found(clues(project, virtual_env=inside))[0] == "3.11.2"
    assert found(clues(project, virtual_env=outside))[1] == "detected: pinwise's own interpreter"
    (outside / ".project").write_text(f"{project}\n", encoding="utf-8")
    assert found(clues(project, virtual_env=outside))[0] == "3.12.3"
    (outside / ".project").write_text("bad\0path", encoding="utf-8")
    assert found(clues(project, virtual_env=outside))[1] == "detected: pinwise's own interpreter"


@pytest.mark.parametrize(
    ("required", "version"),
    [("3.12", "3.12"), ("3.12.4", "3.12.4"), (">=3.9", "3.9"), (">=3.9,<3.13", "3.9"), ("==3.11.*", "3.11")],
)
def test_the_manifest_gives_a_version_or_a_lower_bound(tmp_path: Path, required: str, version: str) -> None:
    """An exact version is taken as it is, of a specifier the lower bound."""
    assert found(clues(tmp_path, requires_python=required, manifest="Pipfile"))[0] == version


@pytest.mark.parametrize("required", ["*", "3", "", "<3.13"])
def test_a_manifest_without_a_lower_bound_names_no_python(tmp_path: Path, required: str) -> None:
    """The next source is asked."""
    assert found(clues(tmp_path, requires_python=required))[1] == "detected: pinwise's own interpreter"


def test_an_interpreter_can_be_named_by_path_or_command(tmp_path: Path) -> None:
    """A path and a command on the search path are run; the full version is theirs."""
    link = tmp_path / "bin" / "mypython"
    link.parent.mkdir()
    link.symlink_to(os.path.realpath(sys.executable))
    for name in (str(link), "mypython"):
        version, origin = found(clues(tmp_path, python=name, python_origin="`--python`"))
        assert version == read_own().version
        assert origin == f"`--python`: `{link}`"


def test_an_interpreter_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """It is named, and the hint says what may be given."""
    with pytest.raises(TargetError, match="there is no interpreter `python9`") as caught:
        choose_python(clues(tmp_path, python="python9"))
    assert "3.12" in str(caught.value.hint)


def test_a_declared_platform_needs_no_machine(tmp_path: Path) -> None:
    """With both declared, nothing of this machine is in the environment."""
    environment = choose_environment(
        clues(
            tmp_path,
            python="3.12",
            platform="linux_aarch64",
            python_origin="P",
            platform_origin="declared by me",
        )
    )
    assert environment.platform == "manylinux_2_28_aarch64"
    assert environment.markers["platform_release"] == ""
    assert environment.origins == {"python": "P", "platform": "declared by me as `linux_aarch64`"}


@pytest.mark.skipif(sys.platform != "linux", reason="targets are Linux machines so far")
def test_without_a_declaration_the_machine_is_the_platform(tmp_path: Path) -> None:
    """The platform is this machine's, and says so; its flags are not given to another Python."""
    environment = choose_environment(clues(tmp_path, python="3.7"))
    assert environment.platform == read_own().platform
    assert environment.origins["platform"] == "detected: this machine"
    assert any(tag.startswith("cp37-cp37m-") for tag in environment.tags)


def test_for_a_script_the_manifest_comes_before_the_folder(tmp_path: Path) -> None:
    """The folder's virtual environment is another project's; without a bound it still counts."""
    (tmp_path / ".python-version").write_text("3.9\n", encoding="utf-8")
    script = Clues(tmp_path, requires_python=">=3.12", manifest="tool.py", is_of_manifest=True)
    assert choose_python(script).version == "3.12"
    assert choose_python(replace(script, is_of_manifest=False)).version == "3.9"
    assert choose_python(replace(script, requires_python="<4")).version == "3.9"


@pytest.mark.parametrize(
    ("required", "version"),
    [
        ("<4,>=3.9", "3.9"),
        (">3.8", "3.8.1"),
        (">=3.10.2,!=3.10.2", "3.10.3"),
        (">=3.8,>=3.11", "3.11"),
        ("!=3.10.0,>=3.10", "3.10.1"),
        ("===3.12.1", "3.12.1"),
    ],
)
def test_the_lower_bound_may_stand_anywhere(tmp_path: Path, required: str, version: str) -> None:
    """The lowest Python that all parts of a requirement admit is taken, whatever their order."""
    assert (
        choose_python(Clues(tmp_path, requires_python=required, manifest="pyproject.toml")).version == version
    )
