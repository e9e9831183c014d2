"""What an interpreter says of itself and of its machine, as JSON.

The source of this module is also run by other interpreters (``python -I -S -c``), down to CPython 3.6: it
imports nothing but the standard library and uses no newer syntax.
"""

import json
import os
import struct
import subprocess
import sys


def read_glibc() -> str:
    """Return ``glibc 2.36``, or "" where the C library is another one."""
    try:
        return os.confstr("CS_GNU_LIBC_VERSION") or ""
    except (AttributeError, OSError, ValueError):
        return ""


def read_musl() -> str:
    """Return what musl's loader says of itself, or "" where there is none."""
    try:
        names = sorted(name for name in os.listdir("/lib") if name.startswith("ld-musl-"))  # noqa: PTH208  # start-up
        if not names:
            return ""
        loader = subprocess.run(  # noqa: S603  # the system's own loader
            [os.path.join("/lib", names[0])],  # noqa: PTH118  # start-up
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            check=False,
            timeout=5,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return loader.stderr.decode("ascii", "replace")[:500]


def read_macos() -> str:
    """Return the version of macOS as ``14.5``, or "" elsewhere."""
    if sys.platform != "darwin":
        return ""
    import platform  # noqa: PLC0415  # 5 ms, here only

    version = platform.mac_ver()[0]
    if not version.startswith("10.16"):
        return version
    try:  # an interpreter built for an old SDK is told 10.16, unless it asks like this
        answer = subprocess.run(
            [sys.executable, "-sS", "-c", "import platform; print(platform.mac_ver()[0])"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"SYSTEM_VERSION_COMPAT": "0"},
            check=False,
            timeout=5,
        )
    except (OSError, subprocess.SubprocessError):
        return version
    return answer.stdout.decode("ascii", "replace").strip()[:40] or version


def read_system() -> "tuple[str, str, str]":
    """Return machine, release and version of the operating system."""
    if hasattr(os, "uname"):
        uname = os.uname()
        return uname.machine, uname.release, uname.version
    import platform  # noqa: PLC0415  # 5 ms, on Windows only

    return platform.machine(), platform.release(), platform.version()


def read_windows() -> str:
    """Return the platform of a Windows interpreter as ``win-amd64``, or "" elsewhere."""
    if sys.platform != "win32":
        return ""
    import sysconfig  # noqa: PLC0415  # on Windows only

    return sysconfig.get_platform()


def read_abi_flags() -> str:
    """Return `sys.abiflags`, which Windows has only since Python 3.14."""
    if hasattr(sys, "abiflags") or sys.platform != "win32":
        return getattr(sys, "abiflags", "")
    import sysconfig  # noqa: PLC0415  # on Windows only

    return "t" if sysconfig.get_config_var("Py_GIL_DISABLED") else ""


def own_version() -> str:
    """Return the version of the implementation, which is not that of the language on PyPy."""
    return "{}.{}.{}".format(*sys.implementation.version[:3])


def probe() -> str:
    """Return the facts as a JSON text."""
    machine, release, version = read_system()
    glibc = read_glibc()
    return json.dumps(
        {
            "version": "{}.{}.{}".format(*sys.version_info[:3]),
            "stage": sys.version_info[3],
            "serial": sys.version_info[4],
            "implementation": sys.implementation.name,
            "own_version": own_version(),
            "abi_flags": read_abi_flags(),
            "platform": sys.platform,
            "bits": struct.calcsize("P") * 8,
            "machine": machine,
            "release": release,
            "os_version": version,
            "glibc": glibc,
            "macos": read_macos(),
            "windows": read_windows(),
            "musl": "" if glibc or sys.platform != "linux" else read_musl(),
        }
    )


if __name__ == "__main__":
    sys.stdout.write(probe())
