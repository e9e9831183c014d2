"""What installers are told: pure functions from a batch to command lines, variables and files."""

from pathlib import Path

import pytest

from pinwise.installers.commands import (
    create_command,
    index_place,
    install_command,
    remove_command,
    render_batch,
    secrets_of,
    variables_for,
)
from pinwise.installers.run import complaint
from pinwise.model.installed import Batch, Tool
from pinwise.model.names import normalise
from pinwise.model.request import Index

UV = Tool("uv", ("/bin/uv",), "on the search path")
PIP = Tool("pip", ("/bin/pip",), "on the search path")
INSIDE = Tool("pip", ("/env/bin/python", "-I", "-m", "pip"), "in the environment itself", is_inside=True)
PYTHON = Path("/env/bin/python")
FILE = Path("/scratch/requirements.txt")
A, B = normalise("a"), normalise("b")
PRIVATE = Index("https://x.example/simple", secret="https://me:p%40ss@x.example/simple")
BATCH = Batch(("a==1 --hash=sha256:00",), (A,), (PRIVATE,))


INSTALL = "--disable-pip-version-check --no-input --no-color install --no-deps --require-hashes -r FILE"


@pytest.mark.parametrize(
    ("tool", "command"),
    [
        (UV, "/bin/uv pip install --python /env/bin/python --no-deps --require-hashes -r FILE"),
        (PIP, f"/bin/pip --python /env/bin/python {INSTALL}"),
        (INSIDE, f"/env/bin/python -I -m pip {INSTALL}"),
    ],
)
def test_digests_are_required_and_dependencies_left_out(tool: Tool, command: str) -> None:
    """A pip inside the environment needs no telling where it is."""
    assert " ".join(install_command(tool, PYTHON, BATCH, FILE)).replace(str(FILE), "FILE") == command


def test_folders_have_no_digests() -> None:
    """Only what cannot have a digest goes without; what must come again is forced."""
    batch = Batch(("-e file:///a", "b @ file:///b"), (A, B), is_verified=False, forced=(B,))
    uv = install_command(UV, PYTHON, batch, FILE)
    assert "--require-hashes" not in uv
    assert uv[5:7] == ("--reinstall-package", "b")
    assert "--force-reinstall" in install_command(PIP, PYTHON, batch, FILE)
    assert "--force-reinstall" not in install_command(PIP, PYTHON, BATCH, FILE)
    assert render_batch(PIP, batch) == "-e file:///a\nb @ file:///b\n"


def test_removing_and_making() -> None:
    """Nobody is asked whether to remove; a virtual environment is made by uv, else by Python itself."""
    assert remove_command(UV, PYTHON, (A, B))[-3:] == (str(PYTHON), "a", "b")
    assert remove_command(PIP, PYTHON, (A, B))[-4:] == ("uninstall", "--yes", "a", "b")
    assert create_command(UV, "3.12", Path(".venv")) == (
        *("/bin/uv", "venv", "--no-project", "--python", "3.12", ".venv"),
    )
    assert create_command(PIP, "/usr/bin/python3", Path(".venv")) == (
        *("/usr/bin/python3", "-I", "-m", "venv", ".venv"),
    )


def test_the_file_names_the_indexes() -> None:
    """The first index replaces those of every configuration; credentials stand in the file only."""
    flat = Index("/wheel house", is_flat=True)
    batch = Batch(BATCH.lines, (A,), (PRIVATE, Index("http://y.example", verify_ssl=False), flat))
    lines = render_batch(PIP, batch).splitlines()
    assert lines == [
        "--index-url https://me:p%40ss@x.example/simple",
        "--extra-index-url http://y.example",
        "--find-links file:///wheel%20house",
        "--trusted-host y.example",
        "a==1 --hash=sha256:00",
    ]
    assert render_batch(UV, batch).splitlines() == [line for line in lines if "trusted" not in line]
    handed = variables_for(UV, {}, batch)
    assert handed["UV_INSECURE_HOST"] == "y.example"
    assert handed["UV_INDEX_STRATEGY"] == "unsafe-best-match"
    assert render_batch(PIP, Batch((), (), (flat,))).splitlines()[0] == "--no-index"


def test_quotes_cannot_break_out_of_a_line() -> None:
    """A URL is one word of the file, whatever is in it."""
    assert index_place(Index("https://x.example/a'b\"c d\\e")) == "https://x.example/a%27b%22c%20d%5Ce"


def test_certificates_and_the_keyring_are_passed_on() -> None:
    """Unless the user has said otherwise to the installer itself."""
    ca_file = Path("/ca.pem")
    assert variables_for(UV, {}, ca_file=ca_file)["SSL_CERT_FILE"] == "/ca.pem"
    assert variables_for(PIP, {"PIP_CERT": "/own"}, ca_file=ca_file)["PIP_CERT"] == "/own"
    assert variables_for(PIP, {}, asks_keyring=True) == {"PIP_KEYRING_PROVIDER": "subprocess"}
    assert "UV_KEYRING_PROVIDER" not in variables_for(UV, {})


def test_secrets_are_user_and_password() -> None:
    """What is never repeated: the password, and the user with it; a user alone may be a token."""
    assert secrets_of(BATCH) == ("me:p%40ss", "p%40ss")
    token = Index("https://x.example", secret="https://t0ken@x.example")
    assert secrets_of(Batch((), (), (token, Index("https://y.example")))) == ("t0ken",)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], ""),
        (["one", "two"], "two"),
        (["ERROR: first", "more", "ERROR: second", "tail"], "ERROR: second"),
        (["error: it failed", "  cause: a hash", "  cause: deeper"], "error: it failed cause: a hash"),
        (["x" * 1000], "x" * 299 + "…"),
        (
            ["error: Failed to build `a`", "  cause: The backend", "      error: Command gcc", "hint: x"],
            "error: Failed to build 'a' cause: The backend",
        ),
        (["  error: inner", "  ERROR: Failed a", "ERROR: Could not build"], "ERROR: Could not build"),
    ],
)
def test_the_complaint_of_an_installer(lines: list[str], said: str) -> None:
    """The last error with its cause, else the last line; never more than a few lines of text."""
    assert complaint(lines) == said
