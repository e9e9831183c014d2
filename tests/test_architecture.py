"""The house of CONTRIBUTING.md: floors, purity, one reader of settings, one builder, lazy imports."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import pinwise
from support.pages import documents_index

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "pinwise"

FLOORS = {
    "model": 0,
    "formats": 1,
    "units": 2,
    "space": 3,
    "search": 4,
    "explain": 5,
    "actions": 6,
    "knowledge": 7,
    "indexes": 7,
    "environment": 7,
    "installers": 7,
    "settings": 8,
    "wiring": 8,
    "cli": 9,
    "completion": 9,
    "__main__": 9,
    "__init__": 9,
}
TOP_OF_THE_PURE = 5
BUILT_BY_WIRING = 7

IMPURE_MODULES = frozenset(
    [
        "asyncio",
        "concurrent",
        "ctypes",
        "fcntl",
        "getpass",
        "glob",
        "http",
        "httpx2",
        "io",
        "logging",
        "multiprocessing",
        "os",
        "platformdirs",
        "rich",
        "secrets",
        "select",
        "shutil",
        "signal",
        "socket",
        "sqlite3",
        "ssl",
        "subprocess",
        "sys",
        "tempfile",
        "threading",
        "time",
        "urllib.request",
    ]
)
"""What a floor that does nothing but think has no use for."""

IMPURE_CALLS = frozenset(
    [
        "open",
        "print",
        "input",
        "breakpoint",
        "read_text",
        "read_bytes",
        "write_text",
        "write_bytes",
        "unlink",
        "mkdir",
        "rmdir",
        "iterdir",
        "is_file",
        "is_dir",
        "exists",
        "stat",
        "getenv",
        "now",
        "today",
        "utcnow",
        "fromtimestamp",
        "cwd",
        "home",
        "expanduser",
        "resolve",
        "absolute",
    ]
)
"""Functions and methods that touch files, the terminal, the environment or the clock."""

HEAVY = frozenset(("highspy", "httpx2", "numpy", "plette", "rich", "sqlite3", "tomlkit", "yaml"))
"""Imported inside the functions that need them; `--version` must not pay for them."""

OF_NO_USE_OFFLINE = frozenset(("httpx2", "httpcore2", "plette", "ssl", "yaml"))
"""What an advice from the knowledge base alone does not load."""

LOADED_WITH_THE_NETWORK = frozenset(
    ("pinwise.indexes.transport", "pinwise.indexes.courier", "pinwise.indexes.wire")
)
"""Modules that are imported only where something is fetched, by a function."""

NOT_HERE = frozenset(("pinwise.formats.convert", "pinwise.formats.present.uv", "pinwise.explain.refusal"))
"""What no advice that ends well loads."""

OF_NO_USE_FOR_A_CHECK = (
    HEAVY - {"sqlite3"}
    | OF_NO_USE_OFFLINE
    | NOT_HERE
    | {
        "pinwise.search.learning",
        "pinwise.search.programme",
        "pinwise.indexes.transport",
        "zipfile",
        "difflib",
    }
)
"""What a check of a lock that is up to date does not load: nothing is searched, and nothing fetched."""


@dataclass(frozen=True, slots=True)
class Import:
    """One import statement: the absolute name of what is imported, and where."""

    target: str
    line: int
    is_at_top: bool


@dataclass(frozen=True, slots=True)
class Module:
    """One source file of pinwise."""

    name: str
    path: Path
    tree: ast.Module

    @property
    def part(self) -> str:
        """The package or top module it belongs to: ``formats``, ``settings``."""
        pieces = self.name.split(".")
        return pieces[1] if len(pieces) > 1 else "__init__"

    @property
    def floor(self) -> int:
        """The floor on which it lives."""
        return FLOORS[self.part]

    def imports(self) -> Iterator[Import]:
        """Yield every import, wherever it stands."""
        at_top = set(_nodes_run_at_import(self.tree))
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield Import(alias.name, node.lineno, node in at_top)
            elif isinstance(node, ast.ImportFrom):
                yield from self._imports_from(node, is_at_top=node in at_top)

    def _imports_from(self, node: ast.ImportFrom, *, is_at_top: bool) -> Iterator[Import]:
        base = node.module or ""
        if node.level:
            package = self.name if self.path.name == "__init__.py" else self.name.rpartition(".")[0]
            for _ in range(node.level - 1):
                package = package.rpartition(".")[0]
            base = f"{package}.{base}".rstrip(".")
        for alias in node.names:
            yield Import(f"{base}.{alias.name}", node.lineno, is_at_top)


def _nodes_run_at_import(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes that run when the module is imported: no bodies of functions, no imports for types."""
    for child in ast.iter_child_nodes(tree):
        is_for_types = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
        if not is_for_types and not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield child
            yield from _nodes_run_at_import(child)


