"""Index pages in JSON and in HTML give page facts; one bad file never costs the page."""

import json
from typing import Any
from urllib.parse import urljoin

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version

from pinwise.indexes.pages import HTML_TYPE, JSON_TYPE, PageSource, _joined, read_listing, to_project
from pinwise.model.errors import IndexFailure
from pinwise.model.facts import File, Project
from pinwise.model.names import normalise

INDEX = "https://index.example/simple"
NAME = normalise("flask")
DIGEST = "ab" * 32
WHEEL = "flask-3.0-py3-none-any.whl"


def read(body: str | bytes, kind: str = JSON_TYPE, *, index: str = INDEX, url: str | None = None) -> Project:
    content = body.encode() if isinstance(body, str) else body
    source = PageSource(url or f"{index}/{NAME}/", index, NAME)
    return to_project(read_listing(content, kind, source), NAME, index)


def page(*files: object, **more: Any) -> str:
    return json.dumps({"meta": {"api-version": "1.1"}, "name": "Flask", "files": files} | more)


def entry(filename: str = WHEEL, **more: Any) -> dict[str, object]:
    facts = {"filename": filename, "url": f"/files/{filename}", "hashes": {"sha256": DIGEST}}
    return {key.replace("_", "-"): value for key, value in (facts | more).items()}


def only_file(project: Project) -> File:
    (release,) = project.releases
    (file,) = release.files
    return file


def test_json_facts() -> None:
    """A JSON page gives every page fact of a file."""
    full = entry(
        size=7,
        upload_time="2024-01-02T03:04:05.678Z",
        requires_python=">=3.8",
        yanked="broken\nbadly",
        core_metadata={"sha256": "CD" * 32},
    )
    assert only_file(read(page(full))) == File(
        filename=WHEEL,
        url=f"https://index.example/files/{WHEEL}",
        sha256=DIGEST,
        size=7,
        uploaded=1704164645,
        requires_python=">=3.8",
        yanked="broken badly",
        metadata="cd" * 32,
        tags="py3-none-any",
    )


def test_html_facts() -> None:
    """An HTML page gives the same facts, but for the size."""
    anchor = (
        f'<a href="../../files/{WHEEL}?x=1#egg=y&amp;sha256={DIGEST.upper()}" data-yanked="broken" '
        'data-requires-python="&gt;=3.8" data-upload-time="2024-01-02T03:04:05Z" '
        f'data-core-metadata="sha256={"cd" * 32}">'
    )
    assert only_file(read(anchor, "text/html; charset=UTF-8")) == File(
        filename=WHEEL,
        url=f"https://index.example/files/{WHEEL}?x=1",
        sha256=DIGEST,
        size=None,
        uploaded=1704164645,
        requires_python=">=3.8",
        yanked="broken",
        metadata="cd" * 32,
        tags="py3-none-any",
    )


@pytest.mark.parametrize(
    ("more", "metadata"),
    [
        ({}, None),
        ({"core_metadata": True}, ""),
        ({"core_metadata": False, "dist_info_metadata": True}, None),
        ({"dist_info_metadata": {"sha256": DIGEST}}, DIGEST),
        ({"core_metadata": {"md5": "0"}}, ""),
        ({"core_metadata": "yes"}, None),
    ],
)
def test_json_metadata_offers(more: dict[str, Any], metadata: str | None) -> None:
    """PEP 714: `core-metadata` outweighs the older key; on a JSON page silence means that there is none."""
    assert only_file(read(page(entry(**more)))).metadata == metadata


@pytest.mark.parametrize(
    ("attribute", "metadata"),
    [
        ("", "?"),
        ("data-core-metadata=true", ""),
        ("data-dist-info-metadata=true data-core-metadata=false", None),
        (f"data-dist-info-metadata=sha256={DIGEST}", DIGEST),
    ],
)
def test_html_metadata_offers(attribute: str, metadata: str | None) -> None:
    """On an HTML page silence says nothing about a metadata file."""
    assert only_file(read(f"<a href={WHEEL} {attribute}>", HTML_TYPE)).metadata == metadata


@pytest.mark.parametrize(
    ("yanked", "fact"), [(False, None), (None, None), ("", None), (True, ""), ("why `x`", "why 'x'")]
)
def test_yanked(yanked: object, fact: str | None) -> None:
    """PEP 592: a file is yanked with a reason, or without one."""
    assert only_file(read(page(entry(yanked=yanked)))).yanked == fact


