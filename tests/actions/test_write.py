"""Locks are written whole, all of a run or none, and only when they say something new."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pinwise.actions.write import Lock, Manuscript, check_writable, write_locks
from pinwise.formats.locks import LockFormat
from pinwise.model.errors import OutputError, UsageError

NOBODY = 65534


def text_lock(path: Path, text: str = "new\n") -> Lock:
    """Return a lock that is nothing but text."""
    return Lock(path, LockFormat.REQUIREMENTS, text)


@contextmanager
def unprivileged() -> Iterator[None]:
    """Drop the rights of root, which ignores the permissions of files."""
    was = os.geteuid()
    if was == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(was)


def names(folder: Path) -> list[str]:
    """Return what is in a folder."""
    return sorted(path.name for path in folder.iterdir())


def test_writes_every_lock_and_leaves_nothing_else(tmp_path: Path) -> None:
    """What is new is written, and no temporary file stays."""
    first, second = tmp_path / "a.txt", tmp_path / "b.txt"
    assert write_locks([text_lock(first, "1\n"), text_lock(second, "2\n")]) == (first, second)
    assert (first.read_text(), second.read_text()) == ("1\n", "2\n")
    assert names(tmp_path) == ["a.txt", "b.txt"]


def test_unchanged_lock_is_not_touched(tmp_path: Path) -> None:
    """A lock that says the same keeps its file, to the very inode."""
    path = tmp_path / "a.txt"
    path.write_text("new\n")
    before = path.stat()
    assert write_locks([text_lock(path)]) == ()
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_mode_is_kept_and_a_new_file_follows_the_umask(tmp_path: Path) -> None:
    """A present file keeps its mode; a new one gets that of any new file."""
    old, new = tmp_path / "old.txt", tmp_path / "new.txt"
    old.write_text("old\n")
    old.chmod(0o640)
    mask = os.umask(0o027)
    try:
        write_locks([text_lock(old), text_lock(new)])
    finally:
        os.umask(mask)
    assert old.stat().st_mode & 0o777 == 0o640
    assert new.stat().st_mode & 0o777 == 0o640
    assert old.read_text() == "new\n"


def test_symbolic_link_stays_a_link(tmp_path: Path) -> None:
    """The file that a link leads to is replaced, not the link."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "real.txt").write_text("old\n")
    link = tmp_path / "a.txt"
    link.symlink_to(folder / "real.txt")
    write_locks([text_lock(link)])
    assert link.is_symlink()
    assert (folder / "real.txt").read_text() == "new\n"
    assert names(folder) == ["real.txt"]


def test_one_bad_place_leaves_all_as_they_were(tmp_path: Path) -> None:
    """Where one lock cannot be written, none is."""
    good = tmp_path / "a.txt"
    good.write_text("old\n")
    with pytest.raises(OutputError, match="cannot be written: no such file") as caught:
        write_locks([text_lock(good), text_lock(tmp_path / "missing" / "b.txt")])
    assert caught.value.hint == f"make the folder `{tmp_path / 'missing'}` first"
    assert good.read_text() == "old\n"
    assert names(tmp_path) == ["a.txt"]


def test_folder_and_pipe_are_no_locks(tmp_path: Path) -> None:
    """Only an ordinary file is ever replaced."""
    (tmp_path / "folder.txt").mkdir()
    with pytest.raises(OutputError, match="is a folder"):
        write_locks([text_lock(tmp_path / "folder.txt")])
    os.mkfifo(tmp_path / "pipe.txt")
    with pytest.raises(OutputError, match="no ordinary file"):
        write_locks([text_lock(tmp_path / "pipe.txt")])


@pytest.mark.parametrize("name", ["x" * 300 + ".txt", "file/a.txt"])
def test_impossible_path_is_an_error_not_a_traceback(tmp_path: Path, name: str) -> None:
    """A path that the system refuses is named in the error."""
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        write_locks([text_lock(tmp_path / name)])


