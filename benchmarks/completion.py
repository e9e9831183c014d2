"""How long a shell waits for a completion: the whole process, beside a large knowledge base.

A knowledge base of its own is made, with so many projects and releases; then each question is asked many
times. Beside the time stands that of a Python that does nothing, for the machine's own part.
"""

import argparse
import os
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from pinwise.knowledge.schema import create

QUESTIONS = {
    "commands": ("",),
    "options": ("advise", "--no-"),
    "names of the knowledge base": ("kb", "forget", "project-12"),
    "all names, the first of them": ("kb", "forget", ""),
    "names of a lock of 500 packages": ("why", "pinned-4"),
}
SECTIONS = 500


def main() -> None:
    """Make a knowledge base, ask, and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--projects", type=int, default=200_000)
    parser.add_argument("--releases", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=40)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_knowledge_base(folder / "kb.sqlite", options.projects, options.releases)
        lock = "".join(f'[[packages]]\nname = "pinned-{n}"\nversion = "1"\n' for n in range(SECTIONS))
        (folder / "pylock.toml").write_text(lock, encoding="utf-8")
        size = (folder / "kb.sqlite").stat().st_size / 2**20
        print(
            f"knowledge base: {options.projects:,} projects, {options.releases:,} releases, {size:,.0f} MiB"
        )
        print("| completed | median, ms | best, ms | processor, ms | offered |\n|---|---|---|---|---|")
        report("(a Python that does nothing)", ["-c", "pass"], folder, options.times)
        for question, words in QUESTIONS.items():
            report(question, ["-m", "pinwise", "__complete", "bash", *words], folder, options.times)


def make_knowledge_base(path: Path, projects: int, releases: int) -> None:
    """Write a knowledge base with pages and releases; files would only make it larger."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("BEGIN IMMEDIATE")
    create(connection)
    numbers = range(1, projects + 1)
    insert(connection, "indexes", ("id", "url"), [(1, "https://index.example/simple")])
    insert(connection, "projects", ("id", "index_id", "name"), ((n, 1, f"project-{n}") for n in numbers))
    insert(connection, "pages", ("project_id", "is_found", "skipped"), ((n, 1, "[]") for n in numbers))
    versions = ((1 + n % projects, f"1.{n // projects}") for n in range(releases))
    insert(connection, "releases", ("project_id", "version"), versions)
    connection.execute("COMMIT")
    connection.close()


def insert(
    connection: sqlite3.Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]
) -> None:
    """Add rows; a column that must hold something and is not given holds 0."""
    described = connection.execute(f"PRAGMA table_info({table})").fetchall()
    others = [name for _, name, _, is_needed, *_ in described if is_needed and name not in columns]
    marks = ["?"] * len(columns) + ["0"] * len(others)
    names = ", ".join([*columns, *others])
    connection.executemany(f"INSERT INTO {table} ({names}) VALUES ({', '.join(marks)})", rows)


def report(question: str, arguments: list[str], folder: Path, times: int) -> None:
    """Ask one question many times and print a row."""
    environment = {**os.environ, "PINWISE_KB": str(folder / "kb.sqlite")}
    command = [sys.executable, *arguments]
    waited, worked, said = [], [], ""
    for _ in range(times):
        begin, used = time.perf_counter(), cpu_seconds()
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=True
        )
        waited.append(time.perf_counter() - begin)
        worked.append(cpu_seconds() - used)
        said = done.stdout
    seconds = (statistics.median(waited), min(waited), statistics.median(worked))
    times_shown = (f"{each * 1e3:.0f}" for each in seconds)
    print(f"| {question} | {' | '.join(times_shown)} | {len(said.splitlines())} |", flush=True)


def cpu_seconds() -> float:
    """Return what all processes that this one has waited for took of the processor."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
