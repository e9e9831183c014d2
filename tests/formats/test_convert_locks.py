"""From lock to lock: there and back gives the same, and the list of losses is exactly what is lost."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from pinwise.formats.convert.lock_losses import LOCK_ASPECTS, PIN_ASPECTS
from pinwise.formats.convert.lock_writers import convert_lock
from pinwise.formats.present import read_lock
from pinwise.formats.pylock import group_name
from pinwise.formats.requirements import is_own_lock
from pinwise.model.errors import OutputError
from pinwise.model.facts import File
from pinwise.model.lock import ForeignFormat, LockFormat, PresentLock, PresentPin
from pinwise.model.loss import Loss
from pinwise.model.names import normalise
from pinwise.model.request import Index
from support.advice import sdist_file, wheel_file

PUBLIC, PRIVATE = "https://index.example/simple", "https://private.example/simple"
UNNAMED = (Index(PRIVATE), Index(PUBLIC))
NAMED = (Index(PRIVATE, "mine"), Index(PUBLIC, "all", verify_ssl=False))
PYLOCK, PIPFILE_LOCK, REQUIREMENTS = LockFormat.PYLOCK, LockFormat.PIPFILE_LOCK, LockFormat.REQUIREMENTS


def files_of(name: str, version: str) -> tuple[File, ...]:
    """Return the files of a release as a lock has them."""
    files = (sdist_file(name, version), wheel_file(name, version))
    return tuple(file._replace(requires_python=None, metadata="?") for file in files)


@st.composite
def registry_pins(draw: st.DrawFn, name: str) -> PresentPin:
    """Return a pin from an index."""
    version = draw(st.sampled_from(["1.0", "2.0rc1", "1!3.0", "4.0+local"]))
    files = files_of(name, version)
    groups = st.sampled_from([("default",), ("develop",), ("qa", "docs"), ("default", "qa"), ("dev",)])
    return PresentPin(
        name=normalise(name),
        version=Version(version),
        index=draw(st.sampled_from([PUBLIC, PRIVATE])),
        groups=draw(groups),
        hashes=tuple(sorted(f"sha256:{file.sha256}" for file in files)),
        marker=draw(
            st.sampled_from([None, 'sys_platform == "linux"', 'os_name == "nt" or python_version < "3.9"'])
        ),
        extras=draw(st.sampled_from([(), (normalise("b"), normalise("c"))])),
        files=draw(st.sampled_from([files, files])),
        requires_python=draw(st.sampled_from([None, ">=3.8"])),
        requires=draw(st.sampled_from([(), (normalise("flask"),)])),
    )


@st.composite
def other_pins(draw: st.DrawFn, name: str) -> PresentPin:
    """Return a pin of a folder, an archive or a repository."""
    digest, named, release = "sha256:" + "a" * 64, normalise(name), Version("1.0")
    return draw(
        st.sampled_from(
            [
                PresentPin(named, None, path="./folder", is_editable=True),
                PresentPin(named, release, path=f"./{name}-1.0.tar.gz", hashes=(digest,)),
                PresentPin(named, release, url=f"https://x.example/{name}-1.0.zip", hashes=(digest,)),
                PresentPin(named, release, url="https://x.example/main.zip", hashes=(digest,)),
                PresentPin(named, None, url="git+https://x.example/r.git@" + "c" * 40),
                PresentPin(named, None, url="git+https://x.example/r.git@abc#subdirectory=lib"),
            ]
        )
    )  # fmt: skip


@st.composite
def locks(draw: st.DrawFn) -> PresentLock:
    """Return a lock that says as much as any of the formats can."""
    names = draw(st.lists(st.sampled_from(["flask", "a-b", "c3"]), unique=True))
    pins = [draw(registry_pins(name)) for name in names]
    pins += [draw(other_pins(name)) for name in draw(st.lists(st.sampled_from(["x", "y"]), unique=True))]
    indexes = draw(st.sampled_from([UNNAMED, NAMED]))
    groups = dict.fromkeys(("default", *(group for pin in pins for group in pin.groups)))
    return PresentLock(
        ForeignFormat.UV,
        tuple(sorted(pins, key=lambda pin: pin.name)),
        groups=(*groups, *draw(st.sampled_from([(), ("empty",)]))),
        default_groups=draw(st.sampled_from([(), ("default",), ("main", "default")])),
        extras=draw(st.sampled_from([(), ("async", "redis")])),
        indexes=indexes,
        requires_python=draw(st.sampled_from([None, ">=3.9", "==3.12.*", "==3.12.4"])),
        environments=draw(st.sampled_from([(), ('sys_platform == "linux"',)])),
        manifest_sha256=draw(st.sampled_from([None, "1" * 64])),
    )


def inexpressible(lock: PresentLock, target: LockFormat) -> set[tuple[str, str]]:
    """Return what a format cannot say of a lock, by the standards: subject, aspect."""
    lost: set[tuple[str, str]] = set()
    for pin in lock.pins:
        is_registry = pin.path is None and pin.url is None
        is_folder = pin.path is not None and not pin.hashes
        is_repository = pin.url is not None and pin.url.startswith("git+")
        aspects: set[str] = set()
        match target:
            case LockFormat.PYLOCK:
                aspects |= {"extras"} if pin.extras else set()
                aspects |= {"groups"} if "default" in pin.groups and len(pin.groups) > 1 else set()
                is_known = sum(other.name == "flask" for other in lock.pins) == 1
                aspects |= {"requires"} if pin.requires and not is_known else set()
            case LockFormat.PIPFILE_LOCK:
                aspects |= {"version"} if pin.version is not None and not is_registry else set()
                aspects |= {"files"} if pin.files else set()
                aspects |= {"requires_python"} if pin.requires_python else set()
                aspects |= {"requires"} if pin.requires else set()
            case LockFormat.REQUIREMENTS if is_folder or is_repository:
                aspects = {"pin"}
            case LockFormat.REQUIREMENTS:
                aspects |= {"version"} if pin.url == "https://x.example/main.zip" else set()
                aspects |= {"groups"} if len(pin.groups) > 1 else set()
                aspects |= {"files"} if pin.files else set()
                aspects |= {"requires_python"} if pin.requires_python else set()
                aspects |= {"requires"} if pin.requires else set()
        lost |= {(str(pin), aspect) for aspect in aspects}
    return lost | {("", aspect) for aspect in inexpressible_as_a_whole(lock, target)}


def inexpressible_as_a_whole(lock: PresentLock, target: LockFormat) -> set[str]:
    """Return what a format cannot say of a lock as a whole."""
    lost: set[str] = set()
    if target is not LockFormat.PYLOCK:
        lost |= {aspect for aspect in ("default_groups", "extras") if getattr(lock, aspect)}
    match target:
        case LockFormat.PYLOCK:
            is_order = tuple(dict.fromkeys(pin.index for pin in lock.pins if pin.index)) == (PRIVATE, PUBLIC)
            lost |= set() if lock.indexes[0].name is None and is_order else {"indexes"}
            lost |= {"manifest_sha256"} if lock.manifest_sha256 else set()
        case LockFormat.PIPFILE_LOCK:
            lost |= {"group names"} if "dev" in lock.groups and "develop" not in lock.groups else set()
            lost |= {"requires_python"} if lock.requires_python == ">=3.9" else set()
            lost |= {"environments"} if lock.environments else set()
        case LockFormat.REQUIREMENTS:
            lost |= {"indexes"} if lock.indexes[0].name is not None else set()
            lost |= {"requires_python"} if lock.requires_python else set()
            lost |= {"environments"} if lock.environments else set()
            lost |= {"manifest_sha256"} if lock.manifest_sha256 else set()
            shown = {pin.groups[0] for pin in lock.pins if pin.hashes}
            lost |= {"groups"} if {*lock.groups} - {"default"} - shown else set()
    return lost


@pytest.mark.parametrize("target", LockFormat)
@given(lock=locks())
def test_the_losses_are_exactly_what_the_format_cannot_say(target: LockFormat, lock: PresentLock) -> None:
    """The list of losses is what the format cannot say: nothing is missing from it, nothing is invented."""
    converted = convert_lock(lock, target)
    assert {(loss.subject, loss.aspect) for loss in converted.losses} == inexpressible(lock, target)
    for loss in converted.losses:
        known = PIN_ASPECTS if loss.subject else LOCK_ASPECTS
        assert loss.why == known[loss.aspect].reasons[target]


@pytest.mark.parametrize("target", LockFormat)
@pytest.mark.parametrize("through", LockFormat)
@given(lock=locks())
def test_there_and_back_is_the_same(target: LockFormat, through: LockFormat, lock: PresentLock) -> None:
    """What one format says comes back from another one, but for what that list of losses names."""
    first = read_lock(convert_lock(lock, target).text, target)
    if through is PYLOCK and any(pin.index and not pin.files for pin in first.pins):
        with pytest.raises(OutputError, match="gives no URL"):
            convert_lock(first, through)
        return
    there = convert_lock(first, through)
    if any(loss.aspect != "group names" and blocks_the_way_back(loss) for loss in there.losses):
        return
    second = read_lock(there.text, through)
    if target is PYLOCK and through is not PYLOCK and any(pin.index for pin in second.pins):
        return  # URLs of files were lost, and listed
    back = read_lock(convert_lock(second, target).text, target)
    kept: dict[str, Any] = {"line": None, "groups": ()}
    names = {loss.aspect for loss in there.losses}
    assert [replace(pin, **kept) for pin in without(back, names)] == [
        replace(pin, **kept) for pin in without(first, names)
    ]


def blocks_the_way_back(loss: Loss) -> bool:
    """Whether a loss makes a lock that no longer has all entries."""
    return loss.aspect == "pin"


def without(lock: PresentLock, aspects: set[str]) -> list[PresentPin]:
    """Return the pins of a lock without what is listed as lost."""
    empty: dict[str, Any] = dict.fromkeys(("files", "requires", "extras"), ())
    empty |= dict.fromkeys(("version", "requires_python", "marker"))
    lost = {name: value for name, value in empty.items() if name in aspects}
    return [replace(pin, **lost) for pin in lock.pins]


@pytest.mark.parametrize("form", LockFormat)
@given(lock=locks())
def test_a_lock_converted_to_its_own_format_loses_nothing(form: LockFormat, lock: PresentLock) -> None:
    """A lock that a format can hold is converted to that format without loss, and says the same."""
    once = read_lock(convert_lock(lock, form).text, form)
    again = convert_lock(once, form)
    assert again.losses == ()
    lines: dict[str, Any] = {"line": None}
    twice = read_lock(again.text, form)
    assert [replace(pin, **lines) for pin in twice.pins] == [replace(pin, **lines) for pin in once.pins]
    assert replace(twice, pins=()) == replace(once, pins=())


def test_what_an_index_says_of_files_is_lost_where_a_lock_does_not_say_it_of_them() -> None:
    """The order of files is no fact, nor is what is said of their release; a time is."""
    pin = pin_of()
    told = tuple(file._replace(requires_python=">=3.9") for file in reversed(pin.files))
    lock = PresentLock(PIPFILE_LOCK, (replace(pin, files=told),))
    assert convert_lock(lock, PYLOCK).losses == ()
    lost = convert_lock(lock, PIPFILE_LOCK).losses
    assert [loss.aspect for loss in lost if loss.subject] == ["files"]


def pin_of(name: str = "a", **facts: Any) -> PresentPin:
    """Return a pin of a release with files and digests."""
    files = files_of(name, str(facts.get("version") or "1.0"))
    usual: dict[str, Any] = {"version": Version("1.0"), "index": PUBLIC, "files": files}
    usual["hashes"] = tuple(sorted(f"sha256:{file.sha256}" for file in files))
    return PresentPin(normalise(name), **(usual | facts))


def test_a_second_sdist_is_lost_for_the_right_reason() -> None:
    """A `pylock.toml` has one sdist per package: that is what is said of the other one."""
    sdist, wheel = files_of("flask", "3.0")
    other = sdist._replace(filename="flask-3.0.zip", url="https://x.example/flask-3.0.zip", sha256="f" * 64)
    pin = PresentPin(normalise("flask"), Version("3.0"), index=PUBLIC, files=(sdist, other, wheel))
    (loss,) = convert_lock(PresentLock(REQUIREMENTS, (pin,)), PYLOCK).losses
    assert (loss.aspect, loss.why.partition(",")[0]) == ("files", "it names one sdist of a release")


def test_forks_do_not_fit_into_a_pipfile_lock() -> None:
    """Two entries of one project are refused where there is room for one, and kept elsewhere."""
    old = pin_of(marker='python_version < "3.9"')
    new = pin_of(marker='python_version >= "3.9"', version=Version("2.0"))
    lock = PresentLock(PYLOCK, (old, new))
    with pytest.raises(OutputError, match="several entries of `a`"):
        convert_lock(lock, PIPFILE_LOCK)
    for target in (PYLOCK, REQUIREMENTS):
        pins = read_lock(convert_lock(lock, target).text, target).pins
        assert [(str(pin), pin.marker) for pin in pins] == [(str(pin), pin.marker) for pin in lock.pins]


def test_markers_of_groups_stay_in_pylock() -> None:
    """A marker that only `pylock.toml` knows is left out elsewhere, and listed."""
    lock = PresentLock(PYLOCK, (pin_of(marker='"fast" in extras'),))
    assert convert_lock(lock, PYLOCK).losses == ()
    for target in (PIPFILE_LOCK, REQUIREMENTS):
        converted = convert_lock(lock, target)
        assert "extras" not in converted.text
        assert "marker" in {loss.aspect for loss in converted.losses}


def test_some_digests_missing_is_refused() -> None:
    """Pip refuses a file of which only some lines have digests, so none is written."""
    lock = PresentLock(PYLOCK, (pin_of(), pin_of("b", hashes=())))
    with pytest.raises(OutputError, match=r"no digest for `b==1\.0`"):
        convert_lock(lock, REQUIREMENTS)
    bare = convert_lock(PresentLock(PYLOCK, (pin_of("b", hashes=()),)), REQUIREMENTS)
    assert "--require-hashes" not in bare.text


def test_group_names_fit_the_target() -> None:
    """Groups get the names that the target's users know, and each change is listed."""
    lock = PresentLock(ForeignFormat.POETRY, (pin_of(groups=("dev",)),), groups=("default", "dev"))
    converted = convert_lock(lock, PIPFILE_LOCK)
    assert '"develop": {\n        "a"' in converted.text
    assert "names of groups (`dev`): pipenv calls it `develop`" in map(str, converted.losses)
    docs = PresentLock(PIPFILE_LOCK, (pin_of(groups=("dev_docs",)),), groups=("default", "dev_docs"))
    assert f"'{group_name('dev_docs')}' in dependency_groups" in convert_lock(docs, PYLOCK).text
    clash = PresentLock(
        PIPFILE_LOCK, (pin_of(groups=("a_b",)), pin_of("b", groups=("a-b",))), groups=("a_b", "a-b")
    )
    with pytest.raises(OutputError, match="two groups"):
        convert_lock(clash, PYLOCK)


def test_a_converted_lock_is_never_a_manifest() -> None:
    """A converted requirements file begins as our own locks do."""
    assert is_own_lock(convert_lock(PresentLock(ForeignFormat.UV, ()), REQUIREMENTS).text)


def test_every_aspect_is_a_fact_of_a_lock() -> None:
    """What can be lost is what locks say: no fact of a pin or a lock is left out of the comparison."""
    pin_facts = set(PresentPin.__dataclass_fields__) - {"name", "line"} | {"pin"}
    lock_facts = set(PresentLock.__dataclass_fields__) - {"format", "pins", "warnings"} | {"group names"}
    assert (set(PIN_ASPECTS), set(LOCK_ASPECTS)) == (pin_facts, lock_facts)


def test_an_entry_without_a_version_pins_nothing_elsewhere() -> None:
    """A `pylock.toml` may leave a version out; other formats cannot, so that nothing is written."""
    lock = PresentLock(PYLOCK, (pin_of(version=None),))
    for target in (PIPFILE_LOCK, REQUIREMENTS):
        with pytest.raises(OutputError, match="gives no version for `a`"):
            convert_lock(lock, target)
