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
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from packaging.version import Version

from pinwise.knowledge.connection import Connection
from pinwise.knowledge.database import Database, Terms
from pinwise.knowledge.digests import columns, insert, is_sound, listing_digest, next_id
from pinwise.knowledge.failures import Unsound, lossy, sound_rows
from pinwise.knowledge.listing import is_in_order, read_files, read_release, to_releases, write_listing
from pinwise.knowledge.rows import DocumentRow, Texts, parse_skipped, render_skipped
from pinwise.knowledge.shelf import Shelf
from pinwise.model.errors import IndexFailure
from pinwise.model.facts import Document, File, Project, Release
from pinwise.model.names import NormalizedName
from pinwise.model.request import Request

if TYPE_CHECKING:
    from pinwise.actions.knowledge import Forgotten, IndexStatus

DEFAULT_TERMS = Terms()

_DOCUMENT_COLUMNS = "answer, reason, origin, file, requires_python, requirements, extras"
_DOCUMENTED = """
    SELECT DISTINCT projects.name, filename, kind FROM projects
    JOIN indexes ON indexes.id = index_id JOIN documents ON project_id = projects.id
    WHERE url = ? AND projects.name IN (SELECT value FROM json_each(?)) AND answer <> 'none'
"""

_PAGE = (
    f"SELECT {columns('pages')} FROM pages "  # noqa: S608  # constants only
    "JOIN projects ON projects.id = project_id JOIN indexes ON indexes.id = index_id "
    "WHERE url = ? AND name = ?"
)

_RELEASES = (
    f"SELECT projects.name, {columns('pages')}, {columns('releases')}, {columns('files')} "  # noqa: S608  # constants
    "FROM json_each(?) AS wanted JOIN indexes ON indexes.url = ? "
    "JOIN projects ON index_id = indexes.id AND name = json_extract(wanted.value, '$[0]') "
    "JOIN pages ON pages.project_id = projects.id AND is_found "
    "JOIN releases ON releases.project_id = projects.id AND version = json_extract(wanted.value, '$[1]') "
    "JOIN files ON files.project_id = projects.id AND release_id = releases.id AND gone IS NULL "
    "ORDER BY wanted.key, filename"
)
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


def open_store(path: Path, *, read_only: bool = False, terms: Terms = DEFAULT_TERMS) -> "Store":
    """Open a knowledge base; it is created, with its folder, where there is none and writing is allowed.

    Facts of an older schema are brought up to date, after a backup beside them.

    Raises:
        StoreFailure: It cannot be opened or created, or the file is something else.
    """
    return Store(Database(path, read_only=read_only, terms=terms))


