"""The table of all kinds of faults; see `support.faults` for what each field means."""

import gzip
import json
import re
import zlib
from collections.abc import Iterator
from typing import Any

from support.artifacts import metadata_text, sdist, wheel
from support.fault_server import Line, Play
from support.faults import DIGEST, HTML, Fault, artifact, entry
from support.hostile_archives import HOSTILE_ARCHIVES

# --- ways to play


def _json(**more: Any) -> bytes:
    sound = {"meta": {"api-version": "1.1"}, "name": "bad", "files": []}
    return json.dumps(sound | more).encode()


def _file(filename: str = "bad-2-py3-none-any.whl", **more: object) -> dict[str, object]:
    return {"filename": filename, "url": f"/files/{filename}", "hashes": {"sha256": DIGEST}} | more


def _files(*files: object) -> bytes:
    return _json(files=files)


def _sound(line: Line) -> bytes:
    """Return the sound page, wherever the server is."""
    host = re.search(rb"[Hh]ost: ([^\r]+)", line.head)
    root = "http://" + (host[1].decode() if host else "")
    body = {"meta": {"api-version": "1.1"}, "name": "bad", "files": [entry("1", root)]}
    return json.dumps(body).encode()


def _answer(body: bytes = b"", **more: str) -> Play:
    def play(line: Line) -> None:
        line.answer(body, **more)

    return play


def _raw(data: bytes) -> Play:
    def play(line: Line) -> None:
        line.send(data)

    return play


def _html(body: str, **more: str) -> Play:
    return _answer(body.encode(), kind=HTML, **more)


def _packed(packed: bytes, encoding: str = "gzip") -> Play:
    return _answer(packed, content_encoding=encoding)


def _redirect(location: str, status: str = "302 Found") -> Play:
    return _answer(b"", status=status, location=location)


HEAD = b"HTTP/1.1 200 OK\r\n"
JSON_HEAD = HEAD + b"Content-Type: application/vnd.pypi.simple.v1+json\r\n"
CHUNKED = JSON_HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


def _silence(line: Line) -> None:
    line.silence()


def _then_silence(data: bytes) -> Play:
    def play(line: Line) -> None:
        line.send(data)
        line.silence()

    return play


def _drip(before: bytes, data: bytes, seconds: float) -> Play:
    def play(line: Line) -> None:
        line.send(before)
        line.forever(data, seconds)

    return play


def _then_reset(data: bytes) -> Play:
    def play(line: Line) -> None:
        line.send(data)
        line.wait(0.02)
        line.reset()

    return play


def _with_page(**more: str) -> Play:
    """Answer with the sound page, and headers that are not."""

    def play(line: Line) -> None:
        line.answer(_sound(line), **more)

    return play


def _ranges(**more: Any) -> Play:
    """Answer a request for a part of the wheel, with lies about which part it is."""

    def play(line: Line) -> None:
        content = artifact("2", "wheel").content
        size = len(content)
        told: dict[str, Any] = {"first": 0, "last": size - 1, "total": size, "body": content} | more
        header = f"bytes {told['first']}-{told['last']}/{told['total']}"
        line.answer(told["body"], status="206 Partial Content", kind="application/zip", content_range=header)

    return play


