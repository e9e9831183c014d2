"""`pinwise kb export` and `kb import` as users meet them."""

import gzip
from pathlib import Path

import pytest

from support.artifacts import wheel
from support.place import TARGET, Place, failed, write


@pytest.fixture
def kb(place: Place) -> Path:
    """Return the knowledge base of a folder with a lock."""
    write(place, requirements_txt="flask\n")
    assert place.advise().exit_code == 0
    return place.folder.parent / "kb.sqlite"


def export(place: Place, *arguments: str) -> Path:
    """Export to a dump."""
    path = place.folder / "team.dump"
    result = place.run("kb", "export", *arguments, "-o", path.name)
    assert (result.exit_code, result.stdout) == (0, "")
    return path


def test_a_dump_starts_another_machine_warm(place: Place, kb: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a dump was imported the same stack is found offline, with the same proof."""
    before = (place.folder / "pylock.toml").read_bytes()
    dump = export(place)
    kb.unlink()
    monkeypatch.setenv("PINWISE_KB", str(kb.with_name("other.sqlite")))
    assert place.advise("--offline", "--upgrade").exit_code == 3
    result = place.run("kb", "import", str(dump))
    assert (result.exit_code, result.stdout) == (0, "")
    assert "Imported 2 projects and the metadata of 2 files" in result.stderr
    assert "New here: 2 pages, 2 answers about metadata." in result.stderr
    assert place.advise("--offline", "--upgrade").exit_code == 0
    assert (place.folder / "pylock.toml").read_bytes() == before
    assert "Nothing of it is new here." in place.run("kb", "import", str(dump)).stderr
    assert place.run("kb", "verify").exit_code == 0


def test_what_was_imported_is_not_fetched_again(place: Place, kb: Path) -> None:
    """Online, nothing is asked of an index that a dump has just said."""
    dump = export(place)
    place.run("kb", "forget", "flask")
    place.run("kb", "forget", "click")
    place.run("kb", "import", str(dump))
    seen = len(place.index.requests)
    assert place.advise("--upgrade").exit_code == 0
    assert len(place.index.requests) == seen
    assert kb.exists()


@pytest.mark.usefixtures("kb")
def test_a_dump_holds_what_is_named(place: Place) -> None:
    """Names are normalised; one of which nothing is known is an error with a hint, and writes nothing."""
    assert "flask-3.0" not in _text(export(place, "Click"))
    said = failed(place.run("kb", "export", "flas", "-o", "other.dump"), 2)
    assert "nothing is known of `flas`" in said
    assert "did you mean `flask`?" in said
    assert not (place.folder / "other.dump").exists()


def test_a_login_is_in_no_dump(place: Place, kb: Path) -> None:
    """The URL of an index stays in a dump, its user and password never get there."""
    kb.unlink()
    with_login = place.index.url.replace("http://", "http://me:s3cret@")
    result = place.run("advise", *TARGET, "--index-url", with_login, index_url=None)
    assert result.exit_code == 0, result.output
    text = _text(export(place))
    assert f'"_index":"{place.index.url}"' in text
    assert "s3cret" not in text


@pytest.mark.usefixtures("kb")
def test_a_dry_run_changes_nothing(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what an import would bring, and does not even make a knowledge base."""
    dump = export(place)
    other = place.folder.parent / "other.sqlite"
    monkeypatch.setenv("PINWISE_KB", str(other))
    result = place.run("kb", "import", str(dump), "--dry-run")
    assert result.exit_code == 0
    assert "Would import 2 projects" in result.stderr
    assert "New here: 2 pages" in result.stderr
    assert not other.exists()


def test_a_refused_dump_leaves_the_knowledge_base_as_it_was(place: Place, kb: Path) -> None:
    """Be it cut off, changed, newer or no dump at all: exit code 2, the file named, not a byte changed."""
    good = export(place).read_bytes()
    before = kb.read_bytes()
    bad = place.folder / "bad.dump"
    for content, said in (
        (good[:-5], "is cut off"),
        (good[:-5] + b"?????", "is not what was exported"),
        (good.replace(b"-dump 1 ", b"-dump 2 ", 1), "is of version 2"),
        (b"flask\n", "is none"),
    ):
        bad.write_bytes(content)
        assert f"bad.dump: this dump {said}" in failed(place.run("kb", "import", "bad.dump"), 2)
        assert kb.read_bytes() == before
    assert "there is no file `nowhere`" in failed(place.run("kb", "import", "nowhere"), 2)


def test_another_digest_is_refused(place: Place, kb: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dump in which a known file has another digest is refused, and the file is named."""
    place.index.remove("flask")
    place.index.add(wheel("flask", "3.0", requires=["click>=7"]))
    before = kb.read_bytes()
    monkeypatch.setenv("PINWISE_KB", str(kb.with_name("other.sqlite")))
    assert place.advise("--upgrade").exit_code == 0
    dump = export(place)
    monkeypatch.setenv("PINWISE_KB", str(kb))
    said = " ".join(failed(place.run("kb", "import", str(dump)), 3).split())
    assert (
        f"team.dump:2: `flask-3.0-py3-none-any.whl` of `{place.index.url}` has another digest there" in said
    )
    assert kb.read_bytes() == before


def test_a_dry_export_writes_nothing(place: Place, kb: Path) -> None:
    """It says what would be exported, and refuses what an export refuses."""
    result = place.run("kb", "export", "-o", "team.dump", "--dry-run")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "Would export 2 projects and the metadata of 2 files to `team.dump`: " in result.stderr
    assert not (place.folder / "team.dump").exists()
    assert "is the knowledge base itself" in failed(place.run("kb", "export", "-o", str(kb), "--dry-run"), 2)


def test_an_export_spares_the_knowledge_base(place: Place, kb: Path) -> None:
    """It is never overwritten by its own dump; without one there is nothing to export."""
    assert "is the knowledge base itself" in failed(place.run("kb", "export", "-o", str(kb)), 2)
    kb.unlink()
    assert "there is no knowledge base" in failed(place.run("kb", "export", "-o", "x.dump"), 3)
    assert not (place.folder / "x.dump").exists()


def _text(dump: Path) -> str:
    return gzip.decompress(dump.read_bytes().partition(b"\n")[2]).decode()
