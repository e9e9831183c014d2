"""Completion in a shell: the right words, from files and the knowledge base, and never an error."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import platformdirs
import pytest

from pinwise.completion.answer import answers, complete
from pinwise.completion.commands import read_commands
from pinwise.completion.files import Named, note
from pinwise.completion.scripts import SCRIPTS
from pinwise.knowledge.store import open_store
from pinwise.model.facts import Project
from pinwise.model.names import normalise
from pinwise.settings import read_settings
from pinwise.settings.places import knowledge_base, user_folder

INDEX = "https://index.example/simple"

SLOW = {
    "click",
    "re",
    "pathlib",
    "dataclasses",
    "tomllib",
    "json",
    "platformdirs",
    "packaging",
    "pinwise.cli",
}
"""What a completion has no time to import."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder as the current one, beside a knowledge base with three projects."""
    place = tmp_path / "shop"
    place.mkdir()
    monkeypatch.chdir(place)
    monkeypatch.setenv("PINWISE_KB", str(tmp_path / "kb.sqlite"))
    with open_store(tmp_path / "kb.sqlite") as store:
        for name in ("flask", "flask-login", "django"):
            page = Project(normalise(name), INDEX, ())
            store.put_page(INDEX, page.name, page, etag=None, last_modified=None, checked=1)
        store.put_page(INDEX, normalise("flaskk"), None, etag=None, last_modified=None, checked=1)
    return place


def offered(*words: str, shell: str = "zsh") -> list[str]:
    """Return what is offered in the place of the last word, without meanings."""
    return [line.partition("\t")[0] for line in answers(list(words), shell=shell)]


# --- commands, options, choices


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("adv",), ["advise"]),
        (("-v", "adv"), ["advise"]),
        (("--color", "never", "adv"), ["advise"]),
        (
            ("kb", ""),
            ["status", "forget", "path", "export", "import", "verify", "backup", "restore", "rebuild"],
        ),
        (("kb", "f"), ["forget"]),
        (("advise", "--no-h"), ["--no-hints"]),
        (("advise", "-P"), ["-P"]),
        (("advise", "--goal", ""), ["stable", "latest"]),
        (("advise", "--goal=l"), ["--goal=latest"]),
        (("--color", "a"), ["auto", "always"]),
        (("advise", "--color", "ne"), ["never"]),
        (("completion", ""), ["bash", "zsh", "fish"]),
        (("convert", "a", "b", ""), []),
        (("advise", "-r", "x"), ["/file/"]),
        (("--directory", ""), ["/folder/"]),
        (("advise", "--", "--no-h"), ["/file/"]),
        (("advise", "--python", "3"), []),
        (("nothing", ""), []),
    ],
)
def test_what_may_stand_next(words: tuple[str, ...], expected: list[str]) -> None:
    """Commands, options of that command and of every command, choices; files and folders by the shell."""
    assert offered(*words) == expected


def test_bash_makes_equals_signs_words_of_their_own() -> None:
    """Its words are read as the one word that was typed."""
    assert offered("advise", "--goal", "=", "l", shell="bash") == ["latest"]
    assert offered("advise", "--goal", "=", shell="bash") == ["stable", "latest"]


def test_every_option_has_a_meaning() -> None:
    """Nothing is offered without a word on what it is."""
    for name, command in read_commands().items():
        assert command.meaning, name
        assert all(meaning for _, meaning, _ in command.options.values()), name


# --- names


def test_names_come_from_the_knowledge_base(folder: Path) -> None:
    """Those that begin as typed, however it is spelt, and none that no index has."""
    assert offered("kb", "forget", "Flask") == ["flask", "flask-login"]
    assert offered("kb", "forget", "flask_L") == ["flask-login"]
    assert offered("advise", "-P", "dj") == ["django"]
    other = ["--kb", str(folder / "absent.sqlite")]
    assert [*safely("kb", "forget", *other, "fl")] == []


