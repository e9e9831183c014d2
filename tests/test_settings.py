"""Settings: which source gives a value, and what a wrong one says."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import pytest
from packaging.version import Version

from pinwise.formats.pyproject import parse_project
from pinwise.model.errors import UsageError
from pinwise.model.facts import Origin
from pinwise.model.names import normalise
from pinwise.model.request import Manifest
from pinwise.settings import SETTINGS, Settings, load_settings, read_settings
from pinwise.settings.kinds import Kind
from pinwise.settings.terminal import terminal_of
from pinwise.settings.variables import unknown_variables

NO_PIP = {"PIP_CONFIG_FILE": "/dev/null", "UV_NO_CONFIG": "1"}
INDEX = "https://index.example/simple"
OTHER = "https://other.example/simple"


def manifest(**settings: object) -> Manifest:
    """Return a Pipfile whose own table holds `settings`."""
    return Manifest(kind="Pipfile", files=("Pipfile",), groups=(), settings=settings)


def load(
    tmp_path: Path,
    *,
    options: Mapping[str, object] | None = None,
    environ: Mapping[str, str] | None = None,
    table: Mapping[str, object] | None = None,
    config: str | None = None,
) -> Settings:
    """Return the settings of the given sources, in the folder `tmp_path`."""
    given = dict(options or {})
    if config is not None:
        (tmp_path / "config.toml").write_text(config, encoding="utf-8")
        given["config_file"] = "config.toml"
    return load_settings(
        given,
        {**NO_PIP, **(environ or {})},
        folder=tmp_path,
        manifest=None if table is None else manifest(**table),
    )


def refusal(tmp_path: Path, **sources: object) -> UsageError:
    """Return the error that the sources give."""
    with pytest.raises(UsageError) as caught:
        load(tmp_path, **sources)  # type: ignore[arg-type]
    return caught.value


def test_the_first_source_gives_the_value(tmp_path: Path) -> None:
    """Option, variable, manifest, configuration file, default: each outranks the next."""
    options = {"fetch_limit": "1"}
    environ = {"PINWISE_FETCH_LIMIT": "2"}
    table = {"fetch-limit": 3}
    config = "fetch_limit = 4\n"
    assert load(tmp_path, options=options, environ=environ, table=table, config=config).fetch_limit == 1
    assert load(tmp_path, environ=environ, table=table, config=config).fetch_limit == 2
    assert load(tmp_path, table=table, config=config).fetch_limit == 3
    assert load(tmp_path, config=config).fetch_limit == 4
    assert load(tmp_path).fetch_limit == 500


def test_the_origin_of_a_value_is_said(tmp_path: Path) -> None:
    """A value that is not the default knows in words where it comes from."""
    options = {"python": "3.12"}
    environ = {"PINWISE_GOAL": "latest"}
    origins = load(
        tmp_path, options=options, environ=environ, table={"pre": True}, config="max_age = 1"
    ).origins
    assert origins == {
        "python": "declared with `--python`",
        "goal": "variable `PINWISE_GOAL`",
        "pre": "`pre` in `[pipenv.pinwise]` of `Pipfile`",
        "max_age": f"`max_age` in `{tmp_path / 'config.toml'}`",
    }


def test_every_setting_has_a_field_and_every_field_a_default(tmp_path: Path) -> None:
    """The table and the values agree; indexes are the one exception, for they are joined."""
    fields = {each.name for each in dataclasses.fields(Settings)}
    indexes = {"index_url", "extra_index_url", "find_links"}
    assert {setting.name for setting in SETTINGS} - fields == indexes
    settings = load(tmp_path)
    assert (settings.goal, settings.predictor, settings.max_age) == ("stable", "exact", 600)
    assert settings.time_limit is None
    assert settings.origins == {}


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_a_wrong_value_names_its_setting(tmp_path: Path, setting: object) -> None:
    """Whatever the setting, a value of another type is an error with file and line."""
    name = setting.name  # type: ignore[attr-defined]
    error = refusal(tmp_path, config=f"\n{name} = 1979-05-27\n")
    assert f"`{name}`" in error.message
    assert error.file == str(tmp_path / "config.toml")
    assert error.line == 2


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("fetch_limit", "-1"),
        ("fetch_limit", "many"),
        ("fetch_limit", "1.5"),
        ("fetch_limit", "9" * 5000),
        ("time_limit", "0"),
        ("time_limit", "-3"),
        ("time_limit", "nan"),
        ("time_limit", "inf"),
        ("goal", "fast"),
        ("predictor", "guess"),
        ("no_binary", ("-bad-",)),
        ("only_binary", (":some:",)),
        ("lock", ("lock.json",)),
        ("index_url", "ftp://index.example"),
        ("index_url", "https://"),
        ("python", "\n"),
    ],
)
def test_a_value_that_makes_no_sense_is_a_usage_error(tmp_path: Path, option: str, value: object) -> None:
    """Negative, unknown and unreadable values are refused, in a short message that names the option."""
    error = refusal(tmp_path, options={option: value})
    named = f"--{option.replace('_', '-')}"
    assert named in str(error) or option == "lock"
    assert len(str(error)) < 300


def test_zero_is_a_value(tmp_path: Path) -> None:
    """A limit of 0 is a limit, not "not given"."""
    assert load(tmp_path, options={"fetch_limit": "0"}).fetch_limit == 0
    assert load(tmp_path, options={"fetch_limit": 0}).fetch_limit == 0


def test_a_near_choice_is_offered(tmp_path: Path) -> None:
    """A misspelt goal gets the one that was meant, and all there are."""
    error = refusal(tmp_path, environ={"PINWISE_GOAL": "latst"})
    assert error.message == "`PINWISE_GOAL` has no choice `latst`"
    assert error.hint == "did you mean `latest`? it may be `stable` or `latest`"


def test_an_unknown_key_is_refused_with_a_near_one(tmp_path: Path) -> None:
    """A typing error in a configuration file is not passed over."""
    error = refusal(tmp_path, config='goal = "latest"\nfetch_limt = 3\n')
    assert (error.line, error.hint) == (2, "did you mean `fetch_limit`?")


def test_an_unknown_key_in_the_manifest_has_its_line(tmp_path: Path) -> None:
    """The line is that of the manifest's own table, whichever spelling the key has there."""
    given = parse_project("[project]\n[tool.pinwise]\ngoal-s = 'x'\n", "pyproject.toml")
    with pytest.raises(UsageError) as caught:
        load_settings({}, {}, folder=tmp_path, manifest=given)
    assert str(caught.value) == "pyproject.toml:3: `goal_s` is not a setting"
    assert caught.value.hint == "did you mean `goal`?"


