"""The kinds of faults: what an index does, and what a user is told.

A fault is played for project ``bad``, of which release 1 is known and sound. On a page it stands instead of
the page; elsewhere the page lists a release 2, whose metadata file, wheel or sdist it stands for.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Literal

from support.artifacts import Artifact, sdist, wheel
from support.fault_server import FaultServer, Play
from support.loopback import JSON_TYPE

Where = Literal["page", "metadata", "wheel", "sdist"]
Ending = Literal["failure", "left out", "no harm"]

HTML = "text/html"
DIGEST = "ab" * 32

SCALED: dict[str, float] = {
    "connect_timeout": 0.5,
    "read_timeout": 0.2,
    "fetch_timeout": 0.6,
    "file_timeout": 0.6,
    "slowest_rate": 1000,
    "retries": 1,
    "backoff": 0.01,
    "retry_after": 0.1,
    "redirects": 3,
    "page_bytes": 50_000,
    "page_files": 100,
    "json_depth": 10,
    "metadata_bytes": 20_000,
    "file_bytes": 60_000,
    "archive_members": 50,
    "member_bytes": 20_000,
    "unpacked_bytes": 3_000_000,
    "unpack_ratio": 50,
    "version_length": 40,
    "specifier_length": 60,
    "connections": 8,
    "entry_length": 16_384,
    "marker_depth": 40,
    "toml_depth": 32,
    "yaml_depth": 32,
}
"""The limits under which faults are played: a hundred of them should not take a minute."""

PATIENT: dict[str, float] = {
    "connect_timeout": 5,
    "read_timeout": 5,
    "fetch_timeout": 10,
    "file_timeout": 10,
}
"""The limits of time for faults that need none to end: others share the processor."""

_SLOW = ("did not answer", "took longer", "sends less")


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of fault.

    Attributes:
        name: What the index does.
        where: On which answer.
        play: How.
        expected: A part of what the user is told; "" for nothing.
        ending: "failure": exit code 3. "left out": release 2, or a file of it, is not taken, with the reason.
            "no harm": the answer is as good as any.
    """

    name: str
    where: Where
    play: Play
    expected: str
    ending: Ending = "failure"

    @property
    def is_slow(self) -> bool:
        """Whether it is a limit of time that ends it."""
        return self.expected.startswith(_SLOW)

    def limits(self) -> dict[str, float]:
        """Return the limits under which it is played."""
        return SCALED if self.is_slow else SCALED | PATIENT


# --- what is listed


def page(*versions: str, server: FaultServer, kind: Where = "page", **more: Any) -> bytes:
    """Return the page of ``bad``: sound wheels, of version 2 what a fault is about."""
    files = [entry(version, server.root, kind if version == "2" else "page") for version in versions]
    return json.dumps({"meta": {"api-version": "1.1"}, "name": "bad", "files": files} | more).encode()


def entry(version: str, root: str, kind: Where = "page") -> dict[str, object]:
    """Return a file as a page lists it."""
    built = artifact(version, kind)
    digest = hashlib.sha256(built.metadata).hexdigest()
    return {
        "filename": built.filename,
        "url": f"{root}/files/{built.filename}",
        "hashes": {"sha256": built.sha256},
        "upload-time": f"20{version[0]}1-01-01T00:00:00Z",
        "core-metadata": {"sha256": digest} if kind in ("page", "metadata") else False,
    }


def artifact(version: str, kind: Where = "page") -> Artifact:
    """Return the sound file of a version."""
    return sdist("bad", version) if kind == "sdist" else wheel("bad", version)


def path_of(fault: Fault) -> str:
    """Return where a fault is played."""
    filename = artifact("2", fault.where).filename
    return {"page": "/simple/bad/", "metadata": f"/files/{filename}.metadata"}.get(
        fault.where, f"/files/{filename}"
    )


def prepare(server: FaultServer) -> None:
    """Serve the sound world: release 1 only."""
    server.honest("/simple/bad/", JSON_TYPE, page("1", server=server))
    sound = artifact("1")
    server.honest(f"/files/{sound.filename}.metadata", "text/plain", sound.metadata)
    server.honest(f"/files/{sound.filename}", "application/zip", sound.content)


def set_up(server: FaultServer, fault: Fault) -> None:
    """Let a fault be played from now on."""
    prepare(server)
    if fault.where != "page":
        server.honest("/simple/bad/", JSON_TYPE, page("1", "2", server=server, kind=fault.where))
    server.play(path_of(fault), fault.play)


def take_back(server: FaultServer, fault: Fault) -> None:
    """Be sound again."""
    server.play(path_of(fault), None)
    prepare(server)
