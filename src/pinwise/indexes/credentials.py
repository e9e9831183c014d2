"""Who we are to an index: from its URL, a netrc file, or the user's keyring.

Credentials go to their own origin only, live in memory only, and appear in no message.
"""

import json
import subprocess
import threading
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from pinwise.indexes.netrc import Login, parse_netrc
from pinwise.indexes.plain import host_of
from pinwise.indexes.web import WebOrigin, origin_of
from pinwise.model.request import Index

KEYRING_SECONDS = 5.0
"""How long a keyring may take: one that waits for its user's password would wait for ever."""

_MOST_BYTES = 1_000_000
_HTTPS = 443

Warn = Callable[[str], None]


class Keyring:
    """The ``keyring`` program; one that does not answer once is not asked again."""

    def __init__(self, command: Sequence[str], warn: Warn) -> None:
        self._command = tuple(command)
        self._warn = warn
        self._is_silent = False

    def login(self, service: str, user: str | None) -> Login | None:
        """Return what the keyring holds for a service, None where it holds nothing."""
        if user is None:
            answer = self._ask("--mode", "creds", "--output", "json", "get", service)
            return None if answer is None else _parse_login(answer)
        if user.startswith("-"):
            return None
        password = self._ask("get", service, user)
        return Login(user, password) if password else None

    def _ask(self, *arguments: str) -> str | None:
        if self._is_silent:
            return None
        try:
            done = subprocess.run(  # noqa: S603  # the user's own keyring
                [*self._command, *arguments],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
                timeout=KEYRING_SECONDS,
            )
        except subprocess.TimeoutExpired:
            self._give_up(f"did not answer within {KEYRING_SECONDS:g} seconds")
            return None
        except OSError as error:
            self._give_up(f"cannot be run ({error.strerror})")
            return None
        text = done.stdout[:_MOST_BYTES].decode("utf-8", "replace").removesuffix("\n").removesuffix("\r")
        return text if done.returncode == 0 else None

    def _give_up(self, reason: str) -> None:
        self._is_silent = True
        self._warn(
            f"The keyring `{self._command[0]}` {reason} and is not asked again; unlock it, "
            "or turn it off: `PINWISE_KEYRING=no`."
        )


def _parse_login(text: str) -> Login | None:
    try:
        answer = json.loads(text)
        user, password = answer["username"], answer["password"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return Login(str(user or ""), str(password)) if password else None


class _Own(NamedTuple):
    """What the URL of an index says: user and password, either of them perhaps not."""

    user: str | None
    password: str | None


class Credentials:
    """Finds the login for an address; used by many threads."""

    def __init__(self, logins: Mapping[str, Login] | None = None, keyring: Keyring | None = None) -> None:
        self._logins = logins or {}
        self._keyring = keyring
        self._lock = threading.Lock()
        self._learned: dict[tuple[WebOrigin, str | None], Login | None] = {}

    def authorization(self, index: Index, url: str) -> str | None:
        """Return the Authorization header for an address that is asked for `index`, None for none."""
        login = self._login(index, url)
        if login is None:
            return None
        pair = f"{login.user}:{login.password}".encode()
        return f"Basic {b64encode(pair).decode('ascii')}"

    def ask_keyring(self, index: Index, url: str) -> None:
        """Learn what the keyring knows of an index that refused us; it is asked once for each login."""
        origin = origin_of(url)
        own = _own(index)
        if self._keyring is None or origin is None or origin != origin_of(index.url) or own.password:
            return
        with self._lock:
            key = (origin, own.user)
            if key in self._learned:
                return
            services = (index.url, urlsplit(index.url).netloc)
            found = (self._keyring.login(service, own.user) for service in services)
            self._learned[key] = next((login for login in found if login is not None), None)

    def _login(self, index: Index, url: str) -> Login | None:
        origin = origin_of(url)
        if origin is None:
            return None
        own = _own(index) if origin == origin_of(index.url) else _Own(None, None)
        if own.password is not None:
            return Login(own.user or "", own.password)
        return (
            self._from_netrc(index, origin, own.user)
            or self._learned.get((origin, own.user))
            or (None if own.user is None else Login(own.user, ""))
        )

    def _from_netrc(self, index: Index, origin: WebOrigin, user: str | None) -> Login | None:
        """Return the login of a host: for the index itself, and elsewhere for https on its usual port."""
        login = self._logins.get(origin.host)
        is_usual = origin.scheme == "https" and origin.port == _HTTPS
        if login is None or not (is_usual or origin == origin_of(index.url)):
            return None
        return login if user in (None, login.user) else None


def _own(index: Index) -> _Own:
    """Return what the URL of an index says of its user."""
    if index.secret is None or origin_of(index.secret) != origin_of(index.url):
        return _Own(None, None)
    text, found, _ = urlsplit(index.secret).netloc.rpartition("@")
    user, colon, password = text.partition(":")
    if not found or not text:
        return _Own(None, None)
    return _Own(unquote(user), unquote(password) if colon else None)


def read_netrc(path: Path, warn: Warn) -> dict[str, Login]:
    """Read the logins of a netrc file by host; a file that cannot be understood gives none and a warning."""
    try:
        with path.open("rb") as file:
            text = file.read(_MOST_BYTES).decode("utf-8", "replace")
    except OSError as error:
        warn(f"The netrc file `{path}` cannot be read ({error.strerror}); its logins are not used.")
        return {}
    try:
        return parse_netrc(text)
    except ValueError as error:
        warn(f"The netrc file `{path}` is not understood ({error}); its logins are not used.")
        return {}


def refusal_hint(index: Index) -> str:
    """Return what to do about an index that refuses us."""
    return (
        f"give a user and a password for `{host_of(index.url)}`: in its URL "
        "(`https://${USER}:${PASSWORD}@…`), in a netrc file, or in the keyring"
    )
