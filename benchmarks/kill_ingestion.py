"""Kill `pinwise advise` while it learns: the store opens, is sound, and the next run comes to the same facts.

    python benchmarks/kill_ingestion.py --kills 200 --seed 1

An index of a generated world is served from this machine. Each round begins with no knowledge base; `pinwise
advise` is killed (SIGKILL) several times at random moments, each time going on where the last one was
stopped; in between the store, if there is one yet, must open and every row of it hold. Then a run comes to
its end: the digest of all facts (without the times of checks), and the lock, must be those of an undisturbed
run.
"""

import argparse
import hashlib
import os
import random
import signal
import sqlite3
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "src"), str(HERE.parent / "tests")]

from pinwise.cli import main as pinwise  # noqa: E402  # after the path is set
from pinwise.knowledge.care import StoreCare  # noqa: E402
from pinwise.knowledge.database import Terms  # noqa: E402

PROJECTS, RELEASES = 12, 6
KILLS_PER_ROUND = 8

FACTS = {
    "pages": "SELECT url, name, is_found, status, skipped, etag, last_modified FROM pages "
    "JOIN projects ON projects.id = project_id JOIN indexes ON indexes.id = index_id",
    "files": "SELECT indexes.url, name, version, filename, files.url, sha256, size, uploaded, "
    "requires_python, yanked, metadata, tags, gone IS NULL FROM files "
    "JOIN releases ON releases.id = release_id "
    "JOIN projects ON projects.id = files.project_id JOIN indexes ON indexes.id = index_id",
    "documents": "SELECT url, name, filename, kind, answer, reason, origin, file, requires_python, extras, "
    "(SELECT group_concat(text, x'0a') FROM json_each(requirements) "
    "JOIN requirements AS known ON known.id = json_each.value) "
    "FROM documents JOIN projects ON projects.id = project_id JOIN indexes ON indexes.id = index_id",
}
"""What is known, without numbers and the times of checks."""


def facts_digest(kb: Path) -> str:
    """Return the digest of all facts, whatever order they were learnt in."""
    digest = hashlib.sha256()
    with closing(sqlite3.connect(kb)) as connection:
        for table, query in FACTS.items():
            for row in sorted(repr(row) for row in connection.execute(query)):
                digest.update(f"{table} {row}\n".encode())
    return digest.hexdigest()


@contextmanager
def served() -> Iterator[str]:
    """Serve a world from another process and give its URL; this one stays without threads, so it may fork."""
    reading, said = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        _serve(said)
    os.close(said)
    try:
        with os.fdopen(reading) as lines:
            yield lines.readline().strip()
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _serve(said: int) -> None:
    from support.artifacts import wheel  # noqa: PLC0415  # in the child only
    from support.loopback import LoopbackIndex  # noqa: PLC0415

    try:
        with LoopbackIndex() as index:
            for number in range(PROJECTS):
                for release in range(1, RELEASES + 1):
                    needs = [f"p{each}>={release}" for each in (number + 1, number + 3) if each < PROJECTS]
                    uploaded = f"20{10 + release}-01-01T00:00:00Z"
                    index.add(wheel(f"p{number}", str(release), requires=needs), uploaded=uploaded)
            os.write(said, f"{index.url}\n".encode())
            signal.pause()
    finally:
        os._exit(1)


def advise(url: str, folder: Path) -> int:
    """Begin an advice in a child process and return its id."""
    child = os.fork()
    if not child:
        status = 1
        try:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 1)
            os.dup2(nowhere, 2)
            os.chdir(folder)
            pinwise(["advise", "--index-url", url, "--python", "3.12", "--kb", "kb.sqlite"])
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 1
        except BaseException:  # noqa: BLE001  # a child must not go on as a second parent
            traceback.print_exc()
        finally:
            os._exit(status)
    return child


def finish(url: str, folder: Path) -> tuple[str, bytes]:
    """Let an advice come to its end and return the digest of what is known, and its lock."""
    status = os.waitstatus_to_exitcode(os.waitpid(advise(url, folder), 0)[1])
    if status:
        message = f"an advice ended with status {status}"
        raise SystemExit(message)
    return facts_digest(folder / "kb.sqlite"), (folder / "pylock.toml").read_bytes()


def kill(url: str, folder: Path, seconds: float) -> bool:
    """Kill an advice after so many seconds and say whether it was still under way."""
    child = advise(url, folder)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def begin(folder: Path) -> Path:
    """Make a project folder."""
    folder.mkdir()
    (folder / "requirements.txt").write_text("p0\np5\n", encoding="utf-8")
    return folder


def main() -> int:
    """Run the rounds and say what they showed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    os.environ["PIP_CONFIG_FILE"] = os.devnull
    chance, killed, half, other = random.Random(asked.seed), 0, 0, 0
    with tempfile.TemporaryDirectory() as name, served() as url:
        started = time.monotonic()
        expected = finish(url, begin(Path(name) / "undisturbed"))
        longest = time.monotonic() - started
        rounds = 0
        while killed < asked.kills:
            folder = begin(Path(name) / f"round-{rounds}")
            rounds += 1
            for _ in range(min(KILLS_PER_ROUND, asked.kills - killed)):
                killed += kill(url, folder, chance.uniform(0, longest))
                if (folder / "kb.sqlite").exists():
                    half += bool(StoreCare(folder / "kb.sqlite", Terms()).examine().damage)
            other += finish(url, folder) != expected
    print(
        f"{killed} advices killed in {rounds} rounds, {half} stores not sound, "
        f"{other} rounds with other facts or another lock in the end"
    )
    return 1 if half or other else 0


if __name__ == "__main__":
    sys.exit(main())
