"""Run an installer: the one place where the code of packages may run."""

import os
import re
import shutil
import subprocess
import tempfile
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pinwise.formats.entries import shown
from pinwise.installers.commands import (
    create_command,
    install_command,
    remove_command,
    render_batch,
    secrets_of,
    variables_for,
)
from pinwise.model.errors import InstallerFailure, OutputError
from pinwise.model.installed import Batch, Installation, Tool
from pinwise.model.names import NormalizedName

_LAST_LINES = 60
_HALF_CHANGED = "the environment may be half changed: `pinwise check --installed` says what is there"
_LONGEST_LINE = 2_000
_MOST_NAMES = 3
_LONGEST_QUOTE = 300
_ERROR = re.compile(r"\s*error\b", re.IGNORECASE)
_CAUSE = re.compile(r"\s*(cause|caused by)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Runner:
    """Runs one installer.

    Attributes:
        tool: Which.
        variables: The variables of this process.
        say: Called with each line that the installer says.
        ca_file: Certificates to trust, None for those that it finds itself.
        asks_keyring: Whether it may ask the `keyring` program for passwords.
    """

    tool: Tool
    variables: Mapping[str, str]
    say: Callable[[str], None]
    ca_file: Path | None = None
    asks_keyring: bool = False

    def create(self, python: str, folder: Path) -> None:
        """Make a virtual environment; what is half made is removed again.

        Raises:
            InstallerFailure: It cannot be made.
        """
        try:
            command = create_command(self.tool, python, folder)
            self._run(command, None, what=f"make `{folder}`", hint=_hint_for(python))
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    def install(self, installation: Installation, batch: Batch) -> None:
        """Install a batch.

        Raises:
            InstallerFailure: The installer ended with an error.
        """
        try:
            with tempfile.TemporaryDirectory(prefix="pinwise-") as scratch:  # for its owner only
                file = Path(scratch) / "requirements.txt"
                descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with open(descriptor, "w", encoding="utf-8") as stream:  # noqa: PTH123  # a descriptor
                    stream.write(render_batch(self.tool, batch))
                command = install_command(self.tool, installation.python, batch, file)
                self._run(command, batch, what=f"install {_named(batch.names)}")
        except OSError as error:
            reason = (error.strerror or type(error).__name__).lower()
            raise OutputError(
                f"no temporary file can be written: {reason}", hint="set `TMPDIR` to a folder with room"
            ) from None

    def remove(self, installation: Installation, names: Sequence[NormalizedName]) -> None:
        """Remove projects.

        Raises:
            InstallerFailure: The installer ended with an error.
        """
        self._run(remove_command(self.tool, installation.python, names), None, what=f"remove {_named(names)}")

    def _run(
        self, command: Sequence[str], batch: Batch | None, *, what: str, hint: str = _HALF_CHANGED
    ) -> None:
        secrets = () if batch is None else secrets_of(batch)
        last: deque[str] = deque(maxlen=_LAST_LINES)
        errors: deque[str] = deque(maxlen=_LAST_LINES)
        environment = variables_for(
            self.tool, self.variables, batch, ca_file=self.ca_file, asks_keyring=self.asks_keyring
        )
        try:
            process = subprocess.Popen(  # noqa: S603  # pip or uv
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=environment,
            )
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise InstallerFailure(
                f"`{command[0]}` cannot be run: {reason.lower()}", hint="choose another with `--installer`"
            ) from None
        with process:
            try:
                self._listen(process, (last, errors), secrets)
            except BaseException:
                process.terminate()
                raise
        if process.returncode != 0:
            raise self._failure(process.returncode, [*errors, *last], what, hint)

    def _listen(
        self, process: subprocess.Popen[bytes], heard: tuple[deque[str], deque[str]], secrets: Sequence[str]
    ) -> None:
        """Pass on what is said, and keep the last lines, and errors with their causes however long ago."""
        assert process.stdout is not None
        last, errors = heard
        while line := process.stdout.readline(_LONGEST_LINE):
            text = line.decode("utf-8", "replace").rstrip()
            for secret in secrets:
                text = text.replace(secret, "****")
            if text.strip():
                is_cause = last and errors and last[-1] == errors[-1] and _CAUSE.match(text)
                if is_cause or (_ERROR.match(text) and not _indent(text)):
                    errors.append(text)
                last.append(text)
            self.say(text)

    def _failure(self, code: int, last: Sequence[str], what: str, hint: str) -> InstallerFailure:
        how = f"with exit code {code}" if code > 0 else f"by signal {-code}"
        said = complaint(last)
        return InstallerFailure(
            f"{self.tool.name} could not {what}; it ended {how}" + (f" and said `{said}`" if said else ""),
            hint=hint,
        )


def _hint_for(python: str) -> str:
    """Return what helps where no environment can be made with a Python, given by name or by path."""
    if Path(python).is_absolute():
        return "nothing was installed; `--python` names another environment"
    return (
        f"Python {python} was not found here, and uv could not fetch it: lock for the Python that is here: "
        "`pinwise advise --python python3`; or install that one"
    )


def complaint(lines: Sequence[str]) -> str:
    """Return what an installer complains of last, with its cause; else its last line.

    What stands further to the right was said by a build that it ran.

    >>> complaint(["Resolved 1 package", "error: Failed to download `a`", "  cause: Hash mismatch", "x"])
    "error: Failed to download 'a' cause: Hash mismatch"
    """
    found = [place for place, line in enumerate(lines) if _ERROR.match(line)]
    if not found:
        return shown(lines[-1].strip(), _LONGEST_QUOTE) if lines else ""
    least = min(_indent(lines[place]) for place in found)
    places = [place for place in found if _indent(lines[place]) == least]
    after = lines[places[-1] + 1 : places[-1] + 2]
    said = " ".join(
        line.strip() for line in (lines[places[-1]], *(each for each in after if _CAUSE.match(each)))
    )
    return shown(said, _LONGEST_QUOTE)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _named(names: Sequence[str]) -> str:
    if len(names) > _MOST_NAMES:
        return f"{len(names):,} packages"
    return ", ".join(f"`{name}`" for name in names)
