"""The facts layer: what indexes say of projects, files and documents, kept in one SQLite file.

::

    with open_store(path) as store:
        with store.batch():                       # one commit: all of it is kept, or none
            store.put_page(index, name, project, etag=etag, last_modified=None, checked=now)
            store.put_document(index, name, filename, kind, document, checked=now)
        store.page(index, name)                   # what was acknowledged is there, also after a crash

A store is used by the thread that opened it. Any number of processes may read one file while another writes;
writers wait for each other, batch by batch.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from packaging.version import Version

from pinwise.actions.knowledge import Forgotten, IndexStatus
from pinwise.knowledge.connection import Connection
from pinwise.knowledge.database import Database
from pinwise.knowledge.failures import sound_rows
from pinwise.knowledge.listing import read_release, read_releases, write_listing
from pinwise.knowledge.rows import DocumentRow, Texts, parse_skipped, render_skipped
from pinwise.model.errors import IndexFailure
from pinwise.model.facts import Document, Project
from pinwise.model.names import NormalizedName

PATIENCE = 60.0
"""Seconds to wait for another process that writes; one batch takes it milliseconds."""

_DOCUMENT_COLUMNS = "answer, reason, origin, file, requires_python, requirements, extras"

_STATUS = """
WITH known AS (
    SELECT index_id, is_found, checked,
        (SELECT count(DISTINCT release_id) FROM files
            WHERE project_id = projects.id AND gone IS NULL) AS releases,
        (SELECT count(*) FROM files WHERE project_id = projects.id AND gone IS NULL) AS files,
        (SELECT count(DISTINCT filename) FROM documents
            WHERE project_id = projects.id AND answer != 'none') AS documents
    FROM projects JOIN pages ON project_id = projects.id
)
SELECT url, ifnull(sum(is_found), 0), ifnull(sum(NOT is_found), 0), ifnull(sum(releases), 0),
    ifnull(sum(files), 0), ifnull(sum(documents), 0), min(checked), max(checked)
FROM indexes LEFT JOIN known ON index_id = indexes.id GROUP BY indexes.id ORDER BY indexes.id
"""

_KNOWN_OF = """
SELECT projects.id, url,
    (SELECT count(*) FROM releases WHERE project_id = projects.id),
    (SELECT count(DISTINCT filename) FROM files WHERE project_id = projects.id),
    (SELECT count(DISTINCT filename) FROM documents WHERE project_id = projects.id AND answer != 'none')
