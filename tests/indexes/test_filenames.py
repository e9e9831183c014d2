"""The names of files: wheels and sdists as `packaging` reads them, everything else with its reason."""

import pytest
from packaging.utils import parse_sdist_filename, parse_wheel_filename
from packaging.version import Version

from pinwise.indexes.filenames import (
    NamedFile,
    belongs_to,
    build_number,
    is_distribution,
    parse_filename,
)
from pinwise.model.facts import Skip
from pinwise.model.names import normalise
from pinwise.model.tags import expand_tags

WHEELS = [
    "Flask-0.11-py2.py3-none-any.whl",
    "zope.interface-5.0-cp38-cp38-manylinux2010_x86_64.whl",
    "torch-2.1.0+cu118-cp311-cp311-linux_x86_64.whl",
    "numpy-1.26.0-1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
    "a-1.0rc1-2b-py3-none-any.whl",
]
SDISTS = ["flask-3.0.tar.gz", "zope.interface-5.0.zip", "ruamel-yaml-0.18.tar.gz", "a-1!2.0.post1.tar.gz"]


@pytest.mark.parametrize("filename", WHEELS)
def test_wheels_as_packaging(filename: str) -> None:
    """A wheel's name says what `packaging` says it says."""
    name, version, build, tags = parse_wheel_filename(filename)
    found = parse_filename(filename, name)
    assert isinstance(found, NamedFile)
    assert found.version == version
    assert set(expand_tags(found.tags)) == {str(tag) for tag in tags}
    assert build_number(filename) == (build or (-1, ""))


@pytest.mark.parametrize("filename", SDISTS)
def test_sdists_as_packaging(filename: str) -> None:
    """An sdist's name says what `packaging` says it says."""
    name, version = parse_sdist_filename(filename)
    assert parse_filename(filename, name) == NamedFile(version, "")


@pytest.mark.parametrize(
    ("filename", "name", "version"),
    [
        ("Zope..Interface-5.0.tar.gz", "zope-interface", "5.0"),
        ("my-long-name-1.0-1.tar.gz", "my-long-name", "1.0.post1"),
        ("backports.ssl_match_hostname-3.4.0.2.tar.gz", "backports-ssl-match-hostname", "3.4.0.2"),
    ],
)
def test_odd_sdist_names(filename: str, name: str, version: str) -> None:
    """The project's name tells where in an old sdist's name the version begins."""
    assert parse_filename(filename, normalise(name)) == NamedFile(Version(version), "")


@pytest.mark.parametrize(
    ("filename", "reason"),
    [
        ("a-1.0-py3-none.whl", "five or six parts"),
        ("a-1.0-1-2-py3-none-any.whl", "five or six parts"),
        ("b-1.0-py3-none-any.whl", "not a file of `a`"),
        ("a__-1.0-py3-none-any.whl", "begins with the name"),
        ("a-1.0_1x-py3-none-any.whl", "not a version"),
        ("a-2004d.tar.gz", "not a version"),
        ("a-1.0-x1-py3-none-any.whl", "not a build number"),
        ("a-1.0-py36+-none-any.whl", "not tags"),
        ("a-1.0-py3-none-.whl", "not tags"),
        ("b-1.0.tar.gz", "not a file of `a`"),
        ("a-1.0.tar.bz2", ".tar.gz or a .zip"),
        (f"a-{'1' * 250}.tar.gz", "its version is longer than 200 characters"),
        (f"a-1.0-{'.'.join(['py3'] * 30)}-{'.'.join(['abi3'] * 30)}-any.whl", "not tags"),
        (f"a-{'1' * 5000}.tar.gz", "too long"),
    ],
)
def test_unreadable(filename: str, reason: str) -> None:
    """A wheel or sdist whose name cannot be read is a finding with its reason, never an error."""
    found = parse_filename(filename, normalise("a"))
    assert isinstance(found, Skip)
    assert reason in found.reason
    assert len(found.what) <= 200


@pytest.mark.parametrize("filename", ["a-1.0-py2.7.egg", "a-1.0.win32.exe", "a-1.0.tar.gz.asc", "a-1.0.rpm"])
def test_other_files(filename: str) -> None:
    """What is neither a wheel nor an sdist is no finding."""
    assert parse_filename(filename, normalise("a")) is None
    assert not is_distribution(filename)


@pytest.mark.parametrize(
    ("filename", "is_own"),
    [
        ("a_b-1.0-py3-none-any.whl", True),
        ("a-b-1.0.tar.gz", True),
        ("a-1.0.tar.gz", False),
        ("a_b_c-1.0-py3-none-any.whl", False),
        ("a-b-c-1.0.tar.gz", False),
    ],
)
def test_shared_lists(filename: str, is_own: bool) -> None:  # noqa: FBT001
    """In a list of many projects' files, a file belongs to the project that its name begins with."""
    assert belongs_to(filename, normalise("a-b")) is is_own
