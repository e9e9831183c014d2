"""Why the newest release of a project was passed by: something it needs is on no index."""

from collections.abc import Iterable, Iterator, Mapping

from pinwise.model.names import NormalizedName
from pinwise.model.outcome import Pin
from pinwise.model.request import Request
from pinwise.space.compile import Compiler
from pinwise.space.rows import Amendments, Demand


def passed_by(
    request: Request, pins: Iterable[Pin], compilers: Mapping[NormalizedName, Compiler]
) -> Iterator[str]:
    """Yield a warning for each pin whose newest release needs a project that no index has.

    Nothing is wrong with such a stack, but who sees a release of long ago wants to know that an index is
    missing, or that an extra costs that much. `compilers` has for each pin the one whose step chose it.
    """
    amendments = Amendments(request)
    for pin in pins:
        if pin.behind and pin.local is None:
            compiler = compilers[pin.name]
            for extra, demand in _asked(pin, compiler):
                counting = amendments.amend(pin.name, demand)
                if counting is not None and _is_nowhere(counting.target, compiler, request):
                    yield _sentence(pin, extra, counting.target)


def _asked(pin: Pin, compiler: Compiler) -> Iterator[tuple[NormalizedName | None, Demand]]:
    """Yield what the newest release requires in this stack, with the extra for which it does."""
    position = compiler.candidates(pin.name).versions.position(pin.latest)
    if position is not None:
        for extra in (None, *pin.extras):
            for demand in compiler.asked(pin.name, extra, position):
                yield extra, demand


def _is_nowhere(target: NormalizedName, compiler: Compiler, request: Request) -> bool:
    """Whether every index that may serve a project has answered that it does not have it."""
    candidates = compiler.candidates(target)
    return target not in request.local and not candidates.is_virtual and not candidates.index


def _sentence(pin: Pin, extra: NormalizedName | None, target: NormalizedName) -> str:
    needs = f"it needs `{target}`" if extra is None else f"its extra `{extra}` needs `{target}`"
    otherwise = "" if extra is None else f", or do without `{pin.name}[{extra}]`"
    return (
        f"`{pin.name}` is at {pin.version} and not at {pin.latest}, for {needs}, which no index has: name an "
        f"index that has it with `--extra-index-url`{otherwise}."
    )