def test_a_key_near_one_that_only_manifests_have(tmp_path: Path) -> None:
    """A slip in `overrides` gets that name as a hint; a configuration file is told where it belongs."""
    assert refusal(tmp_path, table={"overide": "x"}).hint == "did you mean `overrides`?"
    hint = refusal(tmp_path, config="exclude = {a = 'b'}\n").hint or ""
    assert hint.startswith("it belongs in a manifest, in `[tool.pinwise]`")


def test_a_value_in_the_manifest_says_where_it_comes_from(tmp_path: Path) -> None:
    """The origin names the table as it is called in that kind of manifest."""
    given = parse_project("[project]\n[tool.pinwise]\nplatform = 'x'\n", "pyproject.toml")
    settings = load_settings({}, {}, folder=tmp_path, manifest=given)
    assert settings.origins["platform"] == "`platform` in `[tool.pinwise]` of `pyproject.toml`"


@pytest.mark.parametrize("key", ["kb", "index_url", "ca_file", "offline"])
def test_a_manifest_cannot_set_what_is_not_its_own(tmp_path: Path, key: str) -> None:
    """A cloned manifest chooses neither the user's knowledge base nor indexes behind the sources' back."""
    error = refusal(tmp_path, table={key: "x"})
    assert f"`{key}` is not a setting of a manifest" in str(error)


@pytest.mark.parametrize(
    "table",
    [{"python": "./python"}, {"python": "3/../python"}, {"lock": "../pylock.toml"}, {"lock": "/pylock.toml"}],
)
def test_a_manifest_names_no_program_and_no_place_outside(tmp_path: Path, table: dict[str, object]) -> None:
    """Nothing that a cloned manifest says is run or written elsewhere."""
    refusal(tmp_path, table=table)


