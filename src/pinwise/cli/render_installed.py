"""What is installed against a lock, for people: plain text in 80 columns."""

import shlex
from collections.abc import Iterable, Iterator, Sequence

from pinwise.cli.lines import WIDTH, Line, wrap
from pinwise.explain.words import clean, code, count
from pinwise.formats.installed_report import Verdict
from pinwise.formats.lock_text import without_credentials
from pinwise.model.installed import Mismatch, MismatchKind


def render_plan(verdict: Verdict, *, removes: bool, rebuilt: Sequence[str]) -> list[Line]:
    """Return what will be done: the head and a line for each project that comes, changes or goes."""
    lock, place = code(verdict.lock), f"{code(verdict.place)}, {python_of(verdict)}"
    title = f"Sync {place}, with {lock}" if verdict.command == "sync" else f"Install {lock} into {place}"
    lines = [Line(line.text, "title") for line in wrap(title)]
    shown = [*_mismatches(_wanted(verdict.before.mismatches, removes=removes))]
    shown += [Line(f"  ~ {clean(name)}, a folder: built again", "weak") for name in rebuilt]
    return [*lines, Line(), *shown] if shown else lines


def python_of(verdict: Verdict) -> str:
    """Return the Python of the environment as people call it."""
    return verdict.python if verdict.python.startswith("PyPy") else f"Python {verdict.python}"


def _wanted(mismatches: Iterable[Mismatch], *, removes: bool) -> list[Mismatch]:
    return [each for each in mismatches if removes or each.kind is not MismatchKind.EXTRA]


def render_done(verdict: Verdict, *, removes: bool, rebuilt: Sequence[str]) -> list[Line]:
    """Return what became of it."""
    changed = len(_wanted(verdict.before.mismatches, removes=removes)) + len(rebuilt)
    if verdict.is_dry and changed:
        return [Line(), *wrap("Nothing was changed (`--dry-run`).")]
    if verdict.remaining and not verdict.is_dry:
        return [Line(), *wrap("These still differ from the lock:"), *_mismatches(verdict.remaining)]
    done = f"Done, {count(changed, 'change')}: " if changed else "Nothing to do: "
    return [Line(), *(Line(line.text, "good") for line in wrap(f"{done}{_holds(verdict)}"))]


def _holds(verdict: Verdict) -> str:
    """Say that the lock is there, and what else is."""
    amount, total = count(verdict.before.locked, "package"), verdict.total
    part = verdict.before.locked < total
    lead = (
        f"what is asked for: {amount} of the {total:,} in the lock" if part else f"all of the lock: {amount}"
    )
    extra = len(verdict.after.of(MismatchKind.EXTRA))
    more = f"; {count(extra, 'other')} {'is' if extra == 1 else 'are'} there too" if extra else ""
    return f"the environment holds {lead}{more}."


def render_installed_check(verdict: Verdict, words: Sequence[str] = ()) -> list[Line]:
    """Return how an environment differs from a lock.

    Args:
        verdict: What was found.
        words: What names the lock, its part and the environment in the next command.
    """
    title = f"{code(verdict.place)}, {python_of(verdict)}, against {code(verdict.lock)}"
    lines = [Line(line.text, "title") for line in wrap(title)]
    if verdict.after.mismatches:
        lines += [Line(), *_mismatches(verdict.after.mismatches)]
    if not verdict.remaining:
        holds = _holds(verdict)
        return [*lines, Line(), *(Line(line.text, "good") for line in wrap(holds[:1].upper() + holds[1:]))]
    kinds = {each.kind for each in verdict.remaining}
    command = "sync" if kinds == {MismatchKind.EXTRA} else "install"
    next_step = shlex.join(["pinwise", command, *words])
    differ = len(verdict.remaining)
    text = f"{count(differ, 'package')} {'differs' if differ == 1 else 'differ'} from the lock."
    sentence = f"{text} Next: `{next_step}`."
    if len(sentence) > WIDTH:  # a command stays in one line: it is copied
        return [*lines, Line(), Line(f"{text} Next:"), Line(f"  {next_step}")]
    return [*lines, Line(), Line(sentence)]


def _mismatches(mismatches: Sequence[Mismatch]) -> Iterator[Line]:
    for each in mismatches:
        name, locked = clean(each.name), clean(without_credentials(each.locked or ""))
        match each.kind:
            case MismatchKind.MISSING:
                yield Line(f"  + {name} {locked}", "good")
            case MismatchKind.EXTRA:
                yield Line(f"  - {name} {clean(each.installed or '')}", "bad")
            case MismatchKind.OTHER:
                yield from (Line(line.text, "weak") for line in _other(each, name, locked))


def _other(each: Mismatch, name: str, locked: str) -> Iterator[Line]:
    found = clean(each.installed or "")
    if each.origin is not None:
        found = f"{found} (from {clean(without_credentials(each.origin))})"
    return wrap(f"{name} {found} -> {locked}", first="  ~ ", indent="      ")