def _times() -> Iterator[Fault]:
    late, slow = "took longer than 0.6 seconds", "sends less than 1,000 bytes per second"
    silent = "did not answer in time"
    length = b"Content-Length: 1000\r\n\r\n"
    yield Fault("silence", "page", _silence, silent)
    yield Fault("half a status line, then silence", "page", _then_silence(b"HTTP/1."), silent)
    yield Fault("headers, then silence", "page", _then_silence(HEAD), silent)
    yield Fault("a body that stops", "page", _then_silence(JSON_HEAD + length + b'{"meta"'), silent)
    yield Fault("a status line that drips", "page", _drip(b"HTTP/1.1 200 ", b"x", 0.05), late)
    yield Fault("a header that drips", "page", _drip(HEAD + b"X-Long: ", b"x", 0.05), late)
    yield Fault("headers that drip", "page", _drip(HEAD, b"X: y\r\n", 0.05), late)
    yield Fault(
        "patience asked for without an end", "page", _drip(b"", b"HTTP/1.1 100 C\r\n\r\n", 0.05), late
    )
    yield Fault("a body that drips", "page", _drip(JSON_HEAD + length, b" ", 0.05), slow)
    yield Fault("chunks that drip", "page", _drip(CHUNKED, b"1\r\n \r\n", 0.05), slow)
    yield Fault("a chunk's size that drips", "page", _drip(CHUNKED, b"0", 0.05), late)
    yield Fault("a body without a length that drips", "page", _drip(JSON_HEAD + b"\r\n", b" ", 0.05), slow)
    yield Fault("a body just fast enough", "page", _drip(JSON_HEAD + b"\r\n", b" " * 1000, 0.05), late)
    yield Fault("metadata that never comes", "metadata", _silence, silent)
    yield Fault("metadata that drips", "metadata", _drip(HEAD + b"\r\n", b"x", 0.05), slow)
    yield Fault("a wheel that never comes", "wheel", _silence, silent)
    yield Fault("a wheel that drips", "wheel", _drip(HEAD + b"\r\n", b"x", 0.05), slow)
    yield Fault("an sdist that drips", "sdist", _drip(HEAD + b"\r\n", b"x", 0.05), slow)
    yield Fault("an sdist just fast enough", "sdist", _drip(HEAD + b"\r\n", b"x" * 1000, 0.05), late)


