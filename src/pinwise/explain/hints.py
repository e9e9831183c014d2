"""Hints in prose: what to change, and what that gives."""

from typing import assert_never

from pinwise.explain.words import code, count
from pinwise.model.hint import Hint, HintKind


def hint_sentence(hint: Hint) -> str:
    """Return a hint as one sentence."""
    return f"{_change(hint)}: {_result(hint)}."


def _change(hint: Hint) -> str:
    place = f" ({hint.place})" if hint.place else ""
    match hint.kind:
        case HintKind.REQUIREMENT if not hint.instead:
            return f"Without {code(hint.relaxed)}{place}"
        case HintKind.REQUIREMENT:
            return f"With {code(hint.instead)} instead of {code(hint.relaxed)}{place}"
        case HintKind.CONSTRAINT if hint.instead:
            return f"With the constraint {code(hint.instead)} instead of {code(hint.relaxed)}{place}"
        case HintKind.CONSTRAINT:
            return f"Without the constraint {code(hint.relaxed)}{place}"
        case HintKind.PRE_RELEASE:
            return f"With the constraint {code(hint.instead)}, which allows pre-releases"
        case HintKind.YANKED:
            return f"With the constraint {code(hint.instead)}, which admits a yanked release"
        case HintKind.SDIST:
            return f"With {code(hint.instead)}, which builds it from its sdist"
        case HintKind.PYTHON:
            return f"With Python {hint.instead} ({code(f'--python {hint.instead}')})"
        case _:
            assert_never(hint.kind)


def _result(hint: Hint) -> str:
    held = f" with {code(hint.project)} {hint.version}" if hint.project and hint.version else ""
    is_absent = hint.project is not None and hint.version is None and bool(hint.instead)
    absent = f" without {code(hint.project or '')}" if is_absent else ""
    most = "" if hint.optimal else "at most "
    return f"a stack of {count(hint.packages, 'package')}{held}{absent}, cost {most}{hint.cost:,}"
