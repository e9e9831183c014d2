"""The options that every command has: where they may stand, what outranks what, what they change."""

from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from pinwise.cli import main
from pinwise.cli.common import COMMON, OWN_VARIABLES, is_setting, long_name, options_of, variable_of
from pinwise.settings import SETTINGS
from support.artifacts import wheel
from support.loopback import LoopbackIndex
from support.place import TARGET, Place, failed, write

ENVIRONMENT = ("environment", *TARGET)
BOLD = "\x1b[1m"

SAME_MEANING = {
    *("--dry-run", "--format", "--check", "--requirement", "--overlay", "--dev"),
    *("--extra", "--all-extras", "--group", "--only-group", "--all-groups"),
}
"""Options whose help is worded for each command, and which mean the same in all of them."""


def run(*arguments: str) -> Result:
    """Run `pinwise`."""
    return CliRunner().invoke(main, arguments)


def commands(described: click.Command, name: str = "") -> Iterator[tuple[str, click.Command]]:
    """Yield every command within, with its name."""
    if isinstance(described, click.Group):
        for inner in described.commands.values():
            yield (found := f"{name} {inner.name}".strip()), inner
            yield from commands(inner, found)


# --- variables


def shape(option: click.Option) -> tuple[object, ...]:
    """Return what kind of value an option takes; whether several is left to the command."""
    return (option.is_flag, option.count, option.nargs, type(option.type).__name__)


def test_every_command_has_the_common_options() -> None:
    """Whoever adds a command gets them without asking."""
    for name, each in commands(main):
        assert set(COMMON) <= {option.name for option in options_of(each)}, name


def test_every_option_has_a_variable() -> None:
    """Settings are read with the settings, common options by the outermost command, all others by click."""
    for name, each in commands(main):
        for option in options_of(each):
            long = long_name(option)
            is_read_elsewhere = is_setting(long) or option.name in COMMON
            assert option.envvar == (None if is_read_elsewhere else variable_of(name, long)), (name, long)
    outermost = {option.name: option.envvar for option in options_of(main)}
    assert [outermost[name] for name in COMMON] == [f"PINWISE_{name.upper()}" for name in COMMON]


def test_a_variable_means_one_thing() -> None:
    """Options that share a variable take the same kind of value and say the same of themselves."""
    known: dict[str, tuple[str, click.Option]] = {}
    of_settings = {setting.variable for setting in SETTINGS}
    for name, each in [("", main), *commands(main)]:
        for option in options_of(each):
            if not option.envvar:
                continue
            assert option.envvar not in of_settings, option.envvar
            where, first = known.setdefault(str(option.envvar), (name, option))
            assert shape(first) == shape(option), f"`{where}` and `{name}`: {option.envvar}"
            if long_name(option) not in SAME_MEANING:
                assert first.help == option.help, f"`{where}` and `{name}`: {option.envvar}"


def test_own_variables_are_nobody_else_s() -> None:
    """An option that means something else has a variable with its command's name."""
    for (command, option), variable in OWN_VARIABLES.items():
        assert variable.startswith(f"PINWISE_{command.upper().replace(' ', '_')}_")
        assert variable != variable_of("any other", option)


