"""The only place that builds the world around the actions: store, indexes, machine.

What only some commands need is imported where it is built: an offline advice never loads a network client.
"""

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

from pinwise.actions import ports
from pinwise.actions.manifest import FoundManifest, Texts
from pinwise.actions.manifest import find_manifest as _find_manifest
from pinwise.actions.manifest import read_manifest as _read_manifest
from pinwise.actions.manifest import read_overlaid as _read_overlaid
from pinwise.actions.manifest import read_target_manifest as _read_target_manifest
from pinwise.actions.ports import World, Worlds
from pinwise.environment.choose import Clues
from pinwise.environment.choose import choose_environment as _choose_environment
from pinwise.formats.entries import fill_variables
from pinwise.knowledge.database import Terms
from pinwise.knowledge.store import Store, open_store
from pinwise.knowledge.view import KnowledgeView, without_store
from pinwise.model.environment import Environment
from pinwise.model.errors import TargetError, UsageError
from pinwise.model.limits import USUAL, TextLimits
from pinwise.model.names import NormalizedName
from pinwise.model.outcome import Effort
from pinwise.model.request import PROJECT_ONLY, Manifest, Overlay, Request, Selection
from pinwise.settings import Settings

if TYPE_CHECKING:
    from pinwise.actions.bulk import Tally, Told
    from pinwise.actions.care import Lost
    from pinwise.actions.ingest import Ingestion, Progress
    from pinwise.actions.ports import Archives, Installer
    from pinwise.indexes.courier import IndexCourier
    from pinwise.indexes.credentials import Credentials
    from pinwise.indexes.transport import TransportSettings
    from pinwise.installers.run import Runner
    from pinwise.knowledge.care import StoreCare
    from pinwise.model.edit import Wanted
    from pinwise.model.installed import Batch, Distribution, Installation, Tool
    from pinwise.model.limits import Limits


# --- manifest and target


class _LateArchives:
    """The module `pinwise.indexes.archives`, imported where a manifest names an archive."""

    def __getattr__(self, name: str) -> object:
        from pinwise.indexes import archives  # noqa: PLC0415  # 4 ms with what it imports

        return getattr(archives, name)


_ARCHIVES = cast("Archives", _LateArchives())


def read_manifest(  # noqa: PLR0913  # as the action has them
    where: str | None,
    requirement_files: Sequence[str],
    constraint_files: Sequence[str],
    selection: Selection | None = PROJECT_ONLY,
    *,
    texts: Texts | None = None,
    limits: TextLimits = USUAL,
) -> FoundManifest:
    """Read the manifest that a command names; see `pinwise.actions.manifest.read_manifest`."""
    return _read_manifest(
        where,
        requirement_files=requirement_files,
        constraint_files=constraint_files,
        selection=selection,
        archives=_ARCHIVES,
        texts=texts,
        limits=limits,
    )


def read_overlaid(
    overlay: Overlay,
    where: str | None,
    requirement_files: Sequence[str],
    constraint_files: Sequence[str],
    *,
    limits: TextLimits = USUAL,
) -> FoundManifest:
    """Read the manifest that a command names, with an overlay laid over it."""
    return _read_overlaid(
        overlay,
        where,
        requirement_files=requirement_files,
        constraint_files=constraint_files,
        archives=_ARCHIVES,
        limits=limits,
    )


def read_wanted(
    requirements: Sequence[str], found: FoundManifest, *, is_editable: bool
) -> "tuple[Wanted, ...]":
    """Read what is to be added to a manifest; see `pinwise.actions.edit.read_wanted`."""
    from pinwise.actions.edit import read_wanted as _read_wanted  # noqa: PLC0415  # for one command

    return _read_wanted(requirements, found, _ARCHIVES, is_editable=is_editable)


def read_target_manifest(where: str | None, *, limits: TextLimits = USUAL) -> Manifest | None:
    """Read what a folder's manifest says about the target; None where it is of a kind that says nothing."""
    if not Path(where or ".").exists():
        raise UsageError(f"there is no folder `{where}`", hint="name the folder of a manifest, or none")
    return _read_target_manifest(where, archives=_ARCHIVES, limits=limits)


