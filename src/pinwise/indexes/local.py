"""Folders and files of this machine, answered as a web server would answer."""

import hashlib
import html
from io import BufferedReader, BytesIO
from pathlib import Path
from urllib.parse import quote, urlsplit

from pinwise.indexes.flows import Answer, Fetch
from pinwise.indexes.pages import HTML_TYPE, JSON_TYPE
from pinwise.indexes.plain import plain
from pinwise.model.errors import IndexFailure


def to_address(url: str) -> str:
    """Return the address of an index, whose URL may also be the path of a folder."""
    return url if "://" in url or url.startswith("file:") else Path(url).absolute().as_uri()


def read_local(fetch: Fetch) -> Answer:
    """Answer a fetch of a ``file:`` address.

    A folder whose address ends with a slash is its ``index.html`` where it has one, every other folder a page
    that lists what is in it.
    """
    from urllib.request import url2pathname  # noqa: PLC0415  # heavy, and only for folders

    path = Path(url2pathname(urlsplit(fetch.url).path))
    try:
        if path.is_dir():
            index = path / "index.html"
            if not fetch.url.endswith("/") or not index.is_file():
                return _list_folder(path, fetch)
            path = index
        with _open(path) as file:
            return _read_file(file, path, fetch)
    except (FileNotFoundError, NotADirectoryError):
        return Answer(404, fetch.url, {}, BytesIO(), "")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no file"
        raise IndexFailure(
            f"`{plain(path)}`, for {fetch.what}, cannot be read: {reason}",
            hint="check that the folder and its files can be read",
        ) from error


def _open(path: Path) -> BufferedReader:
    """Open a file, and nothing else: a pipe or a device may have no end."""
    if path.exists() and not path.is_file():
        raise ValueError(path)
    return path.open("rb")


def _list_folder(path: Path, fetch: Fetch) -> Answer:
    names = sorted(entry.name for entry in path.iterdir())
    links = (f'<a href="{quote(name)}">{html.escape(name)}</a>\n' for name in names)
    body = "".join(links).encode("utf-8", errors="replace")
    url = f"{fetch.url.rstrip('/')}/"
    return Answer(200, url, {"content-type": HTML_TYPE}, BytesIO(body), hashlib.sha256(body).hexdigest())


def _read_file(file: BufferedReader, path: Path, fetch: Fetch) -> Answer:
    if fetch.is_for_digest:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return Answer(200, fetch.url, {}, BytesIO(), digest)
    headers = {"content-type": JSON_TYPE if path.suffix == ".json" else HTML_TYPE}
    status = 200
    if fetch.span is not None:
        size = file.seek(0, 2)
        first, end = fetch.span
        first, end = (max(0, size + first), size) if first < 0 else (min(first, size), min(end, size))
        if first >= end:
            return Answer(416, fetch.url, {}, BytesIO(), "")
        headers["content-range"] = f"bytes {first}-{end - 1}/{size}"
        status = 206
        file.seek(first)
        body = file.read(end - first)
    else:
        body = file.read(fetch.limit + 1)
    kept = body[: fetch.limit]
    return Answer(
        status, fetch.url, headers, BytesIO(kept), hashlib.sha256(kept).hexdigest(), len(body) > fetch.limit
    )
