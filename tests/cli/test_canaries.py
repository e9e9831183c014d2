"""Canary passwords: used where they belong, found nowhere else, byte by byte."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pinwise.cli import main
from support.artifacts import wheel
from support.loopback import Answer, LoopbackIndex

TARGET = ("--python", "3.12", "--platform", "manylinux_2_28_x86_64")
USER, CANARY = "canary-user", "c4n4ry-p4ss"
LOCKS = ("--lock", "pylock.toml", "--lock", "locked.txt")


@pytest.fixture
def private() -> Iterator[LoopbackIndex]:
    """Return an index that answers to the canary only."""
    with LoopbackIndex(credentials=(USER, CANARY)) as index:
        index.add(wheel("flask", "3.0", requires=["click"]))
        index.add(wheel("click", "8.0"))
        yield index


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder as the current one, with nobody's configuration around it."""
    for name in ("home", "bin", "project"):
        (tmp_path / name).mkdir()
    for name in [name for name in os.environ if name.startswith(("UV_", "PIP_", "PINWISE_", "NETRC"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home" / "config"))
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path / "home" / "none"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("PINWISE_KB", str(tmp_path / "kb.sqlite"))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.chdir(tmp_path / "project")
    return tmp_path / "project"


def advise(*arguments: str) -> Result:
    """Run `pinwise advise` for a declared target."""
    return CliRunner().invoke(main, ["advise", *TARGET, *arguments])


def assert_no_canary(folder: Path, *results: Result, but_in: tuple[str, ...] = ()) -> None:
    """Fail where a canary is in a stream or in the bytes of any file but those that brought it."""
    for result in results:
        assert CANARY not in result.output
        assert CANARY not in result.stderr
    files = [path for path in folder.parent.rglob("*") if path.is_file() and path.name not in but_in]
    assert any(path.name == "kb.sqlite" for path in files)
    for path in files:
        assert CANARY.encode() not in path.read_bytes(), path


def with_login(index: LoopbackIndex, user: str = USER, password: str = CANARY) -> str:
    """Return the URL of an index with a login in it."""
    return index.url.replace("://", f"://{user}:{password}@")


def test_a_login_in_a_url(folder: Path, private: LoopbackIndex) -> None:
    """In a requirements file: every lock is written, and none holds it."""
    (folder / "requirements.in").write_text(f"-i {with_login(private)}\nflask\n", encoding="utf-8")
    results = [advise(*LOCKS, "--format", form) for form in ("text", "json")]
    assert [result.exit_code for result in results] == [0, 0], results[0].output
    assert sorted(path.name for path in folder.iterdir()) == [
        *("locked.txt", "pylock.toml", "requirements.in"),
    ]
    assert_no_canary(folder, *results, but_in=("requirements.in",))


@pytest.mark.parametrize("name", ["Pipfile", "requirements.in"])
def test_a_login_in_variables(
    folder: Path, private: LoopbackIndex, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """`${NAME}` in a source's or index's credentials is read from the environment, and not written down."""
    monkeypatch.setenv("THE_USER", USER)
    monkeypatch.setenv("THE_WORD", CANARY)
    url = with_login(private, "${THE_USER}", "${THE_WORD}")
    text = f"-i {url}\nflask\n"
    if name == "Pipfile":
        text = f'[[source]]\nname = "corp"\nurl = "{url}"\nverify_ssl = true\n[packages]\nflask = "*"\n'
    (folder / name).write_text(text, encoding="utf-8")
    result = advise(*LOCKS, *(["--lock", "Pipfile.lock"] if name == "Pipfile" else []))
    assert result.exit_code == 0, result.output
    assert_no_canary(folder, result)


def test_a_variable_that_is_not_set_is_named(folder: Path, private: LoopbackIndex) -> None:
    """The error says which, and for which index; nothing is asked."""
    (folder / "requirements.in").write_text(
        f"-i {with_login(private, 'me', '${NOPE}')}\nflask\n", encoding="utf-8"
    )
    result = advise()
    assert result.exit_code == 2
    assert "needs the variable `NOPE`, which is not set" in result.stderr
    assert not private.requests


@pytest.mark.parametrize("variable", [True, False])
def test_a_login_in_netrc(
    folder: Path,
    private: LoopbackIndex,
    monkeypatch: pytest.MonkeyPatch,
    variable: bool,  # noqa: FBT001  # a case
) -> None:
    """The file that `NETRC` names, or the one in the user's folder."""
    home = folder.parent / "home"
    path = home / ("my-netrc" if variable else ".netrc")
    path.write_text(f"machine 127.0.0.1 login {USER} password {CANARY}\n", encoding="utf-8")
    if variable:
        monkeypatch.setenv("NETRC", str(path))
    (folder / "requirements.in").write_text("flask\n", encoding="utf-8")
    result = advise("--index-url", private.url, *LOCKS)
    assert result.exit_code == 0, result.output
    assert_no_canary(folder, result, but_in=(path.name,))


def keyring(folder: Path, text: str) -> None:
    """Put a program `keyring` on the search path."""
    program = folder.parent / "bin" / "keyring"
    program.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    program.chmod(0o755)


def test_a_login_in_the_keyring(
    folder: Path, private: LoopbackIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An index that refuses us is asked again with what the keyring holds, unless it is turned off."""
    keyring(folder, f'echo \'{{"username": "{USER}", "password": "{CANARY}"}}\'')
    (folder / "requirements.in").write_text("flask\n", encoding="utf-8")
    monkeypatch.setenv("PINWISE_KEYRING", "no")
    assert advise("--index-url", private.url).exit_code == 3
    monkeypatch.delenv("PINWISE_KEYRING")
    result = advise("--index-url", private.url, *LOCKS)
    assert result.exit_code == 0, result.output
    assert_no_canary(folder, result, but_in=("keyring",))


def test_a_keyring_that_hangs(folder: Path, private: LoopbackIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run ends with the refusal of the index, a warning that names the keyring, and files as before."""
    monkeypatch.setattr("pinwise.indexes.credentials.KEYRING_SECONDS", 0.3)
    keyring(folder, "exec /bin/sleep 30")
    (folder / "requirements.in").write_text("flask\n", encoding="utf-8")
    result = advise("--index-url", private.url)
    assert result.exit_code == 3
    assert "did not answer within 0.3 seconds" in result.stderr
    assert "answered 401" in result.stderr
    assert "netrc" in result.stderr
    assert [path.name for path in folder.iterdir()] == ["requirements.in"]


@pytest.mark.parametrize("way", ["uv.toml", "pyproject", "variable", "named"])
def test_a_login_in_the_configuration_of_uv(
    folder: Path, private: LoopbackIndex, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """Its files and variables name the index where neither we nor pip do."""
    (folder / "requirements.in").write_text("flask\n", encoding="utf-8")
    table = f'index]]\nname = "corp"\nurl = "{with_login(private)}"\ndefault = true\n'
    match way:
        case "uv.toml":
            (folder / "uv.toml").write_text(f"[[{table}", encoding="utf-8")
        case "pyproject":
            (folder / "pyproject.toml").write_text(f"[[tool.uv.{table}", encoding="utf-8")
        case "variable":
            monkeypatch.setenv("UV_DEFAULT_INDEX", with_login(private))
        case _:
            monkeypatch.setenv("UV_DEFAULT_INDEX", f"my-corp={private.url}")
            monkeypatch.setenv("UV_INDEX_MY_CORP_USERNAME", USER)
            monkeypatch.setenv("UV_INDEX_MY_CORP_PASSWORD", CANARY)
    result = advise("requirements.in", *LOCKS)
    assert result.exit_code == 0, result.output
    assert_no_canary(folder, result, but_in=("uv.toml", "pyproject.toml"))


def test_a_login_stays_at_home_when_redirected(folder: Path, private: LoopbackIndex) -> None:
    """An index that redirects to another origin does not take the login along, from wherever it came."""
    netrc = folder.parent / "home" / ".netrc"
    netrc.write_text(f"machine 127.0.0.1 login {USER} password {CANARY}\n", encoding="utf-8")
    (folder / "requirements.in").write_text("click\n", encoding="utf-8")
    with LoopbackIndex() as other:
        other.add(wheel("click", "8.0"))
        private.answer("/simple/click/", Answer(302, headers={"Location": f"{other.url}/click/"}))
        for url in (private.url, with_login(private)):
            result = advise("--refresh", "--index-url", url, *LOCKS)
            assert result.exit_code == 0, result.output
        assert all("Authorization" in request.headers for request in private.requests)
        assert other.requests
        assert not any("Authorization" in request.headers for request in other.requests)
    assert_no_canary(folder, result, but_in=(".netrc",))


@pytest.mark.parametrize(
    "text",
    [
        "-i https://me:{canary}@[bad/simple\nflask\n",
        "-i https://me:{canary}@host:port/simple\nflask\n",
        "-i ftp://me:{canary}@index.example/simple\nflask\n",
        "-i https://me:pa/{canary}@index.example/simple\nflask\n",
        "-i 'https://me:pa {canary}@index.example/simple'\nflask\n",
        "--extra-index-url https://${{A}}:{canary}@index.example/${{B}}\nflask\n",
        "-i https://me:{canary}$X@index.example/simple\nflask\n",
        "flask @ https://me:{canary}@index.example/flask.whl\n",
    ],
)
def test_errors_hold_no_canary(folder: Path, text: str) -> None:
    """A URL that cannot be used is named without what stands before its host."""
    (folder / "requirements.in").write_text(text.format(canary=CANARY), encoding="utf-8")
    result = advise()
    assert result.exit_code == 2, result.output
    assert CANARY not in result.output + result.stderr
    assert "hint:" in result.stderr


def test_a_wrong_password_is_not_repeated(folder: Path, private: LoopbackIndex) -> None:
    """The index refuses; the error names its host only."""
    (folder / "requirements.in").write_text("flask\n", encoding="utf-8")
    result = advise("--index-url", with_login(private, password=f"{CANARY}-old"))
    assert result.exit_code == 3
    assert_no_canary(folder, result)
