"""pinwise: the best software stack for a Python project, with a proof and a reason for every pin.

The library's face is small: make a `Request`, hand it to `advise` with what is known (a `Snapshot` will do)
and match on the outcome::

    match pinwise.advise(request, snapshot, None, options=pinwise.SearchOptions()):
        case pinwise.Advice(pins=pins, proof=proof): ...
        case pinwise.Refusal(derivation=derivation): ...
        case pinwise.Undecided(reason=reason): ...

Names are imported when they are first used.
"""

TYPE_CHECKING = False  # as `typing` has it, which costs 5 ms
if TYPE_CHECKING:
    from pinwise.actions.advise import SearchOptions, advise
    from pinwise.model.errors import PinwiseError
    from pinwise.model.facts import Snapshot
    from pinwise.model.outcome import Advice, Refusal, Undecided
    from pinwise.model.request import Request

__version__ = "0.1.0"

__all__ = [
    "Advice",
    "PinwiseError",
    "Refusal",
    "Request",
    "SearchOptions",
    "Snapshot",
    "Undecided",
    "__version__",
    "advise",
]

_HOMES = {
    "Advice": "pinwise.model.outcome",
    "PinwiseError": "pinwise.model.errors",
    "Refusal": "pinwise.model.outcome",
    "Request": "pinwise.model.request",
    "SearchOptions": "pinwise.actions.advise",
    "Snapshot": "pinwise.model.facts",
    "Undecided": "pinwise.model.outcome",
    "advise": "pinwise.actions.advise",
}


if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Import a public name when it is first used."""
        if name not in _HOMES:
            raise AttributeError(f"module `pinwise` has no attribute `{name}`")
        from importlib import import_module  # noqa: PLC0415  # for the library only

        return getattr(import_module(_HOMES[name]), name)
