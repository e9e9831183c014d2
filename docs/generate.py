# ruff: noqa: INP001  # a script beside the pages that it writes
"""Write the pages under docs/reference from the code: `python docs/generate.py`.

Every page is a function from the code to markdown, so that a test can compare it with the file
(`tests/test_documents.py`).
"""

import inspect
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from pinwise.actions.convert import SOURCES, TARGETS
from pinwise.actions.manifest import MANIFESTS
from pinwise.cli import main as command
from pinwise.cli.common import COMMON, long_name, options_of
from pinwise.cli.completion_table import completion_table
from pinwise.cli.exits import ExitCode
from pinwise.environment.file import KEYS as TARGET_KEYS
from pinwise.environment.platforms import KNOWN_PLATFORMS
from pinwise.formats.convert.lock_losses import LOCK_ASPECTS, PIN_ASPECTS
from pinwise.formats.convert.manifest_losses import (
    MANIFEST_ASPECTS,
    REQUIREMENT_ASPECTS,
    ManifestFormat,
)
from pinwise.formats.distributions import DISTRIBUTIONS, platform_of, releases_of
from pinwise.formats.locks import LockFormat
from pinwise.formats.own_table import MANIFEST_KEYS, OVERLAY_KEYS
from pinwise.formats.pipfile import ENTRY_KEYS, IGNORED_KEYS, MARKER_KEYS, REMOTE_KEYS
from pinwise.formats.pipfile_lock import PIPFILE_SPEC
from pinwise.formats.present import MOST_CHARACTERS, poetry, uv
from pinwise.formats.pyproject import OTHER_TOOLS
from pinwise.formats.python_names import NEWEST_PYPY, NEWEST_PYTHON, OLDEST_FREE_THREADED, OLDEST_PYTHON
from pinwise.formats.requirements_lines import FLAGS, SHORT, WITH_VALUE
from pinwise.formats.script import KEYS as SCRIPT_KEYS
from pinwise.formats.script import SUFFIXES
from pinwise.formats.thoth_yaml import FORMATS as FORMATS_OF_THOTH
from pinwise.formats.thoth_yaml import (
    IDLE_KEYS,
    RECOMMENDATION_TYPES,
    UNUSED_KEYS,
    USUAL_PLATFORM,
)
from pinwise.model.errors import PinwiseError
from pinwise.model.outcome import Advice, Refusal, Undecided
from pinwise.settings import SETTINGS, Setting
from pinwise.settings.kinds import GIVEN_KEYS
from pinwise.settings.overlays import USUAL_GOAL
from pinwise.units.goals import GOALS, LARGEST_AMOUNT, Goal
from pinwise.units.sieves import SIEVES
from pinwise.units.steps import METADATA_STEPS, STEPS

FOLDER = Path(__file__).parent
COMPLETION = FOLDER.parent / "src" / "pinwise" / "completion" / "commands.txt"
NOTE = "<!-- Made from the code by `python docs/generate.py`: edit the code, not this page. -->\n\n"


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Return a markdown table."""
    titles = list(head)
    lines = [titles, ["---"] * len(titles), *([_cell(each) for each in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cell(value: object) -> str:
    return " ".join(str(value).split()).replace("|", "\\|")


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def attributes(described: type) -> dict[str, str]:
    """Return what the docstring of a class says of each of its attributes."""
    block = (inspect.getdoc(described) or "").partition("Attributes:\n")[2]
    meanings: dict[str, str] = {}
    names: list[str] = []
    for line in block.splitlines():
        if line.startswith(" " * 4) and not line.startswith(" " * 5) and ": " in line:
            head, _, meaning = line.strip().partition(": ")
            names = head.split(", ")
            meanings |= dict.fromkeys(names, meaning)
        elif line.strip():
            meanings |= {name: f"{meanings[name]} {line.strip()}" for name in names}
    return meanings


CLI = """\
# Commands and options

stdout carries the result only; progress, warnings and errors go to stderr. What the exit codes mean is in
[exit codes](exit-codes.md). What asks indexes, searches or writes ends with a line on stderr that sums it up;
what only shows something that is known (`kb status`, `kb path`, `environment`, `config`) has no such line.
Every command explains itself with `-h` or `--help`. Most options are settings, which can be given elsewhere
too: see [settings](settings.md).

