"""Feed parsers of bytes from the wire with damaged ones: they read them, or raise the one error they name.

Texts are damaged by `support.fuzzing`. Here it is bytes: pages, archives, packed answers.
"""

import gzip
import hashlib
import io
import random
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from pinwise.indexes.archives import BrokenArchiveError, read_sdist, read_wheel
from pinwise.indexes.filenames import belongs_to, parse_filename
from pinwise.indexes.netrc import parse_netrc
from pinwise.indexes.pages import HTML_TYPE, JSON_TYPE, PageSource, read_listing, to_project
from pinwise.indexes.unpacking import Unpacker, UnpackingError
from pinwise.indexes.web import next_place, origin_of, wait_asked
from pinwise.knowledge.dump import open_facts
from pinwise.knowledge.dump_lines import DumpPlace, parse_line
from pinwise.model.errors import IndexFailure, StoreFailure, UsageError
from pinwise.model.limits import Limits
from pinwise.model.names import normalise
from support.artifacts import sdist, wheel
from support.hostile_archives import HOSTILE_ARCHIVES, SDIST_MEMBERS, tarred, zipped

NAME = normalise("a")
LONGEST = 2.0
"""Seconds of the processor that no input of a few kilobytes may take."""

SEEDS = Path(__file__).parent.parent / "indexes" / "seeds"
"""Inputs that found something, one file each: ``PARSER-DIGEST.bin``."""

_LENGTHS = (0, 0, 0, 1, 2, 4, 20, 100, 1000)
_LIMITS = Limits(unpacked_bytes=2**22, member_bytes=2**18)
_SOURCE = PageSource("https://index.example/simple/a/", "https://index.example/simple", NAME)

Edit = tuple[int, int, bytes]
"""One change: where, how many bytes go, and what comes in their place."""


@dataclass(frozen=True, slots=True)
class Parser:
    """One parser of bytes from outside.

    Attributes:
        name: A word, also for files.
        parse: Reads bytes; what it returns does not matter.
        error: All that it may raise.
        seeds: Inputs to begin with.
        tokens: Pieces that mean something to it.
    """

    name: str
    parse: Callable[[bytes], object]
    error: type[Exception] | tuple[type[Exception], ...]
    seeds: tuple[bytes, ...]
    tokens: tuple[bytes, ...]

    def kept(self) -> list[bytes]:
        """Return the inputs that once found something."""
        return [path.read_bytes() for path in sorted(SEEDS.glob(f"{self.name}-*.bin"))]

    def try_on(self, content: bytes) -> None:
        """Parse; fail with anything but the one error, and where it takes too long."""
        started = time.thread_time()
        try:
            self.parse(content)
        except self.error as error:
            if not str(error).isprintable():
                raise AssertionError(f"control characters in a message: {error!r}") from error
        passed = time.thread_time() - started
        if passed > LONGEST:
            raise AssertionError(f"took {passed:.1f} seconds for {len(content):,} bytes")

    def failure_on(self, content: bytes) -> str:
        """Return what it does wrong with an input, "" where it does nothing wrong."""
        try:
            self.try_on(content)
        except Exception as error:  # noqa: BLE001  # that is what is looked for
            return type(error).__name__
        return ""

    def keep(self, content: bytes) -> Path:
        """Keep an input that found something, as small as it still finds it."""
        content = _smaller(self, content, self.failure_on(content))
        path = SEEDS / f"{self.name}-{hashlib.sha256(content).hexdigest()[:12]}.bin"
        SEEDS.mkdir(exist_ok=True)
        path.write_bytes(content)
        return path


def damaged_bytes(parser: Parser, seed: int) -> bytes:
    """Return one damaged input of a parser, always the same for the same seed and the same inputs."""
    rng = random.Random(f"{parser.name} {seed}")
    inputs = (*parser.seeds, *parser.kept())
    edits: list[Edit] = []
    for _ in range(rng.randint(1, 10)):
        other = rng.choice(inputs)
        start = rng.randrange(len(other) + 1)
        spliced = other[start : start + rng.choice(_LENGTHS)]
        piece = rng.choice((rng.choice(parser.tokens), rng.randbytes(rng.randint(0, 6)), spliced))
        edits.append((rng.randrange(2**16), rng.choice(_LENGTHS), piece * rng.choice((1, 1, 1, 2, 100))))
    return mutate(rng.choice(inputs), edits)


def _smaller(parser: Parser, content: bytes, kind: str) -> bytes:
    """Return the input without what it does not need to fail in the same way."""
    step = len(content) // 2
    while step:
        place = 0
        while place < len(content):
            shorter = content[:place] + content[place + step :]
            if parser.failure_on(shorter) == kind:
                content = shorter
            else:
                place += step
        step //= 2
    return content


