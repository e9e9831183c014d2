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


def probe() -> str:
    """Return the facts as a JSON text."""
    uname = os.uname() if hasattr(os, "uname") else None
    glibc = read_glibc()
    return json.dumps(
        {
            "version": "{}.{}.{}".format(*sys.version_info[:3]),
            "stage": sys.version_info[3],
            "serial": sys.version_info[4],
            "implementation": sys.implementation.name,
            "abi_flags": getattr(sys, "abiflags", ""),
            "platform": sys.platform,
            "bits": struct.calcsize("P") * 8,
            "machine": uname.machine if uname else "",
            "release": uname.release if uname else "",
            "os_version": uname.version if uname else "",
            "glibc": glibc,
            "musl": "" if glibc or sys.platform != "linux" else read_musl(),
        }
    )


if __name__ == "__main__":
    sys.stdout.write(probe())
