"""Text from outside, made fit for a message."""

from urllib.parse import urlsplit


def plain(text: object, limit: int = 200) -> str:
    """Return `text` on one line, without control characters and at most `limit` characters long."""
    line = " ".join(str(text)[: 4 * limit].split())
    line = "".join(character for character in line if character.isprintable()).replace("`", "'")
    return line if len(line) <= limit else line[: limit - 1] + "…"


def host_of(url: str) -> str:
    """Return what names an index in a message: its host, or the path of a folder. Never credentials."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "an address that cannot be read"
    if parts.scheme in ("", "file"):
        return plain(parts.path)
    return plain(parts.netloc.rpartition("@")[2])
