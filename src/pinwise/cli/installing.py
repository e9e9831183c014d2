"""What `pinwise install`, `sync` and `check --installed` do, step by step."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pinwise import wiring
from pinwise.actions.install import Plan, Routes, carry_out, make_plan
from pinwise.actions.installed import (
    ReadLock,
    always_kept,
    check_files,
    compare,
    environment_name,
    is_folder,
    read_present_lock,
    select_pins,
)
from pinwise.actions.manifest import is_own_lock_file
from pinwise.actions.ports import Installer
from pinwise.actions.request import indexes_of
from pinwise.cli.exits import ExitCode
from pinwise.cli.lines import Line
from pinwise.cli.paper import write_lines, write_warnings
from pinwise.cli.reading import read_locked
from pinwise.cli.render_installed import render_done, render_installed_check, render_plan
from pinwise.cli.selection import selection_of
from pinwise.cli.streams import write_err, write_out
from pinwise.explain.words import listing
from pinwise.formats.installed_report import Verdict, to_installed_report
from pinwise.formats.locks import LockFormat, lock_format
from pinwise.formats.python_names import names_a_python, parse_python
from pinwise.model.environment import Environment
from pinwise.model.errors import InstallerFailure, TargetError, UsageError
from pinwise.model.installed import Comparison, Installation, Tool
from pinwise.model.lock import PresentPin
from pinwise.model.request import PROJECT_ONLY, Manifest, Overlay, Selection
from pinwise.settings import Settings

INSTALLER_NAMES = ("uv", "pip")
MOST_NAMES = 4
_MINOR = re.compile(r"==(\d+\.\d+)(?:\.[\d*]+)?")


@dataclass(frozen=True, slots=True)
class Task:
    """A lock and the environment that it belongs into.

    Attributes:
        command: "install", "sync" or "check".
        folder: The project's folder.
        manifest: What its manifest says beside its requirements, None where there is none.
        settings: What holds for this command.
        lock: The lock.
        options: The options of the command.
        selection: Which extras and groups of the lock are asked for.
        python: What `--python` says.
        installation: Where the lock goes, None where that is still to be made.
    """

    command: str
    folder: Path
    manifest: Manifest | None
    settings: Settings
    lock: ReadLock
    options: Mapping[str, Any]
    selection: Selection
    python: str | None
    installation: Installation | None

    @property
    def removes(self) -> bool:
        """Whether what the lock does not have goes."""
        return self.command == "sync"

    @property
    def is_dry(self) -> bool:
        """Whether nothing is changed."""
        return self.command == "check" or bool(self.options["dry_run"])

    @property
    def place(self) -> str:
        """The environment, as people see it."""
        return str(self.folder / ".venv") if self.installation is None else self.installation.name

    def compare(self, pins: tuple[PresentPin, ...], environment: Environment) -> Comparison:
        """Read what is installed now, and hold it against the lock."""
        here = self.installation
        installed = () if here is None else wiring.read_installed(here)
        has_us = here is not None and here.is_own
        kept = always_kept(installed, environment, project=self.folder, has_us=has_us)
        return compare(pins, installed, folder=self.lock.path.parent, kept=kept)

    def plan(self, comparison: Comparison, pins: tuple[PresentPin, ...], environment: Environment) -> Plan:
        """Return what there is to do."""
        manifest = self.manifest or Manifest(kind="requirements", files=(str(self.lock.path),), groups=())
        choices = self.settings.choices()
        named, indexes = indexes_of(manifest, choices)
        routes = Routes(self.lock.lock, self.lock.path.parent, variables=self.settings.variables)
        return make_plan(
            comparison,
            routes.naming(manifest.indexes, named, indexes, asked=choices.asked.index),
            removes=self.removes,
            forces=self.installation is not None and self.installation.sees_system,
            always=[pin for pin in pins if is_folder(pin) and not pin.is_editable],
            tags=environment.tags,
        )


def check_installed(folder: str | None, options: Mapping[str, Any]) -> int:
    """Compare what is installed with the lock; return the exit code."""
    task = _task("check", folder, options)
    if task.installation is None:
        raise TargetError(
            f"there is no virtual environment in `{task.folder}`", hint="`pinwise install` makes it"
        )
    environment, pins = _select(task, is_run=False)
    found = task.compare(pins, environment)
    verdict = _verdict(task, environment, None, before=found, after=found)
    _show(verdict, render_installed_check(verdict, _words(folder, options)), task)
    return ExitCode.REFUSED if verdict.remaining else ExitCode.OK


def _words(where: str | None, options: Mapping[str, Any]) -> list[str]:
    """Return how the options named the lock, its part and the environment, for another command."""
    words = [] if where in {None, "."} else [str(where)]
    for name in ("overlay", "lock", "extra", "group", "only_group"):
        words += [word for value in options[name] for word in (f"--{name.replace('_', '-')}", value)]
    words += [f"--{name.replace('_', '-')}" for name in ("all_extras", "all_groups") if options[name]]
    return words + (["--python", options["python"]] if options["python"] else [])


def install(command: str, folder: str | None, options: Mapping[str, Any]) -> int:
    """Bring an environment to what the lock says; return the exit code."""
    task = _task(command, folder, options)
    tool = wiring.choose_tool(task.settings, options["installer"], task.installation)
    environment, pins = _select(task, is_run=not task.is_dry)
    check_files(task.lock, pins, environment)
    plan = task.plan(task.compare(pins, environment), pins, environment)
    is_new = task.installation is None
    if plan or is_new:
        write_err(_tool_sentence(tool))
    if is_new and not task.is_dry:
        task = _with_environment(task, tool)
        environment, pins = _select(task, is_run=True)
        plan = task.plan(task.compare(pins, environment), pins, environment)
    before = task.compare(pins, environment)
    verdict = _verdict(task, environment, tool, before=before, after=before, is_created=is_new)
    if options["form"] == "text":
        lines = render_plan(verdict, removes=task.removes, rebuilt=plan.rebuilt)
        write_lines(lines)
    if not task.is_dry and task.installation is not None:
        write_warnings(_building(plan))
        _carry_out(plan, wiring.open_installer(task.settings, tool, task.installation, say=write_err))
        verdict = replace(verdict, after=task.compare(pins, environment))
    _show(verdict, render_done(verdict, removes=task.removes, rebuilt=plan.rebuilt), task)
    return ExitCode.REFUSED if verdict.remaining and not task.is_dry else ExitCode.OK


def _with_environment(task: Task, tool: Tool) -> Task:
    """Make the project's virtual environment."""
    python = _python_for(task)
    try:
        made = wiring.create_installation(task.settings, tool, python, task.folder, say=write_err)
    except (TargetError, InstallerFailure) as error:
        raise type(error)(f"{error.message}; {_reason_for(task)}", hint=error.hint) from None
    write_err(f"Made `{made.name}` with Python {made.version}.")
    return replace(task, installation=made)


