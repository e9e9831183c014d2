"""What a run does not use it does not import: docs/decisions/0015-a-run-imports-what-it-uses.md.

``UPDATE_GOLDEN=1`` writes the list of modules anew; read the difference before it is committed: each line of
it is paid by everybody, every time.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from support.pages import documents_index

WARM: Mapping[str, tuple[str, ...]] = {
    "check": ("advise", "--check"),
    "advise": ("advise",),
    "why": ("why", "flask"),
    "tree": ("tree",),
}
"""Commands on a project that is locked, everything known, offline."""

OTHERS = frozenset(("click", "packaging"))
"""The projects of others that a warm run imports; where a proof needs the engine, there are two more."""

OF_NO_USE = frozenset(
    (
        *("asyncio", "concurrent", "ssl", "socket", "http", "email", "urllib.request", "netrc", "secrets"),
        *("shutil", "tempfile", "zipfile", "tarfile", "bz2", "lzma", "multiprocessing", "glob", "getpass"),
        *("decimal", "fractions", "statistics", "random", "difflib", "csv", "xml", "html"),
        *("importlib.metadata", "importlib.resources", "pydoc", "unittest", "sqlite3.dump", "pickle"),
    )
)
"""Modules of the standard library that cost, and that no warm run has a use for."""

FOREIGN = ("PIP_", "UV_", "PINWISE_", "XDG_", "VIRTUAL_ENV")
"""How settings of others begin: what is read, and so imported, depends on them."""

LIST = Path(__file__).parent / "cli" / "golden" / "imports.txt"


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, frozenset[str]]:
    """The modules that each command imports beyond what Python itself does."""
    folder = tmp_path_factory.mktemp("warm")
    (folder / "requirements.in").write_text("flask\n", encoding="utf-8")
    with documents_index() as index:
        options = ["--kb", str(folder / "kb"), "--python", "3.12", "--platform", "manylinux_2_28_x86_64"]
        options += ["--index-url", index.url]
        modules(folder, "advise", *options)
        bare = modules(folder)
        return {name: modules(folder, *words, *options, "--offline") - bare for name, words in WARM.items()}


def modules(folder: Path, *words: str) -> frozenset[str]:
    """Return the modules that there are when a command ends; without words, those of Python alone."""
    code = (
        "import atexit, sys\n"
        "atexit.register(lambda: print('imported:', *sys.modules))\n"
        f"sys.argv = ['pinwise', *{words!r}]\n"
        "if sys.argv[1:]:\n    from pinwise.__main__ import main\n    main()\n"
    )
    environment = {key: value for key, value in os.environ.items() if not key.startswith(FOREIGN)}
    environment |= {"PIP_CONFIG_FILE": os.devnull, "HOME": str(folder)}
    done = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True, cwd=folder, env=environment
    )
    assert done.returncode == 0, done.stderr
    return frozenset(done.stdout.rpartition("imported:")[2].split())


def lines(imported: Mapping[str, frozenset[str]]) -> Iterator[str]:
    """Yield each module of pinwise with the commands that import it."""
    own = {name: {each for each in found if each.startswith("pinwise")} for name, found in imported.items()}
    yield from (f"{name}: {len(found)} modules" for name, found in own.items())
    yield ""
    for module in sorted(set().union(*own.values())):
        names = [name for name, found in own.items() if module in found]
        yield f"{module}: {'all' if names == list(own) else ' '.join(names)}"


def test_a_warm_run_imports_these_modules_of_ours(imported: Mapping[str, frozenset[str]]) -> None:
    """The list is exact: whoever adds a module to it has decided that every such run pays for it."""
    text = "\n".join(lines(imported)) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        LIST.write_text(text, encoding="utf-8")
    assert text == LIST.read_text(encoding="utf-8")


@pytest.mark.parametrize("command", WARM)
def test_a_warm_run_imports_little_of_others(command: str, imported: Mapping[str, frozenset[str]]) -> None:
    """Beside Python's own modules there are two projects; no client, no engine, no TOML or YAML writer."""
    found = imported[command]
    foreign = {name.partition(".")[0] for name in found} - {"pinwise"} - sys.stdlib_module_names
    assert {name for name in foreign if not name.startswith("_")} == OTHERS
    assert not found & OF_NO_USE