def find_manifest(where: str | None, *, limits: TextLimits = USUAL) -> tuple[Path, Manifest | None]:
    """Find a folder and its manifest, if it has one; see `pinwise.actions.manifest.find_manifest`."""
    return _find_manifest(where, archives=_ARCHIVES, limits=limits)


def choose_environment(settings: Settings, folder: Path, manifest: Manifest | None) -> Environment:
    """Return the target: what the settings declare, else what the project or this machine says.

    Raises:
        TargetError: There is none, or it cannot be read.
    """
    if settings.environment is not None:
        from pinwise.environment.file import read_environment_file  # noqa: PLC0415  # for this setting only

        return read_environment_file(settings.environment)
    return _choose_environment(
        Clues(
            folder=folder,
            python=settings.python,
            platform=settings.platform,
            python_origin=settings.origins.get("python", "declared"),
            platform_origin=settings.origins.get("platform", "declared"),
            requires_python=None if manifest is None else manifest.requires_python,
            manifest="" if manifest is None else manifest.files[0],
            is_of_manifest=manifest is not None and manifest.kind == "script",
            virtual_env=settings.virtual_env,
            search_path=settings.search_path,
        )
    )


def for_python(environment: Environment, python: str) -> Environment:
    """Return the same target with another Python.

    Raises:
        TargetError: There is no such target.
    """
    from pinwise.environment.declare import declare  # noqa: PLC0415  # for hints only

    other = declare(python, environment.platform)
    return replace(other, origins={**environment.origins, "python": f"instead of {environment.python}"})


# --- what is installed


def find_installation(
    settings: Settings, folder: Path, python: str | None, *, is_script: bool = False
) -> "Installation | None":
    """Return where a project's stack is installed, None where it has no environment yet.

    Raises:
        TargetError: What the user names, or what is there, is no environment.
    """
    from pinwise.environment.virtual import Whereabouts  # noqa: PLC0415  # as below
    from pinwise.environment.virtual import find_installation as find  # noqa: PLC0415  # for three commands

    where = Whereabouts(folder, python, settings.virtual_env, settings.search_path, is_script)
    return find(where, own_prefix=sys.prefix)


def environment_of(installation: "Installation", *, is_run: bool) -> Environment:
    """Return the target that an environment is, from its files or by running its interpreter.

    Raises:
        TargetError: It is none that a stack can be made for, or cannot be run.
    """
    from pinwise.environment.virtual import ask, describe  # noqa: PLC0415  # for three commands

    return ask(installation) if is_run else describe(installation)


def environment_named(python: str) -> Environment:
    """Return the target that an environment of this machine would be with the Python of that name."""
    from pinwise.environment.declare import declare  # noqa: PLC0415  # where there is no environment yet
    from pinwise.environment.detect import read_own  # noqa: PLC0415

    own = read_own()
    return declare(python, own.require_platform(), build=replace(own.build, abi_flags=None))


def read_installed(installation: "Installation") -> "tuple[Distribution, ...]":
    """Return what is installed; nothing is run."""
    from pinwise.environment.installed import read_installed as read  # noqa: PLC0415  # for three commands

    return read(installation.sites)


def choose_tool(settings: Settings, asked: str | None, installation: "Installation | None") -> "Tool":
    """Return the installer to use.

    Raises:
        InstallerFailure: There is none.
    """
    from pinwise.installers.tools import choose_tool as choose  # noqa: PLC0415  # for two commands

    return choose(asked, settings.search_path, installation)


def create_installation(
    settings: Settings, tool: "Tool", python: str, folder: Path, *, say: Callable[[str], None]
) -> "Installation":
    """Make the virtual environment of a project, with the Python of that name.

    Raises:
        TargetError: There is no such Python.
        InstallerFailure: It cannot be made.
    """
    from pinwise.environment.virtual import USUAL_NAME, find_interpreter, read_installation  # noqa: PLC0415

    interpreter = find_interpreter(python, settings.search_path, own=sys.executable)
    if interpreter is None and tool.name != "uv":
        raise TargetError(
            f"there is no Python {python} on the search path to make `{folder / USUAL_NAME}` with",
            hint="lock for the Python that is here: `pinwise advise --python python3`; or install that "
            "Python, which uv can fetch, or name an environment with `--python`",
        )
    place = folder / USUAL_NAME
    _runner(settings, tool, say).create(interpreter or python, place)
    return read_installation(place, "the project's virtual environment")


