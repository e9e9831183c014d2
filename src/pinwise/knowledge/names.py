"""The names that a knowledge base knows, for completion: nothing is imported for it but SQLite."""

from collections.abc import Iterator


def known_names(path: str, prefix: str, *, most: int) -> Iterator[str]:
    """Yield up to `most` names of projects that some index has and that begin with `prefix`, sorted.

    The file is only read, and never waited for. The index on names gives them without a look at the rest.

    Args:
        path: The file.
        prefix: The beginning of a normalised name.
        most: How many at most.

    Raises:
        sqlite3.Error: There is no such file, or it is no knowledge base.
    """
    import sqlite3  # noqa: PLC0415  # for this only

    address = path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    connection = sqlite3.connect(f"file:{address}?mode=ro", uri=True, timeout=0)
    try:
        rows = connection.execute(_NAMES, (prefix, prefix + "\x7f", most))
        yield from (name for (name,) in rows)
    finally:
        connection.close()


_NAMES = """
SELECT DISTINCT name FROM projects WHERE name >= ? AND name < ?
AND EXISTS (SELECT 1 FROM pages WHERE project_id = projects.id AND is_found) ORDER BY name LIMIT ?
"""
