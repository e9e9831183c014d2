"""The digest of a snapshot: one text for everything that an answer rests on."""

import hashlib
import json

from packaging.requirements import Requirement

from pinwise.model.facts import Document, File, Metadata, NoProject, Project, Snapshot


def snapshot_digest(snapshot: Snapshot) -> str:
    """Return the SHA-256 over all facts of a snapshot, as hexadecimal.

    Equal facts give equal digests, on every machine and in whatever order they were learnt; when they were
    checked does not count.
    """
    total = hashlib.sha256()
    texts = _Texts()
    for name in sorted({*snapshot.projects, *snapshot.documents}):
        documents = sorted(snapshot.known_documents(name).items())
        total.update(_encode([name, _page_form(snapshot.project(name))]))
        total.update(
            _encode([[str(version), texts.document_form(document)] for version, document in documents])
        )
    return total.hexdigest()


def _encode(form: object) -> bytes:
    return json.dumps(form, separators=(",", ":")).encode("ascii") + b"\n"


def _page_form(page: Project | NoProject | None) -> object:
    """Return page facts as JSON values: None for an unknown page, [] for no project."""
    match page:
        case None:
            return None
        case NoProject():
            return []
        case Project():
            releases = [[str(release.version), _by_name(release.files)] for release in page.releases]
            return [page.index, page.status, releases, sorted(page.skipped)]


def _by_name(files: tuple[File, ...]) -> list[File]:
    return sorted(files, key=lambda file: file.filename)


class _Texts:
    """Requirements as text, each list of them written out once: most lists occur in several releases."""

    def __init__(self) -> None:
        self._lists: dict[int, str] = {}
        self._texts: dict[int, str] = {}

    def document_form(self, document: Document) -> object:
        """Return a document as JSON values, its requirements as their digest."""
        if not isinstance(document, Metadata):
            return document.reason
        requires_python = None if document.requires_python is None else str(document.requires_python)
        requirements = self._digest(document.requirements)
        return [requires_python, requirements, sorted(document.extras), document.origin.value, document.file]

    def _digest(self, requirements: tuple[Requirement, ...]) -> str:
        # The snapshot keeps every tuple and requirement alive meanwhile, so that its id stands for it.
        digest = self._lists.get(id(requirements))
        if digest is None:
            text = _encode([self._text(requirement) for requirement in requirements])
            digest = self._lists[id(requirements)] = hashlib.sha256(text).hexdigest()
        return digest

    def _text(self, requirement: Requirement) -> str:
        text = self._texts.get(id(requirement))
        if text is None:
            text = self._texts[id(requirement)] = str(requirement)
        return text