def open_installer(
    settings: Settings, tool: "Tool", installation: "Installation", *, say: Callable[[str], None]
) -> "Installer":
    """Return what installs into an environment."""
    return _Installing(_runner(settings, tool, say), installation)


def _runner(settings: Settings, tool: "Tool", say: Callable[[str], None]) -> "Runner":
    from shutil import which  # noqa: PLC0415  # 2 ms

    from pinwise.installers.run import Runner  # noqa: PLC0415  # for two commands

    has_keyring = settings.keyring and which("keyring", path=settings.search_path) is not None
    return Runner(tool, settings.variables, say, settings.ca_file, has_keyring)


@dataclass(frozen=True, slots=True)
class _Installing:
    """An installer and the environment into which it installs."""

    runner: "Runner"
    installation: "Installation"

    def install(self, batch: "Batch") -> None:
        self.runner.install(self.installation, batch)

    def remove(self, names: Sequence[NormalizedName]) -> None:
        self.runner.remove(self.installation, names)


# --- knowledge and indexes


@contextmanager
def open_knowledge(
    settings: Settings, *, read_only: bool = False, warn: Callable[[str], None] = lambda _: None
) -> Iterator[Store]:
    """Open the knowledge base for a command about it; `warn` is told for whom it waits.

    Raises:
        StoreFailure: It cannot be opened.
    """
    with open_store(settings.kb, read_only=read_only, terms=Terms(waiting=warn)) as store:
        yield store


def care_for(settings: Settings, warn: Callable[[str], None]) -> "StoreCare":
    """Return who looks after the knowledge base; `warn` is told for whom it waits."""
    from pinwise.knowledge.care import StoreCare  # noqa: PLC0415  # for the commands about it only

    return StoreCare(settings.kb, Terms(waiting=warn))


def export_facts(  # noqa: PLR0913  # what, where to, and how it is told
    settings: Settings,
    names: Sequence[NormalizedName],
    target: Path,
    tally: "Tally",
    *,
    is_dry: bool,
    told: "Told",
) -> int:
    """Write a dump of what is known of projects, and return its bytes; see `actions.bulk.export_facts`.

    Raises:
        StoreFailure: There is no knowledge base, or it cannot be read.
        OutputError: The dump cannot be written.
    """
    from pinwise.actions.bulk import export_facts as export  # noqa: PLC0415  # for one command
    from pinwise.knowledge.bulk import open_bulk_store  # noqa: PLC0415  # as above
    from pinwise.knowledge.dump import write_dump  # noqa: PLC0415  # as above

    with open_bulk_store(settings.kb, read_only=True) as store:
        if target.exists() and target.samefile(settings.kb):
            raise UsageError(f"`{target}` is the knowledge base itself", hint="name another file")
        return write_dump(target, export(store, names, tally, told), is_dry=is_dry)


def import_facts(
    settings: Settings,
    source: Path,
    *,
    is_dry: bool,
    told: "Told",
    warn: Callable[[str], None],
) -> "Tally":
    """Take in what a dump or a knowledge base file knows; see `pinwise.actions.bulk.import_facts`.

    Raises:
        UsageError: The file cannot be read, or breaks a limit.
        IndexFailure: It contradicts a recorded digest.
        StoreFailure: The knowledge base cannot be written.
    """
    from tempfile import TemporaryDirectory  # noqa: PLC0415  # for one command

    from pinwise.actions.bulk import import_facts as take_in  # noqa: PLC0415  # as above
    from pinwise.knowledge.bulk import open_bulk_store  # noqa: PLC0415  # as above
    from pinwise.knowledge.dump import open_facts  # noqa: PLC0415  # as above

    with ExitStack() as stack:
        given = stack.enter_context(open_facts(source, _limits(settings)))
        kb = settings.kb
        if is_dry and not kb.exists():
            kb = Path(stack.enter_context(TemporaryDirectory(prefix="pinwise-"))) / kb.name
        terms = _terms(settings, warn)
        store = stack.enter_context(open_bulk_store(kb, read_only=is_dry and kb.exists(), terms=terms))
        return take_in(store, given, now=int(time.time()), is_dry=is_dry, told=told)