def test_a_variable_that_means_nothing_is_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may belong to another program, so it is no error; those of settings and options mean something."""
    for name in ("PINWISE_GAOL", "PINWISE_GOAL", "PINWISE_CONFIG_FILE", "PINWISE_UPGRADE"):
        monkeypatch.setenv(name, "1")
    (warning,) = unknown_variables(lambda: {"PINWISE_UPGRADE"})
    assert warning == "The variable `PINWISE_GAOL` means nothing to pinwise; did you mean `PINWISE_GOAL`?"


@pytest.mark.parametrize(
    ("environ", "color"),
    [
        ({}, None),
        ({"NO_COLOR": ""}, None),
        ({"NO_COLOR": "1"}, False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, True),
        ({"CLICOLOR_FORCE": "1"}, True),
        ({"FORCE_COLOR": "0", "CLICOLOR_FORCE": ""}, None),
        ({"TERM": "dumb"}, False),
        ({"TERM": "xterm"}, None),
    ],
)
def test_colours_follow_the_usual_variables(environ: dict[str, str], color: bool | None) -> None:  # noqa: FBT001
    """`NO_COLOR` outranks what forces colours, which outranks a dumb terminal; empty ones do not count."""
    assert terminal_of(environ).color is color


def test_a_configuration_file_that_is_named_must_be_there(tmp_path: Path) -> None:
    """The user's own may be missing; one that was named may not."""
    assert load(tmp_path).goal == "stable"
    with pytest.raises(UsageError, match="there is no configuration file"):
        load(tmp_path, options={"config_file": "absent.toml"})
    with pytest.raises(UsageError, match="there is no configuration file"):
        load(tmp_path, environ={"PINWISE_CONFIG_FILE": "absent.toml"})
    with pytest.raises(UsageError, match="cannot be read: Is a directory"):
        load(tmp_path, options={"config_file": "."})


@pytest.mark.parametrize("content", [b"\xff\xfe", b"goal = \n", b"[" * 50_000, b"#" * 2_000_000])
def test_a_broken_configuration_file_is_a_usage_error(tmp_path: Path, content: bytes) -> None:
    """Whatever stands in it, the answer is an error that names the file."""
    (tmp_path / "config.toml").write_bytes(content)
    with pytest.raises(UsageError) as caught:
        load(tmp_path, options={"config_file": "config.toml"})
    assert caught.value.file == str(tmp_path / "config.toml")


def test_paths_belong_to_their_source(tmp_path: Path) -> None:
    """A relative path in a configuration file is relative to that file."""
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "config.toml").write_text(
        'kb = "my.sqlite"\nfind_links = ["wheels"]\n', encoding="utf-8"
    )
    settings = load(tmp_path, options={"config_file": "etc/config.toml", "find_links": ("./dist/",)})
    assert settings.kb == tmp_path / "etc" / "my.sqlite"
    assert [index.url for index in settings.asked.flat] == [str(tmp_path / "dist")]
    assert [index.url for index in settings.fallback.flat] == [str(tmp_path / "etc" / "wheels")]


def test_lists_in_variables_stand_between_spaces(tmp_path: Path) -> None:
    """URLs are separated as in pip; names by commas too; `:none:` empties the list."""
    environ = {
        "PINWISE_EXTRA_INDEX_URL": f"{INDEX} {OTHER}/",
        "PINWISE_NO_BINARY": "Foo_Bar,baz",
        "PINWISE_ONLY_BINARY": "a :none: b",
    }
    settings = load(tmp_path, environ=environ)
    assert [index.url for index in settings.fallback.extra] == [INDEX, OTHER]
    assert settings.no_binary == ("foo-bar", "baz")
    assert settings.only_binary == ("b",)


def test_credentials_are_kept_apart(tmp_path: Path) -> None:
    """The URL that is shown, stored and locked has none."""
    index = load(tmp_path, options={"index_url": "https://me:word@index.example/simple/"}).asked.index
    assert index is not None
    assert (index.url, index.secret) == (INDEX, "https://me:word@index.example/simple")
    assert "word" not in repr(index)


