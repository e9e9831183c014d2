"""What is in a knowledge base, for people."""

from collections.abc import Iterator
from datetime import UTC, datetime

from pinwise.actions.knowledge import Forgetting, IndexStatus, KnowledgeStatus
from pinwise.cli.lines import Line, wrap
from pinwise.explain.words import address, count

_KIBI = 1024


def render_status(status: KnowledgeStatus) -> list[Line]:
    """Return what is in a knowledge base: where it is, its size, and what is known of each index."""
    lines = [Line(f"{status.path}  ({size_in_words(status.size)})", "title")]
    if not status.indexes:
        lines.append(Line("Nothing is known yet."))
    for index in status.indexes:
        lines += [Line(), *_index(index)]
    return lines


def _index(index: IndexStatus) -> Iterator[Line]:
    yield Line(address(index.url), "title")
    absent = f", and {count(index.absent, 'name')} that it does not have" if index.absent else ""
    yield Line(f"  {count(index.projects, 'project')}{absent}")
    yield Line(f"  {count(index.releases, 'release')}, {count(index.files, 'file')}")
    yield Line(f"  the metadata of {count(index.documents, 'file')}")
    if index.oldest is not None and index.newest is not None:
        oldest, newest = _time(index.oldest), _time(index.newest)
        yield Line(
            f"  last checked {newest}"
            if oldest == newest
            else f"  last checked between {oldest} and {newest}"
        )


def status_facts(status: KnowledgeStatus) -> dict[str, object]:
    """Return what is in a knowledge base as JSON has it; times are seconds since 1970."""
    from dataclasses import asdict  # noqa: PLC0415  # for JSON only

    return {
        "path": str(status.path),
        "size": status.size,
        "indexes": [asdict(index) for index in status.indexes],
    }


def render_forgetting(forgetting: Forgetting, *, is_dry: bool) -> list[Line]:
    """Return what was forgotten, by index; `is_dry` where it would be."""
    word = "Would forget" if is_dry else "Forgot"
    return [
        line
        for each in forgetting.forgotten
        for line in wrap(
            f"{word} `{forgetting.name}` of {address(each.index)}: {count(each.releases, 'release')}, "
            f"{count(each.files, 'file')}, the metadata of {count(each.documents, 'file')}."
        )
    ]


def size_in_words(size: float) -> str:
    """Return a number of bytes: ``12.5 MiB``."""
    for unit in ("bytes", "KiB", "MiB"):
        if size < _KIBI:
            return f"{size:,.0f} {unit}" if unit == "bytes" else f"{size:,.1f} {unit}"
        size /= _KIBI
    return f"{size:,.1f} GiB"


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
