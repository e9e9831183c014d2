"""From the page facts of a project to its candidates: sieves, builds and the baseline set."""

from packaging.version import Version

from pinwise.model.facts import NoProject, Project, Release
from pinwise.model.names import NormalizedName
from pinwise.units.context import Build, Candidates, Context, Finding
from pinwise.units.sieves import SIEVES, build_of, is_buildable_or_fits

UNKNOWN_VERSION = Version("0")


def admit(name: NormalizedName, page: Project | NoProject | None, context: Context) -> Candidates:
    """Return the candidates of a project; a page that is not known yet is one virtual candidate."""
    if page is None:
        return _virtual(name)
    if isinstance(page, NoProject):
        return Candidates(name, "", (), (), (), ())
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
    versions = tuple(release.version for release in admitted)
    return Candidates(
        name=name,
        index=page.index,
        releases=tuple(admitted),
        versions=versions,
        builds=tuple(build_of(name, release, context) for release in admitted),
        baseline=_baseline(versions, allows_prereleases=context.allows_prereleases(name)),
        refused=tuple(refused),
    )


def _baseline(versions: tuple[Version, ...], *, allows_prereleases: bool) -> tuple[int, ...]:
    finals = tuple(k for k, version in enumerate(versions) if not version.is_prerelease)
    return tuple(range(len(versions))) if allows_prereleases or not finals else finals


def _virtual(name: NormalizedName) -> Candidates:
    release = Release(UNKNOWN_VERSION, ())
    return Candidates(name, "", (release,), (UNKNOWN_VERSION,), (Build.WHEEL,), (0,), is_virtual=True)


def _only(page: Project, context: Context) -> Candidates:
    """Return the one candidate of a local project, none where that is a wheel for other targets."""
    (release,) = page.releases
    if not all(is_buildable_or_fits(file, context) for file in release.files):
        finding = Finding("no-usable-file", "is a wheel for another target")
        return Candidates(page.name, page.index, (), (), (), (), refused=((release.version, finding),))
    return Candidates(page.name, page.index, page.releases, (release.version,), (Build.WHEEL,), (0,))