def test_releases_in_order() -> None:
    """Releases ascend by version, files by name; equal versions are one release, in any order."""
    names = ["flask-3.0.tar.gz", "flask-10.tar.gz", "flask-3.0.0-py3-none-any.whl", "flask-3.0rc1.zip"]
    one, other = read(page(*map(entry, names))), read(page(*map(entry, reversed(names))))
    assert one == other
    assert [str(release.version) for release in one.releases] == ["3.0rc1", "3.0", "10"]
    assert [file.filename for file in one.releases[1].files] == [
        "flask-3.0.0-py3-none-any.whl",
        "flask-3.0.tar.gz",
    ]
    assert one.releases[1].version == Version("3")


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("text", "no object"),
        ({"url": "x"}, "no file name"),
        (entry(hashes={"sha256": "xyz"}), "not a digest"),
        (entry(requires_python=">=3.8.*"), "Requires-Python"),
        (entry(requires_python=3), "Requires-Python"),
        (entry(requires_python=">=" + "1" * 5000), "Requires-Python"),
        (entry(url="file:///etc/passwd"), "none that this index may name"),
        (entry(url="http://index.example/x"), "none that this index may name"),
        (entry(url="javascript:x"), "none that this index may name"),
        (entry(url="https://[x"), "cannot be read"),
        (entry(url="https://x/\n"[:-1] + "\x00"), "cannot be read"),
        (entry(url=None), "cannot be read"),
        (entry(url="x" * 5000), "cannot be read"),
        (entry("../flask-3.0.tar.gz"), "no file name may hold"),
        (entry("other-3.0.tar.gz"), "not a file of `flask`"),
    ],
)
def test_one_bad_file(bad: object, reason: str) -> None:
    """A bad file is left out with its reason; the others are read."""
    found = read(page(bad, entry("flask-1.0.tar.gz")))
    assert [str(release.version) for release in found.releases] == ["1.0"]
    (skip,) = found.skipped
    assert reason in skip.reason
    assert len(skip.reason) < 200


@pytest.mark.parametrize("time", ["yesterday", 5, "2024-13-01", None])
def test_unreadable_time(time: object) -> None:
    """An upload time that cannot be read is an unknown time."""
    assert only_file(read(page(entry(upload_time=time)))).uploaded is None


@pytest.mark.parametrize("time", ["9999-12-31T23:59:59-23:00", "0001-01-01T00:00:00+14:00"])
def test_time_beyond_the_calendar(time: str) -> None:
    """A time that no calendar in UTC holds is an unknown time: it could not be written into a lock."""
    assert only_file(read(page(entry(upload_time=time)))).uploaded is None


@pytest.mark.parametrize("size", [-1, True, "7", 2**70, 1.5])
def test_unreadable_size(size: object) -> None:
    """A size that is none is an unknown size."""
    assert only_file(read(page(entry(size=size)))).size is None


def test_credentials_are_dropped() -> None:
    """No address of a file holds credentials or a fragment."""
    file = only_file(read(page(entry(url="https://user:word@files.example/x@y#sha256=0"))))
    assert file.url == "https://files.example/x@y"


def test_same_file_twice() -> None:
    """A file that a page lists twice counts once; with another digest that is a finding."""
    other = entry(hashes={"sha256": "cd" * 32})
    found = read(page(entry(), entry(), other))
    assert only_file(found).sha256 == DIGEST
    assert ["different digests" in skip.reason for skip in found.skipped] == [True]


def test_base() -> None:
    """Links are relative to the page's base, wherever it stands, else to where the page was found."""
    anchor = f'<a href="{WHEEL}">'
    assert (
        only_file(read(anchor, HTML_TYPE, url="https://moved.example/p/")).url
        == f"https://moved.example/p/{WHEEL}"
    )
    based = only_file(read(f'{anchor}<base href="https://cdn.example/f/">', HTML_TYPE))
    assert based.url == f"https://cdn.example/f/{WHEEL}"


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(["https://index.example/simple/a/", "http://127.0.0.1:80/x/y", "file:///srv/a/"]),
    st.lists(
        st.sampled_from(
            ["..", ".", "/", "//", "a", "a.whl", "b;c", "?d", "#e", "f%2F", "g:", "file:", "+", "é"]
        )
        | st.text("ab./:;?#%-_", max_size=4),
        max_size=8,
    ).map("".join),
)
def test_links_are_resolved_as_the_web_does(base: str, link: str) -> None:
    """Joining the folder of a link once for all its files gives what joining each link gives."""
    assert _joined(base, link) == urljoin(base, link)


