"""Read the inline metadata of a script (PEP 723) as a manifest: its ``# /// script`` block.

The block is found line by line, as the specification's regular expression finds it, and read with empty
lines in the place of the code, so that every message names the script's own line.
"""

from collections.abc import Iterator, Sequence

from pinwise.formats.entries import ReadLocal, near, no_local_projects, shown
from pinwise.formats.own_table import read_own_table
from pinwise.formats.pyproject import Dependencies, requires_python
from pinwise.formats.toml_text import Document
from pinwise.model.errors import ManifestError
from pinwise.model.request import DEFAULT_GROUP, Group, Manifest

OPENING = "# /// "
CLOSING = "# ///"
BLOCK = "script"
KEYS = ("dependencies", "requires-python", "tool")


def parse_script(text: str, file: str, *, local: ReadLocal = no_local_projects) -> Manifest:
    """Return what the block of a script says.

    Args:
        text: The script's text.
        file: Its name as the user wrote it, for messages.
        local: Reads the static metadata of projects that are named by a ``file:`` URL.

    Raises:
        ManifestError: There is no block, there are two, or it cannot be understood; with file and line.
    """
    document = Document.parse(block_of(text, file), file)
    own = read_own_table(document, "tool", "pinwise")
    dependencies = Dependencies(local)
    items = document.items(document.tables, "dependencies")
    requirements = tuple(dependencies.read(item, place) for item, place in items)
    return Manifest(
        kind="script",
        files=(file,),
        groups=(Group(DEFAULT_GROUP, requirements),),
        constraints=own.constraints,
        overrides=own.overrides,
        exclusions=own.exclusions,
        prereleases=own.prereleases,
        requires_python=requires_python(document, document.tables, "requires-python"),
        local=tuple(dependencies.projects.values()),
        settings=own.settings,
        settings_places=own.places,
        settings_table=own.header,
        overlays=own.overlays,
        warnings=tuple(_warnings(document)),
    )


def _warnings(document: Document) -> Iterator[str]:
    """Warn of keys that the specification does not know; refuse one that is nearly one of its own."""
    for key in document.tables:
        if key not in KEYS:
            if hint := near(key, KEYS):
                raise document.error(f"`{shown(key)}` is not a key of a script's block", key, hint=hint)
            yield f"{document.place(key)}: `{shown(key)}` is not a key of a script's block; it is ignored."


def block_of(text: str, file: str) -> str:
    """Return the TOML of a script's block, each line where it stands in the script.

    Raises:
        ManifestError: There is no block, or there are two.
    """
    start, end = lines_of_block(text, file)
    lines = _lines(text)[start:end]
    return "\n" * start + "\n".join(line[2:] for line in lines) + "\n"


def lines_of_block(text: str, file: str) -> tuple[int, int]:
    """Return the first line of what stands in a script's block and the line of its end, counted from 0.

    Raises:
        ManifestError: There is no block, or there are two.
    """
    lines = _lines(text)
    blocks = [(start, end) for kind, start, end in _blocks(lines) if kind == BLOCK]
    if not blocks:
        raise ManifestError(
            "this script has no `# /// script` block",
            file=file,
            hint='begin it with the lines `# /// script`, `# dependencies = ["requests"]` and `# ///`',
        )
    if len(blocks) > 1:
        raise ManifestError(
            f"this script has a second `# /// script` block; the first is at line {blocks[0][0] + 1}",
            file=file,
            line=blocks[1][0] + 1,
            hint="keep one of them",
        )
    start, end = blocks[0]
    return start + 1, end


def _lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").split("\n")


def _blocks(lines: Sequence[str]) -> Iterator[tuple[str, int, int]]:
    """Yield each block: its kind, the index of its first line and that of its last.

    A block ends at the last ``# ///`` of the comment lines that follow its beginning; one that never ends
    is none.
    """
    start = 0
    while start < len(lines):
        end = start
        while end < len(lines) and _is_comment(lines[end]):
            end += 1
        yield from _block_in(lines, start, end)
        start = end + 1


def _block_in(lines: Sequence[str], start: int, end: int) -> Iterator[tuple[str, int, int]]:
    """Yield the block among the comment lines from `start` to before `end`, if there is one."""
    last = next((k for k in range(end - 1, start, -1) if lines[k] == CLOSING), None)
    if last is None:
        return
    for first in range(start, last - 1):
        kind = lines[first].removeprefix(OPENING)
        if kind != lines[first] and kind and all(c.isalnum() or c == "-" for c in kind) and kind.isascii():
            yield kind, first, last
            return


def _is_comment(line: str) -> bool:
    return line == "#" or line.startswith("# ")