def mutate(content: bytes, edits: Sequence[Edit]) -> bytes:
    """Return bytes with changes, one after the other."""
    for place, length, piece in edits:
        at = place % (len(content) + 1)
        content = content[:at] + piece + content[at + length :]
    return content[: 2**16]


# --- what is parsed


def _page(kind: str) -> Callable[[bytes], object]:
    def parse(content: bytes) -> object:
        return to_project(read_listing(content, kind, _SOURCE), NAME, _SOURCE.index_url)

    return parse


def _sdist(content: bytes) -> object:
    return read_sdist(io.BytesIO(content), "a-1.tar.gz", NAME, _LIMITS)


def _tar(content: bytes) -> object:
    return _sdist(gzip.compress(content, 1))


def _sdist_zip(content: bytes) -> object:
    return read_sdist(io.BytesIO(content), "a-1.zip", NAME, _LIMITS)


def _wheel(content: bytes) -> object:
    return read_wheel(io.BytesIO(content), NAME, _LIMITS)


def _filename(content: bytes) -> object:
    text = content.decode("utf-8", "replace")
    return parse_filename(text, NAME), belongs_to(text, NAME)


def _packed(encoding: str) -> Callable[[bytes], object]:
    def parse(content: bytes) -> object:
        unpacker = Unpacker(encoding, 100)
        total = sum(
            len(step)
            for place in range(0, len(content), 99)
            for step in unpacker.feed(content[place : place + 99])
        )
        unpacker.finish()
        return total

    return parse


def _place(content: bytes) -> object:
    text = content.decode("utf-8", "replace")
    place = next_place("https://index.example/simple/a/", text)
    if place is not None and (origin := origin_of(place)):
        assert origin.scheme == "https"
    return place, wait_asked(text, datetime(2026, 1, 1, tzinfo=UTC), at_most=60)


def _netrc(content: bytes) -> object:
    return parse_netrc(content.decode("utf-8", "replace"))


def _dump_line(content: bytes) -> object:
    return parse_line(content, DumpPlace(Path("given.dump"), 1, _LIMITS))


def _dump(content: bytes) -> object:
    """Read a dump whose first line fits, so that what stands behind it is looked at."""
    return _dump_file(_dump_of(content))


def _dump_of(content: bytes) -> bytes:
    """Return a dump with a first line that fits."""
    digest = hashlib.sha256(content).hexdigest().encode()
    return b"pinwise-dump 1 size=%d sha256=%b\n%b" % (len(content), digest, content)


def _dump_file(content: bytes) -> object:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "given.dump"
        path.write_bytes(content)
        with open_facts(path, _LIMITS) as facts:
            return list(facts)


_HTML = b"""<!DOCTYPE html><html><head><meta name="pypi:repository-version" content="1.1"><base href="/x/">
</head><body><a href="../a-1-py3-none-any.whl#sha256=%s" data-requires-python="&gt;=3" data-yanked="no"
data-upload-time='2024-01-02T03:04:05Z' data-core-metadata=true>a</a><!-- c -->
<a href=a-2.tar.gz>b</a></html>""" % (b"ab" * 32)
_JSON = (
    b'{"meta": {"api-version": "1.1"}, "name": "a", "versions": ["1"], "project-status": {},'
    b' "files": [{"filename": "a-1-py3-none-any.whl", "url": "/f/a-1-py3-none-any.whl", "size": 5,'
    b' "hashes": {"sha256": "' + b"ab" * 32 + b'"}, "requires-python": ">=3", "yanked": "x",'
    b' "upload-time": "2024-01-02T03:04:05.6Z", "core-metadata": {"sha256": "' + b"cd" * 32 + b'"}}]}'
)
_DUMP_LINE = (
    b'{"_answers":[["a-1-py3-none-any.whl","metadata file",1700000000,{"extras":["x"],"requires":[0,1],'
    b'"requires-python":">=3"}],["a-2.tar.gz","sdist",5,null],["a-2.tar.gz","egg-info",5,"broken"]],'
    b'"_checked":1700000000,"_etag":"\\"5\\"","_index":"https://index.example/simple","_last-modified":"x",'
    b'"_requirements":["b>=1","c; extra == \\"x\\""],"_skipped":[["a.egg","why"]],' + _JSON[1:] + b"\n"
)
_NUMBERS = (b"\0", b"\xff" * 4, b"\x00\x00\x00\x80", b"9" * 30, b"-1", b"1e999", b"NaN")
_TEXTS = (
    b"\x1b[31m",
    b"\xc2\x9b",
    b"\xe2\x80\xae",
    b"\xed\xa0\x80",
    b"\n",
    b"\r",
    b"\t",
    b" " * 50,
    b"'",
    b'"',
)

_JSON_TOKENS = (
    b"{",
    b"}",
    b"[",
    b"]",
    b'"',
    b"\\",
    b"\\ud800",
    b"\\u001b",
    b"null",
    b"true",
    b"{}",
    b"[[[[",
    b":",
    b",",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    *_TEXTS,
    *_NUMBERS,
)

