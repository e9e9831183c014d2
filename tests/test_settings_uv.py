"""uv's configuration of indexes, which counts after pip's."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from pinwise.model.errors import UsageError
from pinwise.settings import Settings, load_settings

HOST = "https://index.example"


def load(tmp_path: Path, *, options: Mapping[str, object] | None = None, **environ: str) -> Settings:
    """Return the settings in the folder `project`, whose user lives in `home`."""
    for name in ("project", "home"):
        (tmp_path / name).mkdir(exist_ok=True)
    given = {
        "PIP_CONFIG_FILE": "/dev/null",
        "HOME": str(tmp_path / "home"),
        "XDG_CONFIG_DIRS": str(tmp_path / "none"),
        **environ,
    }
    return load_settings(options or {}, given, folder=tmp_path / "project")


def write(path: Path, text: str) -> None:
    """Write a file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def urls(settings: Settings) -> tuple[str | None, list[str], list[str]]:
    """Return the URLs of the index, the extra ones and the lists of files, as far as they are on the host."""
    choice = settings.fallback
    index = None if choice.index is None or HOST not in choice.index.url else choice.index.url
    return index, [extra.url for extra in choice.extra], [flat.url for flat in choice.flat]


FILE = f"""
[[index]]
name = "first"
url = "{HOST}/first"

[[index]]
url = "{HOST}/main"
default = true

[[index]]
name = "torch"
url = "{HOST}/torch"
explicit = true
"""


def test_a_file_of_the_project_or_its_parent(tmp_path: Path) -> None:
    """`uv.toml` outranks `[tool.uv]` beside it, both the user's; explicit indexes are left out."""
    write(tmp_path / "uv.toml", FILE)
    assert urls(load(tmp_path)) == (f"{HOST}/main", [f"{HOST}/first"], [])
    tables = FILE.replace("[[index]]", "[[tool.uv.index]]").replace("/main", "/py")
    write(tmp_path / "project" / "pyproject.toml", tables)
    assert urls(load(tmp_path))[0] == f"{HOST}/py"
    write(tmp_path / "project" / "uv.toml", f'index-url = "{HOST}/near"\nfind-links = ["{HOST}/links"]\n')
    assert urls(load(tmp_path)) == (f"{HOST}/near", [], [f"{HOST}/links"])


def test_the_users_file_and_variables_join_in(tmp_path: Path) -> None:
    """Variables first, then the project, then the user: extra indexes of all count, in this order."""
    user = tmp_path / "home" / ".config" / "uv" / "uv.toml"
    write(user, f'index-url = "{HOST}/user"\nextra-index-url = ["{HOST}/user-extra"]\n')
    assert urls(load(tmp_path)) == (f"{HOST}/user", [f"{HOST}/user-extra"], [])
    write(tmp_path / "project" / "uv.toml", FILE)
    found = load(
        tmp_path,
        UV_INDEX=f"named={HOST}/a {HOST}/b",
        UV_EXTRA_INDEX_URL=f"{HOST}/c",
        UV_DEFAULT_INDEX=f"{HOST}/variable",
        UV_INDEX_URL=f"{HOST}/older",
    )
    extra = [f"{HOST}/{name}" for name in ("a", "b", "c", "first", "user-extra")]
    assert urls(found) == (f"{HOST}/variable", extra, [])
    assert urls(load(tmp_path, UV_INDEX_URL=f"{HOST}/older"))[0] == f"{HOST}/older"


def test_files_can_be_turned_off_or_named(tmp_path: Path) -> None:
    """`UV_NO_CONFIG` leaves the variables, `UV_CONFIG_FILE` reads that one file."""
    write(tmp_path / "project" / "uv.toml", FILE)
    write(tmp_path / "other.toml", f'index-url = "{HOST}/other"\n')
    assert urls(load(tmp_path, UV_NO_CONFIG="1")) == (None, [], [])
    assert urls(load(tmp_path, UV_CONFIG_FILE=str(tmp_path / "other.toml"))) == (f"{HOST}/other", [], [])