def _modules() -> tuple[Module, ...]:
    modules = []
    for path in sorted(PACKAGE.rglob("*.py")):
        pieces = ("pinwise", *path.relative_to(PACKAGE).with_suffix("").parts)
        name = ".".join(pieces[:-1] if pieces[-1] == "__init__" else pieces)
        modules.append(Module(name, path, ast.parse(path.read_text(encoding="utf-8"), filename=str(path))))
    return tuple(modules)


MODULES = _modules()
PURE = tuple(module for module in MODULES if module.floor <= TOP_OF_THE_PURE)


def is_within(target: str, name: str) -> bool:
    """Whether the imported `target` is the module `name` or something inside it."""
    return target == name or target.startswith(f"{name}.")


def every_module(modules: tuple[Module, ...] = MODULES) -> pytest.MarkDecorator:
    """Run a test once per module, under the module's name."""
    return pytest.mark.parametrize("module", modules, ids=lambda module: module.name)


def test_every_part_of_the_house_has_a_floor() -> None:
    """A new package or top module gets its place in the house before it gets code."""
    assert {module.part for module in MODULES} <= set(FLOORS)


@every_module()
def test_a_module_imports_its_own_floor_or_lower(module: Module) -> None:
    """Nothing below knows anything above, not even inside a function."""
    for imported in module.imports():
        pieces = imported.target.split(".")
        if pieces[0] == "pinwise" and len(pieces) > 1:
            part = pieces[1] if pieces[1] in FLOORS else "__init__"
            assert FLOORS[part] <= module.floor, f"{module.path}:{imported.line} imports {imported.target}"


@every_module(PURE)
def test_a_pure_module_imports_nothing_that_acts(module: Module) -> None:
    """Floors 0 to 5 compute: they have no files, network, clock, logging, threads or terminal."""
    for imported in module.imports():
        for impure in IMPURE_MODULES:
            assert not is_within(imported.target, impure), f"{module.path}:{imported.line}"