## Options of every command

They may stand before the command's name or after it.

{common}
`-v` and `-q` cancel each other out. With `-q` stderr carries errors only; with `-qq` no report goes to stdout
either, but what is asked for as data does: `--format json`, a converted text, a path.

`--color` outranks `PINWISE_COLOR`. Where neither says `always` or `never`, colours are off if `NO_COLOR` is
set, else on if `FORCE_COLOR` or `CLICOLOR_FORCE` is set and not `0`, else off if `TERM` is `dumb`, else on
where the stream is a terminal.

## Variables

Every option can be given by a variable, which the option outranks. Those of settings are in
[settings](settings.md); these are the others. A flag is `true` or `false`, `-v` and `-q` are numbers; what
may be given several times stands between white space. An empty variable counts as not set.

{variables}"""


def cli() -> str:
    """Describe every command and every option."""
    context = command.make_context("pinwise", [], resilient_parsing=True)
    common = (_option(each, context) for each in options_of(command) if each.name in COMMON)
    head = CLI.format(common=table(("option", "meaning"), common), variables=_variables())
    return head + "".join(_commands(command, context))


def _option(option: click.Option, context: click.Context) -> tuple[str, str]:
    names, meaning = option.get_help_record(context) or ("", "")
    return f"`{names}`", meaning


def _variables() -> str:
    """Return a table of the variables that are not those of settings."""
    found: dict[str, list[str]] = {}
    for path, each in _within(command, ""):
        for option in options_of(each):
            if option.envvar:
                found.setdefault(f"`{option.envvar}`\n`{long_name(option)}`", []).append(path)
    rows = (
        (*names.split("\n"), _code(paths) if all(paths) else "every command")
        for names, paths in found.items()
    )
    return table(("variable", "option", "commands"), sorted(rows))


def _within(described: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    yield path, described
    if isinstance(described, click.Group):
        for name, inner in described.commands.items():
            yield from _within(inner, f"{path} {name}".strip())


def _commands(described: click.Command, context: click.Context) -> Iterator[str]:
    usage = " ".join(described.collect_usage_pieces(context))
    help_text = inspect.cleandoc(described.help or "").replace("\b\n", "")
    yield f"\n## {context.command_path}\n\n```text\n{context.command_path} {usage}\n```\n\n{help_text}\n"
    rows = [_option(option, context) for option in options_of(described) if option.name not in COMMON]
    if rows:
        yield "\n" + table(("option", "meaning"), rows)
    if isinstance(described, click.Group):
        for name in described.list_commands(context):
            inner = described.get_command(context, name)
            assert inner is not None
            yield from _commands(inner, click.Context(inner, info_name=name, parent=context))


EXIT_CODES = """\
# Exit codes

{codes}
Of several overlays, the largest of their codes counts. Those that have a stack are locked all the same.

## Outcomes

An outcome is an answer, also where there is no stack.

{outcomes}
## Errors

An error says what happened, to what, and where; `hint:` says what to do next. Every file stays as it was;
only an environment into which an installer was putting things may be half changed, as the hint then says.

{errors}"""


def exit_codes() -> str:
    """Describe the exit codes: outcomes and errors."""
    outcomes = ((ExitCode.OK, Advice), (ExitCode.REFUSED, Refusal), (ExitCode.FAILED, Undecided))
    errors = sorted(_below(PinwiseError), key=lambda error: error.exit_code)
    return EXIT_CODES.format(
        codes=table(("code", "meaning"), ((int(code), code.meaning) for code in ExitCode)),
        outcomes=table(
            ("code", "outcome", "meaning"),
            ((int(code), each.__name__.lower(), _first_line(each)) for code, each in outcomes),
        ),
        errors=table(
            ("code", "error", "meaning"),
            ((each.exit_code, f"`{each.__name__}`", _first_line(each)) for each in errors),
        ),
    )


def _below(error: type[PinwiseError]) -> Iterator[type[PinwiseError]]:
    for inner in error.__subclasses__():
        yield inner
        yield from _below(inner)


PRICES = """\
# Prices and goals

