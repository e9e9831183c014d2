"""Which document tells what a release requires: an order fixed by page facts, and who decides in it.

Page facts, the target and the request alone fix the order in which a release's files are asked, so that
what happens to be stored never changes an advice (the law of `docs/concepts/algorithm.md`):

1. the metadata file (PEP 658) of the best wheel that can be installed, then that wheel's own METADATA;
2. where no wheel can be installed, the metadata file of the sdist;
3. the other wheels in the same way, those that can be installed first;
4. the sdist: its metadata file, its PKG-INFO if that is static (PEP 643), its ``*.egg-info``;
5. what the user gave in the settings.

The first that is there decides. One that definitely has none passes to the next; a failure never does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from packaging.version import Version

from pinwise.actions.errands import Ask
from pinwise.indexes.filenames import build_number
from pinwise.model.environment import Environment
from pinwise.model.facts import UNLEARNED, Document, File, Metadata, Origin, Release, Unusable
from pinwise.model.names import NormalizedName
from pinwise.model.request import FormatControl
from pinwise.model.tags import Ranks, best_rank
from pinwise.units.context import admits_python

__all__ = ["Ask", "Target", "document_order", "resolve_document"]

MOST_OTHER_WHEELS = 8  # one wheel stands for all; a release may list hundreds


@dataclass(frozen=True, slots=True)
class Target:
    """What decides which wheel is installed: the target's Python, and the rank of its tags, 0 the best."""

    python: Version
    ranks: Mapping[str, int]

    @classmethod
    def of(cls, environment: Environment) -> Self:
        """Return the target that an environment is."""
        return cls(environment.python, Ranks(environment.tags))


def document_order(
    release: Release, target: Target, formats: FormatControl, name: NormalizedName
) -> tuple[Ask, ...]:
    """Return the questions about a release, in the order in which they are asked.

    Args:
        release: Its page facts.
        target: Where it would be installed.
        formats: Whether wheels and sdists of the project may be installed.
        name: The project.
    """
    compatible, others = _sort_wheels(release, target)
    sdists = [file for file in release.files if not file.is_wheel] if formats.allows_sdists(name) else []
    sdists.sort(key=lambda file: not _is_offered(file, release, target))
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


def _is_offered(file: File, release: Release, target: Target) -> bool:
    """Whether the page offers a file to the target: not yanked (unless all are), and for its Python."""
    is_yanked = file.yanked is not None and not release.is_yanked
    return not is_yanked and (
        file.requires_python is None or bool(admits_python(file.requires_python, target.python))
    )


def _sort_wheels(release: Release, target: Target) -> tuple[list[File], list[File]]:
    """Return the wheels that can be installed, best first, and the others by name."""
    compatible: list[tuple[int, int, str, File]] = []
    others: list[File] = []
    for file in release.files:
        if not file.is_wheel:
            continue
        rank = best_rank(file.tags, target.ranks)
        if rank is None or not _is_offered(file, release, target):
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
    return Unusable(f"{UNLEARNED}: {_searched(asks)}")


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
    return "there is no wheel, and its sdist states no static metadata"
