"""The facts layer of the knowledge base as SQLite tables, and the check that a file holds them.

Facts are appended: a file or a document of which an index says something else gets a further row with the
next revision, and the row before it stays. Only `pages` and the times of a check are brought up to date.
Nothing in here depends on an environment, a request or an option.
"""

from enum import Enum

from pinwise.knowledge.connection import Connection

APPLICATION_ID = 0x70696E77
"""``pinw``: says that a SQLite file is one of ours."""

SCHEMA_VERSION = 2
"""1: facts without digests. 2: a digest in every row, the digest of its listing in every page, and seals."""

_TABLES = """
CREATE TABLE indexes (
    id INTEGER PRIMARY KEY,
    url TEXT NOT NULL UNIQUE,
    digest INTEGER NOT NULL  -- of the row's other columns, as in every table: see `digests`
);
CREATE TABLE projects (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given again: (id, revision) names one state of a page
    index_id INTEGER NOT NULL REFERENCES indexes,
    name TEXT NOT NULL,
    digest INTEGER NOT NULL,
    UNIQUE (index_id, name)
);
CREATE INDEX projects_by_name ON projects (name);
-- What the index last said of the project as a whole. is_found 0: it has no such project.
CREATE TABLE pages (
    project_id INTEGER PRIMARY KEY REFERENCES projects,
    revision INTEGER NOT NULL,
    is_found INTEGER NOT NULL,
    status TEXT NOT NULL,
    skipped TEXT NOT NULL,  -- JSON: [[what, reason], ...]
    etag TEXT,
    last_modified TEXT,
    checked INTEGER NOT NULL,  -- seconds since 1970
    listing INTEGER NOT NULL,  -- the digest of all files that are listed now
    digest INTEGER NOT NULL
);
CREATE TABLE releases (
    id INTEGER PRIMARY KEY,
    project_id INTEGER NOT NULL REFERENCES projects,
    version TEXT NOT NULL,
    digest INTEGER NOT NULL,
    UNIQUE (project_id, version)
);
-- One row per thing that the index said of a file; the row that holds now is the one that is not gone.
CREATE TABLE files (
    project_id INTEGER NOT NULL REFERENCES projects,
    filename TEXT NOT NULL,
    revision INTEGER NOT NULL,
    release_id INTEGER NOT NULL REFERENCES releases,
    url TEXT NOT NULL,
    sha256 TEXT,
    size INTEGER,
    uploaded INTEGER,
    requires_python TEXT,
    yanked TEXT,
    metadata TEXT,
    tags TEXT NOT NULL,
    seen INTEGER NOT NULL,
    gone INTEGER,
    digest INTEGER NOT NULL,
    PRIMARY KEY (project_id, filename, revision)
) WITHOUT ROWID;
CREATE TABLE requirements (
    id INTEGER PRIMARY KEY,
    text TEXT NOT NULL UNIQUE,
    digest INTEGER NOT NULL
);
-- One row per answer of one kind of source about one file; the last revision counts.
CREATE TABLE documents (
    project_id INTEGER NOT NULL REFERENCES projects,
    filename TEXT NOT NULL,
    kind TEXT NOT NULL,
    revision INTEGER NOT NULL,
    answer TEXT NOT NULL,  -- 'none', 'metadata' or 'unusable'
    reason TEXT,
    origin TEXT,
    file TEXT,
    requires_python TEXT,
    requirements TEXT,  -- JSON: [requirement id, ...] in the document's order
    extras TEXT,  -- JSON: [name, ...], sorted
    checked INTEGER NOT NULL,
    digest INTEGER NOT NULL,
    PRIMARY KEY (project_id, filename, kind, revision)
) WITHOUT ROWID;
-- The sums of the file's pages when it was last sealed, and whether nothing was written since: see `seal`.
CREATE TABLE seal (
    id INTEGER PRIMARY KEY,
    is_whole INTEGER NOT NULL,
    sums BLOB NOT NULL
);
"""


class Content(Enum):
    """What a SQLite file turns out to hold."""

    NOTHING = "nothing yet"
    FACTS = "the facts of this schema"
    OLDER = "the facts of an older schema"
    NEWER = "the facts of a newer schema"
    FOREIGN = "something else"


def inspect(connection: Connection) -> Content:
    """Return what the database holds."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if not tables and not application:
        return Content.NOTHING
    if application != APPLICATION_ID:
        return Content.FOREIGN
    if version == SCHEMA_VERSION:
        return Content.FACTS
    return Content.OLDER if version in range(1, SCHEMA_VERSION) else Content.NEWER


def create(connection: Connection) -> None:
    """Create all tables, in the transaction that the caller has begun: all of them, or none."""
    create_tables(connection)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def create_tables(connection: Connection) -> None:
    """Create all tables and search indexes of this schema, the first seal with them."""
    for statement in _TABLES.split(";\n"):
        connection.execute(statement)
    connection.execute("INSERT INTO seal VALUES (1, 0, x''), (2, 0, x'')")