What the words mean, and why, is in [prices](../concepts/prices.md).

## Goals

{goals}
## Prices

{prices}
## Amounts

Whole numbers; only their ratios matter. No single price is above {largest:,}.

{amounts}
## Sieves

A release that one of these finds fault with is no candidate. They are asked in this order.

{sieves}"""


def prices() -> str:
    """Describe sieves, prices and goals."""
    steps = [(step.name, step.meaning) for step in STEPS] + [
        (step.name, step.meaning) for step in METADATA_STEPS
    ]
    meanings = attributes(Goal)
    fields = [name for name in meanings if name not in {"name", "meaning"}]
    amounts = (
        (f"`{name}`", meanings[name], *(_amount(goal, name) for goal in GOALS.values())) for name in fields
    )
    sieves = ((f"`{sieve.__name__.replace('_', '-')}`", _first_line(sieve)) for sieve in SIEVES)
    return PRICES.format(
        goals=table(("goal", "meaning"), ((f"`{goal.name}`", goal.meaning) for goal in GOALS.values())),
        prices=table(
            ("price", "what is held against a release"), ((f"`{name}`", text) for name, text in steps)
        ),
        largest=LARGEST_AMOUNT,
        amounts=table(("amount", "meaning", *(f"`{name}`" for name in GOALS)), amounts),
        sieves=table(("sieve", "what it does"), sieves),
    )


def _amount(goal: Goal, field: str) -> str:
    return f"{getattr(goal, field):,}"


def _first_line(described: object) -> str:
    return (inspect.getdoc(described) or "").partition("\n")[0]


SETTINGS_PAGE = """\
# Settings

The first of these that names a setting gives its value: the command's options, environment variables, the
manifest's own table (`[tool.pinwise]` of a `pyproject.toml` or a script, `[pipenv.pinwise]` of a `Pipfile`),
the configuration file, the default. The configuration file is `config.toml` in the user's configuration
folder, or the one that `--config-file` or `PINWISE_CONFIG_FILE` names. In files, `-` and `_` in a setting's
name are the same.

{overview}
{each}
## What only a manifest can say

These keys stand beside the settings in the manifest's own table, and nowhere else.

{own}
```toml
[tool.pinwise]
goal = "latest"
allow_prereleases = {{flask = true}}
constraints = ["urllib3<3"]
overrides = ["werkzeug>=3"]
exclude = {{pywin32 = "we run on Linux only"}}
```

## Overlays

An overlay is a table `[tool.pinwise.overlays.NAME]`, in a `Pipfile` `[pipenv.pinwise.overlays.NAME]`: an
environment of the project with a lock of its own, for `pinwise advise --overlay NAME` and `--all-overlays`.
It may hold every setting that a manifest may hold, `environment`, the keys above, and these:

{overlay}
Options and variables outrank an overlay, and it outranks the manifest's own table. Its `overrides` and
`exclude` stand for those of the manifest that name the same project; its requirements, constraints and
`allow_prereleases` come on top. `environment` names a file in the manifest's folder. Its locks are called as
the project's, with its name put in (`pylock.NAME.toml`, `Pipfile.NAME.lock`, `requirements.NAME.txt`), unless
its own `lock` names them.

```toml
[tool.pinwise.overlays.gpu]
python = "3.12"
platform = "manylinux_2_28_x86_64"
requirements = ["cupy-cuda12x"]
groups = ["serve"]
```

## Variables that others define

