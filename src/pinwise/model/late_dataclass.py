"""Data classes with slots whose methods are written when they are first asked for.

`dataclasses` writes and compiles up to eight functions for each class while its module is imported: 0.5 ms a
class, a sixth of a whole check, though most classes of a run make no object, and few are compared or hashed.
Here the class is made with its slots, and a method is written when it is needed, with the same text. What
pinwise does not use (``__post_init__``, ordering, class variables) is refused, not ignored.

See docs/decisions/0015-a-run-imports-what-it-uses.md.
"""

from collections.abc import Callable
from types import EllipsisType, MethodType
from typing import Any, ClassVar


class _Made:
    """Stands for what a factory makes where a parameter of `__init__` is not given."""

    def __repr__(self) -> str:
        return "<factory>"


_MADE = _Made()


def dataclass(*, slots: bool, frozen: bool = False, eq: bool = True) -> Callable[[type], type]:
    """Make a data class of a class with annotated fields; see `dataclasses.dataclass`.

    Raises:
        TypeError: The class asks for something that is not done here.
    """
    if not slots:
        raise TypeError("a data class of pinwise has slots")
    return lambda plain: _with_slots(plain, is_frozen=frozen, is_compared=eq)


class Field:
    """What a field is when nobody says, and where it counts; `...` stands for nothing."""

    __slots__ = ("default", "factory", "is_compared", "is_shown", "kind")

    def __init__(
        self,
        default: object = ...,
        factory: Callable[[], object] | EllipsisType = ...,
        *,
        is_shown: bool = True,
        is_compared: bool = True,
    ) -> None:
        self.kind: object = None  # the annotation, known when the class is made
        self.default, self.factory = default, factory
        self.is_shown, self.is_compared = is_shown, is_compared
        if default.__hash__ is None:
            raise ValueError(f"all objects would share the default {default!r}: give a factory")


def field(
    *,
    default: object = ...,
    default_factory: Callable[[], object] | EllipsisType = ...,
    repr: bool = True,  # noqa: A002  # the standard word
    compare: bool = True,
) -> Field:
    """Say more of a field than its default; see `dataclasses.field`."""
    return Field(default, default_factory, is_shown=repr, is_compared=compare)


def replace(value: Any, /, **changes: object) -> Any:
    """Return a copy with some fields changed; see `dataclasses.replace`."""
    return type(value)(**{name: getattr(value, name) for name in value.__match_args__} | changes)


def _with_slots(plain: type, *, is_frozen: bool, is_compared: bool) -> type:
    """Return the class anew, for slots have to be there when a class is made."""
    own = {name: _field_of(plain, name, kind) for name, kind in plain.__annotations__.items()}
    kept = {name: value for name, value in plain.__dict__.items() if name not in own and name not in _WITHOUT}
    if "__post_init__" in kept:
        raise TypeError(f"`{plain.__qualname__}.__post_init__` would not be called")
    fields = {**getattr(plain, "__value_fields__", {}), **own}
    made: dict[str, object] = {
        "__slots__": tuple(own),
        "__qualname__": plain.__qualname__,
        "__match_args__": tuple(fields),
        "__value_fields__": fields,
        "__dataclass_fields__": _STANDARD_FIELDS,
        "__init__": Late(_write_frozen_init if is_frozen else _write_init),
        "__replace__": replace,
    }
    usual: dict[str, object] = {"__repr__": _repr}
    if is_compared:
        usual |= {"__eq__": Late(_write_eq), "__hash__": Late(_write_hash) if is_frozen else None}
    always = _FROZEN if is_frozen else {}
    anew: type = type(plain)(plain.__name__, plain.__bases__, usual | kept | made | always)
    return anew


_WITHOUT = frozenset(("__dict__", "__weakref__"))
"""What a class has that has no slots."""


def _field_of(plain: type, name: str, kind: object) -> Field:
    if ClassVar in (kind, getattr(kind, "__origin__", None)):
        raise TypeError(f"`{plain.__qualname__}.{name}` is of the class: say so in the module")
    default = plain.__dict__.get(name, ...)
    found = default if isinstance(default, Field) else Field(default)
    found.kind = kind
    return found


# --- methods that are written when they are first asked for


