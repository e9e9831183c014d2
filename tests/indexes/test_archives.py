"""Members of wheels and sdists are read under limits, whatever an archive claims to be."""

import gzip
import io
import tarfile
import zipfile
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinwise.indexes.archives import (
    BrokenArchiveError,
    MissingBytesError,
    RemoteFile,
    read_sdist,
    read_wheel,
)
from pinwise.model.limits import Limits
from pinwise.model.names import normalise
from support.artifacts import sdist, wheel
from support.hostile_archives import HOSTILE_ARCHIVES, METADATA, SDIST_MEMBERS, HostileArchive
from support.hostile_archives import tarred as honest_tar
from support.hostile_archives import zipped as honest_zip

NAME = normalise("a")
LONGEST_TEXT = Limits().member_bytes
BUILT = (wheel("a", "1"), sdist("a", "1"))


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> BinaryIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for path, content in members.items():
            archive.writestr(path, content)
    file.seek(0)
    return file


def tarred(members: dict[str, bytes], form: int = tarfile.PAX_FORMAT) -> BinaryIO:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz", format=form) as archive:
        for path, content in members.items():
            entry = tarfile.TarInfo(path)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    file.seek(0)
    return file


def test_wheel() -> None:
    """METADATA of a wheel is found in its dist-info folder."""
    built = wheel("a", "1", requires=["b"])
    assert read_wheel(io.BytesIO(built.content), NAME) == built.metadata


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_wheel_packed_in_another_way(method: int) -> None:
    """A wheel packed in a way that no wheel is packed is refused, before it is unpacked."""
    with pytest.raises(BrokenArchiveError, match="packed in a way"):
        read_wheel(zipped({"a-1.dist-info/METADATA": b"x"}, method), NAME)


def test_wheel_without_metadata() -> None:
    """A wheel without METADATA in a folder of its own has none."""
    assert read_wheel(zipped({"METADATA": b"", "x/a-1.dist-info/METADATA": b"", "a.py": b""}), NAME) is None


def test_wheel_with_several() -> None:
    """Of several METADATA files the one of the project's name counts; without such a one it is broken."""
    several = {"a_b-1.dist-info/METADATA": b"b", "A-1.dist-info/METADATA": b"a"}
    assert read_wheel(zipped(several), NAME) == b"a"
    with pytest.raises(BrokenArchiveError, match="several"):
        read_wheel(zipped(several), normalise("c"))


def test_large_member() -> None:
    """A member is limited by the bytes that are read from it."""
    with pytest.raises(BrokenArchiveError, match="larger than"):
        read_wheel(zipped({"a-1.dist-info/METADATA": bytes(LONGEST_TEXT + 1)}), NAME)


def test_member_that_lies() -> None:
    """A member that claims to be small is not read beyond the limit, and is broken."""
    content = zipped({"a-1.dist-info/METADATA": bytes(LONGEST_TEXT + 1)}).read()
    size = (LONGEST_TEXT + 1).to_bytes(4, "little")
    with pytest.raises(BrokenArchiveError):
        read_wheel(io.BytesIO(content.replace(size, (7).to_bytes(4, "little"))), NAME)


@given(st.binary(max_size=300))
def test_any_bytes(content: bytes) -> None:
    """No content at all makes reading an archive fail in another way than it says."""
    for read in (
        lambda: read_wheel(io.BytesIO(content), NAME),
        lambda: read_wheel(io.BytesIO(content + b"PK\x05\x06" + content[:18].ljust(18, b"\0")), NAME),
        lambda: read_sdist(io.BytesIO(content), "a-1.zip", NAME),
        lambda: read_sdist(io.BytesIO(content), "a-1.tar.gz", NAME),
        lambda: read_sdist(io.BytesIO(gzip.compress(content)), "a-1.tar.gz", NAME),
    ):
        try:
            read()
        except BrokenArchiveError as error:
            assert "it" in str(error)  # noqa: PT017  # both ways are right


@given(st.integers(0, 2000), st.integers(0, 255))
def test_damaged_archives(place: int, value: int) -> None:
    """A damaged archive is read or broken, never anything else."""
    for artifact in BUILT:
        content = bytearray(artifact.content)
        content[place % len(content)] = value
        try:
            if artifact.filename.endswith(".whl"):
                read_wheel(io.BytesIO(bytes(content)), NAME)
            else:
                read_sdist(io.BytesIO(bytes(content)), artifact.filename, NAME)
        except BrokenArchiveError as error:
            assert "it" in str(error)  # noqa: PT017  # both ways are right


def test_remote_file() -> None:
    """A file of which only parts are here gives those, and says which bytes it misses."""
    remote = RemoteFile(10)
    remote.add(6, b"6789")
    remote.add(2, b"23")
    remote.add(4, b"45")
    assert remote.seek(-7, 2) == 3
    assert remote.read(4) == b"3456"
    assert remote.read() == b"789"
    remote.seek(0)
    with pytest.raises(MissingBytesError) as missing:
        remote.read(4)
    assert (missing.value.start, missing.value.end) == (0, 4)
    with pytest.raises(OSError, match="before the beginning"):
        remote.seek(-11, 2)


FORMS = [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT]


@pytest.mark.parametrize("form", FORMS)
def test_tar_forms(form: int) -> None:
    """Every form of tar file is read, long names included."""
    long = "x" * 90 + "/" + "y" * 60
    members = {
        f"a-1/{long}.py": b"x" * 1000,
        "a-1/PKG-INFO": b"outer",
        "a-1/src/a.egg-info/requires.txt": b"b\n",
        "a-1/src/a.egg-info/PKG-INFO": b"inner",
        "a-1/vendored.egg-info/requires.txt": b"no",
        "PKG-INFO": b"no",
    }
    texts = read_sdist(tarred(members, form), "a-1.tar.gz", NAME)
    assert texts == (b"outer", b"inner", b"b\n")
    assert read_sdist(zipped(members), "a-1.zip", NAME) == texts