# --- what is asked for


def _task(command: str, where: str | None, options: Mapping[str, Any]) -> Task:
    """Read the lock, and find the environment."""
    asked_lock = None
    if where is not None and _is_lock(Path(where)):
        path = Path(where)
        where, asked_lock = str(path.parent), path.name
    locked = read_locked(where, options, _overlay_name(options))
    folder, manifest, settings = locked.folder, locked.manifest, locked.settings
    write_warnings(locked.warnings)
    if len(options["lock"]) > 1:
        raise UsageError(
            "`--lock` names more than one lock", hint="install from one of them: all say the same"
        )
    lock = read_present_lock(folder / (asked_lock or locked.lock))
    write_warnings(lock.lock.warnings)
    python = options["python"] or None
    is_script = manifest is not None and manifest.kind == "script"
    path_of_python = None if python is None or names_a_python(python) else python
    installation = wiring.find_installation(settings, folder, path_of_python, is_script=is_script)
    if installation is None and is_script:
        raise TargetError(
            f"the script `{where}` has no virtual environment of its own",
            hint="make one with `python3 -m venv FOLDER`, and activate it or name it with `--python FOLDER`",
        )
    selection = selection_of(options) or _usual(locked.overlay)
    task = Task(command, folder, manifest, settings, lock, options, selection, python, installation)
    _check_place(task)
    return task


def _is_lock(path: Path) -> bool:
    """Whether what the user names is a lock, not a manifest or a folder."""
    try:
        form = lock_format(path.name)
    except UsageError:
        return False
    return path.is_file() and (form is not LockFormat.REQUIREMENTS or is_own_lock_file(path))


def _overlay_name(options: Mapping[str, Any]) -> str | None:
    """Return the one overlay that is asked for, None for the project's own stack."""
    names = options["overlay"]
    if options.get("all_overlays") or len(names) > 1:
        raise UsageError(
            "`--overlay` names one stack here: an environment holds one", hint="name one overlay"
        )
    return names[0] if names else None


def _usual(overlay: Overlay | None) -> Selection:
    """Return the extras and groups that are asked for where no option names any: those of the overlay."""
    return PROJECT_ONLY if overlay is None else replace(overlay.selection, only_groups=())


def _check_place(task: Task) -> None:
    """Refuse an environment that is not what was asked for; warn of one that is passed over."""
    here = task.installation
    if here is None:
        return
    if here.passed_by:
        warning = (
            f"`{here.passed_by}` is activated, but `{task.folder}` has an environment of its own, which "
        )
        write_warnings([f"{warning}is taken. `--python {here.passed_by}` names the other."])
    if task.removes and not here.is_virtual:
        raise UsageError(
            f"`{here.name}` is in no virtual environment: `pinwise sync` would remove what the system needs",
            hint="use `pinwise install` there, or name a virtual environment",
        )