def refetch(
    settings: Settings, lost: "Sequence[Lost]", *, now: int, warn: Callable[[str], None]
) -> "tuple[tuple[Lost, ...], tuple[Lost, ...]]":
    """Fetch facts that were lost and return those that came and those that did not.

    Raises:
        StoreFailure: The knowledge base cannot be written.
    """
    from pinwise.actions.care import Refetch  # noqa: PLC0415  # where something was lost
    from pinwise.indexes.courier import IndexCourier  # noqa: PLC0415  # as above
    from pinwise.indexes.transport import Transport  # noqa: PLC0415  # as above

    choices = (settings.asked, settings.fallback)
    named = [
        index for each in choices for index in (*each.flat, *each.extra, each.index) if index is not None
    ]
    indexes = {index.url: fill_variables(index, settings.variables) for index in named}
    with (
        open_store(settings.kb, terms=_terms(settings, warn)) as store,
        Transport(_transport_settings(settings, warn)) as transport,
    ):
        return Refetch(store, IndexCourier(transport, _limits(settings)), indexes, now).fetch(lost)


@contextmanager
def open_world(
    request: Request,
    settings: Settings,
    *,
    now: int,
    progress: "Callable[[Progress], None] | None" = None,
    warn: Callable[[str], None] = lambda _: None,
) -> Iterator[World]:
    """Open what one advice needs; see `open_worlds`."""
    with open_worlds(settings, now=now, progress=progress, warn=warn) as worlds:
        yield worlds(request)


@contextmanager
def open_worlds(
    settings: Settings,
    *,
    now: int,
    progress: "Callable[[Progress], None] | None" = None,
    warn: Callable[[str], None] = lambda _: None,
    trace: Callable[[str], None] | None = None,
) -> Iterator[Worlds]:
    """Open what advices need, for several requests that share a knowledge base and a transport.

    Args:
        settings: The knowledge base, how to reach indexes, whether to be offline.
        now: The time of day, in seconds since 1970.
        progress: Called as facts arrive.
        warn: Called with a whole sentence where a source of credentials is of no use.
        trace: Called with a line about each request that has ended, from any thread.

    Raises:
        StoreFailure: The knowledge base cannot be opened.
    """
    views: list[KnowledgeView] = []
    with ExitStack() as stack:
        if settings.offline:
            yield _offline_worlds(settings, stack, now, views)
            _put_slices(views)
            return
        store = stack.enter_context(open_store(settings.kb, terms=_terms(settings, warn)))
        # Times are whole seconds: a page that was checked in this very second is asked for again, too.
        begin = now + 1 if settings.refresh else now
        max_age = 0 if settings.refresh else settings.max_age

        @cache
        def courier() -> "IndexCourier":
            from pinwise.indexes.courier import IndexCourier  # noqa: PLC0415  # where something is fetched only
            from pinwise.indexes.transport import Transport  # noqa: PLC0415

            transport = stack.enter_context(Transport(_transport_settings(settings, warn), trace=trace))
            return IndexCourier(transport, _limits(settings))

        def ingestion(view: KnowledgeView, request: Request) -> "Ingestion":
            from pinwise.actions.ingest import Ingestion, IngestOptions  # noqa: PLC0415  # as above

            indexes = [fill_variables(index, settings.variables) for index in request.indexes]
            options = IngestOptions(clock=lambda: max(time.time(), begin), progress=progress)
            return Ingestion(view, store, courier(), indexes, options)

        def online(request: Request) -> World:
            view = KnowledgeView(store, request, now=begin, max_age=max_age)
            views.append(view)
            return World(view, _LateSource(lambda: ingestion(view, request)))

        yield online
        _put_slices(views)


@dataclass(slots=True)
class _LateSource:
    """A source that is made when something is fetched for the first time: often nothing is."""

    make: "Callable[[], Ingestion]"
    made: "Ingestion | None" = None

    def fetch(self, needed: ports.Wanted, prefetch: ports.Wanted, follow: ports.Follow | None = None) -> None:
        """Learn what is asked for; see `pinwise.actions.ports.Source`."""
        if self.made is None:
            self.made = self.make()
        self.made.fetch(needed, prefetch, follow)

    def effort(self) -> Effort:
        """Return what was fetched so far."""
        return Effort() if self.made is None else self.made.effort()