FROM projects JOIN indexes ON indexes.id = index_id WHERE name = ? ORDER BY index_id
"""


@dataclass(frozen=True, slots=True)
class StoredPage:
    """The last answer of one index about one project.

    Attributes:
        project: What its page said, files in the order of their names; None: it has no such project.
        etag, last_modified: The validators that the index gave with it.
        checked: When the index last said so, in seconds since 1970.
    """

    project: Project | None
    etag: str | None
    last_modified: str | None
    checked: int


def open_store(path: Path, *, read_only: bool = False, patience: float = PATIENCE) -> "Store":
    """Open a knowledge base; it is created, with its folder, where there is none and writing is allowed.

    Raises:
        StoreFailure: It cannot be opened or created, or the file is something else.
    """
    return Store(Database(path, read_only=read_only, patience=patience))


class Store:
    """An open knowledge base; made by `open_store`, closed by leaving its ``with`` block."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._texts = Texts()
        self._pages: dict[int, tuple[int, Project]] = {}  # the revision that was read, and what it says

    @property
    def path(self) -> Path:
        """The SQLite file."""
        return self._database.path

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Group what is put inside into one commit, and hold back other writers until then.

        When it is left, all is on the disk; when an error leaves it, nothing is. Fetch before, not inside.

        Raises:
            StoreFailure: It cannot be written, or another process did not let go in time.
        """
        with self._write():
            yield

    def page(
        self, index_url: str, name: NormalizedName, *, version: Version | None = None
    ) -> StoredPage | None:
        """Return what an index last said of a project, None if it was never asked.

        As long as its page stays the same, it is the same `Project` object. With `version`, it is told to
        have that release only, where the page lists it, and that nothing was left out.
        """
        with self._database.reading() as connection, sound_rows(self.path):
            row = connection.execute(
                "SELECT project_id, revision, is_found, status, skipped, etag, last_modified, checked "
                "FROM pages JOIN projects ON projects.id = project_id JOIN indexes ON indexes.id = index_id "
                "WHERE url = ? AND name = ?",
                (index_url, name),
            ).fetchone()
            if row is None:
                return None
            project_id, revision, is_found, status, skipped, *validators = row
            if not is_found:
                return StoredPage(None, *validators)
            if version is not None:
                releases = read_release(connection, project_id, version)
                return StoredPage(Project(name, index_url, releases, (), status), *validators)
            read, project = self._pages.get(project_id, (0, None))
            if project is None or read != revision:
                releases = read_releases(connection, project_id)
                project = Project(name, index_url, releases, parse_skipped(skipped), status)
                self._pages[project_id] = (revision, project)
            return StoredPage(project, *validators)

    def put_page(  # noqa: PLR0913  # one answer of an index, with what HTTP says of it
        self,
        index_url: str,
        name: NormalizedName,
        page: Project | None,
        *,
        etag: str | None,
        last_modified: str | None,
        checked: int,
    ) -> None:
        """Keep what an index says of a project: its page, or None where it has no such project.

        Files that are not listed any more are marked as gone. A recorded digest stays where the page no
        longer gives one.

        Raises:
            IndexFailure: A file has another digest than the one recorded for its name on this index, or a
                value that cannot be stored; what was known of the project stays as it was.
        """
        with self._write() as connection, _storable(index_url, name):
            project_id = _project_id(connection, index_url, name)
            write_listing(connection, project_id, page, checked)
            skipped = render_skipped(() if page is None else page.skipped)
            status = "" if page is None else page.status
            connection.execute(
                "INSERT OR REPLACE INTO pages SELECT ?, "
                "1 + ifnull((SELECT revision FROM pages WHERE project_id = ?), 0), ?, ?, ?, ?, ?, ?",
                (project_id, project_id, page is not None, status, skipped, etag, last_modified, checked),
            )

    def touch_page(self, index_url: str, name: NormalizedName, *, checked: int) -> None:
        """Note that an index confirmed what it had said of a project (HTTP 304)."""
        with self._write() as connection:
            connection.execute(
                "UPDATE pages SET checked = max(checked, ?) WHERE project_id = "
                "(SELECT projects.id FROM projects JOIN indexes ON indexes.id = index_id "
                "WHERE url = ? AND name = ?)",
                (checked, index_url, name),
            )

    def documents(
        self, index_url: str, name: NormalizedName, *, filenames: Collection[str] | None = None
    ) -> Mapping[tuple[str, str], Document | None]:
        """Return every answer about files of a project on an index, by file name and kind of source.

        None: that source definitely has no document of that file. With `filenames`, only those files count.
        """
        with self._database.reading() as connection, sound_rows(self.path):
            chosen = "" if filenames is None else "AND filename IN (SELECT value FROM json_each(?)) "
            rows = connection.execute(
                f"SELECT filename, kind, {_DOCUMENT_COLUMNS} FROM documents "  # noqa: S608  # constants only
                "JOIN projects ON projects.id = project_id JOIN indexes ON indexes.id = index_id "
                f"WHERE url = ? AND name = ? {chosen}ORDER BY filename, kind, revision",
                (index_url, name, *([] if filenames is None else [json.dumps(list(filenames))])),
            )
            last = {(filename, kind): DocumentRow(*fields) for filename, kind, *fields in rows}
            self._texts.load(connection, last.values())
            return {key: self._texts.to_document(row) for key, row in last.items()}

    def put_document(  # noqa: PLR0913  # one answer: about which file, from which source, what and when
        self,
        index_url: str,
        name: NormalizedName,
        filename: str,
        kind: str,
        document: Document | None,
        *,
        checked: int,
    ) -> None:
        """Keep an answer about a file's metadata; None: that kind of source definitely has none.

        An earlier answer that differs stays on record; the last one counts.

        Raises:
            IndexFailure: It holds a value that cannot be stored.
        """
        with self._write() as connection, _storable(index_url, name):
            key = (_project_id(connection, index_url, name), filename, kind)
            row = self._texts.to_row(connection, document)
            last = connection.execute(
                f"SELECT revision, {_DOCUMENT_COLUMNS} FROM documents "  # noqa: S608  # constants only
                "WHERE project_id = ? AND filename = ? AND kind = ? ORDER BY revision DESC LIMIT 1",
                key,
            ).fetchone()
            revision = 0 if last is None else last[0]
            if last is not None and tuple(last[1:]) == row:
                connection.execute(
                    "UPDATE documents SET checked = ? "
                    "WHERE project_id = ? AND filename = ? AND kind = ? AND revision = ?",
                    (checked, *key, revision),
                )
            else:
                connection.execute(
                    "INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (*key, revision + 1, *row, checked),
                )

    def size(self) -> int:
        """Return the bytes that it takes on the disk, with the log of what is not folded back yet."""
        files = (self.path, self.path.with_name(f"{self.path.name}-wal"))
        return sum(file.stat().st_size for file in files if file.exists())

    def names(self) -> tuple[NormalizedName, ...]:
        """Return the names of all projects that some index has, sorted."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT DISTINCT name FROM projects JOIN pages ON project_id = projects.id "
                "WHERE is_found ORDER BY name"
            )
            return tuple(name for (name,) in rows)

    def index_status(self) -> tuple[IndexStatus, ...]:
        """Return what is known of each index, in the order in which they were first asked."""
        with self._database.reading() as connection:
            return tuple(IndexStatus(*row) for row in connection.execute(_STATUS))

    def known_of(self, name: NormalizedName) -> tuple[Forgotten, ...]:
        """Return per index what is known of a project: what forgetting it would remove."""
        with self._database.reading() as connection:
            return tuple(Forgotten(*counts) for _, *counts in connection.execute(_KNOWN_OF, (name,)))

    def forget(self, name: NormalizedName) -> tuple[Forgotten, ...]:
        """Remove all that is known of a project, digests included, and say per index what that was."""
        with self._write() as connection:
            rows = connection.execute(_KNOWN_OF, (name,)).fetchall()
            for project_id, *_ in rows:
                for table in ("documents", "files", "releases", "pages"):
                    connection.execute(f"DELETE FROM {table} WHERE project_id = ?", (project_id,))  # noqa: S608  # constants only
                connection.execute("DELETE FROM projects WHERE id = ?", (project_id,))
            return tuple(Forgotten(*counts) for _, *counts in rows)

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        try:
            with self._database.writing() as connection:
                yield connection
        except BaseException:
            self._texts.forget_uncommitted()
            self._pages.clear()
            raise


def _project_id(connection: Connection, index_url: str, name: NormalizedName) -> int:
    """Return the number of a project of an index, given to it now if it has none."""
    connection.execute("INSERT OR IGNORE INTO indexes (url) VALUES (?)", (index_url,))
    connection.execute(
        "INSERT OR IGNORE INTO projects (index_id, name) SELECT id, ? FROM indexes WHERE url = ?",
        (name, index_url),
    )
    row = connection.execute(
        "SELECT projects.id FROM projects JOIN indexes ON indexes.id = index_id WHERE url = ? AND name = ?",
        (index_url, name),
    ).fetchone()
    return int(row[0])


@contextmanager
def _storable(index_url: str, name: NormalizedName) -> Iterator[None]:
    """Turn a value that no column can hold (half a character, an endless number) into an `IndexFailure`."""
    try:
        yield
    except (UnicodeEncodeError, OverflowError) as error:
        raise IndexFailure(
            f"`{index_url}` says of `{name}` what cannot be stored: text that is not Unicode, or a number "
            "beyond all sizes",
            hint="ask who runs the index",
        ) from error