def test_closed_folder_and_closed_file() -> None:
    """Neither a folder nor a file that forbids writing is written."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        closed = folder / "closed.txt"
        closed.write_text("old\n")
        closed.chmod(0o444)
        folder.chmod(0o555)
        with unprivileged(), pytest.raises(OutputError, match="permission denied") as caught:
            write_locks([text_lock(folder / "new.txt")])
        assert "allow writing in the folder" in str(caught.value.hint)
        with unprivileged(), pytest.raises(OutputError, match="is read-only"):
            write_locks([text_lock(closed)])
        assert closed.read_text() == "old\n"
        folder.chmod(0o755)


def test_two_locks_in_one_file_and_a_lock_over_a_manifest(tmp_path: Path) -> None:
    """A file is one thing: one lock, or a manifest."""
    path = tmp_path / "requirements.txt"
    path.write_text("flask\n")
    with pytest.raises(UsageError, match="two locks"):
        write_locks([text_lock(tmp_path / "a.txt"), text_lock(tmp_path / "." / "a.txt")])
    with pytest.raises(UsageError, match="read as a manifest"):
        write_locks([text_lock(path)], manifests=[path])
    assert path.read_text() == "flask\n"


def test_undecodable_file_is_replaced(tmp_path: Path) -> None:
    """What is no text cannot say the same."""
    path = tmp_path / "a.txt"
    path.write_bytes(b"\xff\xfe\x00")
    assert write_locks([text_lock(path)]) == (path,)


# --- manifests that were edited


def test_an_edited_manifest_is_written_with_the_lock(tmp_path: Path) -> None:
    """Both are there or none; the manifest keeps its mode, and a link to it stays a link."""
    manifest, link, lock = tmp_path / "real.in", tmp_path / "app.in", tmp_path / "app.txt"
    manifest.write_bytes(b"flask\r\n")
    manifest.chmod(0o640)
    link.symlink_to(manifest)
    edited = Manuscript({link: b"click\r\n"}, {link: b"flask\r\n"})
    assert write_locks([text_lock(lock)], manifests=[link], edited=edited) == (lock,)
    assert (manifest.read_bytes(), manifest.stat().st_mode & 0o777) == (b"click\r\n", 0o640)
    assert link.is_symlink()
    assert lock.exists()


@pytest.mark.parametrize("now", [b"flask # mine\n", None])
def test_a_manifest_that_is_no_longer_what_was_read_stops_everything(
    tmp_path: Path, now: bytes | None
) -> None:
    """Changed or gone meanwhile, the file itself or one that it includes: nothing is written at all."""
    manifest, other, lock = tmp_path / "app.in", tmp_path / "base.in", tmp_path / "app.txt"
    manifest.write_bytes(b"flask\n")
    if now is not None:
        other.write_bytes(now)
    edited = Manuscript({manifest: b"click\n"}, {manifest: b"flask\n", other: b"flask\n"})
    with pytest.raises(OutputError, match=r"`base\.in` was changed by something else") as caught:
        write_locks([text_lock(lock)], edited=edited)
    assert caught.value.hint == "look at it, and run the command again"
    assert manifest.read_bytes() == b"flask\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["app.in", *(["base.in"] if now else [])]


def test_a_lock_that_cannot_be_written_keeps_the_manifest(tmp_path: Path) -> None:
    """A folder in the place of the lock is found before the manifest is put in place."""
    manifest = tmp_path / "app.in"
    manifest.write_bytes(b"flask\n")
    (tmp_path / "app.txt").mkdir()
    with pytest.raises(OutputError, match="is a folder"):
        write_locks([text_lock(tmp_path / "app.txt")], edited=Manuscript({manifest: b"click\n"}))
    assert manifest.read_bytes() == b"flask\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["app.in", "app.txt"]


def test_a_read_only_manifest_is_not_edited() -> None:
    """The error says how to allow it."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        manifest = Path(name) / "app.in"
        manifest.write_bytes(b"flask\n")
        manifest.chmod(0o444)
        with unprivileged(), pytest.raises(OutputError, match="is read-only") as caught:
            check_writable(manifest)
        assert "chmod u+w" in str(caught.value.hint)