def test_pip_and_our_own_settings_outrank_uv(tmp_path: Path) -> None:
    """Where pip's configuration names any index, or ours the main one, uv's has no say."""
    write(tmp_path / "project" / "uv.toml", FILE)
    assert urls(load(tmp_path, PIP_EXTRA_INDEX_URL=f"{HOST}/pip")) == (None, [f"{HOST}/pip"], [])
    assert urls(load(tmp_path, PINWISE_INDEX_URL=f"{HOST}/own")) == (f"{HOST}/own", [], [])
    own = load(tmp_path, PINWISE_EXTRA_INDEX_URL=f"{HOST}/own")
    assert urls(own) == (f"{HOST}/main", [f"{HOST}/own"], [])


def test_no_index_leaves_the_lists_of_files(tmp_path: Path) -> None:
    """`no-index` and `UV_NO_INDEX` drop every index but `find-links`."""
    write(tmp_path / "project" / "uv.toml", FILE)
    assert load(tmp_path, UV_NO_INDEX="true").fallback.index is None
    write(tmp_path / "project" / "uv.toml", f'no-index = true\nfind-links = ["wheels"]\n{FILE}')
    settings = load(tmp_path)
    assert settings.fallback.index is None
    assert urls(settings) == (None, [], [str(tmp_path / "project" / "wheels")])


def test_a_named_index_takes_its_login_from_variables(tmp_path: Path) -> None:
    """`UV_INDEX_NAME_USERNAME` and `_PASSWORD` go to the secret, percent-encoded, and not to the URL."""
    write(tmp_path / "project" / "uv.toml", FILE)
    (first,) = load(tmp_path, UV_INDEX_FIRST_USERNAME="m@", UV_INDEX_FIRST_PASSWORD="p/w").fallback.extra
    assert first.url == f"{HOST}/first"
    assert first.secret == "https://m%40:p%2Fw@index.example/first"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("index = 3", "uv.toml:1: uv's configuration: `index` must be an array of tables"),
        ("\n[[index]]\n", "uv.toml:2: uv's configuration: an index has no `url`"),
        ('[[index]]\nurl = "ftp://x"\n', "uv.toml:2: uv's configuration: `ftp://x` is not the URL"),
        ("[", "uv.toml:1: uv's configuration: this is not valid TOML"),
        ("find-links = 1", "uv.toml:1: uv's configuration: `find-links` must be a list"),
    ],
)
def test_a_file_that_cannot_be_understood_is_an_error(tmp_path: Path, text: str, message: str) -> None:
    """File and line are named, with what to do."""
    write(tmp_path / "project" / "uv.toml", text)
    with pytest.raises(UsageError) as caught:
        load(tmp_path)
    assert message in str(caught.value)
    assert caught.value.hint


def test_the_target_as_a_file_and_as_names_count_by_rank(tmp_path: Path) -> None:
    """An option for one outranks variables for the other; both from one source contradict each other."""
    file = str(tmp_path / "x.toml")
    by_file = load(tmp_path, options={"environment": file}, PINWISE_PYTHON="3.9", PINWISE_PLATFORM="win32")
    assert (str(by_file.environment), by_file.python, by_file.platform) == (file, None, None)
    by_name = load(tmp_path, options={"python": "3.9"}, PINWISE_ENVIRONMENT=file)
    assert (by_name.environment, by_name.python) == (None, "3.9")
    mixed = load(tmp_path, options={"platform": "win32"}, PINWISE_ENVIRONMENT=file, PINWISE_GOAL="latest")
    assert (mixed.environment, mixed.platform) == (None, "win32")
    with pytest.raises(UsageError, match="`--environment` and `--python` both name the target"):
        load(tmp_path, options={"environment": file, "python": "3.9"})
