"""A generated index of any size: so many projects with so many releases each, as a knowledge base or served.

    python benchmarks/generated.py --projects 500 --versions 500 --port 8766

Project 0 needs all others, through up to three requirements of each release, each with a lower bound that
rises eight times in all. In every 25th project each release pins one of its first target; in every tenth the
newest third admits no first target that is new. So the newest of everything do not fit together, and there is
always a stack.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from http.server import ThreadingHTTPServer
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version
from serve_slice import JSON, Handler, Resource

from pinwise.knowledge.store import Store, open_store
from pinwise.model.facts import Document, File, Metadata, Origin, Project, Release
from pinwise.model.names import NormalizedName, normalise

LAST = datetime(2025, 1, 1, tzinfo=UTC)
"""When the newest release of every project was uploaded."""

RISES = 8
"""How often a lower bound rises over all releases of a project."""


@dataclass(frozen=True)
class World:
    """So many projects with so many releases each.

    Attributes:
        projects: At least 1.
        versions: Releases of each project, at least 1.
        url: Where its index is, or would be.
    """

    projects: int
    versions: int
    url: str = "https://index.example/simple"

    def requirements(self, project: int, version: int) -> list[str]:
        """Return what one release requires."""
        targets = [2 * project + 1, 2 * project + 2, project + self.projects // 3]
        near = [each for each in dict.fromkeys(targets) if project < each < self.projects]
        return [f"{name_of(each)}{self._range(project, version, each)}" for each in near]

    def _range(self, project: int, version: int, target: int) -> str:
        same = max(1, self.versions // RISES)
        newest = version - version % same
        is_first = target == 2 * project + 1
        if is_first and project % 25 == 1:
            return f"=={version}"
        is_capped = is_first and project % 10 == 2 and 3 * version > 2 * self.versions
        cap = f",<{self.versions - self.versions // 10}" if is_capped else ""
        return f">={max(0, newest - self.versions // 3)}{cap}"

    def releases(self, project: int) -> Iterator[tuple[str, datetime]]:
        """Yield file name and time of upload of every release, in the order of versions."""
        stem = name_of(project).replace("-", "_")
        for version in range(self.versions):
            age = timedelta(days=(self.versions - 1 - version) * (1 + project % 7))
            yield f"{stem}-{version}-py3-none-any.whl", LAST - age

    # --- as a knowledge base

    def write(self, path: Path) -> None:
        """Write a knowledge base that knows all of it."""
        with open_store(path) as store, store.batch():
            for project in range(self.projects):
                self._write_project(store, project)

    def _write_project(self, store: Store, project: int) -> None:
        name = name_of(project)
        releases = tuple(self._release(*each, version) for version, each in enumerate(self.releases(project)))
        page = Project(name, self.url, releases)
        store.put_page(self.url, name, page, etag=None, last_modified=None, checked=0)
        for version, release in enumerate(releases):
            filename = release.files[0].filename
            document = self._document(project, version, filename)
            store.put_document(self.url, name, filename, Origin.METADATA_FILE.value, document, checked=0)

    def _release(self, filename: str, uploaded: datetime, version: int) -> Release:
        url = f"{self._files}/{filename}"
        time = int(uploaded.timestamp())
        tags = "py3-none-any"
        return Release(
            Version(str(version)), (File(filename, url, digest_of(filename), 10, time, None, None, "", tags),)
        )

    def _document(self, project: int, version: int, filename: str) -> Document:
        requirements = tuple(Requirement(each) for each in self.requirements(project, version))
        return Metadata(SpecifierSet(">=3.8"), requirements, frozenset(), Origin.METADATA_FILE, filename)

    # --- as an index

    @cached_property
    def _files(self) -> str:
        return self.url.removesuffix("simple") + "files"

    def resource(self, path: str) -> Resource | None:
        """Return what stands at an address of its index, None if nothing does."""
        match path.strip("/").split("/"):
            case ["simple", name] if 0 <= number_of(name) < self.projects:
                return Resource(json.dumps(self._page(number_of(name))).encode(), JSON)
            case ["files", file] if file.endswith(".whl.metadata"):
                stem, version, *_ = file.split("-")
                return Resource(self._metadata(number_of(stem), int(version)).encode(), "text/plain")
        return None

    def _page(self, project: int) -> dict[str, object]:
        files = [
            {
                "filename": filename,
                "url": f"/files/{filename}",
                "hashes": {"sha256": digest_of(filename)},
                "core-metadata": True,
                "upload-time": f"{uploaded:%Y-%m-%dT%H:%M:%S.%fZ}",
            }
            for filename, uploaded in self.releases(project)
        ]
        return {"meta": {"api-version": "1.1"}, "name": name_of(project), "files": files}

    def _metadata(self, project: int, version: int) -> str:
        head = (
            f"Metadata-Version: 2.1\nName: {name_of(project)}\nVersion: {version}\nRequires-Python: >=3.8\n"
        )
        return head + "".join(f"Requires-Dist: {each}\n" for each in self.requirements(project, version))


def name_of(project: int) -> NormalizedName:
    """Return the name of a project; without a hyphen, so that a file's name is split with ease."""
    return normalise(f"project{project}")


def number_of(name: str) -> int:
    """Return the number of the project of this name, -1 for a name that none has."""
    digits = name.removeprefix("project")
    return int(digits) if name.startswith("project") and digits.isascii() and digits.isdecimal() else -1


def digest_of(filename: str) -> str:
    """Return 64 hexadecimal digits; nobody will ever download the file."""
    return filename.encode().hex()[:64].ljust(64, "0")


@contextmanager
def served(world: World) -> Iterator[World]:
    """Serve a world from a process of its own, and yield it with the URL of its index."""
    size = ["--projects", str(world.projects), "--versions", str(world.versions)]
    command = [sys.executable, __file__, *size, "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        said = server.stdout.readline()
        try:
            if not said:
                sys.exit("the generated index could not be served")
            yield World(world.projects, world.versions, said.split()[-1])
        finally:
            server.terminate()


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--projects", type=int, default=100)
    parser.add_argument("--versions", type=int, default=100)
    parser.add_argument("--port", type=int, default=8766, help="0 takes any that is free (default: 8766)")
    asked = parser.parse_args(arguments)
    world = World(asked.projects, asked.versions)
    server = ThreadingHTTPServer(
        ("127.0.0.1", asked.port), type("GeneratedHandler", (Handler,), {"slice": world})
    )
    print(f"{world.projects} projects on http://127.0.0.1:{server.server_port}/simple", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()


if __name__ == "__main__":
    main()
