"""Make a slice of a package index: the facts that resolving some requirement sets can reach, in one file.

    python benchmarks/make_slice.py --index https://index.example/simple --sets benchmarks/sets --out my.zip

The slice is a ZIP file with ``simple/NAME.json``, pages as PEP 691 has them, and ``metadata/SHA256``, the
headers of METADATA that a resolver reads. It starts from the requirements of the sets. Of each project, every
requirement that is met keeps its newest matching releases; what these require is met next, until nothing new
turns up. A release whose metadata was not learned is left out: nothing is guessed. The metadata of one
wheel stands for all wheels of its release. A release that exists only as an sdist is kept if ``--metadata``
names it, and then without metadata: a resolver under test is given that file too.
"""

import argparse
import email.parser
import hashlib
import html.parser
import io
import json
import re
import sys
import time
import tomllib
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from packaging.markers import default_environment
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import Version

ACCEPT = "application/vnd.pypi.simple.v1+json, text/html;q=0.2"
AGENT = "pinwise-make-slice"
CONNECTIONS = 8
TRIES = 4
TAIL = 40_000
KEPT_HEADERS = ("Metadata-Version", "Name", "Version", "Requires-Python", "Requires-Dist", "Provides-Extra")

Entry = dict[str, Any]
"""One file as a page lists it (PEP 691), its address absolute."""


class NotThereError(Exception):
    """The index answered that it has no such thing."""


def fetch(url: str, headers: dict[str, str] | None = None) -> tuple[bytes, str]:
    """Return body and content type of `url`.

    Raises:
        NotThereError: It answered 404 or 410.
        OSError: It did not answer well, `TRIES` times.
    """
    request = urllib.request.Request(url, headers={"User-Agent": AGENT, **(headers or {})})
    for attempt in range(TRIES):
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.read(), answer.headers.get_content_type()
        except urllib.error.HTTPError as error:
            if error.code in {404, 410}:
                raise NotThereError(url) from None
            if attempt == TRIES - 1:
                raise
        except OSError:
            if attempt == TRIES - 1:
                raise
        time.sleep(2**attempt)
    raise AssertionError


class Links(html.parser.HTMLParser):
    """The links of an HTML page (PEP 503) as entries of a JSON one."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.files: list[Entry] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Read one link."""
        given = dict(attrs)
        if tag != "a" or not given.get("href"):
            return
        address, _, fragment = urllib.parse.urljoin(self.url, given["href"] or "").partition("#")
        name = urllib.parse.unquote(address.rpartition("/")[2])
        kind, _, digest = fragment.partition("=")
        entry: Entry = {"filename": name, "url": address, "hashes": {kind: digest} if digest else {}}
        for attribute, key in (
            ("data-requires-python", "requires-python"),
            ("data-upload-time", "upload-time"),
        ):
            if given.get(attribute):
                entry[key] = given[attribute]
        if "data-yanked" in given:
            entry["yanked"] = given["data-yanked"] or True
        self.files.append(entry)


def read_page(index: str, name: str) -> list[Entry]:
    """Return the files of a project, none if the index does not have it."""
    url = f"{index.rstrip('/')}/{name}/"
    try:
        body, kind = fetch(url, {"Accept": ACCEPT})
    except NotThereError:
        return []
    if kind == "text/html":
        links = Links(url)
        links.feed(body.decode("utf-8", "replace"))
        return links.files
    files: list[Entry] = json.loads(body)["files"]
    return [{**file, "url": urllib.parse.urljoin(url, file["url"])} for file in files]


def read_metadata(entry: Entry) -> bytes | None:
    """Return a wheel's METADATA, from its metadata file, else from the end of the wheel, else None."""
    try:
        return fetch(f"{entry['url']}.metadata")[0]
    except NotThereError:
        pass
    for headers in ({"Range": f"bytes=-{TAIL}"}, {"Range": f"bytes=-{TAIL * 10}"}):
        try:
            body, _ = fetch(entry["url"], headers)
            with zipfile.ZipFile(io.BytesIO(body)) as wheel:
                name = next(
                    name for name in wheel.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", name)
                )
                return wheel.read(name)
        except NotThereError:
            return None
        except (zipfile.BadZipFile, StopIteration, ValueError, OSError):
            continue
    return None


