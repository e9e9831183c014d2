r"""Render a stack as a `requirements.txt` with digests, for ``pip install --require-hashes -r``.

::

    # Locked by pinwise for Python 3.12, manylinux_2_28_x86_64
    # install: pip install --require-hashes -r THIS_FILE

    --index-url https://index.example/simple

    click==8.1.7 \
        --hash=sha256:… \
        --hash=sha256:…
        # via flask

All groups go in together, for pip knows no groups: first what the default group needs, then under a heading
of its own what each further group adds. ``# via`` names the file and the group of a direct requirement; the
file without its folder, so that the text is the same from wherever pinwise is run. pip takes no folder in a
file with digests, so local folders stand at the end as comments that say how to install them.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import PurePath
from urllib.parse import urlsplit

from pinwise.formats.entries import has_variables_only
from pinwise.formats.lock_text import digests, is_url, one_line, portable_marker, without_credentials
from pinwise.formats.requirements import OWN_LOCK
from pinwise.model.environment import Environment
from pinwise.model.outcome import Advice, Pin, RequestedBy
from pinwise.model.request import DEFAULT_GROUP, Index, Request

_NO_VARIABLE_OF_PIP = re.compile(r"\$\{[^}]*[^A-Z0-9_}]")
_NEEDS_QUOTES = re.compile(r"[\s\"'\\#]")


def render_requirements_lock(advice: Advice) -> str:
    """Return the text of a `requirements.txt` for `advice`.

    Raises:
        OutputError: A pin has no file with a digest; pip would refuse the whole file.
    """
    request = advice.request
    pins = sorted(advice.pins, key=lambda pin: pin.name)
    lines = [*_head(request), *index_lines(request.indexes)]
    for group in dict.fromkeys((*(group.name for group in request.groups), *(pin.groups[0] for pin in pins))):
        members = [pin for pin in pins if pin.groups[0] == group and not _is_folder(pin)]
        if members and group != DEFAULT_GROUP:
            lines += ["", f"# Only for {one_line(group)}"]
        for pin in members:
            lines += ["", *_pin_lines(pin, request)]
    lines += _folder_lines([pin for pin in pins if _is_folder(pin)])
    return "\n".join(lines) + "\n"


def is_amended(request: Request) -> bool:
    """Whether pip would miss something in the lock, because the user overrides or excludes requirements."""
    return bool(request.overrides or request.exclusions)


def target_words(environment: Environment) -> str:
    """Return a target in words: ``Python 3.12, manylinux_2_28_x86_64``."""
    name = {"pypy": "PyPy"}.get(environment.implementation, "Python")
    kind = ", free-threaded" if "t" in environment.abi_flags else ""
    version = f"{environment.python.major}.{environment.python.minor}"
    return f"{name} {version}{kind}, {one_line(environment.platform)}"


def _head(request: Request) -> Iterator[str]:
    yield f"{OWN_LOCK} for {target_words(request.environment)}"
    options = "--no-deps --require-hashes" if is_amended(request) else "--require-hashes"
    yield f"# install: pip install {options} -r THIS_FILE"


def index_lines(indexes: Iterable[Index]) -> Iterator[str]:
    """Yield the options that name the indexes.

    The last one is the index URL and those before it are extra ones: where order matters to an installer,
    extra indexes come first.
    """
    pages = [index for index in indexes if index.is_flat]
    usual = [index for index in indexes if not index.is_flat]
    if not (pages or usual):
        return
    yield ""
    yield f"--index-url {_option_url(usual[-1])}" if usual else "--no-index"
    yield from (f"--extra-index-url {_option_url(index)}" for index in usual[:-1])
    yield from (f"--find-links {_option_url(index)}" for index in pages)
    unverified = (urlsplit(without_credentials(i.url)).netloc for i in (*usual, *pages) if not i.verify_ssl)
    yield from (f"--trusted-host {host}" for host in dict.fromkeys(unverified) if host)


def _option_url(index: Index) -> str:
    """Return the URL of an index; variables in its credentials as written, for pip fills them in too."""
    if index.secret and has_variables_only(index) and not _NO_VARIABLE_OF_PIP.search(index.secret):
        return index.secret
    return quoted(without_credentials(index.url))


def quoted(text: str) -> str:
    """Return `text` as one word of an option line."""
    text = one_line(text)
    if not _NEEDS_QUOTES.search(text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _is_folder(pin: Pin) -> bool:
    return pin.local is not None and pin.local.sha256 is None


def _pin_lines(pin: Pin, request: Request) -> Iterator[str]:
    head = _requirement(pin)
    if marker := portable_marker(pin, request):
        head += f" ; {one_line(marker)}"
    yield " \\\n".join([head, *(f"    --hash={digest}" for digest in digests(pin))])
    if via := ", ".join(dict.fromkeys(_via(edge, pin, request) for edge in _ordered(pin.requested_by))):
        yield f"    # via {one_line(via)}"
    has_choice = sum(not index.is_flat for index in request.indexes) > 1
    if has_choice and pin.local is None:
        yield f"    # from {one_line(pin.index)}"


def _requirement(pin: Pin) -> str:
    extras = f"[{','.join(sorted(pin.extras))}]" if pin.is_direct and pin.extras else ""
    if pin.local is None:
        return f"{pin.name}{extras}=={pin.version}"
    if is_url(pin.local.path):
        return f"{pin.name}{extras} @ {one_line(pin.local.path)}"
    return one_line(dotted(pin.local.path)) + extras


def dotted(path: str) -> str:
    """Return a path that no installer takes for a project's name."""
    return path if path.startswith((".", "/")) else f"./{path}"


def _ordered(edges: Iterable[RequestedBy]) -> list[RequestedBy]:
    """Return the edges with requiring projects first, by name."""
    edges = tuple(edges)
    projects = sorted((edge for edge in edges if edge.name is not None), key=lambda edge: str(edge.name))
    return [*projects, *(edge for edge in edges if edge.name is None)]


def _via(edge: RequestedBy, pin: Pin, request: Request) -> str:
    if edge.name is not None:
        return edge.name
    group = edge.group or DEFAULT_GROUP
    places = (
        PurePath(direct.place.file).name
        for written in request.groups
        for direct in written.requirements
        if written.name == group and direct.name == pin.name
    )
    file = next(places, "the manifest")
    return file if group == DEFAULT_GROUP else f"{file} ({group})"


def _folder_lines(pins: Iterable[Pin]) -> Iterator[str]:
    folders = [pin.local for pin in pins if pin.local is not None]
    if not folders:
        return
    yield ""
    yield "# Folders have no digest, so pip takes none from this file. Install them after it:"
    for folder in folders:
        option = "-e " if folder.is_editable else ""
        yield f"#   pip install --no-deps {option}{quoted(dotted(folder.path))}"