# --- for which Python


def _select(task: Task, *, is_run: bool) -> tuple[Environment, tuple[PresentPin, ...]]:
    """Return the environment and the pins that belong into it."""
    here = task.installation
    if here is None:
        environment = wiring.environment_named(_python_for(task))
    else:
        environment = wiring.environment_of(here, is_run=is_run)
        _check_python(task, environment)
    return environment, select_pins(task.lock, task.selection, environment)


def _check_python(task: Task, environment: Environment) -> None:
    """Refuse an environment of another Python than ``--python`` names."""
    if task.python is None or not names_a_python(task.python):
        return
    asked = parse_python(task.python)
    is_same = (
        asked.version.release[:2] == environment.python.release[:2]
        and asked.implementation == environment.implementation
        and asked.is_free_threaded == ("t" in environment.abi_flags)
    )
    if not is_same:
        raise TargetError(
            f"`{task.place}` is {environment_name(environment)}, not `{task.python}`",
            hint="name the path of an environment, or remove this one and let it be made anew",
        )


def _python_for(task: Task) -> str:
    """Return the name of the Python with which a virtual environment is made."""
    if task.python is not None and names_a_python(task.python):
        return task.python
    if task.lock.target is not None:
        return task.lock.target.python_name
    if found := _MINOR.fullmatch(task.lock.lock.requires_python or ""):
        return found[1]
    environment = wiring.choose_environment(task.settings, task.folder, task.manifest)
    python = f"{environment.python.major}.{environment.python.minor}"
    return f"pypy{python}" if environment.implementation == "pypy" else python


def _reason_for(task: Task) -> str:
    """Say why it is that Python: who named it, or for which one the lock was made, and why."""
    if task.python is not None and names_a_python(task.python):
        return f"`--python {task.python}` asks for it"
    lock, target = f"`{task.lock.path.name}`", task.lock.target
    made = f"{lock} was made for Python {target.python_name if target else _python_for(task)}"
    chosen = wiring.choose_environment(task.settings, task.folder, task.manifest)
    is_same = target is None or target.python.split(".")[:2] == str(chosen.python).split(".")[:2]
    origin = chosen.origins.get("python", "").partition("; ")[0]
    return f"{made} ({origin})" if is_same and origin else made


# --- what is said


def _tool_sentence(tool: Tool) -> str:
    """Say which installer it is, and why."""
    other = next(name for name in INSTALLER_NAMES if name != tool.name)
    return f"With {tool.name}, found {tool.why} (`{tool.command[0]}`); `--installer {other}` takes {other}."


def _carry_out(plan: Plan, installer: Installer) -> None:
    """Do what a plan says; where it fails, say also what was to be built."""
    try:
        carry_out(plan, installer)
    except InstallerFailure as failure:
        if not plan.built:
            raise
        raise InstallerFailure(
            failure.message,
            hint=f"{failure.hint}; was it a build? {_names(plan)} can only be built here, which may take a "
            "compiler, headers and a Python that the release knows; `pinwise advise --only-binary :all:` "
            "looks for wheels only",
        ) from None


def _names(plan: Plan) -> str:
    return listing([f"`{name}`" for name in plan.built], longest=MOST_NAMES)


def _building(plan: Plan) -> list[str]:
    """Warn that code of packages is run."""
    if not plan.built:
        return []
    names = _names(plan)
    verb = "has" if len(plan.built) == 1 else "have"
    return [f"{names} {verb} no wheel here: to build one, code of the package is run."]


def _verdict(  # noqa: PLR0913  # every keyword is one fact
    task: Task,
    environment: Environment,
    tool: Tool | None,
    *,
    before: Comparison,
    after: Comparison,
    is_created: bool = False,
) -> Verdict:
    return Verdict(
        command=task.command,
        lock=str(task.lock.path),
        place=task.place,
        python=_python_name(task, environment),
        total=len({pin.name for pin in task.lock.lock.pins}),
        tool=None if tool is None else tool.name,
        before=before,
        after=after,
        is_dry=task.is_dry and task.command != "check",
        is_created=is_created and not task.is_dry,
        is_exact=task.removes or bool(task.options.get("exact")),
    )


def _python_name(task: Task, environment: Environment) -> str:
    """Return the Python for people; before there is an environment, nobody knows its bug-fix release."""
    name, version = environment.python_name, str(environment.python)
    if task.installation is not None or version in _python_for(task):
        return name
    return name.replace(version, ".".join(version.split(".")[:2]), 1)


def _show(verdict: Verdict, lines: Sequence[Line], task: Task) -> None:
    if task.options["form"] == "json":
        write_out(json.dumps(to_installed_report(verdict), indent=2))
    else:
        write_lines(lines)