class Late:
    """A method of a class until somebody asks for it; then the function whose text `write` returns."""

    def __init__(self, write: Callable[[Any, dict[str, object]], str]) -> None:
        self.write = write

    def __set_name__(self, owner: Any, name: str) -> None:
        self.owner, self.name = owner, name

    def __get__(self, value: object, _: object) -> object:
        owner, name = self.owner, self.name
        names: dict[str, Any] = {}
        exec(self.write(owner, names), names)  # noqa: S102  # a text of ours: names of fields, no values
        made = names[name]
        if name == "__init__":
            kinds = {each: known.kind for each, known in owner.__value_fields__.items()}
            made.__annotations__ = {**kinds, "return": None}
        made.__qualname__, made.__module__ = f"{owner.__qualname__}.{name}", owner.__module__
        setattr(owner, name, made)
        return made if value is None else MethodType(made, value)


def _write_frozen_init(owner: Any, names: dict[str, object]) -> str:
    """Set the slots themselves, past `__setattr__`, which refuses."""
    parameters, values = _parameters(owner, names)
    names |= {f"_set_{name}": getattr(owner, name).__set__ for name in values}
    lines = [f" _set_{name}(self, {value})" for name, value in values.items()]
    return "\n".join((f"def __init__({parameters}):", *lines, " pass"))


def _write_init(owner: Any, names: dict[str, object]) -> str:
    parameters, values = _parameters(owner, names)
    lines = [f" self.{name} = {value}" for name, value in values.items()]
    return "\n".join((f"def __init__({parameters}):", *lines, " pass"))


def _parameters(owner: Any, names: dict[str, object]) -> tuple[str, dict[str, str]]:
    """Return the parameters of `__init__`, and field -> its value; put what both mention into `names`."""
    parameters, values = ["self"], {}
    for name, each in owner.__value_fields__.items():
        default, values[name] = "", name
        if each.default is not ...:
            default, names[f"_default_{name}"] = f"=_default_{name}", each.default
        elif each.factory is not ...:
            default, names["_made"], names[f"_make_{name}"] = "=_made", _MADE, each.factory
            values[name] = f"_make_{name}() if {name} is _made else {name}"
        parameters.append(f"{name}{default}")
    return ", ".join(parameters), values


def _write_eq(owner: Any, _: dict[str, object]) -> str:
    return (
        "def __eq__(self, other):\n"
        " if other.__class__ is not self.__class__: return NotImplemented\n"
        f" return {_compared(owner, 'self')} == {_compared(owner, 'other')}"
    )


def _write_hash(owner: Any, _: dict[str, object]) -> str:
    return f"def __hash__(self): return hash({_compared(owner, 'self')})"


def _compared(owner: Any, whose: str) -> str:
    fields = owner.__value_fields__.items()
    return f"({''.join(f'{whose}.{name}, ' for name, each in fields if each.is_compared)})"


# --- methods that all classes share


def _repr(self: Any) -> str:
    fields = self.__value_fields__.items()
    shown = ", ".join(f"{name}={getattr(self, name)!r}" for name, each in fields if each.is_shown)
    return f"{self.__class__.__qualname__}({shown})"


def _refuse_set(_: object, name: str, __: object) -> None:
    from dataclasses import FrozenInstanceError  # noqa: PLC0415  # for a mistake only

    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_delete(_: object, name: str) -> None:
    from dataclasses import FrozenInstanceError  # noqa: PLC0415  # as above

    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[object]:
    return [getattr(self, name) for name in self.__match_args__]


def _restore(self: Any, state: list[object]) -> None:
    for name, value in zip(self.__match_args__, state, strict=True):
        object.__setattr__(self, name, value)


_FROZEN = {
    "__setattr__": _refuse_set,
    "__delattr__": _refuse_delete,
    "__getstate__": _state,  # a copy would be made by setting attributes otherwise
    "__setstate__": _restore,
}


# --- what the standard library is told


class _StandardFields:
    """The fields as `dataclasses` has them, for whoever asks it about a value of ours."""

    def __get__(self, _: object, owner: Any) -> object:
        from dataclasses import make_dataclass  # noqa: PLC0415  # where it is asked only

        fields: list[tuple[str, Any, Any]] = [
            (name, each.kind, _standard_field(each)) for name, each in owner.__value_fields__.items()
        ]
        made: Any = make_dataclass(owner.__name__, fields)
        owner.__dataclass_fields__ = made.__dataclass_fields__
        return owner.__dataclass_fields__


def _standard_field(own: Field) -> object:
    from dataclasses import MISSING  # noqa: PLC0415  # as above
    from dataclasses import field as standard  # noqa: PLC0415

    known: Any = {
        "default": MISSING if own.default is ... else own.default,
        "default_factory": MISSING if own.factory is ... else own.factory,
    }
    return standard(**known, repr=own.is_shown, compare=own.is_compared)


_STANDARD_FIELDS = _StandardFields()
