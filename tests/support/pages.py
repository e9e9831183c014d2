r"""Run the commands that a document shows, and put what they say in the place of what it claims.

A fenced block ``console`` holds commands after ``$ `` and their output. A block whose info string has
``file=NAME`` is that file, as the reader saved it. Within a page everything runs in one folder, in order, so
that a page is a story. A line ``…`` in an output stands for any lines.

``python -m support.pages docs/tutorial.md`` (with ``src`` and ``tests`` on the path) writes the outputs anew.
"""

import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pinwise.model.facts import File, Metadata, Project
from support.artifacts import sdist, wheel
from support.loopback import LoopbackIndex
from support.worlds import world

INDEX = "https://index.example/simple"
"""How the documents spell the index of their world."""

WORLD = Path(__file__).resolve().parents[1] / "documents" / "world.txt"
BLOCK = re.compile(r"^```(?P<info>\S[^\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
ANY_LINES = "…"
DURATION = re.compile(r"\b\d+(?:\.\d+)? (ms|s)\b")


@contextmanager
def documents_index() -> Iterator[LoopbackIndex]:
    """Serve the world of the documents."""
    facts = world(WORLD.read_text(encoding="utf-8"))
    with LoopbackIndex() as index:
        for name, project in facts.projects.items():
            if not isinstance(project, Project):
                continue
            for release in project.releases:
                document, uploaded = facts.documents[name][release.version], _time(release.files[0])
                if isinstance(document, Metadata):
                    requires = [str(requirement) for requirement in document.requirements]
                    index.add(wheel(name, str(release.version), requires=requires), uploaded=uploaded)
                else:  # an sdist of earlier days, which says nothing that can be read
                    old = sdist(name, str(release.version), metadata_version="1.1")
                    index.add(old, uploaded=uploaded, metadata="none")
        yield index


def _time(file: File) -> str:
    return datetime.fromtimestamp(file.uploaded or 0, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def run_page(text: str, *, folder: Path, index: LoopbackIndex, environment: Mapping[str, str]) -> str:
    """Return the page with what its commands really say; outputs that match stay as they are."""

    def replaced(block: re.Match[str]) -> str:
        language, _, rest = block["info"].partition(" ")
        if rest.startswith("file="):
            path = folder / rest.removeprefix("file=").strip()
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block["body"], encoding="utf-8")
        if language != "console":
            return block[0]
        body = "".join(
            _session(command, claimed, folder=folder, index=index, environment=environment)
            for command, claimed in _commands(block["body"])
        )
        return f"```{block['info']}\n{body}```"

    return BLOCK.sub(replaced, text)


def _commands(body: str) -> Iterator[tuple[str, str]]:
    """Yield each command of a console block with the output that it claims."""
    for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
        command, _, claimed = part.partition("\n")
        yield command, claimed


def _session(
    command: str, claimed: str, *, folder: Path, index: LoopbackIndex, environment: Mapping[str, str]
) -> str:
    said = _run(command, folder, environment)
    said = DURATION.sub(
        r"0.1 \1", said.replace(index.url, INDEX).replace(index.root, INDEX.removesuffix("/simple"))
    )
    said = "".join(f"{line.rstrip()}\n" for line in said.replace(str(folder), "/path/to/shop").splitlines())
    if not said.endswith("\n") and said:
        said += "\n"
    return f"$ {command}\n{claimed if matches(claimed, said) else said}"


def _run(command: str, folder: Path, environment: Mapping[str, str]) -> str:
    """Run one command as a reader would, and return all that the terminal shows."""
    words = shlex.split(command, comments=True)
    if words[0] not in {"pinwise", "cat", "cd"}:
        raise ValueError(f"the documents run only `pinwise` and `cat`, not `{command}`")
    if words[0] == "pinwise":
        words[:1] = [sys.executable, "-m", "pinwise"]
    done = subprocess.run(
        words,
        check=False,
        cwd=folder,
        env=dict(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    )
    if "Traceback" in done.stdout:
        raise ValueError(f"`{command}` failed:\n{done.stdout}")
    return done.stdout


def shell_commands(text: str) -> Iterator[str]:
    """Yield the `pinwise` commands that a page shows in ``sh`` blocks, without comments and redirections."""
    for block in BLOCK.finditer(text):
        if block["info"] == "sh":
            for line in block["body"].splitlines():
                if line.startswith("pinwise "):
                    yield re.split(r"\s+[#>]", line)[0]


def run_shell(command: str, *, folder: Path, index: LoopbackIndex, environment: Mapping[str, str]) -> str:
    """Run such a command against the documents' index; return what it says if it fails, "" otherwise."""
    words = shlex.split(command.replace(INDEX.removesuffix("/simple"), index.root))[1:]
    done = subprocess.run(
        [sys.executable, "-m", "pinwise", *words],
        check=False,
        cwd=folder,
        env=dict(environment),
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


def matches(claimed: str, said: str) -> bool:
    """Whether an output is what a document claims; a line ``…`` claims nothing."""
    pattern = "".join(
        r"(?:.*\n)*?" if line.strip() == ANY_LINES else re.escape(line) + r"\n"
        for line in claimed.splitlines()
    )
    return re.fullmatch(pattern, said) is not None


def page_environment(index: LoopbackIndex, home: Path, base: Mapping[str, str]) -> dict[str, str]:
    """Return the variables under which the commands of a page run."""
    own = {
        "HOME": str(home),
        "XDG_DATA_HOME": str(home / "data"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "PINWISE_INDEX_URL": index.url,
        "PIP_CONFIG_FILE": "/dev/null",
        "COLUMNS": "110",
    }
    return {**{key: value for key, value in base.items() if not key.startswith(("PIP_", "PINWISE_"))}, **own}


def main() -> None:
    """Write the outputs of the given pages anew."""
    import os  # noqa: PLC0415  # tests get their variables from the caller

    for name in sys.argv[1:]:
        path = Path(name)
        with documents_index() as index, tempfile.TemporaryDirectory() as scratch:
            folder, home = Path(scratch) / "shop", Path(scratch) / "home"
            folder.mkdir()
            home.mkdir()
            environment = page_environment(index, home, os.environ)
            text = run_page(path.read_text("utf-8"), folder=folder, index=index, environment=environment)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
