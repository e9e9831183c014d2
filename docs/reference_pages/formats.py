"""The page on files: what is read, what is written, what a format cannot say."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pinwise.actions.convert import SOURCES, TARGETS
from pinwise.actions.manifest import MANIFESTS, SUFFIXES
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
from pinwise.formats.pipfile import ENTRY_KEYS, IGNORED_KEYS, MARKER_KEYS, REMOTE_KEYS
from pinwise.formats.pipfile_lock import PIPFILE_SPEC
from pinwise.formats.present import MOST_CHARACTERS, poetry, uv
from pinwise.formats.pyproject import OTHER_TOOLS
from pinwise.formats.python_names import NEWEST_PYPY, NEWEST_PYTHON, OLDEST_FREE_THREADED, OLDEST_PYTHON
from pinwise.formats.requirements_lines import FLAGS, SHORT, WITH_VALUE
from pinwise.formats.script import KEYS as SCRIPT_KEYS
from pinwise.formats.thoth_yaml import FORMATS as FORMATS_OF_THOTH
from pinwise.formats.thoth_yaml import (
    IDLE_KEYS,
    RECOMMENDATION_TYPES,
    UNUSED_KEYS,
    USUAL_PLATFORM,
)
from pinwise.settings import SETTINGS
from pinwise.settings.overlays import USUAL_GOAL
from pinwise.units.goals import GOALS
from reference_pages.text import code, table

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
        manifests=code(MANIFESTS),
        entry=code(key for key in ENTRY_KEYS if key not in special),
        markers=code(MARKER_KEYS),
        ignored=code(IGNORED_KEYS),
        remote=code(REMOTE_KEYS),
        tools=code(f"tool.{tool}.{key}" for tool, key in OTHER_TOOLS),
        suffixes=" or ".join(f"`{suffix}`" for suffix in SUFFIXES),
        keys=code(SCRIPT_KEYS),
        own=code(setting.name for setting in SETTINGS if setting.is_for_manifests),
        options=code(options),
        thoth=table(("key", "what it does here"), _thoth_keys()),
        distributions=table(
            ("operating system", "releases, each with its C library"),
            _distributions(),
        ),
        oldest=".".join(map(str, OLDEST_PYTHON)),
        newest=".".join(map(str, NEWEST_PYTHON)),
        pypy=".".join(map(str, NEWEST_PYPY)),
        threaded=".".join(map(str, OLDEST_FREE_THREADED)),
        platforms=code(KNOWN_PLATFORMS),
        target_keys=code(key for key in TARGET_KEYS if key not in ("python", "platform", "origins")),
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
    formats = "; ".join(f"{code(forms)}: {code(names)}" for names, forms in meant.items())
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
    instead = f" For {code(others)} it is `{USUAL_GOAL}`, and a warning says so." if others else ""
    there = code(name for name in RECOMMENDATION_TYPES if name in GOALS)
    yield "`recommendation_type`", f"The goal: {there}.{instead}"
    yield code(UNUSED_KEYS), "No effect yet; a line on stderr says so."
    yield code(IDLE_KEYS), "No meaning here; a line on stderr says so."


def _distributions() -> Iterator[tuple[str, str]]:
    """Yield the distributions that have the same releases, with these and their C library."""
    named: dict[str, list[str]] = {}
    for name in DISTRIBUTIONS:
        named.setdefault(", ".join(_releases(name)), []).append(name)
    yield from ((code(names), releases) for releases, names in named.items())


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
