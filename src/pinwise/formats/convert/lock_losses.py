"""What a lock loses on its way into another format: found by reading back what was written."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pinwise.model.facts import File
from pinwise.model.lock import LockFormat, PresentLock, PresentPin
from pinwise.model.loss import Loss
from pinwise.model.request import Index

PYLOCK, PIPFILE_LOCK, REQUIREMENTS = LockFormat.PYLOCK, LockFormat.PIPFILE_LOCK, LockFormat.REQUIREMENTS


@dataclass(frozen=True, slots=True)
class Aspect:
    """Something that locks say.

    Attributes:
        words: What it is called, in the plural where a pin may have several.
        reasons: For each format that cannot say it always: why.
    """

    words: str
    reasons: Mapping[LockFormat, str]


PIN_ASPECTS: Mapping[str, Aspect] = {
    "pin": Aspect(
        "the whole entry",
        {REQUIREMENTS: "pip takes no folder and no repository in a file with digests; a comment names it"},
    ),
    "version": Aspect(
        "the version",
        {
            PIPFILE_LOCK: "an entry with a path or URL has no version",
            REQUIREMENTS: "a line with a URL has no version but that of a file name",
        },
    ),
    "index": Aspect("the index", {PIPFILE_LOCK: "a page of links is no source"}),
    "groups": Aspect(
        "the groups",
        {
            PYLOCK: "what the default group needs is not marked as needed by other groups too",
            REQUIREMENTS: "pip knows no groups; a heading names the first group of each pin",
        },
    ),
    "hashes": Aspect("the digests", {PYLOCK: "only digests of files whose URL is known are written"}),
    "marker": Aspect(
        "the marker",
        {
            PIPFILE_LOCK: "an installer of this format cannot evaluate it",
            REQUIREMENTS: "an installer of this format cannot evaluate it",
        },
    ),
    "url": Aspect("the URL", {}),
    "path": Aspect("the path as written", {REQUIREMENTS: "a path begins with `./` here"}),
    "extras": Aspect("the extras", {PYLOCK: "what an extra needs is pinned, the extra itself is not named"}),
    "is_editable": Aspect("the editable installation", {PYLOCK: "only folders can be editable"}),
    "files": Aspect(
        "the names, URLs, sizes and times of files",
        {
            PYLOCK: "it names one sdist of a release, and files with a URL and a SHA-256 digest only",
            PIPFILE_LOCK: "it has digests only",
            REQUIREMENTS: "it has digests only",
        },
    ),
    "requires_python": Aspect(
        "the versions of Python that the release supports",
        {PIPFILE_LOCK: "it has no place for them", REQUIREMENTS: "it has no place for them"},
    ),
    "requires": Aspect(
        "what the release requires",
        {
            PYLOCK: "a project with several entries, or with none, cannot be named",
            PIPFILE_LOCK: "it has no place for it",
            REQUIREMENTS: "it has no place for it but a comment",
        },
    ),
}
"""What an entry says."""

LOCK_ASPECTS: Mapping[str, Aspect] = {
    "groups": Aspect("groups that need nothing", {REQUIREMENTS: "only groups with pins have a heading"}),
    "group names": Aspect(
        "names of groups",
        {PYLOCK: "a name has small letters, digits and `-` only", PIPFILE_LOCK: "pipenv calls it `develop`"},
    ),
    "default_groups": Aspect(
        "groups that are always installed",
        {PIPFILE_LOCK: "only `default` is", REQUIREMENTS: "all of it is installed"},
    ),
    "extras": Aspect(
        "the names of extras",
        {
            PIPFILE_LOCK: "it has no place for them; what they need is installed in any case",
            REQUIREMENTS: "it has no place for them; what they need is installed in any case",
        },
    ),
    "indexes": Aspect(
        "names, order and certificate settings of the indexes",
        {
            PYLOCK: "each entry has the URL of its index, and nothing else is said of indexes",
            PIPFILE_LOCK: "a source has a name, and is no page of links",
            REQUIREMENTS: "an index has a URL and no name",
        },
    ),
    "requires_python": Aspect(
        "the versions of Python that the lock is for",
        {
            PIPFILE_LOCK: "only one minor or one full version can be named",
            REQUIREMENTS: "it has no place for them",
        },
    ),
    "environments": Aspect(
        "the environments that the lock is for",
        {PIPFILE_LOCK: "it has no place for them", REQUIREMENTS: "it has no place for them"},
    ),
    "manifest_sha256": Aspect(
        "the digest of the Pipfile",
        {
            PYLOCK: "it names no manifest",
            PIPFILE_LOCK: "the Pipfile beside it is another one",
            REQUIREMENTS: "it names no manifest",
        },
    ),
}
"""What a lock says as a whole."""


def lock_losses(before: PresentLock, after: PresentLock, target: LockFormat) -> tuple[Loss, ...]:
    """Return all that `before` says and `after`, the same lock in another format, does not."""
    return (*_whole(before, after, target), *_pins(before.pins, after.pins, target))


def loss_of(aspect: str, target: LockFormat, *, subject: str = "", named: str = "") -> Loss:
    """Return a loss with its words and its reason."""
    known = (PIN_ASPECTS if subject else LOCK_ASPECTS)[aspect]
    what = f"{known.words} of `{subject}`" if subject else known.words + (f" (`{named}`)" if named else "")
    return Loss(subject, aspect, what, known.reasons.get(target, "it has no place for it"))


def _whole(before: PresentLock, after: PresentLock, target: LockFormat) -> Iterator[Loss]:
    for aspect in LOCK_ASPECTS:
        if aspect == "group names":
            continue
        old, new = getattr(before, aspect), getattr(after, aspect)
        match aspect:
            case "groups":
                is_lost = not set(old) <= set(new)
            case "indexes":
                is_lost = old != _as_named(new, before)
            case _:
                is_lost = old != new
        if old and is_lost:
            yield loss_of(aspect, target)


def _as_named(indexes: tuple[Index, ...], before: PresentLock) -> tuple[Index, ...]:
    """Return indexes without the names that they had not before: a new name is no loss."""
    unnamed = {index.url for index in before.indexes if index.name is None}
    return tuple(replace(index, name=None) if index.url in unnamed else index for index in indexes)


def _pins(before: Iterable[PresentPin], after: Iterable[PresentPin], target: LockFormat) -> Iterator[Loss]:
    """Compare pin by pin; several of one project follow each other as they stand."""
    waiting: dict[str, list[PresentPin]] = {}
    for pin in after:
        waiting.setdefault(pin.name, []).append(pin)
    for pin in before:
        same = waiting.get(pin.name, [])
        if not same:
            yield loss_of("pin", target, subject=str(pin))
            continue
        new = same.pop(0)
        for aspect in PIN_ASPECTS:
            if aspect == "pin":
                continue
            old, found = getattr(pin, aspect), getattr(new, aspect)
            if old and _is_lost(aspect, old, found):
                yield loss_of(aspect, target, subject=str(pin))


def _is_lost(aspect: str, old: Any, found: Any) -> bool:
    """Whether a pin does not say any more what it said; the order of groups and of files says nothing."""
    match aspect:
        case "groups":
            return set(old) != set(found)
        case "files":
            return {_said_of(file) for file in old} != {_said_of(file) for file in found}
    return bool(old != found)


def _said_of(file: File) -> tuple[object, ...]:
    """Return what locks say of a file by itself: the rest is said of its release."""
    return (file.filename, file.url, file.sha256, file.size, file.uploaded)