@every_module(PURE)
def test_a_pure_module_calls_nothing_that_acts(module: Module) -> None:
    """Floors 0 to 5 open no file, print nothing and never look at the clock."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call):
            function = node.func
            called = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
            assert called not in IMPURE_CALLS, f"{module.path}:{node.lineno} calls {called}"


@every_module()
def test_random_numbers_have_a_seed(module: Module) -> None:
    """Randomness in a pure module comes from a `Random` that is made with a seed or handed in."""
    if module.floor > TOP_OF_THE_PURE:
        return
    for imported in module.imports():
        assert imported.target == "random.Random" or not is_within(imported.target, "random")
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Random":
            assert node.args, f"{module.path}:{node.lineno}: Random() without a seed"


@every_module()
def test_only_settings_reads_environment_variables(module: Module) -> None:
    """What the environment says is read in one place, where it is documented."""
    if module.part == "settings":
        return
    for imported in module.imports():
        assert imported.target not in {"os.environ", "os.getenv", "os.environb"}, (
            f"{module.path}:{imported.line}"
        )
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute):
            assert node.attr not in {"environ", "getenv", "environb", "expandvars"}, (
                f"{module.path}:{node.lineno}"
            )


@every_module()
def test_only_wiring_builds_the_floor_of_the_world(module: Module) -> None:
    """The store, the network and the machine come to the actions through `wiring` alone.

    Completion has no time for it (docs/decisions/0013-completion-has-a-way-of-its-own.md).
    """
    if module.part in {"wiring", "completion"} or module.floor == BUILT_BY_WIRING:
        return
    for imported in module.imports():
        pieces = imported.target.split(".")
        if pieces[0] == "pinwise" and len(pieces) > 1:
            assert FLOORS.get(pieces[1]) != BUILT_BY_WIRING, (
                f"{module.path}:{imported.line} {imported.target}"
            )


@every_module()
def test_heavy_imports_are_lazy(module: Module) -> None:
    """A module imports what is heavy where it uses it; what only the network needs is excused."""
    if module.name in LOADED_WITH_THE_NETWORK:
        return
    for imported in module.imports():
        if imported.is_at_top:
            assert imported.target not in LOADED_WITH_THE_NETWORK, f"{module.path}:{imported.line}"
            for heavy in HEAVY:
                assert not is_within(imported.target, heavy), (
                    f"{module.path}:{imported.line} {imported.target}"
                )


def test_version_imports_nothing_heavy(tmp_path: Path) -> None:
    """`pinwise --version` answers without loading a solver, a network client, or a store."""
    assert not loaded_by("--version", folder=tmp_path) & HEAVY


def test_an_offline_advice_imports_no_network(tmp_path: Path) -> None:
    """An advice from what is known already loads no network client and no writer of TOML."""
    (tmp_path / "requirements.in").write_text("flask\n", encoding="utf-8")
    advise = ["advise", "--kb", str(tmp_path / "kb"), "--python", "3.12"]
    with documents_index() as index:
        advise += ["--index-url", index.url]
        assert "httpx2" in loaded_by(*advise, folder=tmp_path)
        assert not loaded_by(*advise, "--offline", folder=tmp_path) & OF_NO_USE_OFFLINE


def test_what_is_known_and_locked_takes_few_modules(tmp_path: Path) -> None:
    """A check of a lock that is up to date loads no engine, no search and no client, online neither."""
    (tmp_path / "requirements.in").write_text("flask\n", encoding="utf-8")
    with documents_index() as index:
        advise = ["advise", "--kb", str(tmp_path / "kb"), "--python", "3.12", "--index-url", index.url]
        assert {"httpx2", "pinwise.search.learning"} <= loaded_by(*advise, folder=tmp_path)
        for again in (["--check"], ["--check", "--offline"]):
            found = loaded_by(*advise, *again, folder=tmp_path)
            assert not found & OF_NO_USE_FOR_A_CHECK, again
            assert "pinwise.actions.confirm" in found
        (tmp_path / "requirements.in").write_text("flask\nclick\n", encoding="utf-8")
        assert not loaded_by(*advise, "--offline", folder=tmp_path) & NOT_HERE


def test_a_proof_loads_no_engine(tmp_path: Path) -> None:
    """Where the best stack is not the newest of everything, no engine is loaded, cold or warm."""
    engine = {"highspy", "numpy", "pinwise.search.programme", "pinwise.search.engine"}
    (tmp_path / "requirements.in").write_text("flask-caching\ncachelib\njinja2<3.1.5\n", encoding="utf-8")
    with documents_index() as index:
        advise = ["advise", "--kb", str(tmp_path / "kb"), "--python", "3.12", "--index-url", index.url]
        for again in ([], ["--upgrade", "--offline"], ["-P", "jinja2", "--offline"]):
            found = loaded_by(*advise, *again, folder=tmp_path)
            assert "pinwise.search.cheapest" in found, again
            assert not found & engine, again


def loaded_by(*arguments: str, folder: Path) -> set[str]:
    """Return the modules that a process has imported when the command ends."""
    code = (
        "import sys, atexit\n"
        "atexit.register(lambda: print('loaded:', *sys.modules))\n"
        "from pinwise.cli import main\n"
        f"sys.argv = ['pinwise', *{arguments!r}]\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True, cwd=folder
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.partition("loaded:")[2].split())


def test_public_names_exist_and_are_tested() -> None:
    """What `pinwise` exports is there, and a test of this suite uses it by that name."""
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py")]
    for name in pinwise.__all__:
        assert getattr(pinwise, name) is not None
        used = re.compile(rf"pinwise\.{name}\b|from pinwise import[^\n]*\b{name}\b")
        assert any(used.search(source) for source in sources), f"no test uses pinwise.{name}"


def test_the_version_is_said_once() -> None:
    """`pinwise.__version__` is the version of the project file."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project.get("version", pinwise.__version__) == pinwise.__version__


def test_there_are_few_direct_dependencies() -> None:
    """Who installs pinwise installs at most twelve projects that it names."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert 0 < len(project["dependencies"]) <= 12


def files_of_the_repository() -> Iterator[Path]:
    """Yield the files that git tracks or would add; every file of an unpacked archive without git."""
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        check=False,
        capture_output=True,
        text=True,
    )
    if listed.returncode == 0:
        yield from (ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file())
        return
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if not name.startswith(".") or name == ".ci"]
        yield from (Path(folder) / name for name in names)


def test_no_registry_is_named() -> None:
    """The default index comes from `plette`; no file of ours names a registry, so that none can go stale."""
    import plette.pipfiles  # noqa: PLC0415  # only this test needs it

    urls = re.findall(r"https?://[^\s\"']+", Path(plette.pipfiles.__file__).read_text(encoding="utf-8"))
    hosts = {urlsplit(url).hostname or "" for url in urls}
    assert hosts
    for path in files_of_the_repository():
        content = path.read_bytes().lower()
        for host in hosts:
            assert host.encode() not in content, f"{path.relative_to(ROOT)} names {host}"


def test_no_file_names_a_place_on_one_machine() -> None:
    """Paths that exist on one developer's machine only are in no file."""
    here = re.escape(str(ROOT).encode())
    machine = re.compile(rb"(?<![\w.~$}*])(?:/(?:home|root|Users)/\w|" + here + rb"/)")
    for path in files_of_the_repository():
        found = machine.search(path.read_bytes())
        assert found is None, f"{path.relative_to(ROOT)} names a place on one machine: {found}"
