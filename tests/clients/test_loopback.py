"""The loopback index that other tests stand on keeps to the standards it speaks."""

import hashlib
import io
import json
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator, Mapping
from email.message import Message

import pytest
from packaging.metadata import Metadata

from support.artifacts import sdist, wheel
from support.loopback import HTML_TYPE, JSON_TYPE, Answer, LoopbackIndex


@pytest.fixture
def index() -> Iterator[LoopbackIndex]:
    """Return an index with two releases of one project."""
    with LoopbackIndex() as index:
        index.add(wheel("Flask.App", "1.0", requires=["click>=8"], requires_python=">=3.8"))
        index.add(sdist("Flask.App", "2.0"), yanked="broken", metadata="missing", uploaded=None)
        yield index


def get(url: str, headers: Mapping[str, str] | None = None) -> tuple[int, Message, bytes]:
    """Return status, headers and body, whatever the status is."""
    request = urllib.request.Request(url, headers=dict(headers or {}))
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status, response.headers, response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read()


def test_same_arguments_give_same_bytes() -> None:
    """Artifacts are deterministic, so that digests in expectations stay."""
    assert wheel("a", "1", requires=["b"]) == wheel("a", "1", requires=["b"])
    assert sdist("a", "1", egg_info="b\n") == sdist("a", "1", egg_info="b\n")


def test_wheel_is_valid() -> None:
    """A wheel's metadata is valid and its RECORD tells the truth."""
    built = wheel("My-Project", "1.0", requires=["b>1; extra == 'x'"], extras=["x"], padding=5000)
    assert built.filename == "my_project-1.0-py3-none-any.whl"
    assert Metadata.from_email(built.metadata).name == "My-Project"
    with zipfile.ZipFile(io.BytesIO(built.content)) as archive:
        rows = archive.read("my_project-1.0.dist-info/RECORD").decode().splitlines()
        assert {row.split(",")[0] for row in rows} == set(archive.namelist())


def test_form_follows_the_accept_header(index: LoopbackIndex) -> None:
    """The page comes in the form that the client likes best."""
    url = f"{index.url}/flask-app/"
    assert get(url, {"Accept": f"{HTML_TYPE};q=0.1, {JSON_TYPE}"})[1]["Content-Type"] == JSON_TYPE
    assert get(url, {"Accept": f"{HTML_TYPE}, {JSON_TYPE};q=0.1"})[1]["Content-Type"] == HTML_TYPE
    assert get(url, {"Accept": "image/png"})[0] == 406


def test_json_page_says_everything(index: LoopbackIndex) -> None:
    """A JSON page holds what was configured per file."""
    page = json.loads(get(f"{index.url}/flask-app/", {"Accept": JSON_TYPE})[2])
    first, second = page["files"]
    assert first["requires-python"] == ">=3.8"
    assert first["upload-time"] == "2024-01-02T03:04:05Z"
    assert first["yanked"] is False
    status, _, metadata = get(first["url"] + ".metadata")
    assert status == 200
    assert hashlib.sha256(metadata).hexdigest() == first["core-metadata"]["sha256"]
    assert second["yanked"] == "broken"
    assert "upload-time" not in second
    assert get(second["url"] + ".metadata")[0] == 404


def test_names_are_redirected_and_unknown_ones_missing(index: LoopbackIndex) -> None:
    """A spelling that is not normalised leads to the one that is; an unknown project is 404."""
    assert get(f"{index.url}/Flask_App")[0] == 200
    assert index.count("/simple/Flask_App", status=301) == 1
    assert get(f"{index.url}/nothing/")[0] == 404


def test_etag_saves_the_body(index: LoopbackIndex) -> None:
    """A client that has the page already gets 304 and no body."""
    tag = get(f"{index.url}/flask-app/")[1]["ETag"]
    status, _, body = get(f"{index.url}/flask-app/", {"If-None-Match": tag})
    assert (status, body) == (304, b"")


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [("bytes=0-3", slice(0, 4)), ("bytes=-5", slice(-5, None)), ("bytes=7-", slice(7, None))],
)
def test_ranges(index: LoopbackIndex, wanted: str, expected: slice) -> None:
    """A range request gets just that part of the file."""
    file = index.files("flask-app")[0]
    status, headers, body = get(file.url, {"Range": wanted})
    assert status == 206
    assert body == file.artifact.content[expected]
    assert headers["Content-Range"].endswith(f"/{len(file.artifact.content)}")
    assert get(file.url, {"Range": "bytes=9999999-"})[0] == 416


def test_prepared_answers_run_out(index: LoopbackIndex) -> None:
    """A prepared answer serves as often as it says, then the index is itself again."""
    index.answer("/simple/flask-app/", Answer(503, headers={"Retry-After": "1"}, times=1))
    assert get(f"{index.url}/flask-app/")[0] == 503
    assert get(f"{index.url}/flask-app/")[0] == 200


def test_one_form_and_credentials() -> None:
    """An index can speak one form only and ask who is there."""
    with LoopbackIndex(forms="html", credentials=("me", "secret"), html_times=True) as index:
        index.add(wheel("a", "1"))
        assert get(f"{index.url}/a/")[0] == 401
        allowed = {"Authorization": "Basic bWU6c2VjcmV0", "Accept": f"{JSON_TYPE}, {HTML_TYPE};q=0.1"}
        _, headers, body = get(f"{index.url}/a/", allowed)
        assert headers["Content-Type"] == HTML_TYPE
        assert b'data-upload-time="2024-01-02T03:04:05Z"' in body