def test_given_metadata(tmp_path: Path) -> None:
    """What the user says of a release without metadata becomes a document of that origin."""
    config = """
[[metadata]]
name = "Old.Thing"
version = "1.0"
requires-dist = ["six>=1.5", "idna; extra == 'x'"]
requires-python = ">=3.6"
provides-extra = ["x"]
"""
    (release,) = load(tmp_path, config=config).metadata.items()
    (name, version), document = release
    assert (name, version, document.origin) == ("old-thing", Version("1.0"), Origin.USER)
    assert [str(each) for each in document.requirements] == ["six>=1.5", 'idna; extra == "x"']
    assert document.extras == {normalise("x")}


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ('name = "a"', "needs a text for `version`"),
        ('name = "a"\nversion = "x"', "`x` is not a version"),
        ('name = "-"\nversion = "1"', "`-` is not a valid project name"),
        ('name = "a"\nversion = "1"\nrequires-dist = "six"', "needs `requires-dist` to be a list"),
        ('name = "a"\nversion = "1"\nrequires-dist = ["six>>1"]', "xpected"),
        ('name = "a"\nversion = "1"\nrequires = ["six"]', "unknown key `requires`"),
    ],
)
def test_given_metadata_is_checked(tmp_path: Path, table: str, says: str) -> None:
    """A table that cannot be read is an error that says what is wrong with it."""
    error = refusal(tmp_path, config=f"[[metadata]]\n{table}\n")
    assert says in error.message
    assert error.line == 1


# --- pip's configuration


def pip_file(tmp_path: Path, text: str) -> dict[str, str]:
    """Return variables that name a configuration file of pip's with this text."""
    (tmp_path / "pip.conf").write_text(text, encoding="utf-8")
    return {"PIP_CONFIG_FILE": str(tmp_path / "pip.conf")}


def test_pips_configuration_names_indexes(tmp_path: Path) -> None:
    """A file gives what no setting of ours does; a section for installing outranks the global one."""
    text = f"""
[global]
index-url = https://wrong.example/simple
extra-index-url =
    {OTHER}
    https://third.example/simple
[install]
index_url = {INDEX}
find-links = /wheels
trusted-host = other.example
"""
    choice = load(tmp_path, environ=pip_file(tmp_path, text)).fallback
    assert choice.index is not None
    assert (choice.index.url, choice.index.verify_ssl) == (INDEX, True)
    assert [(index.url, index.verify_ssl) for index in choice.extra] == [
        (OTHER, False),
        ("https://third.example/simple", True),
    ]
    assert [(index.url, index.is_flat) for index in choice.flat] == [("/wheels", True)]


def test_our_own_settings_outrank_pips(tmp_path: Path) -> None:
    """PINWISE_INDEX_URL, then PIP_INDEX_URL, then pip's file."""
    environ = pip_file(tmp_path, "[global]\nindex-url = https://file.example/simple\n")
    choice = load(tmp_path, environ=environ | {"PIP_INDEX_URL": OTHER}).fallback
    assert choice.index is not None
    assert choice.index.url == OTHER
    both = {"PIP_INDEX_URL": OTHER, "PINWISE_INDEX_URL": INDEX}
    choice = load(tmp_path, environ=environ | both).fallback
    assert choice.index is not None
    assert choice.index.url == INDEX


def test_without_any_index_the_public_one_is_taken(tmp_path: Path) -> None:
    """The default is the one that plette ships; a manifest with its own needs none."""
    choice = load(tmp_path).fallback
    assert choice.index is not None
    assert choice.index.url.startswith("https://")
    own = dataclasses.replace(manifest(), replaces_default_index=True)
    assert load_settings({}, NO_PIP, folder=tmp_path, manifest=own).fallback.index is None


