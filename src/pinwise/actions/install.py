"""Bring an environment to what a lock says: the plan as a value, and its steps in order."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote

from pinwise.actions.installed import is_folder, place_of
from pinwise.actions.ports import Installer
from pinwise.formats.entries import fill_variables
from pinwise.model.errors import ManifestError
from pinwise.model.installed import Batch, Comparison, MismatchKind
from pinwise.model.lock import PresentLock, PresentPin
from pinwise.model.names import NormalizedName
from pinwise.model.request import Index
from pinwise.model.tags import Ranks, best_rank

_ALGORITHMS = ("sha256:", "sha384:", "sha512:")
"""The digests that both installers check."""

_SAFE = "%/:?#[]@!$&()*+,;=~"
"""What stands for itself in the URL of a place."""

_REPOSITORIES = ("git+", "hg+", "svn+", "bzr+")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done, in this order.

    Attributes:
        remove: Projects that go. They go first: what comes may have files of the same name.
        batches: What comes or changes.
        built: Projects for which the lock has no wheel, so that their own code is run to build them.
        rebuilt: Those that are installed again although nothing seems to differ.
    """

    remove: tuple[NormalizedName, ...]
    batches: tuple[Batch, ...]
    built: tuple[NormalizedName, ...] = ()
    rebuilt: tuple[NormalizedName, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.remove or self.batches)


@dataclass(frozen=True, slots=True)
class Routes:
    """Where the pins of a lock come from.

    Attributes:
        lock: The lock.
        folder: Its folder, to which its paths belong.
        known: Every index that the manifest and the settings name, with its credentials, by URL.
        instead: Index URLs of the lock -> the index that stands in for each here.
        default: Stands in for every index that nobody names otherwise; None where there is none.
        usual: Where a pin comes from whose lock names no index, the first one asked first.
        variables: Values for the variables in the credentials of indexes.
    """

    lock: PresentLock
    folder: Path
    known: Mapping[str, Index] = field(default_factory=dict)
    instead: Mapping[str, Index] = field(default_factory=dict)
    default: Index | None = None
    usual: tuple[Index, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)

    def naming(
        self, own: Sequence[Index], named: Sequence[Index], indexes: Sequence[Index], *, asked: Index | None
    ) -> "Routes":
        """Return the routes with the indexes that manifest and settings name.

        Args:
            own: The manifest's own indexes.
            named: The same as they count here: one that the user asks for may stand in for one of them.
            indexes: All indexes of a request, in its order.
            asked: The index URL among the command's options, None where there is none.
        """
        instead = {old.url: new for old, new in zip(own, named, strict=False) if old.url != new.url}
        instead |= {index.stands_for.url: index for index in indexes if index.stands_for is not None}
        return replace(
            self,
            known={index.url: index for index in (*reversed(indexes), *own)},
            instead=instead,
            default=None if asked is None or asked.stands_for is not None else asked,
            usual=tuple(indexes),
        )

    def of(self, pin: PresentPin) -> tuple[Index, ...]:
        """Return the indexes that are asked for a pin; one, unless the lock leaves it open."""
        if pin.path is not None or pin.url is not None:
            return ()
        indexes = [Index(pin.index)] if pin.index else self.lock.indexes or self.usual
        here = dict.fromkeys(self._here(index) for index in indexes)
        return tuple(fill_variables(index, self.variables) for index in here)

    def _here(self, index: Index) -> Index:
        if index.url in self.instead:
            return self.instead[index.url]
        if index.url in self.known:
            return self.known[index.url]
        return index if self.default is None or index.is_flat else self.default


def make_plan(  # noqa: PLR0913  # every keyword is one fact
    comparison: Comparison,
    routes: Routes,
    *,
    removes: bool,
    forces: bool = False,
    always: Iterable[PresentPin] = (),
    tags: Sequence[str] = (),
) -> Plan:
    """Return what turns the environment into what the lock says.

    Args:
        comparison: What differs.
        routes: Where the pins of the lock come from.
        removes: Whether what the lock does not have goes.
        forces: Whether the environment sees what is installed elsewhere, which would pass for what is locked.
        always: Pins that are installed again although nothing seems to differ: folders, whose content may
            have changed.
        tags: Of the wheels that fit the environment; without any, every wheel is taken to fit.

    Raises:
        ManifestError: A pin has no digest, so that nothing could be verified, or a variable is not set.
    """
    changing = comparison.of(MismatchKind.MISSING, MismatchKind.OTHER)
    pins = [each.pin for each in changing if each.pin is not None]
    again = [pin for pin in always if pin.name not in {each.name for each in changing}]
    forced = {each.name for each in changing if each.is_forced or forces} | {pin.name for pin in again}
    groups: dict[tuple[tuple[Index, ...], bool], list[PresentPin]] = {}
    for pin in (*pins, *again):
        is_verified = not (is_folder(pin) or _is_repository(pin))
        groups.setdefault((routes.of(pin), is_verified), []).append(pin)
    batches = tuple(
        Batch(
            lines=tuple(_line(pin, routes.folder, is_verified=is_verified) for pin in members),
            names=tuple(pin.name for pin in members),
            indexes=indexes,
            is_verified=is_verified,
            forced=tuple(pin.name for pin in members if pin.name in forced),
        )
        for (indexes, is_verified), members in groups.items()
    )
    extra = tuple(each.name for each in comparison.of(MismatchKind.EXTRA)) if removes else ()
    ranks = Ranks(tags)
    built = tuple(pin.name for pin in (*pins, *again) if _is_built(pin, ranks))
    return Plan(extra, batches, built, tuple(pin.name for pin in again))


def _is_repository(pin: PresentPin) -> bool:
    return pin.url is not None and pin.url.startswith(_REPOSITORIES)


def _is_built(pin: PresentPin, ranks: Ranks) -> bool:
    """Whether it is known that nothing but source code can be installed."""
    if pin.path is not None or pin.url is not None:
        return not (pin.path or pin.url or "").partition("#")[0].endswith(".whl")
    wheels = [file.tags for file in pin.files if file.is_wheel]
    return bool(pin.files) and not any(not ranks or best_rank(tags, ranks) is not None for tags in wheels)


def _line(pin: PresentPin, folder: Path, *, is_verified: bool) -> str:
    """Return a pin as a requirement of the batch's file.

    A place is one word of it: installers would take what follows a space for an option, and would put the
    value of a variable for ``${NAME}``.
    """
    place = pin.url if pin.url is not None else None if pin.path is None else place_of(pin, folder)
    word = None if place is None else quote(place, safe=_SAFE)
    if pin.is_editable and word is not None:
        return f"-e {word}"
    head = f"{pin.name}=={pin.version}" if word is None else f"{pin.name} @ {word}"
    if not is_verified:
        return head
    digests = [digest for digest in pin.hashes if digest.startswith(_ALGORITHMS)]
    if not digests:
        raise ManifestError(
            f"the lock has no digest of `{pin}` that can be verified",
            hint="make the lock anew with `pinwise advise`",
        )
    return " ".join([head, *(f"--hash={digest}" for digest in digests)])


def carry_out(plan: Plan, installer: Installer) -> None:
    """Do what a plan says.

    Raises:
        InstallerFailure: The installer ended with an error; the environment may be half changed.
    """
    if plan.remove:
        installer.remove(plan.remove)
    for batch in plan.batches:
        installer.install(batch)
