"""From the page facts of a project to its candidates: sieves, builds and the baseline set."""

from collections.abc import Iterable

from packaging.version import Version

from pinwise.model.facts import NoProject, Project, Release
from pinwise.model.names import NormalizedName
from pinwise.units.context import Build, Candidates, Context, Finding
from pinwise.units.sieves import SIEVES, build_of, is_buildable_or_fits
from pinwise.units.versions import Versions


def admit(name: NormalizedName, page: Project | NoProject | None, context: Context) -> Candidates:
    """Return the candidates of a project; a page that is not known yet is one virtual candidate."""
    if page is None:
        return unknown(name)
    if isinstance(page, NoProject):
        return Candidates(name, "", Versions.of([]), b"", (), 0, 0)
    if name in context.request.local:
        return _only(page, context)
    admitted: list[Release] = []
    refused: list[tuple[Version, Finding]] = []
    for release in page.releases:
        finding = next((found for sieve in SIEVES if (found := sieve(page, release, context))), None)
        if finding is None:
            admitted.append(release)
        else:
            refused.append((release.version, finding))
    prereleases = _mask(release.version.is_prerelease for release in admitted)
    return Candidates(
        name=name,
        index=page.index,
        versions=Versions.of(release.version for release in admitted),
        builds=bytes(build_of(name, release, context) for release in admitted),
        uploaded=tuple(release.uploaded for release in admitted),
        prereleases=prereleases,
        baseline=baseline(prereleases, len(admitted), allows_prereleases=context.allows_prereleases(name)),
        yanks={k: release.yank_reason or "" for k, release in enumerate(admitted) if release.is_yanked},
        skipped=page.skipped,
        refusals=lambda: tuple(refused),
    )


def unknown(name: NormalizedName) -> Candidates:
    """Return the one candidate that stands for all of a project of which nothing is known."""
    return Candidates(name, "", Versions(["0"]), bytes([Build.WHEEL]), (None,), 0, 2, is_virtual=True)


def baseline(prereleases: int, count: int, *, allows_prereleases: bool) -> int:
    """Return the mask of the baseline set of `count` candidates: finals only, unless there is a reason."""
    every = ((1 << count) - 1) << 1
    return every if allows_prereleases else every & ~prereleases or every


def _mask(verdicts: Iterable[bool]) -> int:
    return sum(2 << k for k, verdict in enumerate(verdicts) if verdict)


def _only(page: Project, context: Context) -> Candidates:
    """Return the one candidate of a local project, none where that is a wheel for other targets."""
    (release,) = page.releases
    if not all(is_buildable_or_fits(file, context) for file in release.files):
        finding = Finding("no-usable-file", "is a wheel for another target")
        refused = ((release.version, finding),)
        return Candidates(page.name, page.index, Versions.of([]), b"", (), 0, 0, refusals=lambda: refused)
    prereleases = _mask([release.version.is_prerelease])
    return Candidates(
        page.name, page.index, Versions.of([release.version]), bytes([Build.WHEEL]), (None,), prereleases, 2
    )
