"""The whole job against the real index: a manifest in, a lock out, and pip takes it."""

import shutil
import subprocess
import sys
import tomllib
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from pinwise.settings import read_settings

EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "flask"


def index_url() -> str:
    """Return the index that a user of this machine would ask."""
    index = read_settings({}).fallback.index
    assert index is not None
    return index.secret or index.url


def skip_without_index() -> None:
    """Skip the test where no index answers."""
    try:
        with urllib.request.urlopen(f"{index_url()}/flask/", timeout=20) as answer:
            answer.read(1)
    except (urllib.error.URLError, TimeoutError) as error:
        pytest.skip(f"no index answers: {error}")


@pytest.mark.online
def test_a_manifest_becomes_a_lock_that_pip_installs(tmp_path: Path) -> None:
    """From the example's Pipfile come a stack and its locks, and pip accepts every digest."""
    skip_without_index()
    folder = tmp_path / "flask"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("Pipfile.lock"))
    advise = [
        sys.executable,
        "-m",
        "pinwise",
        "advise",
        "--python",
        sys.executable,
        "--kb",
        str(tmp_path / "kb"),
    ]
    locks = ["--lock", "Pipfile.lock", "--lock", "pylock.toml", "--lock", "requirements.txt"]
    done = subprocess.run([*advise, *locks], cwd=folder, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "flask" in done.stdout
    pins = {package["name"] for package in tomllib.loads((folder / "pylock.toml").read_text())["packages"]}
    assert {"flask", "werkzeug", "jinja2"} <= pins
    assert (folder / "Pipfile.lock").is_file()
    install = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--require-hashes"]
    checked = subprocess.run(
        [*install, "-r", "requirements.txt"], cwd=folder, check=False, capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stderr
    again = subprocess.run([*advise, "--offline"], cwd=folder, check=False, capture_output=True, text=True)
    assert again.returncode == 0, again.stderr
