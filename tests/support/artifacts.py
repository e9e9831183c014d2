"""Tiny real wheels and sdists, built in memory: the same arguments give the same bytes.

``wheel("flask", "3.0", requires=["click>=8"])`` is a wheel that pip, uv and pipenv install: it holds one
module (``flask.py`` with ``__version__``), METADATA, WHEEL and RECORD. ``sdist(…)`` is a source archive with
PKG-INFO that builds into such a wheel without any other package, for it carries its own build backend.
"""

import base64
import gzip
import hashlib
import io
import tarfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Artifact:
    """One file of a release.

    Attributes:
        project: The project's name as written.
        version: Its version as written.
        filename: The name under which an index lists it.
        content: Its bytes.
        metadata: The core metadata in it, which an index may offer as a file of its own (PEP 658).
        requires_python: The Requires-Python in it, which an index repeats on its page.
    """

    project: str
    version: str
    filename: str
    content: bytes
    metadata: bytes
    requires_python: str | None

    @property
    def sha256(self) -> str:
        """The digest of the file."""
        return hashlib.sha256(self.content).hexdigest()


def metadata_text(  # noqa: PLR0913  # a builder: every keyword is one fact
    name: str,
    version: str,
    *,
    requires: Sequence[str] = (),
    requires_python: str | None = None,
    extras: Sequence[str] = (),
    dynamic: Sequence[str] = (),
    metadata_version: str = "2.4",
) -> str:
    """Return core metadata."""
    lines = [f"Metadata-Version: {metadata_version}", f"Name: {name}", f"Version: {version}"]
    lines += [f"Dynamic: {field}" for field in dynamic]
    lines += [] if requires_python is None else [f"Requires-Python: {requires_python}"]
    lines += [f"Provides-Extra: {extra}" for extra in extras]
    lines += [f"Requires-Dist: {requirement}" for requirement in requires]
    return "\n".join(lines) + "\n"


def wheel(  # noqa: PLR0913  # a builder: every keyword is one fact
    name: str,
    version: str,
    *,
    requires: Sequence[str] = (),
    requires_python: str | None = None,
    extras: Sequence[str] = (),
    tag: str = "py3-none-any",
    metadata: str | None = None,
    padding: int = 0,
) -> Artifact:
    """Return a wheel.

    Args:
        name: The project's name.
        version: Its version.
        requires: Requires-Dist entries.
        requires_python: Requires-Python, also shown on the index page.
        extras: Provides-Extra entries.
        tag: The compatibility tags of the file name.
        metadata: The whole text of METADATA instead of the one made of the arguments above.
        padding: How many bytes of incompressible ballast to add, for range requests.
    """
    stem = f"{_escaped(name)}-{version}"
    text = metadata or metadata_text(
        name, version, requires=requires, requires_python=requires_python, extras=extras
    )
    files = {f"{_escaped(name)}.py": f"__version__ = {version!r}\n".encode()}
    if padding:
        files[f"{_escaped(name)}.dat"] = _ballast(padding)
    files[f"{stem}.dist-info/METADATA"] = text.encode()
    files[f"{stem}.dist-info/WHEEL"] = _wheel_text(tag).encode()
    files[f"{stem}.dist-info/RECORD"] = _record(files, f"{stem}.dist-info/RECORD").encode()
    return Artifact(name, version, f"{stem}-{tag}.whl", _zip(files), text.encode(), requires_python)


def sdist(  # noqa: PLR0913  # a builder: every keyword is one fact
    name: str,
    version: str,
    *,
    requires: Sequence[str] = (),
    requires_python: str | None = None,
    extras: Sequence[str] = (),
    dynamic: Sequence[str] = (),
    metadata_version: str = "2.4",
    egg_info: str | None = None,
) -> Artifact:
    """Return a source archive (``.tar.gz``) that pip can build without any other package.

    Args:
        name: The project's name.
        version: Its version.
        requires: Requires-Dist entries of PKG-INFO.
        requires_python: Requires-Python, also shown on the index page.
        extras: Provides-Extra entries.
        dynamic: Dynamic entries (PEP 643): those fields of PKG-INFO are not to be trusted.
        metadata_version: Below 2.2 nothing in PKG-INFO is to be trusted.
        egg_info: The text of ``NAME.egg-info/requires.txt``, None for no such file.
    """
    stem = f"{_escaped(name)}-{version}"
    text = metadata_text(
        name,
        version,
        requires=requires,
        requires_python=requires_python,
        extras=extras,
        dynamic=dynamic,
        metadata_version=metadata_version,
    )
    built = wheel(name, version, requires=requires, requires_python=requires_python, extras=extras)
    files = {
        f"{stem}/PKG-INFO": text.encode(),
        f"{stem}/pyproject.toml": _PYPROJECT.encode(),
        f"{stem}/backend.py": _backend(built).encode(),
    }
    if egg_info is not None:
        files[f"{stem}/{_escaped(name)}.egg-info/PKG-INFO"] = text.encode()
        files[f"{stem}/{_escaped(name)}.egg-info/requires.txt"] = egg_info.encode()
    return Artifact(name, version, f"{stem}.tar.gz", _tar(files), text.encode(), requires_python)


def source_tree(name: str, version: str, *, requires: Sequence[str] = ()) -> Mapping[str, str]:
    """Return the files of a project folder that pip can install, also editable, without any other package."""
    built = wheel(name, version, requires=requires)
    return {
        "pyproject.toml": f'{_PYPROJECT}\n[project]\nname = "{name}"\nversion = "{version}"\n'
        f"dependencies = {list(requires)!r}\n",
        "backend.py": _backend(built),
    }


_PYPROJECT = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""


def _backend(built: Artifact) -> str:
    """Return a build backend (PEP 517 and 660) whose every wheel is `built`."""
    return f'''\
"""Builds one wheel, which it carries."""

import base64
import pathlib

WHEEL = {base64.b64encode(built.content).decode()!r}


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    pathlib.Path(wheel_directory, {built.filename!r}).write_bytes(base64.b64decode(WHEEL))
    return {built.filename!r}


build_editable = build_wheel
'''


def _escaped(name: str) -> str:
    return name.replace("-", "_").replace(".", "_").lower()


def _wheel_text(tag: str) -> str:
    python, abi, platforms = tag.split("-")
    tags = "".join(f"Tag: {python}-{abi}-{platform}\n" for platform in platforms.split("."))
    return f"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\n{tags}"


def _record(files: Mapping[str, bytes], itself: str) -> str:
    rows = [f"{path},sha256={_record_digest(content)},{len(content)}" for path, content in files.items()]
    return "\n".join([*rows, f"{itself},,"]) + "\n"


def _record_digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")


def _ballast(size: int) -> bytes:
    blocks = (hashlib.sha256(str(number).encode()).digest() for number in range(size // 32 + 1))
    return b"".join(blocks)[:size]


def _zip(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            info = zipfile.ZipInfo(path, _ZIP_TIME)
            info.external_attr = 0o644 << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return buffer.getvalue()


def _tar(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path, content in files.items():
            info = tarfile.TarInfo(path)
            info.size = len(content)
            info.mode = 0o644
            archive.addfile(info, io.BytesIO(content))
    return gzip.compress(buffer.getvalue(), mtime=0)