def _sizes() -> Iterator[Fault]:
    large, broke = "sent more than 50,000 bytes for the page of `bad`", "broke off the connection"

    def endless(head: bytes, piece: bytes) -> Play:
        return _drip(head, piece, 0)

    blanks = b" " * 2**16
    chunk = b"10000\r\n" + blanks + b"\r\n"
    yield Fault("an endless body", "page", endless(JSON_HEAD + b"\r\n", blanks), large)
    yield Fault("endless chunks", "page", endless(CHUNKED, chunk), large)
    yield Fault(
        "a length beyond the limit",
        "page",
        _then_silence(JSON_HEAD + b"Content-Length: 99999999\r\n\r\n"),
        large,
    )
    yield Fault(
        "a length beyond all sizes",
        "page",
        _raw(JSON_HEAD + b"Content-Length: " + b"9" * 18 + b"\r\n\r\n"),
        large,
    )
    yield Fault(
        "endless headers", "page", endless(HEAD, b"X-Header: " + b"y" * 1000 + b"\r\n"), "does not speak HTTP"
    )
    yield Fault("an endless header", "page", endless(HEAD + b"X: ", blanks), "does not speak HTTP")
    yield Fault("a length that is too large", "page", _with_page(content_length="5000"), broke)
    yield Fault("a length that is too small", "page", _with_page(content_length="40"), "is no valid JSON")
    yield Fault(
        "a length that cuts a tag",
        "page",
        _html('<a href="bad-1.tar.gz">', content_length="12"),
        "ends in the middle",
    )
    yield Fault(
        "no length, and cut",
        "page",
        _html("<!DOCTYPE html><html><body><a href='bad-1.tar.gz'>x</a>", content_length=""),
        "broke off the page of `bad`",
    )
    yield Fault(
        "two lengths",
        "page",
        _raw(JSON_HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n{}"),
        "does not speak HTTP",
    )
    yield Fault(
        "a negative length", "page", _raw(JSON_HEAD + b"Content-Length: -5\r\n\r\n{}"), "does not speak HTTP"
    )
    yield Fault(
        "a length in words",
        "page",
        _raw(JSON_HEAD + b"Content-Length: five\r\n\r\n{}"),
        "does not speak HTTP",
    )
    yield Fault("a chunk without a size", "page", _raw(CHUNKED + b"zz\r\n{}\r\n"), "does not speak HTTP")
    yield Fault("a chunk that is cut", "page", _raw(CHUNKED + b"ffffff\r\n{}"), broke)
    yield Fault("chunks without an end", "page", _raw(CHUNKED + b"2\r\n{}\r\n"), broke)
    yield Fault(
        "an unknown way of sending",
        "page",
        _raw(JSON_HEAD + b"Transfer-Encoding: pigeon\r\n\r\n{}"),
        "does not speak HTTP",
    )
    yield Fault(
        "metadata beyond the limit",
        "metadata",
        _answer(b"x" * 20_001),
        "its metadata file is larger than 20,000 bytes",
        "left out",
    )
    yield Fault(
        "endless metadata",
        "metadata",
        endless(HEAD + b"\r\n", blanks),
        "its metadata file is larger than 20,000 bytes",
        "left out",
    )
    yield Fault(
        "an endless wheel, no ranges",
        "wheel",
        endless(HEAD + b"\r\n", blanks),
        "its index gives no part of it, and it is larger than 60,000 bytes",
        "left out",
    )
    yield Fault(
        "an endless sdist",
        "sdist",
        endless(HEAD + b"\r\n", blanks),
        "its sdist is larger than 60,000 bytes",
        "left out",
    )
    yield Fault(
        "an endless part",
        "wheel",
        endless(b"HTTP/1.1 206 Part\r\nContent-Range: bytes 0-9/10\r\n\r\n", blanks),
        "a part that was not asked for",
    )
    yield Fault(
        "a part from elsewhere",
        "wheel",
        _ranges(first=5, last=9, body=b"x" * 5),
        "a part that was not asked for",
    )
    yield Fault("a part longer than it says", "wheel", _ranges(last=5), "a part that was not asked for")
    yield Fault("a part beyond the file", "wheel", _ranges(total=10), "a part that was not asked for")
    yield Fault("a part of no file", "wheel", _ranges(total="*"), "a part that was not asked for")
    yield Fault(
        "a part of a file of lies",
        "wheel",
        _ranges(body=b"x" * len(artifact("2", "wheel").content)),
        "cannot be read",
        "left out",
    )


def _breaks() -> Iterator[Fault]:
    broke, odd = "broke off the connection", "does not speak HTTP"
    half = JSON_HEAD + b'Content-Length: 1000\r\n\r\n{"meta": {'
    yield Fault("a connection closed at once", "page", _raw(b""), broke)
    yield Fault("a connection reset at once", "page", _then_reset(b""), broke)
    yield Fault("half a status line", "page", _raw(b"HTTP/1.1 2"), broke)
    yield Fault("half the headers", "page", _raw(HEAD + b"Content-Ty"), broke)
    yield Fault("half a body", "page", _raw(half), broke)
    yield Fault("a body that is reset", "page", _then_reset(half), broke)
    yield Fault("a body without HTTP", "page", _raw(b"<html>hello</html>\r\n\r\n"), odd)
    yield Fault("noise", "page", _raw(bytes(range(256)) * 8), odd)
    yield Fault("a status that is none", "page", _raw(b"HTTP/1.1 OK\r\n\r\n"), odd)
    yield Fault("another protocol", "page", _raw(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"), odd)
    yield Fault("a header without a name", "page", _raw(HEAD + b": x\r\n\r\n"), odd)
    yield Fault(
        "half of the metadata", "metadata", _then_reset(HEAD + b"Content-Length: 99\r\n\r\nName"), broke
    )
    yield Fault("half a wheel", "wheel", _then_reset(HEAD + b"Content-Length: 999\r\n\r\nPK"), broke)
    yield Fault("half an sdist", "sdist", _then_reset(HEAD + b"Content-Length: 999\r\n\r\n\x1f\x8b"), broke)


def _statuses() -> Iterator[Fault]:
    for status in (204, 206, 304, 400, 401, 403, 407, 416, 451, 500, 502, 600):
        yield Fault(f"status {status}", "page", _answer(b"{}", status=f"{status} X"), f"answered {status}")
    yield Fault(
        "status 101",
        "page",
        _raw(b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
        "broke off the connection",
    )
    wait = "answered 503"
    yield Fault("a wait of a day", "page", _answer(b"", status="503 Busy", retry_after="86400"), wait)
    yield Fault(
        "a wait until 2099",
        "page",
        _answer(b"", status="503 Busy", retry_after="Thu, 01 Jan 2099 00:00:00 GMT"),
        wait,
    )
    yield Fault(
        "a wait of nonsense", "page", _answer(b"", status="503 Busy", retry_after="9" * 400 + "soon"), wait
    )
    yield Fault("metadata that answers 503", "metadata", _answer(b"", status="503 Busy"), wait)
    yield Fault("a wheel that answers 403", "wheel", _answer(b"", status="403 No"), "answered 403")
    yield Fault("a wheel without any part", "wheel", _answer(b"", status="416 Range"), "answered 416")
    yield Fault("an sdist that answers 500", "sdist", _answer(b"", status="500 Error"), "answered 500")
    often, refused = "redirected more than 3 times", "is not followed"
    yield Fault("a redirection to itself", "page", _redirect("/simple/bad/"), often)
    yield Fault("a redirection to nowhere", "page", _redirect("#"), often)
    for name, location in (
        ("a file", "file:///etc/passwd"),
        ("ftp", "ftp://127.0.0.1/x"),
        ("data", "data:text/html,<a href=bad-9.tar.gz>"),
        ("a script", "javascript:alert(1)"),
        ("a login", "http://user:word@127.0.0.1/x"),
        ("a broken address", "http://[::1/x"),
    ):
        yield Fault(f"a redirection to {name}", "page", _redirect(location), refused)
    yield Fault("a redirection without a place", "page", _answer(b"", status="301 Moved"), "answered 301")
    yield Fault("metadata redirected to a file", "metadata", _redirect("file:///etc/passwd"), refused)
    yield Fault("a wheel redirected to a file", "wheel", _redirect("file:///etc/passwd"), refused)


def _packings() -> Iterator[Fault]:
    bomb = b" " * 2_000_000
    twice = gzip.compress(gzip.compress(bomb))
    deflate = zlib.compressobj(wbits=-15)
    raw = deflate.compress(bomb) + deflate.flush()
    much, broken = "sent more than 50,000 bytes", "sent an answer that cannot be unpacked"
    packed = gzip.compress(_json())
    yield Fault("a bomb in gzip", "page", _packed(gzip.compress(bomb)), much)
    yield Fault("a bomb in deflate", "page", _packed(zlib.compress(bomb), "deflate"), much)
    yield Fault("a bomb in bare deflate", "page", _packed(raw, "deflate"), much)
    yield Fault(
        "a bomb of many streams",
        "page",
        _packed(gzip.compress(bomb[:100_000]) * 300),
        "sent more than 50,000",
    )
    yield Fault(
        "a bomb in gzip in gzip", "page", _packed(twice, "gzip, gzip"), "packed in the way `gzip, gzip`"
    )
    yield Fault(
        "a bomb as metadata",
        "metadata",
        _packed(gzip.compress(bomb)),
        "its metadata file is larger than 20,000 bytes",
        "left out",
    )
    yield Fault("brotli", "page", _packed(b"\x0b\x02\x80", "br"), "packed in the way `br`")
    yield Fault("zstandard", "page", _packed(b"\x28\xb5\x2f\xfd", "zstd"), "packed in the way `zstd`")
    yield Fault(
        "a packing of control characters", "page", _packed(b"", "\x1b[31mred"), "packed in the way `[31mred`"
    )
    yield Fault("gzip that is none", "page", _packed(b"{}"), broken)
    yield Fault("gzip that is cut", "page", _packed(packed[:-12]), "sent an answer that ends in the middle")
    yield Fault("gzip with a wrong check sum", "page", _packed(packed[:-8] + b"12345678"), broken)
    yield Fault("gzip with something behind it", "page", _packed(packed + b"more"), broken)
    yield Fault(
        "deflate with something behind it",
        "page",
        _packed(zlib.compress(_json()) + b"x", "deflate"),
        "with something behind its end",
    )
    yield Fault("packed nothing", "page", _packed(b""), "ends in the middle")


def _contents() -> Iterator[Fault]:
    none, invalid = "which is no index page", "is no valid JSON"
    yield Fault("another content type", "page", _answer(_json(), kind="application/octet-stream"), none)
    yield Fault("an image", "page", _answer(b"\x89PNG", kind="image/png"), none)
    yield Fault("no content type", "page", _answer(_json(), kind=""), "of the kind `unknown`")
    yield Fault("a content type of control characters", "page", _answer(_json(), kind="a\x85\x9b31m/b"), none)
    yield Fault(
        "JSON of version 2",
        "page",
        _answer(_json(), kind="application/vnd.pypi.simple.v2+json"),
        "only version 1",
    )
    yield Fault("api-version 2.0", "page", _answer(_json(meta={"api-version": "2.0"})), "speaks version 2.0")
    yield Fault(
        "api-version of control characters",
        "page",
        _answer(_json(meta={"api-version": "\x1b[31m2"})),
        "speaks version [31m2",
    )
    yield Fault("no api-version", "page", _answer(_json(meta={})), "does not say which version")
    yield Fault("HTML called JSON", "page", _answer(b"<a href=bad-1.tar.gz>"), invalid)
    yield Fault("JSON that is cut", "page", _answer(_json()[:-3]), invalid)
    yield Fault(
        "JSON with numbers beyond all sizes", "page", _answer(b'{"meta": ' + b"1" * 5000 + b"}"), invalid
    )
    yield Fault("JSON that is no UTF-8", "page", _answer(b'{"name": "\xff\xfe"}'), invalid)
    yield Fault("JSON of one word", "page", _answer(b"null"), "does not say which version")
    yield Fault("JSON without files", "page", _answer(_json(files={})), "has no list of files")
    yield Fault("deep JSON", "page", _answer(b"[" * 20 + b"]" * 20), "nested deeper than 10 levels")
    yield Fault("very deep JSON", "page", _answer(b'{"a":' * 500), "nested deeper than 10 levels")
    yield Fault(
        "ten thousand objects",
        "page",
        _answer(b"[" + b"{}," * 10_000 + b"{}]"),
        "holds more than 600 objects",
    )
    yield Fault(
        "too many files",
        "page",
        _answer(_files(*[_file(url="/") for _ in range(101)])),
        "lists more than 100 files",
    )
    yield Fault("too many links", "page", _html("<a href=x>" * 101), "lists more than 100 files")
    yield Fault("the page of another project", "page", _answer(_json(name="other")), "is the page of `other`")
    yield Fault("the page of no project", "page", _answer(_json(name=["bad"])), "is the page of `['bad']`")
    yield Fault(
        "links of another project",
        "page",
        _html("<a href=other-1.tar.gz>x</a>"),
        "lists only files of other projects",
    )
    yield Fault("a tag without an end", "page", _html("<a " * 10_000), "ends in the middle")
    yield Fault("a comment without an end", "page", _html("<!-- <a href=bad-1.tar.gz>"), "ends in the middle")
    yield Fault(
        "a base that is a file",
        "page",
        _html("<base href='file:///etc/'><a href=bad-1.tar.gz>"),
        "base address that cannot be used",
    )
    changed = _file("bad-1-py3-none-any.whl")
    yield Fault("another digest than before", "page", _answer(_files(changed)), "another digest than before")
    for name, field, value, reason in (
        ("a digest that is none", "hashes", {"sha256": "xyz"}, "its SHA-256 is not a digest"),
        ("a file of this machine", "url", "file:///etc/passwd", "is none that this index may name"),
        ("a script as an address", "url", "javascript:x", "is none that this index may name"),
        ("an address without a host", "url", "http:///x", "its address cannot be read"),
        ("an address of control characters", "url", "http://x/\x1b[2J", "its address cannot be read"),
        ("a Requires-Python that is none", "requires-python", ">=x", "is not a version specifier"),
        ("a Requires-Python to clear screens", "requires-python", "===\x1b[2J", "is not a version specifier"),
        (
            "a Requires-Python that is long",
            "requires-python",
            ">=3" + ",!=4" * 20,
            "longer than 60 characters",
        ),
        ("a name that climbs", "filename", "../bad-2-py3-none-any.whl", "its name holds characters that no"),
        (
            "a name of control characters",
            "filename",
            "bad-2\x1b-py3-none-any.whl",
            "its name holds characters",
        ),
        ("a version that is long", "filename", f"bad-2{'0' * 40}.tar.gz", "its version is longer than 40"),
        ("a name without an end", "filename", f"bad-{'2' * 400}.tar.gz", "its name is too long"),
    ):
        file = _file() | {field: value}
        yield Fault(name, "page", _listed_too(_files(file)), reason, "left out")
    yield Fault(
        "a validator that cannot be sent back",
        "page",
        _with_page(etag='"\xe9"'),
        "",
        "no harm",
    )
    slow_charset = "text/html; charset=punycode"
    links = b"<a href=bad-1-py3-none-any.whl>" + b"<p " + b"a" * 20_000 + b"-" + b"z" * 20_000
    yield Fault(
        "a charset that takes for ever", "page", _answer(links, kind=slow_charset), "ends in the middle"
    )
    yield Fault("cookies", "page", _with_page(set_cookie="login=secret; Path=/"), "", "no harm")


def _listed_too(body: bytes) -> Play:
    """List the sound release 1 beside what a page holds."""

    def play(line: Line) -> None:
        own = json.loads(_sound(line))["files"]
        files = json.loads(body)["files"]
        line.answer(_json(files=[*own, *files]))

    return play


def _documents() -> Iterator[Fault]:
    said = metadata_text("bad", "2")
    yield Fault(
        "other metadata than its digest",
        "metadata",
        _answer(said.encode() + b"\nRequires-Dist: evil\n"),
        "with the SHA-256",
    )
    for name, text, reason in (
        ("metadata of another project", metadata_text("other", "2"), "its metadata is that of `other`"),
        ("metadata of another version", metadata_text("bad", "3"), "its metadata is that of version 3"),
        ("metadata without a name", "Metadata-Version: 2.1\nVersion: 2\n", "its metadata has no valid name"),
        (
            "metadata without a version",
            "Metadata-Version: 2.1\nName: bad\n",
            "its metadata has no valid version",
        ),
        ("a page as metadata", "<html>not found</html>", "its metadata has no valid name"),
        ("noise as metadata", "\0\1\2" * 100, "its metadata has no valid name"),
        (
            "a requirement that is none",
            f"{said}Requires-Dist: ]]\x1b[31m\n",
            "its requirement `]]?[31m` is not valid",
        ),
        ("a requirement of control characters", f"{said}Requires-Dist: a===\x9b31m\n", "is not valid"),
        (
            "a marker nested deeply",
            f"{said}Requires-Dist: a; {'(' * 5000}\n",
            "nests parentheses more than 40 deep",
        ),
        (
            "a Requires-Python that is none",
            f"{said}Requires-Python: x\n",
            "its Requires-Python `x` is not valid",
        ),
    ):
        built = wheel("bad", "2", metadata=text)
        yield Fault(f"wheel: {name}", "wheel", _ranges_of(built.content), reason, "left out")
    yield Fault(
        "another wheel than listed",
        "wheel",
        _answer(wheel("bad", "2", requires=["evil"]).content),
        "with the SHA-256",
    )
    yield Fault(
        "another sdist than listed",
        "sdist",
        _answer(sdist("bad", "2", requires=["evil"]).content),
        "with the SHA-256",
    )
    yield Fault("a page as a wheel", "wheel", _ranges_of(b"<html>hello</html>"), "cannot be read", "left out")
    for hostile in HOSTILE_ARCHIVES:
        if hostile.filename.endswith(".whl"):
            yield Fault(
                hostile.name, "wheel", _ranges_of(hostile.content), _reason(hostile.reason), "left out"
            )


def _reason(reason: str) -> str:
    return "larger than" if reason.startswith(("larger", "unpacks")) else reason


def _ranges_of(content: bytes) -> Play:
    """Serve a file in parts, as it should be."""

    def play(line: Line) -> None:
        wanted = re.search(rb"[Rr]ange: bytes=(\d*)-(\d*)", line.head)
        size = len(content)
        first, last = (wanted[1], wanted[2]) if wanted else (b"0", b"")
        start = int(first) if first else max(0, size - int(last))
        end = min(size, int(last) + 1) if first and last else size
        header = f"bytes {start}-{end - 1}/{size}"
        line.answer(content[start:end], status="206 Partial Content", content_range=header)

    return play


FAULTS: tuple[Fault, ...] = (
    *_times(),
    *_sizes(),
    *_breaks(),
    *_statuses(),
    *_packings(),
    *_contents(),
    *_documents(),
)
