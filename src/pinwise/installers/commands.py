"""What an installer is told: command lines, variables and requirements files, as values. No I/O.

Nothing secret is on a command line, which every user of a machine can read: indexes and their credentials
stand in the requirements file, which only its owner can read and which is gone afterwards. That file's
``--index-url`` stands for the indexes of every configuration of pip; uv is told to read none. So each pin is
asked for at its own index only.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote, urlsplit

from pinwise.model.installed import Batch, Tool
from pinwise.model.names import NormalizedName
from pinwise.model.request import Index

_LEADING_ELSEWHERE = frozenset(
    {
        f"PIP_{name}"
        for name in ("CONSTRAINT", "DRY_RUN", "EDITABLE", "NO_DEPS", "PREFIX", "PYTHON", "REQUIREMENT")
    }
    | {f"PIP_{name}" for name in ("EXTRA_INDEX_URL", "INDEX_URL", "REQUIRE_HASHES", "ROOT", "TARGET", "USER")}
    | {f"UV_{name}" for name in ("CONSTRAINT", "DEFAULT_INDEX", "EXCLUDE_NEWER", "EXTRA_INDEX_URL", "INDEX")}
    | {f"UV_{name}" for name in ("INDEX_URL", "OVERRIDE", "PREFIX", "PYTHON", "SYSTEM_PYTHON", "TARGET")}
    | {"UV_REQUIRE_HASHES", "UV_NO_INDEX", "UV_CONFIG_FILE", "PYTHONHOME", "PYTHONPATH"}
)
"""Variables that would send an installer to other indexes or folders than the lock and the user name."""


def install_command(tool: Tool, python: Path, batch: Batch, file: Path) -> tuple[str, ...]:
    """Return the command that installs a batch, whose requirements are in `file`."""
    checks = ("--require-hashes",) if batch.is_verified else ()
    common = ("--no-deps", *checks, "-r", str(file))
    if tool.name == "uv":
        forced = tuple(part for name in batch.forced for part in ("--reinstall-package", name))
        return (*tool.command, "pip", "install", "--python", str(python), *forced, *common)
    again = ("--force-reinstall",) if batch.forced else ()
    return (*_pip(tool, python), "install", *again, *common)


def remove_command(tool: Tool, python: Path, names: Sequence[NormalizedName]) -> tuple[str, ...]:
    """Return the command that removes projects."""
    if tool.name == "uv":
        return (*tool.command, "pip", "uninstall", "--python", str(python), *names)
    return (*_pip(tool, python), "uninstall", "--yes", *names)


def _pip(tool: Tool, python: Path) -> tuple[str, ...]:
    where = () if tool.is_inside else ("--python", str(python))
    return (*tool.command, *where, "--disable-pip-version-check", "--no-input", "--no-color")


def create_command(tool: Tool, python: str, folder: Path) -> tuple[str, ...]:
    """Return the command that makes a virtual environment.

    Args:
        tool: uv finds a Python by its name; for pip, Python's own `venv` brings it along.
        python: For uv the name or path of a Python, for pip the path of an interpreter.
        folder: Where it goes.
    """
    if tool.name == "uv":
        return (*tool.command, "venv", "--no-project", "--python", python, str(folder))
    return (python, "-I", "-m", "venv", str(folder))


def variables_for(
    tool: Tool,
    variables: Mapping[str, str],
    batch: Batch | None = None,
    *,
    ca_file: Path | None = None,
    asks_keyring: bool = False,
) -> dict[str, str]:
    """Return the variables under which an installer runs.

    Args:
        tool: The installer.
        variables: Those of this process.
        batch: What it will install, if it will.
        ca_file: Certificates to trust, where settings name some.
        asks_keyring: Whether the `keyring` program may be asked; nobody is there to answer a question.
    """
    ours = {name: value for name, value in variables.items() if name not in _LEADING_ELSEWHERE}
    if asks_keyring:
        ours.setdefault(f"{tool.name.upper()}_KEYRING_PROVIDER", "subprocess")
    if tool.name == "uv":
        ours |= {"UV_NO_CONFIG": "1", "UV_NO_PROGRESS": "1"}
        if batch is not None and len(batch.indexes) > 1:  # every file is checked against its digest
            ours["UV_INDEX_STRATEGY"] = "unsafe-best-match"
        hosts = [host for index in (batch.indexes if batch else ()) if (host := _unverified_host(index))]
        if hosts:
            ours["UV_INSECURE_HOST"] = " ".join(dict.fromkeys(hosts))
        if ca_file is not None:
            ours.setdefault("SSL_CERT_FILE", str(ca_file))
    elif ca_file is not None:
        ours.setdefault("PIP_CERT", str(ca_file))
    return ours


def render_batch(tool: Tool, batch: Batch) -> str:
    """Return the requirements file of a batch; it may hold credentials."""
    return "".join(f"{line}\n" for line in (*_index_lines(tool, batch.indexes), *batch.lines))


def _index_lines(tool: Tool, indexes: Sequence[Index]) -> Iterator[str]:
    usual = [index for index in indexes if not index.is_flat]
    pages = [index for index in indexes if index.is_flat]
    if not indexes:
        return
    yield f"--index-url {index_place(usual[0])}" if usual else "--no-index"
    yield from (f"--extra-index-url {index_place(index)}" for index in usual[1:])
    yield from (f"--find-links {index_place(index)}" for index in pages)
    if tool.name == "pip":
        yield from (f"--trusted-host {host}" for index in indexes if (host := _unverified_host(index)))


def index_place(index: Index) -> str:
    """Return where an index is, with its credentials, as one word of a requirements file."""
    place = index.secret or index.url
    if "://" not in place:
        place = Path(place).as_uri()
    return quote(place, safe="%/:?#[]@!$&()*+,;=~")


def _unverified_host(index: Index) -> str:
    return "" if index.verify_ssl else urlsplit(index.url).netloc


def secrets_of(batch: Batch) -> tuple[str, ...]:
    """Return what must not be repeated: user and password of each index, as they stand in its URL."""
    found = []
    for index in batch.indexes:
        login, at, _ = urlsplit(index.secret or "").netloc.rpartition("@")
        found += [part for part in (login.partition(":")[2] or login, login) if at and part]
    return tuple(sorted(dict.fromkeys(found), key=len, reverse=True))
