"""Folders of this machine answer as web servers do."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from pinwise.actions.errands import Delivery, Errand, PageAnswer, PageDelivery, PageErrand
from pinwise.indexes.courier import IndexCourier
from pinwise.indexes.flows import Answer, Fetch
from pinwise.indexes.local import read_local, to_address
from pinwise.indexes.transport import Transport, TransportSettings
from pinwise.model.errors import IndexFailure
from pinwise.model.facts import Project
from pinwise.model.limits import Limits
from pinwise.model.names import normalise
from pinwise.model.request import Index
from support.artifacts import wheel

NAME = normalise("a")
BUILT = wheel("a", "1")


def read(path: Path, *, limit: int = 1000, span: tuple[int, int] | None = None, end: str = "") -> Answer:
    return read_local(Fetch(path.as_uri() + end, "a file", limit, span=span))


def run(*errands: Errand) -> Sequence[Delivery]:
    with Transport(TransportSettings("test")) as transport:
        courier = IndexCourier(transport, Limits())
        for errand in errands:
            courier.send(errand)
        return [delivery for batch in courier.deliveries() for delivery in batch]


def page(index: Index) -> PageAnswer:
    (delivery,) = run(PageErrand(index, NAME))
    assert isinstance(delivery, PageDelivery)
    if isinstance(delivery.answer, PageAnswer):
        return delivery.answer
    raise delivery.answer


def files(index: Index) -> list[str]:
    project = page(index).project
    assert isinstance(project, Project)
    return [file.filename for release in project.releases for file in release.files]


def test_a_name_with_a_percent_sign(tmp_path: Path) -> None:
    """A name that looks like an escaped one is the name that it is."""
    path = tmp_path / "a%20b"
    path.write_bytes(b"here")
    assert read(path).read() == b"here"


def test_ranges(tmp_path: Path) -> None:
    """Any part of a file can be had, and says which one it is."""
    path = tmp_path / "f"
    path.write_bytes(b"0123456789")
    for span, part, header in (
        ((-3, 0), b"789", "7-9"),
        ((-30, 0), b"0123456789", "0-9"),
        ((2, 99), b"23456789", "2-9"),
    ):
        found = read(path, span=span)
        assert (found.status, found.read(), found.headers["content-range"]) == (
            206,
            part,
            f"bytes {header}/10",
        )
    assert read(path, span=(10, 20)).status == 416


def test_limit(tmp_path: Path) -> None:
    """A file beyond the limit is cut, and one of just that size is not."""
    path = tmp_path / "f"
    path.write_bytes(b"0123456789")
    assert read(path, limit=9).is_cut
    whole = read(path, limit=10)
    assert (whole.is_cut, whole.sha256) == (False, hashlib.sha256(b"0123456789").hexdigest())


def test_what_is_not_there(tmp_path: Path) -> None:
    """What is not there answers 404; what cannot be read is a failure."""
    assert read(tmp_path / "none").status == 404
    with pytest.raises(IndexFailure, match="cannot be read"):
        read(tmp_path, end="/%00")


def test_index_of_folders(tmp_path: Path) -> None:
    """A folder is an index: per project a folder of files, or an `index.html` in it."""
    folder = tmp_path / "in dex" / "a"
    folder.mkdir(parents=True)
    (folder / BUILT.filename).write_bytes(BUILT.content)
    index = Index((tmp_path / "in dex").as_uri())
    project = page(index).project
    assert project is not None
    (release,) = project.releases
    assert release.files[0].sha256 == BUILT.sha256
    assert release.files[0].url == (folder / BUILT.filename).as_uri()
    (folder / "index.html").write_text('<a href="../a-2.tar.gz#sha256=' + "ab" * 32 + '">')
    assert files(index) == ["a-2.tar.gz"]


def test_no_project_in_a_folder(tmp_path: Path) -> None:
    """A folder without the project has none of it; a folder that is not there is a failure."""
    assert page(Index(tmp_path.as_uri())) == PageAnswer(None)
    with pytest.raises(IndexFailure, match="is no folder"):
        page(Index((tmp_path / "typo").as_uri()))


def test_flat_folder(tmp_path: Path) -> None:
    """A folder of files is a list of many projects, its `index.html` nothing but a file."""
    (tmp_path / BUILT.filename).write_bytes(BUILT.content)
    (tmp_path / "b-1.tar.gz").write_bytes(b"")
    (tmp_path / "index.html").write_text('<a href="a-9.tar.gz">')
    for url in (tmp_path.as_uri(), str(tmp_path)):
        assert files(Index(url, is_flat=True)) == [BUILT.filename]
    with pytest.raises(IndexFailure, match="no such page or folder"):
        page(Index(str(tmp_path / "typo"), is_flat=True))


def test_flat_page(tmp_path: Path) -> None:
    """A page of links on this machine may name files next to it and on the web."""
    (tmp_path / "links.html").write_text(
        '<a href="a-1.tar.gz"></a><a href="https://files.example/a-2.tar.gz"></a>'
    )
    (tmp_path / "a-1.tar.gz").write_bytes(b"x")
    assert files(Index(str(tmp_path / "links.html"), is_flat=True)) == ["a-1.tar.gz", "a-2.tar.gz"]


def test_address() -> None:
    """An index may be named by a URL or by a path."""
    assert to_address("https://index.example/simple") == "https://index.example/simple"
    assert to_address("file:/x") == "file:/x"
    assert to_address("/srv/with space") == "file:///srv/with%20space"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes among its files")
def test_what_is_no_file(tmp_path: Path) -> None:
    """A pipe or a device in a folder is not read, for it may have no end."""
    os.mkfifo(tmp_path / "a-1.tar.gz")
    (tmp_path / "a-2.tar.gz").symlink_to(os.devnull)
    for name in ("a-1.tar.gz", "a-2.tar.gz"):
        url = (tmp_path / name).as_uri()
        with pytest.raises(IndexFailure, match="cannot be read: it is no file"):
            read_local(Fetch(url, f"`{name}`", 100, is_file=True, is_for_digest=True))
