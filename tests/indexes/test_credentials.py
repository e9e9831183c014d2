"""Who we are to an index: URL, netrc, keyring; what goes where, and what never leaves."""

import json
import subprocess
import sys
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinwise.indexes.credentials import Credentials, Keyring, read_netrc, refusal_hint
from pinwise.indexes.netrc import Login, parse_netrc
from pinwise.model.request import Index

URL = "https://index.example/simple"
INDEX = Index(URL, secret="https://us%40er:wo%3Ard@index.example/simple")
NETRC = {"index.example": Login("me", "from-netrc"), "files.example": Login("you", "files-word")}


def sent(credentials: Credentials, index: Index, url: str) -> str | None:
    """Return user and password as they would be sent."""
    header = credentials.authorization(index, url)
    return None if header is None else b64decode(header.removeprefix("Basic ")).decode()


def program(path: Path, text: str) -> Path:
    """Write a program and make it executable."""
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


def test_credentials_for_their_origin() -> None:
    """Credentials go to the origin that they were given for, decoded, and nowhere else."""
    assert sent(Credentials(), INDEX, "https://INDEX.example:443/files/x") == "us@er:wo:rd"
    for other in (
        "http://index.example/x",
        "https://index.example:8443/x",
        "https://files.example/x",
        "file:///x",
    ):
        assert sent(Credentials(), INDEX, other) is None


def test_no_credentials() -> None:
    """An index without credentials, or with nothing before the @, sends none."""
    assert sent(Credentials(), Index("https://index.example"), "https://index.example/") is None
    plain = Index("https://index.example", secret="https://index.example")
    assert sent(Credentials(), plain, "https://index.example/") is None


def test_the_url_outranks_netrc() -> None:
    """A password in the URL counts first; a user alone takes the netrc entry of that user only."""
    credentials = Credentials(NETRC)
    assert sent(credentials, INDEX, f"{URL}/x") == "us@er:wo:rd"
    assert sent(credentials, Index(URL), f"{URL}/x") == "me:from-netrc"
    assert sent(credentials, Index(URL, secret="https://me@index.example/simple"), URL) == "me:from-netrc"
    assert sent(credentials, Index(URL, secret="https://token@index.example/simple"), URL) == "token:"


@pytest.mark.parametrize(
    ("index", "url", "login"),
    [
        (Index(URL), "https://files.example/x", "you:files-word"),
        (Index(URL), "http://files.example/x", None),
        (Index(URL), "https://files.example:8443/x", None),
        (Index(URL), "http://index.example/x", None),
        (Index("http://index.example:3141/s"), "http://index.example:3141/x", "me:from-netrc"),
        (Index(URL), "https://evil.example/x", None),
        (Index(URL), "https://index.example.evil.example/x", None),
    ],
)
def test_netrc_logins_stay_with_their_machine(index: Index, url: str, login: str | None) -> None:
    """A machine's login goes to that machine: by https on its usual port, or as the index itself is asked."""
    assert sent(Credentials(NETRC), index, url) == login


@pytest.mark.parametrize(
    ("text", "logins"),
    [
        ("", {}),
        ("machine a.example login me password pw", {"a.example": Login("me", "pw")}),
        ("machine A.example\n\tlogin me\n\tpassword pw\n", {"a.example": Login("me", "pw")}),
        ('machine a login "m e" password "p\\"w"', {"a": Login("m e", 'p"w')}),
        ("machine a login me password #pw # why\n", {"a": Login("me", "#pw")}),
        ("# mine\nmachine a password x\n", {"a": Login("", "x")}),
        ("machine a user me account z password x\n", {"a": Login("me", "x")}),
        ("machine a login me password 1\nmachine a login you password 2\n", {"a": Login("me", "1")}),
        ("macdef init\ncd /pub\nmachine no password no\n\nmachine a password x\n", {"a": Login("", "x")}),
        ("machine a login me\n", {}),
        ("default login anonymous password everywhere\n", {}),
    ],
)
def test_a_netrc_file_is_read(text: str, logins: dict[str, Login]) -> None:
    """Words, quotes, comments and macros are understood; `default`, which names no machine, gives nothing."""
    assert parse_netrc(text) == logins


@pytest.mark.parametrize(
    "text", ["machine", "machine a login", "hello", "\nlogin x", "machine a passwd s3cret"]
)
def test_a_netrc_file_that_is_none_gives_a_warning(tmp_path: Path, text: str) -> None:
    """The warning names the file and the line, never what stands there."""
    warnings: list[str] = []
    (tmp_path / "netrc").write_text(text, encoding="utf-8")
    assert read_netrc(tmp_path / "netrc", warnings.append) == {}
    assert "(line " in warnings[0]
    assert "s3cret" not in warnings[0]


def test_a_netrc_file_that_cannot_be_read_gives_a_warning(tmp_path: Path) -> None:
    """Nothing else is lost."""
    warnings: list[str] = []
    assert read_netrc(tmp_path / "absent", warnings.append) == {}
    assert "No such file" in warnings[0]


@given(st.text(max_size=60))
def test_no_netrc_text_ends_in_anything_else(text: str) -> None:
    """Every text gives logins or a `ValueError` that names a line only."""
    try:
        parse_netrc(text)
    except ValueError as error:
        assert str(error).startswith("line ")  # noqa: PT017  # either outcome is right


WORD = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters='"#\\'), min_size=1)