def test_base_of_this_machine() -> None:
    """A page of an http index must not make its links files of this machine."""
    with pytest.raises(IndexFailure, match="base address"):
        read(f'<base href="file:///etc/"><a href="{WHEEL}">', HTML_TYPE)


def test_schemes() -> None:
    """An http index may name both web schemes, a folder of this machine also files."""
    assert only_file(read(page(entry(url="https://x.example/f")), index="http://localhost/simple"))
    assert only_file(read(page(entry(url="http://x.example/f")), index="http://localhost/simple"))
    assert only_file(read(page(entry()), index="file:///srv/simple")).url == f"file:///files/{WHEEL}"


@pytest.mark.parametrize(
    ("body", "kind", "reason"),
    [
        ("{", JSON_TYPE, "no valid JSON"),
        ("[" * 100_000, JSON_TYPE, "nested deeper than 32 levels"),
        ('{"meta": ' + "1" * 5000 + "}", JSON_TYPE, "no valid JSON"),
        (b"\xff\xfe\x00", JSON_TYPE, "no valid JSON"),
        ("[]", JSON_TYPE, "does not say which version"),
        (page(meta={"api-version": "2.0"}), JSON_TYPE, "speaks version 2.0"),
        (page(meta={"api-version": 1}), JSON_TYPE, "does not say which version"),
        (page(name="django"), JSON_TYPE, "is the page of `django`"),
        (page(name=None), JSON_TYPE, "is the page of `None`"),
        (page(files={}), JSON_TYPE, "no list of files"),
        ('<meta name="pypi:repository-version" content="2.0">', HTML_TYPE, "speaks version 2.0"),
        ("", "application/vnd.pypi.simple.v2+json", "only version 1"),
        ("", "image/png", "no index page"),
        ("", "", "no index page"),
    ],
)
def test_no_index_page(body: str | bytes, kind: str, reason: str) -> None:
    """What is no index page of version 1 for that project fails with the names of index and project."""
    with pytest.raises(IndexFailure, match=reason) as caught:
        read(body, kind)
    assert "`flask` on `index.example`" in str(caught.value)


def test_later_minor_versions() -> None:
    """PEP 629: a higher minor version is read as far as it is understood."""
    assert only_file(read(page(entry(), meta={"api-version": "1.9"}, news=1)))


@pytest.mark.parametrize(
    ("status", "fact"),
    [
        ({"status": "quarantined", "reason": "x"}, "quarantined"),
        ({"status": "new"}, "active"),
        ("archived", "active"),
    ],
)
def test_json_status(status: object, fact: str) -> None:
    """PEP 792: a project's status is one of the known markers."""
    assert read(page(**{"project-status": status})).status == fact


def test_html_status() -> None:
    """PEP 792 in HTML: the status is a `meta` tag."""
    assert read('<meta name="pypi:project-status" content="archived">', HTML_TYPE).status == "archived"


def test_navigation_is_no_finding() -> None:
    """Links to folders, signatures and eggs are neither files nor findings."""
    found = read('<a href="../">up</a><a href="mailto:x@y">m</a><a href="flask-1.egg">e</a>', HTML_TYPE)
    assert (found.releases, found.skipped) == ((), ())


def test_unknown_charset() -> None:
    """A page in a charset that Python does not know is read as UTF-8."""
    assert only_file(read(f"<a href={WHEEL}>", "text/html; charset=klingon"))


def test_shared_list() -> None:
    """Of a list of many projects' files, only the project's own are read, and others are no findings."""
    body = "".join(f"<a href={name}>" for name in (WHEEL, "other-1.0.tar.gz", "flask-sqlalchemy-1.0.tar.gz"))
    listing = read_listing(body.encode(), HTML_TYPE, PageSource(f"{INDEX}/links", INDEX))
    found = to_project(listing, NAME, INDEX, is_shared=True)
    assert only_file(found).filename == WHEEL
    assert found.skipped == ()
