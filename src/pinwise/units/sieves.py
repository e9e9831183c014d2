"""Sieves: a release that one of them finds fault with is no candidate. They see page facts only."""

from collections.abc import Callable

from pinwise.model.facts import File, Project, Release
from pinwise.model.names import NormalizedName
from pinwise.model.tags import best_rank
from pinwise.units.context import Build, Context, Finding, admits_python, parse_specifier

Sieve = Callable[[Project, Release, Context], Finding | None]


def quarantined(project: Project, release: Release, context: Context) -> Finding | None:
    """Refuse every release of a project that its index has put in quarantine (PEP 792)."""
    del release, context
    if project.status == "quarantined":
        return Finding("quarantined", "is quarantined by its index")
    return None


def yanked(project: Project, release: Release, context: Context) -> Finding | None:
    """Refuse a yanked release, unless the manifest or a constraint pins exactly this version."""
    if not release.is_yanked or is_pinned(project.name, release, context):
        return None
    reason = release.yank_reason
    return Finding("yanked", f"was yanked ({reason})" if reason else "was yanked")


def wrong_python(project: Project, release: Release, context: Context) -> Finding | None:
    """Refuse a release none of whose files admits the target's Python, lower and upper bounds alike."""
    python = context.request.environment.python
    texts = dict.fromkeys(
        file.requires_python for file in offered_files(project.name, release, context)
    )  # one mostly
    if not texts or any(text is None or admits_python(text, python) for text in texts):
        return None
    text = next((text for text in texts if text and parse_specifier(text) is not None), None)
    if text is None:
        return Finding("wrong-python", f"has the unreadable Requires-Python `{str(next(iter(texts)))[:60]}`")
    return Finding("wrong-python", f"needs Python {text}")


def no_usable_file(project: Project, release: Release, context: Context) -> Finding | None:
    """Refuse a release without compatible wheel and sdist, as far as formats and hashes allow them."""
    if any(is_buildable_or_fits(file, context) for file in allowed_files(project.name, release, context)):
        return None
    if context.hashes.get(project.name) and not offered_files(project.name, release, context):
        return Finding("no-usable-file", "has no file with one of the hashes that the manifest names")
    if any(not file.is_wheel for file in release.files):
        return Finding("no-usable-file", "has no wheel for the target, and its sdist may not be used")
    return Finding("no-usable-file", "has neither a wheel for the target nor an sdist")


SIEVES: tuple[Sieve, ...] = (quarantined, yanked, wrong_python, no_usable_file)
"""In the order in which they are asked; the first finding is reported."""


def is_pinned(name: NormalizedName, release: Release, context: Context) -> bool:
    """Whether the manifest or a constraint pins exactly this release (``==`` or ``===``)."""
    return any(
        (specifier := parse_specifier(text)) is not None
        and specifier.contains(release.version, prereleases=True)
        for text in context.exact_pins.get(name, ())
    )


def offered_files(name: NormalizedName, release: Release, context: Context) -> tuple[File, ...]:
    """Return the files that count: not yanked unless all are, and with an asked digest where there is one."""
    files = release.files
    yanks = [file.yanked for file in files]
    if None in yanks and len(set(yanks)) > 1:
        files = tuple(file for file in files if file.yanked is None)
    hashes = context.hashes.get(name)
    if hashes:
        files = tuple(file for file in files if file.sha256 and f"sha256:{file.sha256}" in hashes)
    return files


def allowed_files(name: NormalizedName, release: Release, context: Context) -> tuple[File, ...]:
    """Return the files that a lock may hold: for the target's Python and of an allowed format.

    Wheels for other platforms are among them; an installer passes over those by their tags.
    """
    formats = context.request.formats
    python = context.request.environment.python
    wheels, sdists = formats.allows_wheels(name), formats.allows_sdists(name)
    offered = offered_files(name, release, context)
    wrong = {
        text
        for text in {file.requires_python for file in offered}
        if text is not None and not admits_python(text, python)
    }
    if wheels and sdists and not wrong:
        return offered
    return tuple(
        file
        for file in offered
        if (wheels if file.is_wheel else sdists) and file.requires_python not in wrong
    )


def usable_files(name: NormalizedName, release: Release, context: Context) -> tuple[File, ...]:
    """Return the files that an installer on the target may take."""
    return tuple(
        file for file in allowed_files(name, release, context) if is_buildable_or_fits(file, context)
    )


def is_buildable_or_fits(file: File, context: Context) -> bool:
    """Whether a file is an sdist, or a wheel whose tags the target supports."""
    return not file.is_wheel or best_rank(file.tags, context.ranks) is not None


def build_of(name: NormalizedName, release: Release, context: Context) -> Build:
    """Return what installing an admitted release takes.

    A release with compiled wheels for other targets and none of any kind for this one needs a native build.
    """
    allowed = allowed_files(name, release, context)
    if any(file.is_wheel and is_buildable_or_fits(file, context) for file in allowed):
        return Build.WHEEL
    wheels = [file for file in release.files if file.is_wheel]
    fits = any(best_rank(file.tags, context.ranks) is not None for file in wheels)
    is_compiled = any(not file.tags.endswith("-none-any") for file in wheels)
    return Build.NATIVE if is_compiled and not fits else Build.SDIST