| variable | what it does here |
| --- | --- |
| `PIP_INDEX_URL`, `PIP_EXTRA_INDEX_URL`, `PIP_FIND_LINKS`, `PIP_NO_INDEX`, `PIP_TRUSTED_HOST` | As in pip. |
| `PIP_CONFIG_FILE` | One more of pip's configuration files, all of which are read as pip reads them. |
| `PIP_CERT`, `SSL_CERT_FILE`, `REQUESTS_CA_BUNDLE` | Certificates, where `ca_file` is not set. |
| `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY` | Proxies, in capitals or small letters. |
| `VIRTUAL_ENV`, `PATH` | Where the project's Python is looked for. |
| `NO_COLOR`, `FORCE_COLOR`, `CLICOLOR_FORCE`, `TERM` | See [`--color`](cli.md#options-of-every-command). |
"""


def settings() -> str:
    """Describe every setting, wherever it can be given."""
    rows = ((f"[`{each.name}`](#{each.name})", each.meaning, each.default) for each in SETTINGS)
    return SETTINGS_PAGE.format(
        overview=table(("setting", "meaning", "default"), rows),
        each="\n".join(map(_setting, SETTINGS)),
        own=table(("key", "meaning"), ((f"`{key}`", meaning) for key, meaning in MANIFEST_KEYS.items())),
        overlay=table(("key", "meaning"), ((f"`{key}`", meaning) for key, meaning in OVERLAY_KEYS.items())),
    )


def _setting(setting: Setting) -> str:
    kind = setting.kind.value + (f" {_code(setting.choices)}" if setting.choices else "")
    facts = [
        ("value", kind),
        ("default", setting.default),
        ("option", f"`{setting.option}`" if setting.option else "none"),
        ("variable", f"`{setting.variable}`" if setting.variable else "none"),
        ("in a manifest", _place_in_a_manifest(setting)),
    ]
    lines = "".join(f"- {name}: {value}\n" for name, value in facts)
    example = METADATA_EXAMPLE if setting.name == "metadata" else ""
    return f"## {setting.name}\n\n{setting.meaning}\n\n{lines}{example}"


def _place_in_a_manifest(setting: Setting) -> str:
    if setting.is_for_manifests:
        return "yes"
    return "in an overlay only" if setting.is_for_overlays else "no"


METADATA_EXAMPLE = f"""
Each release has a table of its own, with the keys {_code(GIVEN_KEYS)}:

```toml
[[metadata]]
name = "old-library"
version = "1.4"
requires-dist = ["six>=1.10", "mock; extra == 'test'"]
provides-extra = ["test"]
```
"""


FORMATS = """\
# Manifests, targets and locks

## Manifests

In a folder, the first of {manifests} is read; the others are named on stderr. A
`pyproject.toml` that only configures tools is no manifest. A manifest can also be named itself, and `-r`
names requirements files instead. A lock that pinwise wrote is never taken for a manifest.

### Pipfile

Read are `[[source]]`, `[packages]`, `[dev-packages]` and every other category, `[requires]` and `[pipenv]`.
An entry may have the keys {entry}, and the marker variables {markers}.
The keys {ignored} have no effect here. An entry with one of {remote} is refused.

Settings of ours stand in `[pipenv.pinwise]`, which pipenv accepts and its hash leaves out. There may be
{own}, each as in [the settings](settings.md), and
[what only a manifest can say](settings.md#what-only-a-manifest-can-say).

### pyproject.toml

Read are `dependencies`, `optional-dependencies`, `requires-python` and `dynamic` of `[project]` (PEP 621),
`[dependency-groups]` with `include-group` (PEP 735), and `[tool.pinwise]`, which holds the same keys as
`[pipenv.pinwise]`. What the project itself requires is the default group. `--extra`, `--group` and the like
add extras and dependency groups, each a group of its own: extras first, each in the order of the file. The
project itself is not locked. Where one of its lists names it (`shop[redis]`), that stands for what those
extras require; in a dependency group, for what the project requires as well.

These tables of other tools are not read, and a warning says so: {tools}. A project of which
only `[tool.poetry]` says what it requires is refused.

### Scripts

A file whose name ends with {suffixes} is a manifest by its `# /// script` block (PEP 723), with
{keys}; `[tool.pinwise]` there is our own table. Its lock is `pylock.NAME.toml`
beside it, NAME being the script's name without its ending. For a script, its `requires-python` counts before
the folder's virtual environment and `.python-version`.

### requirements.txt, requirements.in

The format is pip's: requirements with extras, markers and hashes, paths, comments, continuations. These
options are understood: {options}.

### .thoth.yaml

The configuration of Thoth, the forebear of pinwise, is read where `--overlay` or `--all-overlays` asks for it
and the manifest's own table has no overlays. Each of its `runtime_environments` is an overlay. YAML aliases,
tags and templates (`{{os_name}}`) are refused.

{thoth}
{distributions}
## Targets

CPython {oldest} to {newest}, free-threaded from {threaded} on (`3.14t`), and PyPy {oldest} to {pypy}
(`pypy{pypy}`). A platform is named by a tag, N being any version of its C library or of macOS:
{platforms}.
Since macOS 11 a tag names the year's first release: `macosx_14_5_arm64` is `macosx_14_0_arm64`.

A target may also be a file (`--environment FILE`), in the form that `pinwise environment --format toml`
prints. It needs `python` and `platform`; {target_keys} are derived from
them where they are not there. `origins` has no effect.

## Locks

| file name | form | default for |
| --- | --- | --- |
| `{pylock}`, `pylock.NAME.toml` | PEP 751 | any manifest but a `Pipfile`; the second for scripts, overlays |
| `{pipfile_lock}`, `Pipfile.NAME.lock` | as pipenv writes it | a `Pipfile`; for its overlays the second |
| `{requirements}`, any name that ends with `.txt` | pip's, with hashes | none |

The file name decides. A name is relative to the manifest's folder. pipenv reads a `Pipfile.NAME.lock` where
`PIPENV_PIPFILE` names `Pipfile.NAME`, which may be a link to the `Pipfile`.

In a `{pylock}`, what only an extra or a dependency group needs has a marker that says so, and `extras` and
`dependency-groups` name them. A lock that was made with `--only-group` names none: it is installed whole.

## What is read, and what `pinwise convert` writes

| format | kind | read | written |
| --- | --- | --- | --- |
{conversions}
A lock is read up to {characters:,} characters. A `uv.lock` must have version {uv}, a `poetry.lock` version
{poetry}, a `Pipfile.lock` specification {pipfile}. A `requirements.txt` is a lock where every line pins with
`==` or names an archive.

What a lock says, and what becomes of it in each format. An empty place means that the format can say it.

{lock_losses}
The same for manifests:

{manifest_losses}"""


def formats() -> str:
    """Describe which manifests are read, which targets there are, and which locks are written."""
    short = {long: name for name, long in SHORT.items()}
    options = [each for name in (*WITH_VALUE, *FLAGS) for each in (name, short.get(name)) if each]
    special = {*REMOTE_KEYS, *IGNORED_KEYS, *MARKER_KEYS}
    return FORMATS.format(
        manifests=_code(MANIFESTS),
        entry=_code(key for key in ENTRY_KEYS if key not in special),
        markers=_code(MARKER_KEYS),
        ignored=_code(IGNORED_KEYS),
        remote=_code(REMOTE_KEYS),
        tools=_code(f"tool.{tool}.{key}" for tool, key in OTHER_TOOLS),
        suffixes=" or ".join(f"`{suffix}`" for suffix in SUFFIXES),
        keys=_code(SCRIPT_KEYS),
        own=_code(setting.name for setting in SETTINGS if setting.is_for_manifests),
        options=_code(options),
        thoth=table(("key", "what it does here"), _thoth_keys()),
        distributions=table(
            ("operating system", "releases, each with its C library"),
            _distributions(),
        ),
        oldest=".".join(map(str, OLDEST_PYTHON)),
        newest=".".join(map(str, NEWEST_PYTHON)),
        pypy=".".join(map(str, NEWEST_PYPY)),
        threaded=".".join(map(str, OLDEST_FREE_THREADED)),
        platforms=_code(KNOWN_PLATFORMS),
        target_keys=_code(key for key in TARGET_KEYS if key not in ("python", "platform", "origins")),
        pylock=LockFormat.PYLOCK,
        pipfile_lock=LockFormat.PIPFILE_LOCK,
        requirements=LockFormat.REQUIREMENTS,
        conversions="".join(_conversions()),
        characters=MOST_CHARACTERS,
        uv=uv.KNOWN_VERSION,
        poetry=" or ".join(f"{major}.x" for major in poetry.KNOWN_MAJORS),
        pipfile=PIPFILE_SPEC,
        lock_losses=_losses("a lock says", LockFormat, LOCK_ASPECTS, PIN_ASPECTS),
        manifest_losses=_losses("a manifest says", ManifestFormat, MANIFEST_ASPECTS, REQUIREMENT_ASPECTS),
    )


def _thoth_keys() -> Iterator[tuple[str, str]]:
    """Yield what each key of the forebear's file does."""
    meant: dict[tuple[str, ...], list[str]] = {}
    for form, names in FORMATS_OF_THOTH.items():
        meant.setdefault(names, []).append(form)
    formats = "; ".join(f"{_code(forms)}: {_code(names)}" for names, forms in meant.items())
    yield (
        "`requirements_format`",
        f"The manifest to look for first: {formats}. For all but `pipenv` the lock is `requirements.txt`.",
    )
    text = (
        "Each overlay has its own manifest and lock in the folder NAME below it. Without it they share the "
    )
    yield "`overlays_dir`", f"{text}project's manifest, and have locks with their names."
    yield "`python_version`", "The Python of the target."
    yield (
        "`operating_system`",
        "Its C library makes the platform of the target; the known releases are below.",
    )
    text = (
        f"Beside an operating system its processor (`{USUAL_PLATFORM}` if it is not there), else the whole "
    )
    yield "`platform`", f"{text}platform; a tag such as `manylinux_2_28_x86_64` is taken as it is."
    others = [name for name in RECOMMENDATION_TYPES if name not in GOALS]
    instead = f" For {_code(others)} it is `{USUAL_GOAL}`, and a warning says so." if others else ""
    there = _code(name for name in RECOMMENDATION_TYPES if name in GOALS)
    yield "`recommendation_type`", f"The goal: {there}.{instead}"
    yield _code(UNUSED_KEYS), "No effect yet; a line on stderr says so."
    yield _code(IDLE_KEYS), "No meaning here; a line on stderr says so."


def _distributions() -> Iterator[tuple[str, str]]:
    """Yield the distributions that have the same releases, with these and their C library."""
    named: dict[str, list[str]] = {}
    for name in DISTRIBUTIONS:
        named.setdefault(", ".join(_releases(name)), []).append(name)
    yield from ((_code(names), releases) for releases, names in named.items())


def _releases(distribution: str) -> Iterator[str]:
    """Yield runs of releases with the same C library."""
    runs: dict[str, list[str]] = {}
    for release in releases_of(distribution):
        tag = platform_of(distribution, release, "")
        assert tag is not None
        family, major, minor, _ = tag.split("_")
        libc = f"{'glibc' if family == 'manylinux' else 'musl'} {major}.{minor}"
        runs.setdefault(libc, []).append(release)
    for libc, run in runs.items():
        yield (run[0] if len(run) == 1 else f"{run[0]} to {run[-1]}") + f" ({libc})"


def _conversions() -> Iterator[str]:
    """Yield a row for each format that can be converted."""
    for form in dict.fromkeys((*SOURCES, *TARGETS)):
        kind = "manifest" if isinstance(form, ManifestFormat) else "lock"
        read, written = ("yes" if form in known else "no" for known in (SOURCES, TARGETS))
        yield f"| `{form}` | {kind} | {read} | {written} |\n"


def _losses(title: str, formats: Iterable[Any], *tables: Mapping[str, Any]) -> str:
    """Return a table of what each format cannot say, and why."""
    forms = list(formats)
    rows = (
        (aspect.words, *(aspect.reasons.get(form, "") for form in forms))
        for each in tables
        for aspect in each.values()
    )
    return table((title, *(f"`{form}`" for form in forms)), rows)


def report() -> str:
    """Describe the JSON report from its schema."""
    schema = json.loads((FOLDER / "report.schema.json").read_text(encoding="utf-8"))
    parts = [
        _object("the report", schema, schema),
        *(_object(name, part, schema) for name, part in schema["$defs"].items()),
    ]
    several = json.loads((FOLDER / "overlays.schema.json").read_text(encoding="utf-8"))
    of_several = [
        f"\n## the report on overlays\n\n{several['description']} Its schema is "
        "[overlays.schema.json](../overlays.schema.json).\n\n"
        + _object("the report on overlays", several, several).partition("\n\n")[2],
        *(_object(name, part, several) for name, part in several["$defs"].items()),
    ]
    return (
        "# The report as JSON\n\n"
        f"{schema['description']} Its schema is [report.schema.json](../report.schema.json).\n"
        + "".join((*parts, *of_several))
    )


def reasons() -> str:
    """Describe the answers of `why`, `tree` and `outdated` from their schema."""
    schema = json.loads((FOLDER / "reasons.schema.json").read_text(encoding="utf-8"))
    parts = [_object(name, part, schema) for name, part in schema["$defs"].items()]
    return (
        "# The answers of why, tree and outdated as JSON\n\n"
        f"{schema['description']} Their schema is [reasons.schema.json](../reasons.schema.json).\n"
        + "".join(parts)
    )


def installed() -> str:
    """Describe what `install`, `sync` and `check --installed` print, from its schema."""
    schema = json.loads((FOLDER / "installed.schema.json").read_text(encoding="utf-8"))
    environment = {"description": "Where the lock is installed.", **schema["properties"]["environment"]}
    parts = [
        _object("installed", schema, schema),
        _object("environment", environment, {**schema, "$defs": {"environment": environment}}),
        *(_object(name, part, schema) for name, part in schema["$defs"].items()),
    ]
    return (
        "# What is installed as JSON\n\n"
        f"{schema['description']} Its schema is [installed.schema.json](../installed.schema.json).\n"
        + "".join(parts)
    )


def state() -> str:
    """Describe what commands about settings, knowledge and files print, from its schema."""
    schema = json.loads((FOLDER / "state.schema.json").read_text(encoding="utf-8"))
    parts = [_object(name, part, schema) for name, part in schema["$defs"].items()]
    return (
        "# Settings, knowledge base and conversions as JSON\n\n"
        f"{schema['description']} Their schema is [state.schema.json](../state.schema.json).\n"
        + "".join(parts)
    )


def _object(name: str, part: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    rows = (
        (f"`{key}`", _type(value), _meaning(value, schema))
        for key, value in part.get("properties", {}).items()
    )
    described = part["description"] + "\n\n" if "description" in part and name in schema["$defs"] else ""
    listed = table(("key", "value", "meaning"), rows) if "properties" in part else ""
    return f"\n## {name}\n\n{described}" + listed


def _type(value: Mapping[str, Any]) -> str:
    match value:
        case {"$ref": "urn:pinwise:report:1"}:
            return "[the report](#the-report)"
        case {"$ref": reference}:
            name = str(reference).rpartition("/")[2]
            return f"[{name}](#{name})"
        case {"oneOf": choices} | {"anyOf": choices}:
            return " or ".join(_type(choice) for choice in choices)
        case {"enum": names}:
            return " or ".join(f"`{name}`" for name in names)
        case {"const": constant}:
            return f"`{constant}`"
        case {"type": "array", "items": items}:
            return f"list of {_type(items)}"
        case {"type": "object", "additionalProperties": {"type": kind}}:
            return f"object of {kind}s"
        case {"type": "object", "additionalProperties": {"$ref": _}}:
            return "object"
        case {"type": list(kinds)}:
            return " or ".join(kinds)
        case {"type": kind}:
            return str(kind)
    raise ValueError(value)


def _meaning(value: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    if "description" in value:
        return str(value["description"])
    name = str(value.get("$ref", "")).rpartition("/")[2]
    return str(schema["$defs"].get(name, {}).get("description", ""))


PAGES: Mapping[str, Callable[[], str]] = {
    "cli.md": cli,
    "settings.md": settings,
    "prices.md": prices,
    "exit-codes.md": exit_codes,
    "report.md": report,
    "reasons.md": reasons,
    "installed.md": installed,
    "state.md": state,
    "formats.md": formats,
}
"""Every generated page, by its name under docs/reference."""


def page(name: str) -> str:
    """Return the text of a generated page."""
    return NOTE + PAGES[name]()


def main() -> None:
    """Write every page that differs, and what completion knows of the commands."""
    folder = FOLDER / "reference"
    folder.mkdir(exist_ok=True)
    for name in PAGES:
        path, text = folder / name, page(name)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    COMPLETION.write_text(completion_table(command), encoding="utf-8")


if __name__ == "__main__":
    main()