@given(WORD, WORD, WORD)
def test_what_is_written_as_netrc_is_read(machine: str, user: str, password: str) -> None:
    """A login that is written is the one that is read."""
    text = f"machine {machine}\nlogin {user}\npassword {password}\n"
    if machine != "macdef" and user != "macdef" and password != "macdef":
        assert parse_netrc(text) == {machine.lower(): Login(user, password)}


KEYRING = """#!/bin/sh
echo "$@" >>{log}
if [ "$1 $2 $3" = "get {url} me" ]; then echo sw0rd; exit 0; fi
if [ "$1 $5 $6" = "--mode get index.example" ]; then
    echo '{{"username": "her", "password": "of-host"}}'; exit 0
fi
exit 1
"""


@pytest.fixture
def ask(tmp_path: Path) -> Callable[[Index], str | None]:
    """Return what is sent after an index refused us, with a keyring that knows two things."""
    path = program(tmp_path / "keyring", KEYRING.format(log=tmp_path / "log", url=URL))

    def asked(index: Index) -> str | None:
        credentials = Credentials({}, Keyring([str(path)], pytest.fail))
        credentials.ask_keyring(index, f"{URL}/flask/")
        credentials.ask_keyring(index, f"{URL}/click/")
        return sent(credentials, index, f"{URL}/flask/")

    return asked


def test_a_keyring_is_asked_by_url_and_by_host(ask: Callable[[Index], str | None], tmp_path: Path) -> None:
    """A user in the URL gets the password, else the login of the host is taken; each is asked for once."""
    assert ask(Index(URL, secret="https://me@index.example/simple")) == "me:sw0rd"
    assert ask(Index(URL)) == "her:of-host"
    assert ask(Index(URL, secret="https://else@index.example/simple")) == "else:"
    assert (tmp_path / "log").read_text(encoding="utf-8").splitlines() == [
        f"get {URL} me",
        f"--mode creds --output json get {URL}",
        "--mode creds --output json get index.example",
        f"get {URL} else",
        "get index.example else",
    ]


def test_a_keyring_is_not_asked_for_what_is_known_or_foreign(
    ask: Callable[[Index], str | None], tmp_path: Path
) -> None:
    """Where the URL has a password, or another host refuses, the keyring is left alone; `-x` is no user."""
    assert ask(INDEX) == "us@er:wo:rd"
    assert ask(Index("https://files.example/simple")) is None
    assert ask(Index(URL, secret="https://-x@index.example/simple")) == "-x:"
    assert not (tmp_path / "log").exists()


def test_a_keyring_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It gets its time once, the user a warning that names it, and everything else goes on."""
    monkeypatch.setattr("pinwise.indexes.credentials.KEYRING_SECONDS", 0.2)
    path = program(tmp_path / "keyring", f"#!/bin/sh\necho x >>{tmp_path / 'log'}\nexec sleep 30\n")
    warnings: list[str] = []
    credentials = Credentials({}, Keyring([str(path)], warnings.append))
    for index in (Index(URL), Index("https://other.example/s")):
        credentials.ask_keyring(index, index.url)
        assert sent(credentials, index, index.url) is None
    assert (tmp_path / "log").read_text(encoding="utf-8") == "x\n"
    (warning,) = warnings
    assert f"`{path}` did not answer within 0.2 seconds" in warning
    assert "PINWISE_KEYRING=no" in warning


@pytest.mark.parametrize(
    "answer",
    ["", "[]", "no json", json.dumps({"username": "x"}), json.dumps({"username": 1, "password": ""})],
)
def test_a_keyring_that_answers_nonsense_knows_nothing(tmp_path: Path, answer: str) -> None:
    """Whatever it prints, it is a login or none."""
    (tmp_path / "answer").write_text(answer, encoding="utf-8")
    path = program(tmp_path / "keyring", f"#!/bin/sh\ncat {tmp_path / 'answer'}\n")
    assert Keyring([str(path)], pytest.fail).login(URL, None) is None


def test_a_keyring_that_cannot_be_run_gives_a_warning(tmp_path: Path) -> None:
    """Nothing else is lost."""
    warnings: list[str] = []
    assert Keyring([str(tmp_path / "absent")], warnings.append).login(URL, "me") is None
    assert "cannot be run (No such file" in warnings[0]


def test_the_hint_says_where_a_password_can_stand() -> None:
    """It names the host, and nothing that the URL keeps secret."""
    hint = refusal_hint(INDEX)
    assert "`index.example`" in hint
    assert "${PASSWORD}" in hint
    assert "wo" not in hint.replace("word", "").replace("password", "").replace("PASSWORD", "")


def test_representations_hold_no_password() -> None:
    """What a debugger or a traceback prints of the values that live longest has no password in it."""
    from pinwise.indexes.client import TransportSettings  # noqa: PLC0415  # heavy
    from pinwise.settings import Settings  # noqa: PLC0415  # heavy

    settings = TransportSettings("x", credentials=Credentials(NETRC))
    kept = Settings(variables={"P": "from-netrc"}, proxies={"all": "http://u:from-netrc@proxy.example"})
    for text in (repr(settings), repr(kept), repr(INDEX)):
        assert "from-netrc" not in text
        assert "wo%3Ard" not in text


def test_programs_are_not_run_in_these_tests_by_accident() -> None:
    """The fake keyrings are shell scripts: where there is no shell, these tests must not pass unseen."""
    assert sys.platform == "win32" or subprocess.run(["/bin/sh", "-c", "exit 7"], check=False).returncode == 7
