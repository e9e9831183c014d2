"""A store from which whole projects are read, and into which they are put: for exports and imports."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from pinwise.actions.bulk import Answer, Page, ProjectFacts
from pinwise.knowledge.database import Database, Terms
from pinwise.knowledge.failures import sound_rows
from pinwise.knowledge.store import DEFAULT_TERMS, Store
from pinwise.model.names import NormalizedName, normalise

_MOST_KEPT = 64
"""Projects after which what was read of requirements is let go."""

_ANSWERS = """
SELECT filename, kind, checked, max(revision) FROM documents
JOIN projects ON projects.id = project_id JOIN indexes ON indexes.id = index_id
WHERE indexes.url = ? AND name = ? GROUP BY filename, kind
"""

_DIGESTS = """
SELECT filename, sha256, max(revision) FROM files
JOIN projects ON projects.id = project_id JOIN indexes ON indexes.id = index_id
WHERE indexes.url = ? AND name = ? AND sha256 IS NOT NULL GROUP BY filename
"""


class BulkStore(Store):
    """A store that is gone through project by project; nothing of one is kept in memory for the next."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._read = 0

    def subjects(self) -> Sequence[tuple[NormalizedName, str]]:
        """Return the projects of which something is known, each with the URL of its index, sorted."""
        query = "SELECT name, url FROM projects JOIN indexes ON indexes.id = index_id ORDER BY name, url"
        with self._database.reading() as connection:
            return [(normalise(name), url) for name, url in connection.execute(query)]

    def facts(self, index_url: str, name: NormalizedName) -> ProjectFacts:
        """Return what is known of a project on an index."""
        stored = self.page(index_url, name)
        documents = self.documents(index_url, name)
        times = self._times(index_url, name)
        self._let_go()
        page = None
        if stored is not None:
            page = Page(stored.project, stored.etag, stored.last_modified, stored.checked)
        answers = {key: Answer(each, times[key]) for key, each in documents.items() if key in times}
        return ProjectFacts(index_url, name, page, answers)

    def digests(self, index_url: str, name: NormalizedName) -> Mapping[str, str]:
        """Return the SHA-256 on record of every file that the index ever listed for a project."""
        with self._database.reading() as connection, sound_rows(self.path):
            rows = connection.execute(_DIGESTS, (index_url, name))
            return {filename: sha256 for filename, sha256, _ in rows}

    def _times(self, index_url: str, name: NormalizedName) -> Mapping[tuple[str, str], int]:
        with self._database.reading() as connection, sound_rows(self.path):
            rows = connection.execute(_ANSWERS, (index_url, name))
            return {(filename, kind): checked for filename, kind, checked, _ in rows}

    def _let_go(self) -> None:
        self._pages.clear()
        self._read += 1
        if self._read % _MOST_KEPT == 0:
            self._texts.forget_uncommitted()


def open_bulk_store(path: Path, *, read_only: bool = False, terms: Terms = DEFAULT_TERMS) -> BulkStore:
    """Open a knowledge base as `pinwise.knowledge.store.open_store` does.

    Raises:
        StoreFailure: It cannot be opened or created, or the file is something else.
    """
    return BulkStore(Database(path, read_only=read_only, terms=terms))