def safely(*words: str) -> list[str]:
    """Return what a process of its own prints, whose exit code is 0."""
    done = subprocess.run(
        [sys.executable, "-m", "pinwise", "__complete", "zsh", *words],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=20,
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


@pytest.mark.parametrize("content", [b"", b"not a database", b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_broken_knowledge_base_is_no_error(folder: Path, content: bytes) -> None:
    """Nothing is offered, nothing is said, and the file stays as it was."""
    path = folder / "broken.sqlite"
    path.write_bytes(content)
    assert safely("kb", "forget", "--kb", str(path), "fl") == []
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--directory", "absent", "why", "f"),
        ("why", "\udcff"),
        ("advise", "--config-file", "absent", "-P", "f"),
    ],
)
def test_nothing_ends_in_an_error(
    folder: Path, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever was typed."""
    assert folder.is_dir()
    complete(["zsh", *words])
    assert capsys.readouterr().err == ""


FILES = {
    "pylock.toml": 'lock-version = "1.0"\n[[packages]]\nname = "flask"\nversion = "3"\n',
    "pylock.docs.toml": '[[packages]]\nname = "sphinx"\n',
    "requirements.txt": "click==8.1 \\\n    --hash=sha256:00\n# comment\n-r other.txt\n",
    "requirements-dev.in": "Pytest_Cov>=5\n",
    "Pipfile": '[[source]]\nurl = "x"\n[packages]\n# no = 1\nDjango = "*"\n"zope.interface" = "*"\n'
    '[requires]\na = "b"\n',
    "Pipfile.lock": '{\n    "_meta": {\n        "hash": {\n        }\n    },\n    "default": {\n'
    '        "jinja2": {\n            "hashes": []\n        }\n    }\n}\n',
    "pyproject.toml": '[project]\nname = "shop"\n'
    'dependencies = [\n  "celery[redis]>=5; a == \'[\'",  # "no"\n]\n'
    'keywords = ["no"]\n[project.optional-dependencies]\nweb = ["uvicorn", "httptools"]\n'
    '[dependency-groups]\ntest = [\n  "tox",\n]\n[tool.pinwise.overlays.gpu]\npython = "3.12"\n'
    '[tool.x]\ny = ["no"]\n',
}
PROJECTS = {
    "pylock.toml": {"flask"},
    "pylock.docs.toml": {"sphinx"},
    "requirements.txt": {"click"},
    "requirements-dev.in": {"pytest-cov"},
    "Pipfile": {"django", "zope-interface"},
    "Pipfile.lock": {"jinja2"},
    "pyproject.toml": {"celery", "uvicorn", "httptools", "tox"},
}


@pytest.mark.parametrize("name", FILES)
def test_names_that_a_file_holds(name: str) -> None:
    """Projects that it requires or pins, and nothing else between quotes."""
    named = Named()
    note(name, FILES[name], named)
    assert named.projects == PROJECTS[name]
    is_project = name == "pyproject.toml"
    assert (named.extras, named.groups, named.overlays) == (
        ({"web"}, {"test"}, {"gpu"}) if is_project else (set(), set(), set())
    )


def test_the_project_s_own_names_come_first(folder: Path) -> None:
    """`why` and `-P` ask about the stack; where no file names what was typed, the knowledge base may."""
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    assert offered("why", "c") == ["celery", "click"]
    assert offered("why", "flask") == ["flask"]
    assert offered("why", "flask-") == ["flask-login"]
    assert offered("advise", "--extra", "") == ["web"]
    assert offered("advise", "--group=") == ["--group=test"]
    assert offered("--directory", str(folder.parent), "why", "fl") == ["flask", "flask-login"]


# --- where things are, and how fast


@pytest.mark.parametrize("value", [None, "", "relative", "/elsewhere/x"])
@pytest.mark.parametrize(("kind", "variable"), [("data", "XDG_DATA_HOME"), ("config", "XDG_CONFIG_HOME")])
def test_the_user_s_folders_are_those_of_platformdirs(
    kind: str, variable: str, value: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found without it, because importing it takes too long."""
    monkeypatch.delenv(variable)
    if value is not None:
        monkeypatch.setenv(variable, value)
    there = platformdirs.user_data_dir if kind == "data" else platformdirs.user_config_dir
    assert user_folder(kind) == there("pinwise", appauthor=False)


@pytest.mark.parametrize(
    ("options", "variables", "config"),
    [
        ({}, {}, None),
        ({"kb": "/a/b.sqlite"}, {"PINWISE_KB": "/c"}, None),
        ({}, {"PINWISE_KB": "~/c.sqlite"}, 'kb = "d"\n'),
        ({}, {}, 'kb = "d.sqlite"\n'),
        ({}, {}, 'goal = "latest"  # no kb\n'),
    ],
)
def test_the_knowledge_base_is_the_one_of_the_commands(
    options: dict[str, str],
    variables: dict[str, str],
    config: str | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Option, variable, configuration file, the user's folder: as the settings have it."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    file = None
    if config is not None:
        file = str(tmp_path / "config.toml")
        Path(file).write_text(config, encoding="utf-8")
    given = {**options, **({"config_file": file} if file else {})}
    assert Path(knowledge_base(options.get("kb"), file)) == read_settings(given).kb


@pytest.mark.parametrize("words", [("",), ("advise", "--g"), ("kb", "forget", "fl"), ("why", "f")])
def test_nothing_slow_is_imported(folder: Path, words: tuple[str, ...]) -> None:
    """The whole process has 50 ms, which these modules would use up."""
    code = (
        "import sys\nbefore = set(sys.modules)\n"
        f"sys.argv = ['pinwise', '__complete', 'bash', *{list(words)!r}]\n"
        "from pinwise.__main__ import main\nmain()\nprint('loaded:', *(set(sys.modules) - before))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(done.stdout.partition("loaded:")[2].split())
    assert "pinwise.completion.answer" in loaded
    assert not loaded & SLOW


def test_formats_of_a_conversion_are_completed() -> None:
    """Whoever does not remember how a format is named need not look it up."""
    assert list(answers(["convert", "a", "b", "--to", "py"])) == ["pyproject.toml", "pylock.toml"]
    assert list(answers(["convert", "a", "b", "--from", "p"])) == [
        *("pyproject.toml", "pylock.toml", "poetry.lock"),
    ]
    assert list(answers(["kb", "restore", ""])) == ["/file/"]


# --- the scripts


@pytest.mark.parametrize("shell", [shell for shell in ("bash", "zsh") if shutil.which(shell)])
def test_a_script_is_one_of_its_shell(shell: str) -> None:
    """The shell can read it."""
    subprocess.run([shell, "-n"], input=SCRIPTS[shell], text=True, check=True)


@pytest.mark.parametrize("shell", [shell for shell in ("bash",) if shutil.which(shell)])
@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (("adv",), ["advise"]),
        (("advise", "--goal", "=", "l"), ["latest"]),
        (("kb", "forget", "fl"), ["flask", "flask-login"]),
        (("advise", "-r", "my"), ["my file.in"]),
        (("--directory", "su"), ["sub"]),
    ],
)
def test_bash_completes(shell: str, folder: Path, typed: tuple[str, ...], expected: list[str]) -> None:
    """The script hands on the words and shows the answer; names of files may have spaces."""
    (folder / "my file.in").touch()
    (folder / "sub").mkdir()
    program = folder.parent / "pinwise"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m pinwise "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    script = (
        f"{SCRIPTS['bash']}\nCOMP_WORDS=({shlex.join([str(program), *typed])})\n"
        f"COMP_CWORD={len(typed)}\n_pinwise\n"
        'printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    done = subprocess.run(
        [shell, "--norc", "-c", script],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == expected


def test_ctrl_c_while_the_program_is_loaded(tmp_path: Path) -> None:
    """It is said in a word, with the code of every interruption, and no traceback."""
    (tmp_path / "click.py").write_text("raise KeyboardInterrupt\n", encoding="utf-8")
    paths = os.pathsep.join((str(tmp_path), *sys.path))
    result = subprocess.run(
        [sys.executable, "-m", "pinwise", "--version"],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stdout, result.stderr) == (130, "", "interrupted\n")
