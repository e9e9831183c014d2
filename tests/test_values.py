"""Values: what `pinwise.model.values` makes is what `dataclasses` makes, though its methods come later."""

import copy
import dataclasses
import inspect
import pickle
import re
from collections.abc import Callable
from types import FunctionType
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinwise.model import late_dataclass
from pinwise.model.late_dataclass import Late


@late_dataclass.dataclass(frozen=True, slots=True)
class Point:
    """A value at the top of a module, as a pickle needs it."""

    x: int
    names: tuple[str, ...] = ()


KINDS: dict[str, dict[str, Any] | None] = {
    "required": None,
    "default": {"default": 1},
    "made": {"default_factory": list},
    "hidden": {"default": 2, "repr": False},
    "ignored": {"default": 3, "compare": False},
    "both": {"default": None, "repr": False, "compare": False},
}
"""How a field may be declared: what is said of it."""

SHAPES = st.lists(st.sampled_from(sorted(KINDS)), max_size=5).map(
    lambda kinds: sorted(kinds, key=lambda kind: kind != "required")
)
"""The fields of a class, those without a default first."""


def value_class(module: Any, kinds: list[str], **options: bool) -> Any:
    """Return a data class with a field of each kind, made by `dataclasses` or by us."""
    contents: dict[str, Any] = {
        "__annotations__": {},
        "__doc__": "A value.",
        "two": lambda self: (self, self),
    }
    for number, kind in enumerate(kinds):
        contents["__annotations__"][f"field_{number}"] = object
        said = KINDS[kind]
        if said is not None:
            contents[f"field_{number}"] = said["default"] if kind == "default" else module.field(**said)
    return module.dataclass(slots=True, **options)(type("Value", (), contents))


def outcome(action: Callable[[], object]) -> str:
    """Return what an action gives, errors included, as text."""
    try:
        return repr(action())
    except Exception as error:  # noqa: BLE001  # whatever it is, both have to say it
        return f"{type(error).__name__}: {error}"


def seen_of(module: Any, made: Any, one: list[int], two: list[int]) -> list[str]:
    """Return all that can be seen of a class, and of two of its objects."""

    def first() -> Any:
        return made(*one)

    def second() -> Any:
        return made(*two)

    actions: list[Callable[[], object]] = [
        lambda: (made.__slots__, made.__match_args__, made.__doc__, inspect.signature(made)),
        lambda: made(unknown=1),
        lambda: (first(), second(), "__dict__" in dir(first()), first().two()),
        lambda: (first() == first(), first() == second(), first() != second(), first() == 1),
        lambda: (hash(first()) == hash(first()), made.__hash__ is object.__hash__),
        lambda: hash(first()) == hash(second()),
        lambda: module.replace(first(), field_0=7),
        lambda: module.replace(first(), unknown=7),
        lambda: dataclasses.replace(first(), field_0=7),
        lambda: setattr(first(), made.__match_args__[0], 1),
        lambda: delattr(first(), made.__match_args__[0]),
        lambda: (copy.copy(first()), copy.deepcopy(second())),
        lambda: (dataclasses.is_dataclass(made), dataclasses.asdict(first())),
        lambda: [(each.name, each.type, each.repr, each.compare) for each in dataclasses.fields(made)],
        lambda: [(each.default, each.default_factory) for each in dataclasses.fields(made)],
    ]
    return [re.sub(r" at 0x\w+", "", outcome(action)) for action in actions]


@given(SHAPES, st.booleans(), st.booleans(), *[st.lists(st.integers(0, 2), max_size=6)] * 2)
def test_a_value_is_what_the_standard_library_makes(
    kinds: list[str],
    frozen: bool,  # noqa: FBT001  # drawn
    eq: bool,  # noqa: FBT001
    one: list[int],
    two: list[int],
) -> None:
    """The same objects, comparisons, hashes, texts, copies and errors, whatever the fields."""
    ours, theirs = (
        seen_of(module, value_class(module, kinds, frozen=frozen, eq=eq), one, two)
        for module in (late_dataclass, dataclasses)
    )
    assert ours == theirs


def test_a_method_is_written_once_when_it_is_asked_for() -> None:
    """A class that nobody uses has no functions of its own; afterwards it has plain ones."""

    @late_dataclass.dataclass(frozen=True, slots=True)
    class Pair:
        one: int
        two: int = 2

    assert {type(Pair.__dict__[name]) for name in ("__init__", "__eq__", "__hash__")} == {Late}
    assert (Pair(1), hash(Pair(1))) == (Pair(1, 2), hash(Pair(1, 2)))  # type: ignore[call-arg]
    assert {type(Pair.__dict__[name]) for name in ("__init__", "__eq__", "__hash__")} == {FunctionType}


def test_a_value_may_build_on_another() -> None:
    """Fields of the class below come first, and one that is declared again stays where it was."""

    @late_dataclass.dataclass(frozen=True, slots=True)
    class Named(Point):
        name: str = ""
        names: tuple[str, ...] = ("n",)

    made: Any = Named(1)  # type: ignore[call-arg]
    assert repr(made).endswith("Named(x=1, names=('n',), name='')")
    assert made != Point(1, ("n",))  # type: ignore[call-arg]


def test_a_value_can_be_pickled_and_matched() -> None:
    """A copy through bytes is equal, and patterns see the fields in their order."""
    point: Any = Point(1, ("a",))  # type: ignore[call-arg]
    assert pickle.loads(pickle.dumps(point)) == point
    match point:
        case Point(x, names):  # type: ignore[misc]
            assert (x, names) == (1, ("a",))
        case _:
            pytest.fail("no match")


def test_what_is_not_done_is_refused() -> None:
    """A class that counts on more than is done here fails when it is made."""
    slotted = late_dataclass.dataclass(slots=True)
    with pytest.raises(TypeError, match="has slots"):
        late_dataclass.dataclass(slots=False)
    with pytest.raises(TypeError, match="__post_init__"):
        slotted(type("Late", (), {"__annotations__": {}, "__post_init__": print}))
    with pytest.raises(TypeError, match="of the class"):
        slotted(type("Shared", (), {"__annotations__": {"all": ClassVar[int]}}))
    with pytest.raises(ValueError, match="give a factory"):
        slotted(type("Same", (), {"__annotations__": {"each": list}, "each": []}))
