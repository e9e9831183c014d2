# ruff: noqa: INP001  # a script beside the pages that it writes
"""Write the pages under docs/reference from the code: `python docs/generate.py`.

Every page is a function from the code to markdown, so that a test can compare it with the file
(`tests/test_documents.py`).
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from reference_pages.choices import prices, settings
from reference_pages.commands import cli, exit_codes
from reference_pages.formats import formats
from reference_pages.schemas import installed, reasons, report, state

from pinwise.cli import main as command
from pinwise.cli.completion_table import completion_table

FOLDER = Path(__file__).parent
COMPLETION = FOLDER.parent / "src" / "pinwise" / "completion" / "commands.txt"
NOTE = "<!-- Made from the code by `python docs/generate.py`: edit the code, not this page. -->\n\n"


PAGES: Mapping[str, Callable[[], str]] = {
    "cli.md": cli,
    "settings.md": settings,
    "prices.md": prices,
    "exit-codes.md": exit_codes,
    "report.md": report,
    "reasons.md": reasons,
    "installed.md": installed,
    "state.md": state,
    "formats.md": formats,
}
"""Every generated page, by its name under docs/reference."""


def page(name: str) -> str:
    """Return the text of a generated page."""
    return NOTE + PAGES[name]()


def main() -> None:
    """Write every page that differs, and what completion knows of the commands."""
    folder = FOLDER / "reference"
    folder.mkdir(exist_ok=True)
    for name in PAGES:
        path, text = folder / name, page(name)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    COMPLETION.write_text(completion_table(command), encoding="utf-8")


if __name__ == "__main__":
    main()
