"""What becomes of a result where a stream is closed, full, read no more, or short of letters."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from pinwise.cli.lines import WIDTH, Line, folded
from pinwise.cli.paper import write_lines, write_warnings
from pinwise.cli.streams import printable, write_error

TARGET = ("--python", "3.12", "--platform", "manylinux_2_28_x86_64")
FULL = Path("/dev/full")


def run(
    folder: Path, redirection: str, *arguments: str, **environment: str
) -> "subprocess.CompletedProcess[str]":
    """Run `pinwise` in a shell, with a redirection."""
    return subprocess.run(
        ["/bin/sh", "-c", f'"$@" {redirection}', "sh", sys.executable, "-m", "pinwise", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment},
        text=True,
        capture_output=True,
        timeout=20,
        check=False,
    )


def test_a_closed_stream_leads_nowhere(tmp_path: Path) -> None:
    """Without stdout nothing is shown, without stderr the result is; neither is an error."""
    without_stdout = run(tmp_path, ">&-", "environment", *TARGET)
    assert (without_stdout.returncode, without_stdout.stderr) == (0, "")
    without_stderr = run(tmp_path, "2>&-", "environment", *TARGET, "--format", "json")
    assert json.loads(without_stderr.stdout)["platform"] == "manylinux_2_28_x86_64"
    assert without_stderr.returncode == 0


@pytest.mark.skipif(not FULL.exists(), reason="this system has no device that is always full")
def test_a_full_disk_is_an_error_without_a_traceback(tmp_path: Path) -> None:
    """A result that cannot be written ends with exit code 2 and one sentence."""
    result = run(tmp_path, f">{FULL}", "environment", *TARGET)
    assert result.returncode == 2
    assert result.stderr.splitlines()[0] == "error: the result cannot be written: no space left on device"
    assert "Traceback" not in result.stderr


@pytest.mark.skipif(not FULL.exists(), reason="this system has no device that is always full")
def test_notes_that_nobody_gets_cost_no_result(tmp_path: Path) -> None:
    """Where stderr took not even the first warning, stdout still gets the whole result."""
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "Pipfile").write_text('[packages]\nflask = "*"\n', "utf-8")
    (folder / "requirements.txt").write_text("--index-url https://index.example/simple\nflask\n", "utf-8")
    knowledge = str(tmp_path / "knowledge.sqlite")
    result = run(folder, f"2>{FULL}", "advise", *TARGET, "--offline", "--kb", knowledge, "--format", "json")
    assert json.loads(result.stdout)["outcome"] == "undecided"
    assert result.returncode == 3


def test_letters_that_a_terminal_lacks_are_escaped(tmp_path: Path) -> None:
    """In a locale without an ellipsis the report is whole, the ellipsis escaped."""
    result = run(tmp_path, "", "environment", *TARGET, PYTHONIOENCODING="latin-1")
    assert result.returncode == 0
    assert "\n  \\u2026\n" in result.stdout


def test_text_from_outside_moves_no_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    """Control characters, in whatever line they stand, reach neither stream; our own styles do."""
    hostile = "a\x1b[2J\x9b31m\u202eb\rc"
    write_lines([Line(hostile), Line(hostile, "bad")])
    write_warnings([hostile])
    shown = capsys.readouterr()
    assert shown.out == f"{printable(hostile)}\n" * 2
    assert shown.err == f"warning: {printable(hostile)}\n"
    assert printable(hostile).isprintable()


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def test_a_long_message_breaks_between_words_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """No line is wider than 80 columns, and a command in backticks stays whole; a file gets one line."""
    command = "`pinwise install --lock pylock.toml --all-extras --python 3.12`"
    message = f"hint: the environment may be half changed, or not at all, so look at it, then say {command}"
    terminal, file = Terminal(), io.StringIO()
    for stream in (terminal, file):
        monkeypatch.setattr(sys, "stderr", stream)
        write_error(message)
    assert file.getvalue() == f"{message}\n"
    lines = click.unstyle(terminal.getvalue()).splitlines()
    assert len(lines) > 1
    assert max(map(len, lines)) <= WIDTH
    assert any(command in line for line in lines)
    assert " ".join(line.strip() for line in lines) == message
    assert folded("short") == "short"
