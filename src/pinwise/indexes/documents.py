"""Which document tells what a release requires: an order fixed by page facts, and who decides in it.

Page facts, the target and the request alone fix the order in which a release's files are asked, so that
what happens to be stored never changes an advice (the law of `docs/concepts/algorithm.md`):

1. the metadata file (PEP 658) of the best compatible wheel, then that wheel's own METADATA;
2. where no wheel can be installed, the metadata file of the sdist;
3. the other wheels in the same way, compatible ones first;
4. the sdist: its metadata file, its PKG-INFO if that is static (PEP 643), its ``*.egg-info``;
5. what the user gave in the settings.

The first that is there decides. One that definitely has none passes to the next; a failure never does.
"""

from collections.abc import Mapping, Sequence

from pinwise.actions.errands import Ask
from pinwise.indexes.filenames import build_number, expand_tags
from pinwise.model.facts import Document, File, Metadata, Origin, Release, Unusable
from pinwise.model.names import NormalizedName
from pinwise.model.request import FormatControl

__all__ = ["Ask", "document_order", "rank_tags", "resolve_document", "wheel_rank"]

MOST_OTHER_WHEELS = 8  # one wheel stands for all; a release may list hundreds


def rank_tags(tags: Sequence[str]) -> Mapping[str, int]:
    """Return the rank of every tag of an environment; the lowest is the best."""
    return {tag: rank for rank, tag in reversed(list(enumerate(tags)))}


def wheel_rank(file: File, ranks: Mapping[str, int]) -> int | None:
    """Return the rank of a wheel's best tag, None if the environment supports none of its tags."""
    found = [ranks[tag] for tag in expand_tags(file.tags) if tag in ranks]
    return min(found) if found else None


def document_order(
    release: Release, ranks: Mapping[str, int], formats: FormatControl, name: NormalizedName
) -> tuple[Ask, ...]:
    """Return the questions about a release, in the order in which they are asked.

    Args:
        release: Its page facts.
        ranks: The target's tags (`rank_tags`).
        formats: Whether wheels and sdists of the project may be installed.
        name: The project.
    """
    compatible, others = _sort_wheels(release, ranks)
    sdists = [file for file in release.files if not file.is_wheel] if formats.allows_sdists(name) else []
    offered = [Ask(file, Origin.METADATA_FILE) for file in sdists if file.metadata not in (None, "?")]
    asks: list[Ask] = []
    if compatible and formats.allows_wheels(name):
        asks += _wheel_asks(compatible.pop(0))
    else:
        asks += offered
    for file in (compatible + others)[:MOST_OTHER_WHEELS]:
        asks += _wheel_asks(file)
    asks += offered
    for file in sdists:
        asks += [Ask(file, Origin.SDIST), Ask(file, Origin.EGG_INFO)]
    return tuple(dict.fromkeys(asks))


def _sort_wheels(release: Release, ranks: Mapping[str, int]) -> tuple[list[File], list[File]]:
    """Return compatible wheels, best first, and the others by name."""
    compatible: list[tuple[int, int, str, File]] = []
    others: list[File] = []
    for file in release.files:
        if not file.is_wheel:
            continue
        rank = wheel_rank(file, ranks)
        if rank is None:
            others.append(file)
        else:
            compatible.append((rank, -build_number(file.filename)[0], file.filename, file))
    others.sort(key=lambda file: file.filename)
    return [file for *_, file in sorted(compatible, key=lambda entry: entry[:3])], others


def _wheel_asks(file: File) -> list[Ask]:
    asks = [Ask(file, Origin.WHEEL)]
    return asks if file.metadata is None else [Ask(file, Origin.METADATA_FILE), *asks]


def resolve_document(
    asks: Sequence[Ask],
    stored: Mapping[tuple[str, str], Document | None],
    given: Metadata | None = None,
) -> Document | Ask:
    """Return the document that decides, or the question whose answer is needed to know it.

    Args:
        asks: From `document_order`.
        stored: Answers by file name and kind; None where the source definitely has none. An answer that
            comes later in the order than an open question is not used.
        given: What the user gave in the settings.
    """
    for ask in asks:
        key = (ask.file.filename, ask.kind.value)
        if key not in stored:
            return ask
        answer = stored[key]
        if answer is not None:
            return answer
    if given is not None:
        return given
    return Unusable("its metadata cannot be learned without running its code: " + _searched(asks))


def _searched(asks: Sequence[Ask]) -> str:
    """Say where metadata was looked for."""
    if not asks:
        return "it has no file that may be used"
    if any(ask.file.is_wheel for ask in asks):
        return (
            "its wheels hold none"
            if all(ask.file.is_wheel for ask in asks)
            else "none of its files holds any"
        )
    return "it has no wheel, and its sdist states no static metadata"