class Store:
    """An open knowledge base; made by `open_store`, closed by leaving its ``with`` block."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._texts = Texts()
        self._foreign = 0
        self._is_assured = False
        self._pages: dict[int, tuple[object, Project]] = {}  # the revision and listing that were read

    @property
    def path(self) -> Path:
        """The SQLite file."""
        return self._database.path

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close(is_done=kind is None)

    def close(self, *, is_done: bool = True) -> None:
        """Close the file; sealed, if something was written and the work was not broken off."""
        self._database.close(is_done=is_done)

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
            row = _page_row(connection, index_url, name)
            if row is None:
                return None
            project_id, revision, is_found, status, skipped, *validators, listing = row
            if not is_found:
                if listing_digest(index_url, name, []) != listing:
                    raise Unsound(f"the page of `{name}`")
                return StoredPage(None, *validators)
            if version is not None:
                releases = read_release(connection, project_id, version)
                return StoredPage(Project(name, index_url, releases, (), status), *validators)
            read, project = self._pages.get(project_id, (None, None))
            if project is None or read != (revision, listing):
                files = read_files(connection, project_id)
                if listing_digest(index_url, name, files) != listing:
                    raise Unsound(f"the page of `{name}`")
                project = Project(name, index_url, to_releases(files), parse_skipped(skipped), status)
                self._pages[project_id] = ((revision, listing), project)
            return StoredPage(project, *validators)

    def releases(
        self, index_url: str, wanted: Mapping[NormalizedName, Version]
    ) -> Mapping[NormalizedName, StoredPage]:
        """Return the pages of projects as `page` tells them of one release each, read together.

        A project that the index does not have, or of which it does not list that release, is left out.
        """
        versions = json.dumps([[name, str(version)] for name, version in wanted.items()])
        with self._database.reading() as connection, sound_rows(self.path):
            found: dict[NormalizedName, StoredPage] = {}
            rows = connection.execute(_RELEASES, (versions, index_url))
            for name, listed in groupby(rows, key=itemgetter(0)):
                row, release = _split_rows(name, list(listed), wanted[name])
                _, _, _, status, _, *validators, _ = row
                found[name] = StoredPage(Project(name, index_url, (release,), (), status), *validators)
            return found

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
            files = write_listing(connection, project_id, page, checked)
            before = _page_row(connection, index_url, name)
            revision = 1 if before is None else before[1] + 1
            skipped = render_skipped(() if page is None else page.skipped)
            status = "" if page is None else page.status
            listing = listing_digest(index_url, name, files)
            row = (project_id, revision, int(page is not None), status, skipped, etag, last_modified, checked)
            insert(connection, "pages", [(*row, listing)])
            if page is not None and _is_as_read(page, index_url, files):
                self._pages[project_id] = ((revision, listing), page)

    def touch_page(self, index_url: str, name: NormalizedName, *, checked: int) -> None:
        """Note that an index confirmed what it had said of a project (HTTP 304)."""
        with self._write() as connection:
            row = _page_row(connection, index_url, name)
            if row is not None:
                *before, last, listing = row
                insert(connection, "pages", [(*before, max(checked, last), listing)])

    def documents(
        self, index_url: str, name: NormalizedName, *, filenames: Collection[str] | None = None
    ) -> Mapping[tuple[str, str], Document | None]:
        """Return every answer about files of a project on an index, by file name and kind of source.

        None: that source definitely has no document of that file. With `filenames`, only those files count.
        """
        with self._database.reading() as connection, sound_rows(self.path):
            chosen = "" if filenames is None else "AND filename IN (SELECT value FROM json_each(?)) "
            rows = connection.execute(
                f"SELECT {columns('documents')} FROM documents "  # noqa: S608  # constants only
                "JOIN projects ON projects.id = project_id JOIN indexes ON indexes.id = index_id "
                f"WHERE url = ? AND name = ? {chosen}ORDER BY filename, kind, revision",
                (index_url, name, *([] if filenames is None else [json.dumps(list(filenames))])),
            )
            last = {}
            for row in rows:
                if not is_sound(row):
                    raise Unsound(f"the metadata of `{row[1]}`")
                last[row[1], row[2]] = DocumentRow(*row[4:11])
            self._texts.load(connection, last.values())
            return {key: self._texts.to_document(row) for key, row in last.items()}

    def documented(
        self, index_url: str, names: Collection[NormalizedName]
    ) -> Mapping[NormalizedName, Sequence[tuple[str, str]]]:
        """Return which files of projects have documents, by file name and kind, without reading these."""
        found: dict[NormalizedName, list[tuple[str, str]]] = {}
        with self._database.reading() as connection:
            for name, filename, kind in connection.execute(_DOCUMENTED, (index_url, json.dumps(list(names)))):
                found.setdefault(name, []).append((filename, kind))
        return found

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
            revision = 1
            if last is not None:
                revision = last[0] if tuple(last[1:]) == row else last[0] + 1
            insert(connection, "documents", [(*key, revision, *row, checked)])

    def shelf(self, request: Request) -> Shelf:
        """Return the slices that are kept for the target and the file policy of a request."""
        return Shelf(self._database, request)

    def size(self) -> int:
        """Return the bytes that it takes on the disk, with the log of what is not folded back yet."""
        files = (self.path, self.path.with_name(f"{self.path.name}-wal"))
        return sum(file.stat().st_size for file in files if file.exists())

    def assure(self) -> None:
        """See that nothing that was ever known is hidden by damage; at most once per open store.

        Raises:
            StoreFailure: Something is damaged.
        """
        from pinwise.knowledge.examination import examine, is_as_sealed  # noqa: PLC0415  # seldom needed

        if self._is_assured:
            return
        with self._database.reading() as connection:
            if not is_as_sealed(connection, self.path) and examine(self.path).damage:
                raise lossy(self.path)
        self._is_assured = True

    def names(self) -> tuple[NormalizedName, ...]:
        """Return the names of all projects that some index has, sorted."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT DISTINCT name FROM projects JOIN pages ON project_id = projects.id "
                "WHERE is_found ORDER BY name"
            )
            return tuple(name for (name,) in rows)

    def index_status(self) -> "tuple[IndexStatus, ...]":
        """Return what is known of each index, in the order in which they were first asked."""
        from pinwise.actions.knowledge import IndexStatus  # noqa: PLC0415  # for `kb status` only

        with self._database.reading() as connection:
            return tuple(IndexStatus(*row) for row in connection.execute(_STATUS))

    def known_of(self, name: NormalizedName) -> "tuple[Forgotten, ...]":
        """Return per index what is known of a project: what forgetting it would remove."""
        from pinwise.actions.knowledge import Forgotten  # noqa: PLC0415  # for `kb forget` only

        with self._database.reading() as connection:
            return tuple(Forgotten(*counts) for _, *counts in connection.execute(_KNOWN_OF, (name,)))

    def forget(self, name: NormalizedName) -> "tuple[Forgotten, ...]":
        """Remove all that is known of a project, digests included, and say per index what that was."""
        from pinwise.actions.knowledge import Forgotten  # noqa: PLC0415  # as above

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
                if self._foreign != self._database.foreign:
                    self._foreign = self._database.foreign
                    self._texts.forget_uncommitted()
                yield connection
        except BaseException:
            self._texts.forget_uncommitted()
            self._pages.clear()
            raise


