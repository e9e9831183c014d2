"""What came of verifying a knowledge base, for people and for programs."""

import json
from collections.abc import Iterator, Sequence

from pinwise.actions.care import Lost, Verification
from pinwise.actions.knowledge import Damage, LostPage
from pinwise.cli.lines import Line, wrap
from pinwise.explain.words import clean, count

_MOST = 40  # lines of one kind; JSON has them all


def render_verification(verification: Verification) -> list[Line]:
    """Return what was found, what was done about it, and what is left."""
    found = verification.examination
    if not found.damage:
        return list(wrap(f"{found.path} is sound: {_checked(is_sealed=found.is_sealed)}"))
    lines = [Line(f"{found.path} is damaged:", "bad")]
    lines += _some([line for each in found.damage for line in _damage(each)])
    if verification.aside is not None:
        lines += [Line(), *wrap(f"What is sound was kept. The damaged file is now {verification.aside}")]
    lines += _lost("Fetched anew", verification.fetched)
    later = (
        "Would be fetched anew" if verification.aside is None else "Left to the next command that needs it"
    )
    lines += _lost(later, verification.left)
    return lines


def _checked(*, is_sealed: bool) -> str:
    if is_sealed:
        return "every row, and every byte since it was sealed, is what was written."
    return "every row is what was written. (It is not sealed, so unused bytes were not checked.)"


def _damage(damage: Damage) -> Iterator[Line]:
    subject = " ".join(clean(part) for part in (damage.project, damage.release, damage.file) if part)
    of = f" of {clean(damage.index)}" if damage.index else ""
    yield from wrap(
        f"{subject}{of}: {clean(damage.what)}" if subject + of else clean(damage.what),
        first="  ",
        indent="    ",
    )


def _lost(title: str, lost: Sequence[Lost]) -> Iterator[Line]:
    if lost:
        pages = sum(isinstance(each, LostPage) for each in lost)
        parts = [count(pages, "page")] * bool(pages)
        parts += [f"the metadata of {count(len(lost) - pages, 'file')}"] * (len(lost) > pages)
        yield Line()
        yield Line(f"{title}: {' and '.join(parts)}", "title")
        yield from _some([line for each in lost for line in wrap(_words(each), first="  ", indent="    ")])


def _words(lost: Lost) -> str:
    what = lost.project if isinstance(lost, LostPage) else f"{lost.file} ({lost.kind})"
    return f"{clean(what)} of {clean(lost.index)}"


def _some(lines: Sequence[Line]) -> list[Line]:
    rest = len(lines) - _MOST
    return [
        *lines[:_MOST],
        *([Line(f"  … and {rest} more lines (`--format json` has all)")] if rest > 0 else []),
    ]


def verification_json(verification: Verification) -> str:
    """Return all of it as JSON."""
    from dataclasses import asdict  # noqa: PLC0415  # for JSON only

    found = verification.examination
    value = {
        "path": str(found.path),
        "is_sound": not found.damage,
        "is_sealed": found.is_sealed,
        "damage": [_tidy(asdict(each)) for each in found.damage],
        "set_aside": None if verification.aside is None else str(verification.aside),
        "fetched": [_tidy(asdict(each)) for each in verification.fetched],
        "left": [_tidy(asdict(each)) for each in verification.left],
    }
    return json.dumps(value, indent=2)


def _tidy(value: dict[str, str]) -> dict[str, str]:
    """Leave out what is not known, and what is no Unicode."""
    return {key: text.encode("utf-8", "replace").decode() for key, text in value.items() if text}
