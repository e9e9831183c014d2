"""Write a present lock in one of our formats."""

import json
import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import replace

from pinwise.formats.convert.lock_losses import lock_losses, loss_of
from pinwise.formats.lock_text import one_line
from pinwise.formats.pipfile_lock import PIPFILE_SPEC, named_sources, single_quoted, source_table
from pinwise.formats.present import read_lock
from pinwise.formats.present.markers import mentions_groups, split_marker
from pinwise.formats.pylock import file_table, group_marker, group_name, the_sdist
from pinwise.formats.requirements import ARCHIVES, OWN_LOCK
from pinwise.formats.requirements_lock import dotted, index_lines, quoted
from pinwise.formats.toml_write import Raw, inline_table, toml_array, toml_string
from pinwise.model.errors import ManifestError, OutputError
from pinwise.model.lock import LockFormat, PresentLock, PresentPin
from pinwise.model.loss import Converted, Loss
from pinwise.model.request import DEFAULT_GROUP, DEVELOP_GROUP, Index

_REPOSITORY = re.compile(
    r"(?P<kind>git|hg|svn|bzr)\+(?P<url>.+?)(?:@(?P<commit>[^@/#]+))?(?:#subdirectory=(?P<folder>.+))?"
)
_MINOR = re.compile(r"==(?P<version>\d+\.\d+)\.\*")
_FULL = re.compile(r"==(?P<version>\d+\.\d+\.\d+)")


def convert_lock(lock: PresentLock, target: LockFormat, *, pipfile_sha256: str | None = None) -> Converted:
    """Return a lock in another format, with all that is lost: the text is read back and compared.

    Args:
        lock: What is there.
        target: The format to write.
        pipfile_sha256: For a `Pipfile.lock` the digest of the Pipfile that it will stand beside.

    Raises:
        OutputError: The target cannot hold the lock at all: two entries where there is room for one, a file
            without a digest or URL where the format needs it.
    """
    _check_versions(lock, target)
    renamed, losses = _with_target_names(lock, target)
    match target:
        case LockFormat.PYLOCK:
            text = _pylock(renamed)
        case LockFormat.PIPFILE_LOCK:
            text = _pipfile_lock(renamed, pipfile_sha256 or renamed.manifest_sha256)
        case LockFormat.REQUIREMENTS:
            text = _requirements(renamed)
    return Converted(text, (*losses, *lock_losses(renamed, _read_back(text, target), target)))


def _check_versions(lock: PresentLock, target: LockFormat) -> None:
    """Refuse entries without a version, which a `pylock.toml` may have, where they would pin nothing."""
    for pin in lock.pins:
        if pin.version is None and _is_registry(pin) and target is not LockFormat.PYLOCK:
            raise _without("version", pin, target)


def _read_back(text: str, target: LockFormat) -> PresentLock:
    try:
        return read_lock(text, target)
    except ManifestError as error:
        raise OutputError(
            f"this lock contradicts itself and cannot be a `{target}`: {error.message}",
            hint=error.hint or "make the lock anew",
        ) from None


def _with_target_names(lock: PresentLock, target: LockFormat) -> tuple[PresentLock, list[Loss]]:
    """Return the lock with its groups named as the target can name them, and what changed."""
    names = {group: _target_name(group, target, lock.groups) for group in _all_groups(lock)}
    changed = {old: new for old, new in names.items() if old != new}
    if len(set(names.values())) < len(names):
        raise OutputError(
            f"two groups of this lock would have one name in `{target}`", hint="choose another target"
        )
    pins = tuple(replace(pin, groups=tuple(names[group] for group in pin.groups)) for pin in lock.pins)
    groups = tuple(names[group] for group in _all_groups(lock))
    default_groups = tuple(names.get(group, group) for group in lock.default_groups)
    renamed = replace(lock, groups=groups, default_groups=default_groups, pins=pins)
    return renamed, [loss_of("group names", target, named=old) for old in changed]


def _all_groups(lock: PresentLock) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*lock.groups, *(group for pin in lock.pins for group in pin.groups))))


def _target_name(group: str, target: LockFormat, groups: Sequence[str]) -> str:
    if target is LockFormat.PYLOCK and group != DEFAULT_GROUP:
        return group_name(group)
    is_develop = group == "dev" and DEVELOP_GROUP not in groups
    return DEVELOP_GROUP if target is LockFormat.PIPFILE_LOCK and is_develop else group


def _usable_marker(pin: PresentPin) -> str | None:
    """Return the marker as far as every installer can evaluate it: groups and extras of a lock it cannot."""
    return None if pin.marker is None or mentions_groups(pin.marker) else pin.marker