def _offline_worlds(settings: Settings, stack: ExitStack, now: int, views: list[KnowledgeView]) -> Worlds:
    """Give what is known, however old; local projects only where there is no knowledge base yet."""
    if not settings.kb.exists():
        return lambda request: World(without_store(request), None)
    terms = Terms(reserve=settings.kb_reserve << 20)
    store = stack.enter_context(open_store(settings.kb, read_only=True, terms=terms))

    def offline(request: Request) -> World:
        view = KnowledgeView(store, request, now=now, max_age=None)
        views.append(view)
        return World(view, None)

    return offline


def _put_slices(views: Iterable[KnowledgeView]) -> None:
    """Keep what was compiled for later runs; nothing depends on whether that can be done."""
    for view in views:
        view.put_slices()


def _terms(settings: Settings, warn: Callable[[str], None]) -> Terms:
    return Terms(reserve=settings.kb_reserve << 20, waiting=warn)


def _limits(settings: Settings) -> "Limits":
    from pinwise.model.limits import Limits  # noqa: PLC0415  # not when offline

    return Limits(**{name: getattr(settings, name) for name in Limits.__match_args__})


def _transport_settings(settings: Settings, warn: Callable[[str], None]) -> "TransportSettings":
    from pinwise.indexes.transport import TransportSettings  # noqa: PLC0415  # not when offline

    return TransportSettings(
        user_agent=f"pinwise/{own_version()}",
        ca_file=None if settings.ca_file is None else str(settings.ca_file),
        proxies=proxy_patterns(settings.proxies),
        limits=_limits(settings),
        credentials=_credentials(settings, warn),
    )


def _credentials(settings: Settings, warn: Callable[[str], None]) -> "Credentials":
    from pinwise.indexes.credentials import Credentials, Keyring, read_netrc  # noqa: PLC0415  # as above

    command = keyring_command(settings) if settings.keyring else ()
    return Credentials(
        {} if settings.netrc is None else read_netrc(settings.netrc, warn),
        Keyring(command, warn) if command else None,
    )


def keyring_command(settings: Settings) -> tuple[str, ...]:
    """Return the command that asks the keyring: the program on the search path, else the module beside us."""
    from importlib.util import find_spec  # noqa: PLC0415  # for a keyring only
    from shutil import which  # noqa: PLC0415  # 2 ms

    if program := which("keyring", path=settings.search_path):
        return (program,)
    return (sys.executable, "-m", "keyring") if find_spec("keyring") else ()


def own_version() -> str:
    """Return the version of this pinwise, "0" where it is not installed."""
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415  # 20 ms

    try:
        return version("pinwise")
    except PackageNotFoundError:
        return "0"


def proxy_patterns(proxies: Mapping[str, str]) -> dict[str, str | None]:
    """Return proxies as the transport takes them: a pattern of URLs -> the proxy, None for none.

    >>> proxy_patterns({"https": "proxy.example:3128", "no": "localhost, .corp.example"})
    {'https://': 'http://proxy.example:3128', 'all://localhost': None, 'all://*.corp.example': None}
    """
    patterns: dict[str, str | None] = {}
    for scheme in ("http", "https", "all"):
        if url := proxies.get(scheme):
            patterns[f"{scheme}://"] = url if "://" in url else f"http://{url}"
    for host in (part.strip() for part in proxies.get("no", "").split(",")):
        if host == "*":
            return {}
        if host:
            patterns.update(dict.fromkeys(_unproxied(host)))
    return patterns


def _unproxied(host: str) -> tuple[str, ...]:
    """Return the patterns of a ``NO_PROXY`` entry: a name stands for its subdomains too."""
    if "://" in host:
        return (host,)
    bare = host.removeprefix("*").removeprefix(".")
    is_address = ":" in bare or bare.replace(".", "").isdigit() or bare == "localhost"
    if is_address:
        return (f"all://[{bare}]" if ":" in bare and not bare.startswith("[") else f"all://{bare}",)
    return (f"all://*.{bare}",) if host != bare else (f"all://*{bare}",)