def test_a_variable_stands_for_its_option(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A flag, a choice and a list, whose items stand between white space."""
    write(place, a_in="flask\n", b_in="pytest\n")
    monkeypatch.setenv("PINWISE_REQUIREMENT", "a.in b.in")
    monkeypatch.setenv("PINWISE_DRY_RUN", "yes")
    monkeypatch.setenv("PINWISE_FORMAT", "json")
    result = place.advise()
    assert result.exit_code == 0, result.output
    assert '"name": "pytest"' in result.stdout
    assert place.files() == ["a.in", "b.in"]


def test_an_option_outranks_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """As with settings."""
    monkeypatch.setenv("PINWISE_FORMAT", "json")
    assert run(*ENVIRONMENT).stdout.startswith("{")
    assert run(*ENVIRONMENT, "--format", "toml").stdout.startswith("python")


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("PINWISE_FORMAT", "jsn", "the variable `PINWISE_FORMAT` has no choice `jsn`"),
        ("PINWISE_NO_PROGRESS", "perhaps", "`PINWISE_NO_PROGRESS` must be `true` or `false`, not `perhaps`"),
        ("PINWISE_VERBOSE", "much", "`PINWISE_VERBOSE` must be a whole number, 0 or more, not `much`"),
        ("PINWISE_DIRECTORY", "absent", "there is no folder `absent` to start in"),
    ],
)
def test_a_wrong_variable_is_named(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, says: str
) -> None:
    """The error says which variable it was, for nobody sees it on the command line."""
    monkeypatch.setenv(variable, value)
    assert says in failed(run(*ENVIRONMENT), 2)


def test_an_unknown_variable_is_warned_of_by_every_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of options are known; a near name is offered."""
    monkeypatch.setenv("PINWISE_UPGRAED", "1")
    monkeypatch.setenv("PINWISE_NO_HINTS", "1")
    assert run("kb", "path").stderr == (
        "warning: The variable `PINWISE_UPGRAED` means nothing to pinwise; did you mean `PINWISE_UPGRADE`?\n"
    )
    assert run("kb", "path", "-q").stderr == ""


# --- where they stand


@pytest.mark.parametrize(
    "arguments",
    [
        ("--color", "always", *ENVIRONMENT),
        (*ENVIRONMENT, "--color", "always"),
        ("--color", "never", *ENVIRONMENT, "--color", "always"),
        (*ENVIRONMENT, "--color", "none", "--color", "always"),
    ],
)
def test_a_common_option_stands_before_or_after_the_command(arguments: tuple[str, ...]) -> None:
    """The one that stands last counts."""
    assert BOLD in run(*arguments).stdout


def test_verbose_and_quiet_add_up_and_cancel_out(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever they stand; an option takes the place of its variable."""
    write(place, requirements_in="flask\n")
    arguments = ("advise", "--index-url", place.index.url, *TARGET)
    monkeypatch.setenv("PINWISE_VERBOSE", "2")
    assert "note: the page of `flask`: 200 after" in run(*arguments).stderr
    once = run(*arguments, "-v").stderr
    assert "note: read `requirements.in`" in once
    assert "note: the page of" not in once
    assert "note: the page of `flask`: " in run("-v", *arguments, "--kb", "new", "--verbose").stderr
    both = run("-q", *arguments, "-v").stderr
    assert "note: " not in both
    assert both.startswith("Nothing was fetched; ")


# --- what they change


def test_quiet_leaves_errors_and_the_result(place: Place) -> None:
    """`-q`: no warnings, no summary; `-qq`: no report either, but what is asked for as data; errors stay."""
    write(place, Pipfile='[packages]\nflask = "*"\n', requirements_txt="flask\n")
    assert place.advise().stderr != ""
    quiet = place.advise("-q")
    assert (quiet.stderr, quiet.exit_code) == ("", 0)
    assert "flask" in quiet.stdout
    assert (place.advise("-qq").output, place.advise("-qq", "--format", "json").stdout[:1]) == ("", "{")
    assert "error: " in failed(place.advise("-qq", "--goal", "best"), 2)


def test_what_is_read_is_told_without_secrets(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """`-vv` names settings, indexes and each request, and no password, whoever holds it."""
    write(place, requirements_in="flask\n")
    monkeypatch.setenv("PINWISE_GOAL", "latest")
    with LoopbackIndex(credentials=("me", "s3cret")) as private:
        private.add(wheel("flask", "3.0"))
        url = private.url.replace("http://", "http://me:s3cret@")
        monkeypatch.setenv("PINWISE_EXTRA_INDEX_URL", url)
        monkeypatch.setenv("PINWISE_INDEX_URL", place.index.url)
        result = place.run("advise", *TARGET, "-vv", index_url=None)
        assert result.exit_code == 0, result.output
        named = f"{private.url}, named in `PINWISE_EXTRA_INDEX_URL`, with a login"
        assert f"note: index 1 of 2: {named}" in result.stderr
        assert "note: the page of `flask`: 200 after" in result.stderr
        assert f"`{private.url}/flask/`" in result.stderr
    assert "note: setting `goal`: latest (variable `PINWISE_GOAL`)" in result.stderr
    assert "note: the knowledge base is " in result.stderr
    assert "s3cret" not in result.output


def test_the_query_of_an_address_is_told_to_nobody(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may hold a token: neither `-vv` nor `config show` prints it."""
    write(place, requirements_in="click\n")
    monkeypatch.setenv("PINWISE_INDEX_URL", place.index.url)
    monkeypatch.setenv("PINWISE_FIND_LINKS", "https://index.example/links?token=s3cret")
    result = place.run("advise", *TARGET, "-vv", "--offline", index_url=None)
    assert "https://index.example/links?****" in result.stderr
    shown = place.run("config", "show")
    assert "https://index.example/links?****" in shown.stdout
    assert "s3cret" not in result.output + shown.output


@pytest.mark.parametrize(
    ("options", "variables", "is_coloured"),
    [
        ((), {}, False),
        ((), {"FORCE_COLOR": "1"}, True),
        (("--color", "auto"), {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        (("--color", "always"), {"NO_COLOR": "1"}, True),
        (("--color", "never"), {"FORCE_COLOR": "1"}, False),
        (("--color", "none"), {"FORCE_COLOR": "1"}, False),
        ((), {"PINWISE_COLOR": "always", "NO_COLOR": "1"}, True),
        (("--color", "auto"), {"PINWISE_COLOR": "always"}, False),
    ],
)
def test_colours(
    options: tuple[str, ...],
    variables: dict[str, str],
    is_coloured: bool,  # noqa: FBT001  # a case
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The option outranks its variable, that the common variables, these whether there is a terminal."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert (BOLD in run(*ENVIRONMENT, *options).stdout) is is_coloured


def test_errors_are_coloured_as_asked() -> None:
    """Only the label is, and only where colours are wanted."""
    plain = run(*ENVIRONMENT, "--goal-of-life")
    assert plain.stderr.startswith("error: ")
    coloured = run("--color", "always", "environment", "--python", "2.7")
    assert coloured.stderr.startswith("\x1b[31m\x1b[1merror:\x1b[0m ")


def test_another_folder_to_start_in(place: Place, tmp_path: Path) -> None:
    """Everything is relative to it, options too, and the process is where it was afterwards."""
    write(place, requirements_in="flask\n")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "base.in").write_text("pytest\n", encoding="utf-8")
    result = place.advise("--directory", str(tmp_path / "other"), "-r", "base.in")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "other" / "pylock.toml").exists()
    assert Path.cwd() == place.folder
    assert place.files() == ["requirements.in"]
    run("--directory", "absent", "environment", "--directory", str(tmp_path), *TARGET)
    assert "there is no folder `absent` to start in" in failed(run("--directory", "absent", "kb", "path"), 2)


@pytest.mark.parametrize("group", [(), ("kb",), ("config",)])
def test_a_list_of_commands_cuts_no_sentence(place: Place, group: tuple[str, ...]) -> None:
    """What a command does is said whole on 80 columns."""
    listed = place.run(*group, "--help").stdout.partition("Commands:\n")[2]
    assert listed
    assert "..." not in listed