PARSERS: tuple[Parser, ...] = (
    Parser(
        "html",
        _page(HTML_TYPE),
        IndexFailure,
        (_HTML,),
        (
            b"<a ",
            b"<a href=",
            b">",
            b"<!--",
            b"-->",
            b"&#x",
            b"&#9999999999;",
            b"&amp",
            b"<script>",
            b"<base href=",
            b"file:///",
            b"http://[",
            b"//",
            b"%00",
            b"%2e%2e%2f",
            *_TEXTS,
            *_NUMBERS,
        ),
    ),
    Parser(
        "json",
        _page(JSON_TYPE),
        IndexFailure,
        (_JSON,),
        _JSON_TOKENS,
    ),
    Parser(
        "wheel",
        _wheel,
        BrokenArchiveError,
        (
            wheel("a", "1").content,
            zipped(),
            *(
                each.content
                for each in HOSTILE_ARCHIVES
                if each.filename.endswith(".whl") and len(each.content) < 5000
            ),
        ),
        (
            b"PK\1\2",
            b"PK\3\4",
            b"PK\5\6",
            b"PK\6\6",
            b"PK\6\7",
            b"a-1.dist-info/METADATA",
            b"\x01\x00\x10\x00",
            *_NUMBERS,
        ),
    ),
    Parser(
        "zip",
        _sdist_zip,
        BrokenArchiveError,
        (zipped(SDIST_MEMBERS),),
        (b"PK\1\2", b"PK\3\4", b"PK\5\6", b"a-1/PKG-INFO", b"../", b"/", *_NUMBERS),
    ),
    Parser(
        "tar",
        _tar,
        BrokenArchiveError,
        (
            tarred(),
            *(
                gzip.decompress(each.content)
                for each in HOSTILE_ARCHIVES
                if each.name.startswith("sdist")
                and each.content[:2] == b"\x1f\x8b"
                and "ZIP" not in each.name
                and "bomb" not in each.name
            ),
        ),
        (
            bytes(512),
            b"ustar\0",
            b"x",
            b"L",
            b"K",
            b"g",
            b"30 path=",
            b"20 size=",
            b"../",
            b"77777777777",
            b"\x80",
            *_NUMBERS,
        ),
    ),
    Parser("gzip", _sdist, BrokenArchiveError, (sdist("a", "1").content,), (b"\x1f\x8b", *_NUMBERS)),
    Parser("packed", _packed("gzip"), UnpackingError, (gzip.compress(_JSON),), (b"\x1f\x8b", *_NUMBERS)),
    Parser("deflated", _packed("deflate"), UnpackingError, (zlib.compress(_JSON),), (b"\x78\x9c", *_NUMBERS)),
    Parser("dump line", _dump_line, UsageError, (_DUMP_LINE,), (*_JSON_TOKENS, b"_checked", b"_answers")),
    Parser(
        "dump",
        _dump,
        (UsageError, StoreFailure),
        (gzip.compress(_DUMP_LINE), gzip.compress(_DUMP_LINE * 2), gzip.compress(b"\n")),
        (b"\x1f\x8b", *_NUMBERS),
    ),
    Parser(
        "dump file",
        _dump_file,
        (UsageError, StoreFailure),
        (
            _dump_of(gzip.compress(_DUMP_LINE, mtime=0)),
            b"pinwise-dump 1 size=5 sha256=" + b"a" * 64 + b"\n12345",
            b"SQLite format 3\0" + bytes(52) + b"pinw",
        ),
        (b"pinwise-dump", b" size=", b" sha256=", b"\n", b"SQLite format 3\0", *_NUMBERS),
    ),
    Parser(
        "filename",
        _filename,
        (),
        (
            b"a-1.0-py3-none-any.whl",
            b"a-1.0-1-cp311-cp311-manylinux_2_17_x86_64.whl",
            b"a-1.0.tar.gz",
            b"A_.-a-1.zip",
        ),
        (b"-", b"_", b".", b"+", b"!", b".whl", b".tar.gz", b"py3", b"/", *_TEXTS, *_NUMBERS),
    ),
    Parser(
        "place",
        _place,
        (),
        (b"/simple/b/", b"https://other.example:8443/x?y#z", b"120", b"Wed, 21 Oct 2026 07:28:00 GMT"),
        (b"//", b"http://", b"file:", b"@", b"[::1", b":99999", b"\\", b"..", b"GMT", *_TEXTS, *_NUMBERS),
    ),
    Parser(
        "netrc",
        _netrc,
        ValueError,
        (b'machine a.example login me password "pa ss"\n# c\nmacdef x\n y\n\ndefault login x password y\n',),
        (b"machine", b"login", b"password", b"default", b"macdef", b'"', b"\\", b"#", *_TEXTS),
    ),
)