@pytest.mark.parametrize("form", FORMS[:2])
def test_long_path_of_a_wanted_text(form: int) -> None:
    """A wanted text is found under a path that only an extended header can hold."""
    root = "a" * 120
    texts = read_sdist(tarred({f"{root}/PKG-INFO": b"x"}, form), "a-1.tar.gz", NAME)
    assert texts.pkg_info == b"x"


def test_other_members() -> None:
    """Folders, and links that stay inside, are passed over."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name, kind in (("d", tarfile.DIRTYPE), ("s", tarfile.SYMTYPE), ("h", tarfile.LNKTYPE)):
            entry = tarfile.TarInfo(f"a-1/{name}/PKG-INFO")
            entry.type, entry.linkname = kind, "a-1/elsewhere"
            archive.addfile(entry)
            if kind == tarfile.DIRTYPE:
                archive.addfile(entry)
        entry = tarfile.TarInfo("./a-1/PKG-INFO")
        entry.size = 1
        archive.addfile(entry, io.BytesIO(b"x"))
    file.seek(0)
    assert read_sdist(file, "a-1.tar.gz", NAME) == (b"x", None, None)


@pytest.mark.parametrize("hostile", HOSTILE_ARCHIVES, ids=lambda hostile: hostile.name)
def test_hostile_archives(hostile: HostileArchive) -> None:
    """An archive that two readers could understand differently, or that leads out of itself, is not read."""
    file = io.BytesIO(hostile.content)
    with pytest.raises(BrokenArchiveError) as caught:
        _ = (
            read_wheel(file, NAME)
            if hostile.filename.endswith(".whl")
            else read_sdist(file, hostile.filename, NAME)
        )
    assert hostile.reason in f"cannot be read: {caught.value}"
    assert str(caught.value).isprintable()


def test_what_hostile_archives_are_made_of() -> None:
    """The same archives are read where nothing is wrong with them; each of the table differs in one thing."""
    assert read_wheel(io.BytesIO(honest_zip()), NAME) == METADATA
    assert read_sdist(io.BytesIO(gzip.compress(honest_tar())), "a-1.tar.gz", NAME).pkg_info == METADATA
    assert read_sdist(io.BytesIO(honest_zip(SDIST_MEMBERS)), "a-1.zip", NAME).pkg_info == METADATA
    assert len({hostile.name for hostile in HOSTILE_ARCHIVES}) == len(HOSTILE_ARCHIVES)


def test_shallowest_egg_info() -> None:
    """Of several folders of the project's egg-info the one nearest to the root counts."""
    members = {"r/lib/a.egg-info/PKG-INFO": b"deep", "r/A.egg-info/PKG-INFO": b"near"}
    assert read_sdist(tarred(members), "a-1.tar.gz", NAME).egg_pkg_info == b"near"


def test_large_text_in_an_sdist() -> None:
    """A text beyond the limit breaks an sdist."""
    with pytest.raises(BrokenArchiveError, match="larger than"):
        read_sdist(tarred({"a-1/PKG-INFO": bytes(LONGEST_TEXT + 1)}), "a-1.tar.gz", NAME)


def test_unpacked_size() -> None:
    """An sdist that unpacks to more than the limit is broken, however small it is."""
    with pytest.raises(BrokenArchiveError, match="unpacks to more than 1,048,576 bytes"):
        read_sdist(
            tarred({"a-1/x": bytes(2**21), "a-1/PKG-INFO": b""}),
            "a-1.tar.gz",
            NAME,
            Limits(unpacked_bytes=2**20),
        )


def test_unpacked_ratio() -> None:
    """An sdist of nothing but blanks is broken, well before it unpacks to the limit."""
    with pytest.raises(BrokenArchiveError, match="unpacks to more than 200 times its size"):
        read_sdist(tarred({"a-1/x": bytes(2**25), "a-1/PKG-INFO": b""}), "a-1.tar.gz", NAME)


def test_many_members() -> None:
    """An archive with more members than the limit is broken."""
    members = {f"a-1/{number}": b"" for number in range(20)}
    for read in (
        lambda: read_sdist(tarred(members), "a-1.tar.gz", NAME, Limits(archive_members=10)),
        lambda: read_sdist(zipped(members), "a-1.zip", NAME, Limits(archive_members=10)),
        lambda: read_wheel(zipped(members), NAME, Limits(archive_members=10)),
    ):
        with pytest.raises(BrokenArchiveError, match="more than 10 files"):
            read()


def test_large_extended_header() -> None:
    """An extended header that claims to be huge is not read."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz", format=tarfile.PAX_FORMAT) as archive:
        entry = tarfile.TarInfo("a-1/x")
        entry.pax_headers = {"comment": "x" * 2**21}
        archive.addfile(entry)
    file.seek(0)
    with pytest.raises(BrokenArchiveError, match="header that is too long"):
        read_sdist(file, "a-1.tar.gz", NAME)


def test_truncated_tar() -> None:
    """A tar file that ends in the middle is broken."""
    whole = gzip.decompress(tarred({"a-1/x": bytes(5000), "a-1/PKG-INFO": b"x"}).read())
    with pytest.raises(BrokenArchiveError, match="ends in the middle"):
        read_sdist(io.BytesIO(gzip.compress(whole[:3000])), "a-1.tar.gz", NAME)
