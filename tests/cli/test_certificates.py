"""Indexes behind https: whose certificates are trusted, and what is said where one is not."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path

import pytest
import trustme

from support.artifacts import wheel
from support.loopback import Answer, LoopbackIndex
from support.place import Place, failed, write

GREETING = 0x16
"""The first byte that a client sends who wants to speak TLS."""

VARIABLES = (
    "PINWISE_CA_FILE",
    "PIP_CERT",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
)
YESTERDAY = datetime.now(UTC) - timedelta(days=1)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Return an authority that nobody knows."""
    return trustme.CA()


@pytest.fixture
def pem(authority: trustme.CA, tmp_path: Path) -> Path:
    """Return the file of its certificate."""
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(path)
    return path


@pytest.fixture(autouse=True)
def _no_certificates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away what the machine that runs the tests trusts besides the system's authorities."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def behind(certificate: trustme.LeafCert) -> LoopbackIndex:
    """Return an index that shows a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    index = LoopbackIndex(tls=context)
    index.add(wheel("flask", "3.0"))
    return index


@pytest.fixture
def secure(authority: trustme.CA) -> Iterator[LoopbackIndex]:
    """Return an index whose certificate is in order."""
    with behind(authority.issue_cert("127.0.0.1")) as index:
        yield index


def refused(place: Place, index: LoopbackIndex) -> str:
    """Ask an index whose certificate is not taken; return what is said.

    It was greeted once, in TLS, and heard no request: nothing was tried again, nor in plain http.
    """
    write(place, requirements_txt="flask\n")
    said = failed(place.run("advise", "--index-url", index.url, index_url=None), 3)
    assert index.first_bytes == [GREETING]
    assert index.requests == []
    assert place.files() == ["requirements.txt"]
    host = index.root.removeprefix("https://")
    assert f"`{host}`" in said
    return " ".join(said.split())


def test_an_authority_that_is_not_trusted(place: Place, secure: LoopbackIndex) -> None:
    """The index is named, and where to name the authority that one trusts."""
    said = refused(place, secure)
    assert "has a certificate that is not trusted here" in said
    assert "`ca_file`, `SSL_CERT_FILE` or `PIP_CERT`" in said


def test_a_certificate_that_has_expired(
    place: Place, authority: trustme.CA, pem: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That its authority is trusted does not help a certificate that is out of date."""
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    with behind(authority.issue_cert("127.0.0.1", not_after=YESTERDAY)) as index:
        said = refused(place, index)
    assert "has a certificate that is out of date (certificate has expired)" in said
    assert "renew it" in said


def test_a_certificate_of_another_host(
    place: Place, authority: trustme.CA, pem: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That its authority is trusted does not help a certificate for another name."""
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    with behind(authority.issue_cert("other.example")) as index:
        said = refused(place, index)
    assert "has the certificate of another host" in said
    assert "check the host in the address of the index" in said


@pytest.mark.parametrize("variable", ["PINWISE_CA_FILE", "PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_an_authority_that_a_variable_names(
    place: Place, secure: LoopbackIndex, pem: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """Each variable that may name the authority makes the index work; the lock names its https address."""
    monkeypatch.setenv(variable, str(pem))
    write(place, requirements_txt="flask\n")
    result = place.run("advise", "--index-url", secure.url, index_url=None)
    assert result.exit_code == 0, result.output
    assert secure.requests
    assert set(secure.first_bytes) == {GREETING}
    assert f'index = "{secure.url}"' in place.text("pylock.toml")


def test_an_authority_that_a_configuration_file_names(place: Place, secure: LoopbackIndex, pem: Path) -> None:
    """The setting `ca_file` does it for good."""
    write(place, requirements_txt="flask\n", config_toml=f'ca_file = "{pem}"\n')
    result = place.run("advise", "--config-file", "config.toml", "--index-url", secure.url, index_url=None)
    assert result.exit_code == 0, result.output
    assert secure.requests


def test_https_never_leads_to_http(
    place: Place, secure: LoopbackIndex, pem: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A redirection to plain http is not followed, even to the same project on an index that would answer."""
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    target = f"{place.index.url}/flask/"
    secure.answer("/simple/flask/", Answer(status=HTTPStatus.FOUND, headers={"Location": target}))
    write(place, requirements_txt="flask\n")
    said = failed(place.run("advise", "--index-url", secure.url, index_url=None), 3)
    assert "which is not followed" in said
    assert place.index.requests == []