def _split_rows(
    name: NormalizedName, rows: Sequence[tuple[Any, ...]], version: Version
) -> tuple[tuple[Any, ...], Release]:
    """Return the page row and the release of rows that each hold a name, a page, a release and a file.

    Raises:
        Unsound: One of them is not what was written.
    """
    page, release = rows[0][1:11], rows[0][11:15]
    listed = [row[15:] for row in rows]
    if not is_sound(page):
        raise Unsound(f"the page of `{name}`")
    if not all(map(is_sound, (release, *listed))):
        raise Unsound(f"release {version} of `{name}`")
    return page[:-1], Release(version, tuple(File(row[1], *row[4:12]) for row in listed))


def _is_as_read(page: Project, index_url: str, files: Sequence[tuple[Any, ...]]) -> bool:
    """Whether a page that was put is the very one that reading it would give."""
    digests = {file.filename: file.sha256 for release in page.releases for file in release.files}
    return (
        page.index == index_url
        and len(digests) == len(files)
        and all(digests[row[1]] == row[3] for row in files)
        and is_in_order(page)
    )


def _project_id(connection: Connection, index_url: str, name: NormalizedName) -> int:
    """Return the number of a project of an index, given to it now if it has none."""
    row = connection.execute("SELECT id FROM indexes WHERE url = ?", (index_url,)).fetchone()
    index_id = next_id(connection, "indexes") if row is None else int(row[0])
    if row is None:
        insert(connection, "indexes", [(index_id, index_url)])
    query = "SELECT id FROM projects WHERE index_id = ? AND name = ?"
    row = connection.execute(query, (index_id, name)).fetchone()
    if row is not None:
        return int(row[0])
    query = "SELECT ifnull(max(seq), 0) FROM sqlite_sequence WHERE name = 'projects'"
    project_id = max(next_id(connection, "projects"), 1 + int(connection.execute(query).fetchone()[0]))
    insert(connection, "projects", [(project_id, index_id, str(name))])
    return project_id


def _page_row(connection: Connection, index_url: str, name: NormalizedName) -> Sequence[Any] | None:
    """Return what the row of a page says, in the order of its columns; None if there is none."""
    row = connection.execute(_PAGE, (index_url, name)).fetchone()
    if row is not None and not is_sound(row):
        raise Unsound(f"the page of `{name}`")
    return None if row is None else row[:-1]


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
