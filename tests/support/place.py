"""Commands as users meet them: run in a folder, against an index, with their streams and exit codes."""

from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner, Result

from pinwise.cli import main
from support.loopback import LoopbackIndex

TARGET = ("--python", "3.12", "--platform", "manylinux_2_28_x86_64")


@dataclass(frozen=True)
class Place:
    """A folder in which commands are run against an index."""

    folder: Path
    index: LoopbackIndex

    def run(self, *arguments: str, index_url: str | None = "") -> Result:
        """Run a command; `index_url` None gives it no index."""
        url = self.index.url if index_url == "" else index_url
        is_asking = arguments[0] in {"advise", "add", "remove"} and url is not None
        given = ["--index-url", url] if is_asking and url else []
        return CliRunner().invoke(main, [arguments[0], *given, *arguments[1:]])

    def advise(self, *arguments: str) -> Result:
        """Advise for a declared target."""
        return self.run("advise", *TARGET, *arguments)

    def edit(self, *arguments: str) -> Result:
        """Run `add` or `remove` for a declared target."""
        return self.run(arguments[0], *TARGET, *arguments[1:])

    def text(self, name: str) -> str:
        """Return the text of a file in the folder, with its ends of lines."""
        return (self.folder / name).read_bytes().decode()

    def files(self) -> list[str]:
        """Return the names of all files in the folder."""
        return sorted(path.name for path in self.folder.iterdir())


def write(place: Place, **files: str) -> None:
    """Write files; an underscore in a keyword stands for a dot."""
    for name, text in files.items():
        (place.folder / name.replace("_", ".")).write_text(text, encoding="utf-8")


def failed(result: Result, code: int) -> str:
    """Return what a failed command said on stderr, after checking the form that all errors have."""
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    errors = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1, result.stderr
    return result.stderr