def trim(document: bytes) -> bytes:
    """Keep the headers that a resolver reads."""
    message = email.parser.BytesHeaderParser().parsebytes(document)
    lines = [
        f"{key}: {' '.join(str(value).split())}" for key, value in message.items() if key in KEPT_HEADERS
    ]
    return ("\n".join(lines) + "\n").encode()


def version_of(filename: str) -> Version | None:
    """Return the version that a file's name says, None if it says none."""
    try:
        if filename.endswith(".whl"):
            return parse_wheel_filename(filename)[1]
        return parse_sdist_filename(filename)[1]
    except (InvalidSdistFilename, InvalidWheelFilename):
        return None


@dataclass(slots=True)
class ProjectSlice:
    """What is known of one project so far."""

    releases: dict[Version, list[Entry]] = field(default_factory=dict)
    documents: dict[Version, bytes] = field(default_factory=dict)
    tried: set[Version] = field(default_factory=set)

    def newest(self, specifier: SpecifierSet, limit: int) -> list[Version]:
        """Return the newest releases that a requirement may take."""
        matching = sorted(specifier.filter(self.releases), reverse=True)
        return matching[:limit]


@dataclass(slots=True)
class Closure:
    """Walk from requirements to everything that they can reach.

    Args:
        index: The index that is read.
        markers: The target, for markers.
        limit: How many releases each requirement keeps.
    """

    index: str
    markers: dict[str, str]
    limit: int
    projects: dict[str, ProjectSlice] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)

    def walk(self, roots: list[Requirement]) -> None:
        """Follow `roots` until nothing new turns up."""
        wave = roots
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            while wave := [requirement for requirement in wave if self._is_new(requirement)]:
                self._learn_pages(pool, wave)
                self._learn_documents(pool, wave)
                print(f"{len(wave)} requirements, {len(self.projects)} projects", file=sys.stderr)
                wave = [needed for requirement in wave for needed in self._required_by(requirement)]

    def _is_new(self, requirement: Requirement) -> bool:
        key = f"{canonicalize_name(requirement.name)}{sorted(requirement.extras)}{requirement.specifier}"
        if key in self.seen:
            return False
        self.seen.add(key)
        return True

    def _learn_pages(self, pool: ThreadPoolExecutor, wave: list[Requirement]) -> None:
        names = sorted({canonicalize_name(requirement.name) for requirement in wave} - set(self.projects))
        for name, files in zip(names, pool.map(lambda name: read_page(self.index, name), names), strict=True):
            project = ProjectSlice()
            for file in files:
                version = version_of(file["filename"])
                if version is not None and self._runs_here(file):
                    project.releases.setdefault(version, []).append(file)
            self.projects[name] = project

    def _runs_here(self, file: Entry) -> bool:
        try:
            specifier = SpecifierSet(file.get("requires-python") or "")
        except InvalidSpecifier:
            return False
        return specifier.contains(self.markers["python_full_version"], prereleases=True)

    def _learn_documents(self, pool: ThreadPoolExecutor, wave: list[Requirement]) -> None:
        wanted: list[tuple[ProjectSlice, Version, Entry]] = []
        for requirement in wave:
            project = self.projects[canonicalize_name(requirement.name)]
            for version in project.newest(requirement.specifier, self.limit):
                wheels = [file for file in project.releases[version] if file["filename"].endswith(".whl")]
                if wheels and version not in project.tried:
                    project.tried.add(version)
                    wanted.append((project, version, wheels[0]))
        documents = pool.map(lambda item: read_metadata(item[2]), wanted)
        for (project, version, _), document in zip(wanted, documents, strict=True):
            if document is not None:
                project.documents[version] = trim(document)

    def _required_by(self, requirement: Requirement) -> Iterator[Requirement]:
        project = self.projects[canonicalize_name(requirement.name)]
        for version in project.newest(requirement.specifier, self.limit):
            if version in project.documents:
                yield from self._requirements(project.documents[version], requirement.extras)

    def _requirements(self, document: bytes, extras: set[str]) -> Iterator[Requirement]:
        message = email.parser.BytesHeaderParser().parsebytes(document)
        for text in message.get_all("Requires-Dist", []):
            try:
                needed = Requirement(text)
            except InvalidRequirement:
                continue
            marker = needed.marker
            if marker is None or any(marker.evaluate({**self.markers, "extra": e}) for e in ("", *extras)):
                yield needed