def _is_archive(pin: PresentPin) -> bool:
    return pin.path is not None and pin.path.lower().endswith(ARCHIVES)


def _is_registry(pin: PresentPin) -> bool:
    return pin.path is None and pin.url is None


def _repository(pin: PresentPin) -> re.Match[str] | None:
    return None if pin.url is None else _REPOSITORY.fullmatch(pin.url)


# --- pylock.toml


def _pylock(lock: PresentLock) -> str:
    lines = ['lock-version = "1.0"']
    if lock.environments:
        lines += toml_array("environments", [toml_string(each) for each in lock.environments])
    if lock.requires_python:
        lines.append(f"requires-python = {toml_string(lock.requires_python)}")
    groups = [name for name in lock.groups if name != DEFAULT_GROUP]
    named = (("extras", lock.extras), ("dependency-groups", groups), ("default-groups", lock.default_groups))
    for key, names_of in named:
        if names_of:
            lines.append(f"{key} = [{', '.join(map(toml_string, names_of))}]")
    lines.append('created-by = "pinwise"')
    names = [pin.name for pin in lock.pins]
    single = {name for name in names if names.count(name) == 1}
    for pin in lock.pins:
        lines += ["", "[[packages]]", *_package(pin, single)]
    if not lock.pins:
        lines.append("packages = []")
    return "\n".join(lines) + "\n"


def _package(pin: PresentPin, single: Container[str]) -> Iterator[str]:
    yield f"name = {toml_string(pin.name)}"
    if pin.version is not None and not (pin.path is not None and not _is_archive(pin)):
        yield f"version = {toml_string(str(pin.version))}"
    if marker := _pylock_marker(pin):
        yield f"marker = {toml_string(marker)}"
    if pin.requires_python:
        yield f"requires-python = {toml_string(pin.requires_python)}"
    if requires := [inline_table(name=name) for name in pin.requires if name in single]:
        yield from toml_array("dependencies", requires)
    yield from _origin(pin)


def _pylock_marker(pin: PresentPin) -> str:
    groups = group_marker(pin.groups)
    if not groups or pin.marker is None:
        return groups or pin.marker or ""
    groups = f"({groups})" if len(pin.groups) > 1 else groups
    marker = f"({pin.marker})" if len(split_marker(pin.marker, "or")) > 1 else pin.marker
    return f"{groups} and {marker}"


def _origin(pin: PresentPin) -> Iterator[str]:
    repository = _repository(pin)
    if repository is not None:
        if repository["commit"] is None:
            raise OutputError(
                f"`{pin.name}` comes from a repository, and the lock names no commit of it",
                hint="make the lock anew with a commit",
            )
        table = inline_table(
            type=repository["kind"],
            url=repository["url"],
            commit_id=repository["commit"],
            subdirectory=repository["folder"],
        )
        yield f"vcs = {table}"
    elif pin.path is not None and not _is_archive(pin):
        yield f"directory = {inline_table(path=pin.path, editable=pin.is_editable or None)}"
    elif not _is_registry(pin):
        hashes = dict(digest.split(":", 1) for digest in pin.hashes)
        if not hashes:
            raise _without("digest", pin, LockFormat.PYLOCK)
        place = inline_table(url=pin.url, path=pin.path, hashes=Raw(inline_table(**hashes)))
        yield f"archive = {place}"
    else:
        yield from _files(pin)


def _files(pin: PresentPin) -> Iterator[str]:
    files = [file for file in pin.files if file.url and file.sha256]
    sdist = the_sdist(files)
    wheels = [file_table(file) for file in files if file.is_wheel]
    if sdist is None and not wheels:
        raise _without("URL of a file with a SHA-256 digest", pin, LockFormat.PYLOCK)
    if pin.index is not None:
        yield f"index = {toml_string(pin.index)}"
    if sdist is not None:
        yield f"sdist = {file_table(sdist)}"
    if wheels:
        yield from toml_array("wheels", wheels)


def _without(what: str, pin: PresentPin, target: LockFormat) -> OutputError:
    return OutputError(
        f"the lock gives no {what} for `{pin}`, which a `{target}` needs",
        hint="make the lock anew with `pinwise advise`",
    )


# --- Pipfile.lock