def test_pip_may_know_no_index(tmp_path: Path) -> None:
    """With `no-index` only `find-links` remain."""
    choice = load(tmp_path, environ={"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "/wheels"}).fallback
    assert (choice.index, choice.extra) == (None, ())
    assert [index.url for index in choice.flat] == ["/wheels"]


def test_pips_files_are_read_in_its_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The user's file counts, the environment's outranks it, and a null PIP_CONFIG_FILE turns all off."""
    monkeypatch.setenv("HOME", str(tmp_path))
    user = tmp_path / ".config" / "pip"
    user.mkdir(parents=True)
    (user / "pip.conf").write_text("[global]\nindex-url = https://user.example/simple\n", encoding="utf-8")
    environ = {"XDG_CONFIG_DIRS": str(tmp_path / "none"), "VIRTUAL_ENV": str(tmp_path / "env")}
    settings = load_settings({}, environ, folder=tmp_path)
    assert settings.fallback.index is not None
    assert settings.fallback.index.url == "https://user.example/simple"
    (tmp_path / "env").mkdir()
    (tmp_path / "env" / "pip.conf").write_text(
        "[global]\nindex-url = https://env.example/simple\n", encoding="utf-8"
    )
    settings = load_settings({}, environ, folder=tmp_path)
    assert settings.fallback.index is not None
    assert settings.fallback.index.url == "https://env.example/simple"
    off = load_settings({}, environ | NO_PIP, folder=tmp_path)
    assert off.fallback.index is not None
    assert "example" not in off.fallback.index.url


@pytest.mark.parametrize("text", ["index-url = x\n", "[global\n", "[global]\nindex-url = ftp://x\n"])
def test_a_broken_file_of_pips_is_named(tmp_path: Path, text: str) -> None:
    """The error names the file and that it is pip's."""
    error = refusal(tmp_path, environ=pip_file(tmp_path, text))
    assert error.file == str(tmp_path / "pip.conf")
    assert "pip's" in error.message


def test_certificates_and_proxies_come_from_the_usual_variables(tmp_path: Path) -> None:
    """Those of our own first, then pip's, then the common ones; variables of proxies in either case."""
    environ = {"SSL_CERT_FILE": "/a.pem", "https_proxy": "http://proxy.example:3128", "NO_PROXY": "localhost"}
    settings = load(tmp_path, environ=environ)
    assert settings.ca_file == Path("/a.pem")
    assert settings.proxies == {"https": "http://proxy.example:3128", "no": "localhost"}
    assert load(tmp_path, environ=environ | {"PIP_CERT": "/b.pem"}).ca_file == Path("/b.pem")
    assert load(tmp_path, environ=environ | {"PINWISE_CA_FILE": "/c.pem"}).ca_file == Path("/c.pem")


def test_this_process_has_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables of the process count; the knowledge base is in the user's own folder."""
    monkeypatch.setenv("PINWISE_GOAL", "latest")
    settings = read_settings({})
    assert settings.goal == "latest"
    assert settings.kb.name == "knowledge.sqlite"
    assert settings.kb.is_absolute()


def test_every_setting_is_described() -> None:
    """The reference is made of this table: each has a sentence, and a variable unless it is a table."""
    for setting in SETTINGS:
        assert setting.meaning.endswith(".")
        assert bool(setting.variable) == (setting.kind is not Kind.TABLES)
        assert bool(setting.choices) == (setting.kind is Kind.CHOICE)


def test_pips_paths_are_relative_to_the_current_folder(tmp_path: Path) -> None:
    """A folder in pip's configuration becomes an absolute path, for the knowledge base knows no folder."""
    choice = load(tmp_path, environ=pip_file(tmp_path, "[global]\nfind-links = dist\n")).fallback
    assert [index.url for index in choice.flat] == [str(tmp_path / "dist")]


def test_an_index_url_of_ours_turns_pips_configuration_off(tmp_path: Path) -> None:
    """Who names an index URL to pinwise gets no extra index that was configured for pip."""
    environ = pip_file(tmp_path, f"[global]\nextra-index-url = {OTHER}\nfind-links = /wheels\n")
    choice = load(tmp_path, environ=environ | {"PINWISE_INDEX_URL": INDEX}).fallback
    assert choice.index is not None
    assert (choice.index.url, choice.extra, choice.flat) == (INDEX, (), ())
    assert load(tmp_path, environ=environ).fallback.extra != ()
