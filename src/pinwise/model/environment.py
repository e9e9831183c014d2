"""The environment in which a stack will run."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from packaging.version import Version


@dataclass(frozen=True, slots=True)
class Environment:
    """One target: Python, operating system, libc and processor.

    Attributes:
        python: The full version of the interpreter (``X.Y.Z``).
        implementation: As `sys.implementation.name` says it; "cpython" here.
        platform: The platform tag that names the target, such as ``manylinux_2_28_x86_64``.
        tags: Supported wheel tags (``py3-none-any``) in descending order of preference.
        markers: The value of every marker variable but ``extra`` (PEP 508).
        origins: For "python" and "platform": in words, where the value comes from.
    """

    python: Version
    implementation: str
    platform: str
    tags: tuple[str, ...] = field(repr=False)
    markers: Mapping[str, str]
    origins: Mapping[str, str] = field(default_factory=dict)
