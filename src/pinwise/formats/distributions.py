"""Which C library a Linux distribution ships, as the platform tag of the wheels that run there.

Sources: the release notes and package lists of each distribution, and the table of PEP 600's authors
(github.com/mayeut/pep600_compliance), which is made by asking the images of the distributions themselves.
"""

from collections.abc import Mapping

_RHEL = {"6": 12, "7": 17, "8": 28, "9": 34, "10": 39}

GLIBC: Mapping[str, Mapping[str, int]] = {
    "rhel": _RHEL,
    "ubi": _RHEL,
    "centos": _RHEL,
    "almalinux": _RHEL,
    "rocky": _RHEL,
    "ol": _RHEL,
    "amzn": {"2": 26, "2023": 34},
    "debian": {"8": 19, "9": 24, "10": 28, "11": 31, "12": 36, "13": 41},
    "fedora": {str(release): release - 1 for release in range(24, 44)},
    "ubuntu": {
        "14.04": 19,
        "16.04": 23,
        "18.04": 27,
        "20.04": 31,
        "22.04": 35,
        "24.04": 39,
        "20.10": 32,
        "21.04": 33,
        "21.10": 34,
        "22.10": 36,
        "23.04": 37,
        "23.10": 38,
        "24.10": 40,
        "25.04": 41,
        "25.10": 42,
    },
}
"""Distribution, as ``ID`` in its ``/etc/os-release`` -> release -> N of glibc 2.N.

Fedora takes each glibc as it comes, one with each of its releases.
"""

MUSL: Mapping[str, Mapping[str, int]] = {
    "alpine": {f"3.{release}": 1 if release < 13 else 2 for release in range(24)},  # noqa: PLR2004
}
"""The same for musl 1.N: Alpine 3.13 was the first with musl 1.2."""

DISTRIBUTIONS = (*GLIBC, *MUSL)


def releases_of(distribution: str) -> tuple[str, ...]:
    """Return the known releases of a distribution, the oldest first; none of one that is not known."""
    return tuple(sorted(GLIBC.get(distribution) or MUSL.get(distribution) or (), key=_number))


def _number(release: str) -> tuple[int, ...]:
    return tuple(map(int, release.split(".")))


def platform_of(distribution: str, release: str, architecture: str) -> str | None:
    """Return the platform tag of a release of a distribution, None where it is not known.

    >>> platform_of("ubi", "8", "x86_64"), platform_of("rhel", "9.4", "aarch64")
    ('manylinux_2_28_x86_64', 'manylinux_2_34_aarch64')
    >>> platform_of("alpine", "3.19.1", "x86_64"), platform_of("fedora", "7", "x86_64")
    ('musllinux_1_2_x86_64', None)
    """
    for family, table in (("manylinux_2", GLIBC), ("musllinux_1", MUSL)):
        releases = table.get(distribution.lower(), {})
        parts = release.strip().split(".")
        for length in (1, 2):
            if (minor := releases.get(".".join(parts[:length]))) is not None:
                return f"{family}_{minor}_{architecture}"
    return None
