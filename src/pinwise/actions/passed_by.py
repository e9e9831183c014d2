"""Why the newest release of a project was passed by: something it needs is on no index."""

from collections.abc import Iterable, Iterator

from packaging.requirements import Requirement

from pinwise.actions.ports import Knowledge
from pinwise.model.facts import Metadata, NoProject
from pinwise.model.names import NormalizedName
from pinwise.model.outcome import Pin
from pinwise.model.request import Request
from pinwise.space.rows import Reader, target_name


def passed_by(request: Request, knowledge: Knowledge, pins: Iterable[Pin]) -> Iterator[str]:
    """Yield a warning for each pin whose newest release needs a project that no index has.

    Nothing is wrong with such a stack, but who sees a release of long ago wants to know that an index is
    missing, or that an extra costs that much.
    """
    reader = Reader(request)
    for pin in pins:
        document = knowledge.known_documents(pin.name).get(pin.latest)
        if pin.behind and pin.local is None and isinstance(document, Metadata):
            for extra, requirement in _asked(pin, document, reader):
                target = target_name(requirement)
                if target not in request.local and isinstance(knowledge.project(target), NoProject):
                    yield _sentence(pin, extra, target)


def _asked(
    pin: Pin, document: Metadata, reader: Reader
) -> Iterator[tuple[NormalizedName | None, Requirement]]:
    """Yield what the newest release requires in this stack, with the extra for which it does."""
    for requirement in document.requirements:
        counting = reader.amend(pin.name, requirement)
        if counting is None:
            continue
        if reader.applies(requirement, ""):
            yield None, counting
            continue
        for extra in pin.extras:
            if extra in document.extras and reader.applies(requirement, extra):
                yield extra, counting


def _sentence(pin: Pin, extra: NormalizedName | None, target: NormalizedName) -> str:
    needs = f"it needs `{target}`" if extra is None else f"its extra `{extra}` needs `{target}`"
    otherwise = "" if extra is None else f", or do without `{pin.name}[{extra}]`"
    return (
        f"`{pin.name}` is at {pin.version} and not at {pin.latest}, for {needs}, which no index has: name an "
        f"index that has it with `--extra-index-url`{otherwise}."
    )