def _pipfile_lock(lock: PresentLock, sha256: str | None) -> str:
    indexes = _serving(lock)
    sources = named_sources(index for index in indexes if not index.is_flat)
    names = {source.url: source.name for source in sources}
    content: dict[str, object] = {
        "_meta": {
            "hash": {"sha256": sha256 or ""},
            "pipfile-spec": PIPFILE_SPEC,
            "requires": _requires(lock.requires_python),
            "sources": [source_table(source) for source in sources],
        }
    }
    for group in dict.fromkeys((DEFAULT_GROUP, DEVELOP_GROUP, *lock.groups)):
        entries: dict[str, object] = {}
        for pin in lock.pins:
            if group not in pin.groups:
                continue
            if pin.name in entries:
                raise OutputError(
                    f"this lock has several entries of `{pin.name}` for different environments, and a "
                    "`Pipfile.lock` has room for one",
                    hint="convert to `pylock.toml` or `requirements.txt`",
                )
            entries[pin.name] = _entry(pin, names)
        content[group] = entries
    return json.dumps(content, indent=4, separators=(",", ": "), sort_keys=True) + "\n"


def _serving(lock: PresentLock) -> tuple[Index, ...]:
    """Return the indexes that the lock names, then others from which a pin comes."""
    known = {index.url for index in lock.indexes}
    others = dict.fromkeys(pin.index for pin in lock.pins if pin.index and pin.index not in known)
    return (*lock.indexes, *(Index(url) for url in others))


def _requires(python: str | None) -> dict[str, str]:
    if python is not None and (minor := _MINOR.fullmatch(python)):
        return {"python_version": minor["version"]}
    if python is not None and (full := _FULL.fullmatch(python)):
        return {"python_full_version": full["version"]}
    return {}


def _entry(pin: PresentPin, names: dict[str, str | None]) -> dict[str, object]:
    entry: dict[str, object] = {}
    repository = _repository(pin)
    if repository is not None:
        entry[repository["kind"]] = repository["url"]
        entry |= {"ref": repository["commit"]} if repository["commit"] else {}
        entry |= {"subdirectory": repository["folder"]} if repository["folder"] else {}
    elif pin.url is not None:
        entry["file"] = pin.url
    elif pin.path is not None:
        entry["path"] = pin.path
    else:
        entry["version"] = f"=={pin.version}"
        if pin.index in names:
            entry["index"] = names[pin.index]
    if pin.is_editable:
        entry["editable"] = True
    if pin.hashes:
        entry["hashes"] = list(pin.hashes)
    if pin.extras:
        entry["extras"] = list(pin.extras)
    if marker := _usable_marker(pin):
        entry["markers"] = single_quoted(marker)
    return entry


# --- requirements.txt


def _requirements(lock: PresentLock) -> str:
    installable = [pin for pin in lock.pins if _is_registry(pin) or _is_archive(pin) or _is_plain_url(pin)]
    _check_digests(installable)
    has_digests = any(pin.hashes for pin in installable)
    option = "--require-hashes -r" if has_digests else "-r"
    indexes = _serving(lock)
    lines = [
        f"{OWN_LOCK}, converted from {lock.format}",
        f"# install: pip install {option} THIS_FILE",
        *index_lines(indexes),
    ]
    has_choice = len(indexes) > 1
    for group in lock.groups:
        members = [pin for pin in installable if pin.groups[0] == group]
        if members and group != DEFAULT_GROUP:
            lines += ["", f"# Only for {one_line(group)}"]
        for pin in members:
            lines += ["", *_pin_lines(pin, has_choice=has_choice)]
    lines += _comments([pin for pin in lock.pins if pin not in installable])
    return "\n".join(lines) + "\n"


def _is_plain_url(pin: PresentPin) -> bool:
    return pin.url is not None and _repository(pin) is None


def _check_digests(pins: Sequence[PresentPin]) -> None:
    """Refuse a lock of which only some entries have digests: pip would install none of it."""
    if not any(pin.hashes for pin in pins):
        return
    for pin in pins:
        if not pin.hashes:
            raise _without("digest", pin, LockFormat.REQUIREMENTS)


def _pin_lines(pin: PresentPin, *, has_choice: bool) -> Iterator[str]:
    extras = f"[{','.join(pin.extras)}]" if pin.extras else ""
    if pin.url is not None:
        head = f"{pin.name}{extras} @ {one_line(pin.url)}"
    elif pin.path is not None:
        head = one_line(dotted(pin.path)) + extras
    else:
        head = f"{pin.name}{extras}=={pin.version}"
    if marker := _usable_marker(pin):
        head += f" ; {one_line(marker)}"
    yield " \\\n".join([head, *(f"    --hash={digest}" for digest in pin.hashes)])
    if has_choice and pin.index:
        yield f"    # from {one_line(pin.index)}"


def _comments(pins: Sequence[PresentPin]) -> Iterator[str]:
    if not pins:
        return
    yield ""
    yield "# Folders and repositories have no digest; pip takes none from this file. Install them after it:"
    for pin in pins:
        option = "-e " if pin.is_editable else ""
        place = dotted(pin.path) if pin.path is not None else f"{pin.name} @ {pin.url}"
        yield f"#   pip install --no-deps {option}{quoted(place)}"
