"""A mirror serves, and locks name the index that it stands for."""

import tomllib

import pytest

from support.place import Place, failed, write

INDEX = "https://index.example/simple"


def lock(place: Place, name: str) -> str:
    """Return the text of a lock."""
    return (place.folder / name).read_text(encoding="utf-8")


def test_a_requirements_lock_names_the_index_and_no_mirror(place: Place) -> None:
    """Where `--index-name` says what the index URL is a mirror of, the mirror's address is nowhere."""
    write(place, requirements_in="flask\n")
    result = place.advise("--index-name", INDEX, "--lock", "requirements.txt")
    assert result.exit_code == 0, result.output
    text = lock(place, "requirements.txt")
    assert f"\n--index-url {INDEX}\n" in text
    assert "flask==3.0" in text
    assert place.index.url not in text


def test_a_pylock_names_the_index_and_warns_of_files_that_only_the_mirror_has(place: Place) -> None:
    """The standard wants the URL of each file, and only the mirror's are known: that is said."""
    write(place, requirements_in="flask\n")
    result = place.advise("--index-name", INDEX)
    assert result.exit_code == 0, result.output
    packages = tomllib.loads(lock(place, "pylock.toml"))["packages"]
    assert {package["index"] for package in packages} == {INDEX}
    host = place.index.url.split("/")[2]
    assert f"warning: `pylock.toml` has to name the URL of each file, and those of `{host}` are" in (
        result.stderr.replace("\n", " ")
    )


def test_a_lock_is_the_same_through_another_mirror(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pins that came from one mirror are present pins through another, and the lock stays up to date."""
    write(place, requirements_in=f"--index-url {INDEX}\nflask<3\n")
    assert place.advise("--lock", "requirements.txt").exit_code == 0
    before = lock(place, "requirements.txt")
    other = place.index.url.replace("127.0.0.1", "localhost")
    monkeypatch.setenv("PINWISE_INDEX_URL", other)
    monkeypatch.setenv("PINWISE_INDEX_NAME", INDEX)
    checked = place.run(
        "advise", "--python", "3.12", "--platform", "manylinux_2_28_x86_64",
        "--lock", "requirements.txt", "--check", index_url=None,
    )  # fmt: skip
    assert checked.exit_code == 0, checked.output
    assert lock(place, "requirements.txt") == before
    assert "127.0.0.1" not in before


def test_a_source_of_a_pipfile_is_mirrored_by_its_name(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mirror that the environment names stands in for the source that it is a mirror of, and no other."""
    source = '[[source]]\nname = "{0}"\nurl = "https://{0}.example/simple"\nverify_ssl = true\n'
    both = source.format("main") + source.format("other")
    write(place, Pipfile=both + '[packages]\nflask = {version = "*", index = "other"}\nclick = "*"\n')
    monkeypatch.setenv("PINWISE_INDEX_URL", place.index.url)
    monkeypatch.setenv("PINWISE_INDEX_NAME", "other")
    result = place.run(
        "advise", "--python", "3.12", "--platform", "manylinux_2_28_x86_64",
        "--extra-index-url", place.index.url, "--lock", "pylock.toml", index_url=None,
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    packages = tomllib.loads(lock(place, "pylock.toml"))["packages"]
    assert {package["index"] for package in packages} == {"https://other.example/simple"}


def test_a_name_that_no_index_has_is_refused(place: Place) -> None:
    """The error says which names there are."""
    write(
        place,
        Pipfile=f'[[source]]\nname = "main"\nurl = "{INDEX}"\nverify_ssl = true\n[packages]\nflask="*"\n',
    )
    said = failed(place.advise("--index-name", "maim"), 2)
    assert "error: `--index-name` names no index: nothing is called `maim`" in said
    assert "hint: it may be `main` or " in said
    assert not (place.folder / "Pipfile.lock").exists()


def test_variables_stay_in_a_requirements_lock(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables in the credentials of an index stay as they were written, for pip fills them in too."""
    url = place.index.url.replace("://", "://${INDEX_USER}:${INDEX_PASSWORD}@")
    monkeypatch.setenv("INDEX_USER", "me")
    monkeypatch.setenv("INDEX_PASSWORD", "verysecret")
    write(place, requirements_in=f"--index-url {url}\nflask\n")
    result = place.run(
        "advise", "--python", "3.12", "--platform", "manylinux_2_28_x86_64",
        "--lock", "requirements.txt", index_url=None,
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    text = lock(place, "requirements.txt")
    assert f"--index-url {url}\n" in text
    assert "verysecret" not in text + result.output
