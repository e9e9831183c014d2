"""What one document of a release says besides another one, in words."""

from collections.abc import Iterator, Sequence

from pinwise.explain.words import clean, code, listing
from pinwise.model.differing import Differences

_MOST_NAMED = 3


def difference_words(found: Differences) -> str:
    """Return what a document says besides another, as the rest of a sentence: "it requires `a>=1`"."""
    return "; ".join(_words(found))


def _words(found: Differences) -> Iterator[str]:
    if found.unusable:
        yield clean(found.unusable)
    if found.required:
        yield f"it requires {_listed(found.required)} as well"
    if found.not_required:
        yield f"it does not require {_listed(found.not_required)}"
    if found.provided:
        yield f"it has the extra {_listed(found.provided)} as well"
    if found.not_provided:
        yield f"it lacks the extra {_listed(found.not_provided)}"
    if found.requires_python is not None:
        yield (
            f"its Requires-Python is {code(found.requires_python)}"
            if found.requires_python
            else ("it has no Requires-Python")
        )


def _listed(items: Sequence[str]) -> str:
    return listing([code(item) for item in items], longest=_MOST_NAMED)