def target_markers(python: str) -> dict[str, str]:
    """Return the marker variables of CPython `python` (X.Y.Z) on Linux, x86_64."""
    return {
        **{key: str(value) for key, value in default_environment().items()},
        "python_full_version": python,
        "python_version": ".".join(python.split(".")[:2]),
        "implementation_version": python,
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "os_name": "posix",
        "platform_machine": "x86_64",
    }


def read_sets(folder: Path) -> list[Requirement]:
    """Return the requirements of every ``*.txt`` in `folder`."""
    lines = [line.partition("#")[0].strip() for path in sorted(folder.glob("*.txt")) for line in path.open()]
    return [Requirement(line) for line in lines if line]


def read_given(path: Path | None) -> set[tuple[str, Version]]:
    """Return the releases to which a ``[[dependency-metadata]]`` file gives metadata."""
    if path is None:
        return set()
    tables = tomllib.loads(path.read_text(encoding="utf-8")).get("dependency-metadata", [])
    return {(canonicalize_name(table["name"]), Version(table["version"])) for table in tables}


def page(name: str, project: ProjectSlice, given: set[tuple[str, Version]]) -> bytes:
    """Write the page of one project: the releases whose metadata is known, or is given."""
    files = []
    for version in sorted(project.releases):
        document = project.documents.get(version)
        if document is None and (name, version) not in given:
            continue
        for file in project.releases[version]:
            keys = ("filename", "hashes", "requires-python", "size", "upload-time", "yanked")
            entry = {key: file[key] for key in keys if file.get(key)}
            entry["url"] = f"/files/{file['filename']}"
            if document is not None and file["filename"].endswith(".whl"):
                entry["core-metadata"] = {"sha256": hashlib.sha256(document).hexdigest()}
            files.append(entry)
    versions = sorted({str(version_of(file["filename"])) for file in files})
    whole = {"meta": {"api-version": "1.1"}, "name": name, "versions": versions, "files": files}
    return json.dumps(whole, separators=(",", ":")).encode()


def write_slice(path: Path, projects: dict[str, ProjectSlice], given: set[tuple[str, Version]]) -> None:
    """Write the slice; the same facts give the same bytes."""
    content: dict[str, bytes] = {}
    for name, project in projects.items():
        if project.releases:
            content[f"simple/{name}.json"] = page(name, project, given)
            for document in project.documents.values():
                content[f"metadata/{hashlib.sha256(document).hexdigest()}"] = document
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(content):
            archive.writestr(zipfile.ZipInfo(name), content[name], zipfile.ZIP_DEFLATED)


def main() -> None:
    """Make one slice."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--index", required=True, help="URL of the index's simple API")
    parser.add_argument("--sets", type=Path, required=True, help="folder of requirement sets (*.txt)")
    parser.add_argument("--out", type=Path, required=True, help="the file to write")
    parser.add_argument("--python", default="3.11.7", help="full version of the target (default: 3.11.7)")
    parser.add_argument(
        "--newest", type=int, default=30, help="releases kept for a requirement (default: 30)"
    )
    parser.add_argument("--metadata", type=Path, help="metadata of releases that exist only as an sdist")
    arguments = parser.parse_args()
    closure = Closure(arguments.index, target_markers(arguments.python), arguments.newest)
    closure.walk(read_sets(arguments.sets))
    write_slice(arguments.out, closure.projects, read_given(arguments.metadata))
    releases = sum(len(project.documents) for project in closure.projects.values())
    print(f"{len(closure.projects)} projects, {releases} releases in {arguments.out}")


if __name__ == "__main__":
    main()
