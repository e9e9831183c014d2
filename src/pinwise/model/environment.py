"""The environment in which a stack will run."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from packaging.version import Version

LOWEST = "the lowest that"
"""How the origin of a Python begins that is the lower bound of a manifest's, and maybe not here."""


@dataclass(frozen=True, slots=True)
class Environment:
    """One target: Python, operating system, libc and processor.

    Attributes:
        python: The full version of the interpreter (``X.Y.Z``).
        implementation: As `sys.implementation.name` says it: "cpython" or "pypy".
        platform: The platform tag that names the target, such as ``manylinux_2_28_x86_64``.
        tags: Supported wheel tags (``py3-none-any``) in descending order of preference.
        markers: The value of every marker variable but ``extra`` (PEP 508).
        origins: For "python" and "platform": in words, where the value comes from.
        abi_flags: "t" for a free-threaded CPython, "d" for a debug build; "" for an ordinary one.
        has_own_tags: Whether somebody gave the tags, which then do not follow from the names.
    """

    python: Version
    implementation: str
    platform: str
    tags: tuple[str, ...] = field(repr=False)
    markers: Mapping[str, str]
    origins: Mapping[str, str] = field(default_factory=dict)
    abi_flags: str = ""
    has_own_tags: bool = False

    @property
    def python_name(self) -> str:
        """The Python as people call it: ``3.14.0``, ``3.14.0, free-threaded``, ``PyPy 3.11.0``."""
        name = f"PyPy {self.python}" if self.implementation == "pypy" else str(self.python)
        kinds = [kind for flag, kind in (("t", "free-threaded"), ("d", "debug")) if flag in self.abi_flags]
        return ", ".join((name, *kinds))
