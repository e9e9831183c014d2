"""The commands as users meet them: files, streams and exit codes, against a loopback index."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest

from pinwise.environment.declare import declare
from support.artifacts import wheel
from support.loopback import Answer, LoopbackIndex
from support.place import TARGET, Place, failed, write

EMPTY_LOCK = (
    '{"_meta": {"hash": {"sha256": ""}, "pipfile-spec": 6, "sources": []}, "default": {}, "develop": {}}\n'
)
PIPFILE = '[packages]\nflask = "*"\n\n[dev-packages]\npytest = "*"\n'


# --- advise


def test_a_pipfile_becomes_a_pipfile_lock(place: Place) -> None:
    """The report is on stdout, the summary on stderr, the lock beside the manifest."""
    write(place, Pipfile=PIPFILE)
    result = place.advise()
    assert result.exit_code == 0, result.output
    assert re.search(r"^  flask +3\.0 ", result.stdout, re.MULTILINE)
    assert "Proven: " in result.stdout
    assert "Wrote `Pipfile.lock`." in result.stdout
    assert "pipenv sync --dev" in result.stdout
    assert result.stderr.startswith("Fetched 3 pages and the metadata of 3 releases with ")
    lock = json.loads((place.folder / "Pipfile.lock").read_text(encoding="utf-8"))
    assert {name: entry["version"] for name, entry in lock["default"].items()} == {
        "click": "==8.0",
        "flask": "==3.0",
    }
    assert set(lock["develop"]) == {"pytest"}


def test_again_offline(place: Place) -> None:
    """What was fetched is kept: the same answer without the index, and the lock is not rewritten."""
    write(place, Pipfile=PIPFILE)
    assert place.advise().exit_code == 0
    before = (place.folder / "Pipfile.lock").stat().st_mtime_ns
    asked = len(place.index.requests)
    result = place.advise("--offline")
    assert result.exit_code == 0, result.output
    assert "`Pipfile.lock` says the same already and was not rewritten." in result.stdout
    assert result.stderr.startswith("Nothing was fetched")
    assert len(place.index.requests) == asked
    assert (place.folder / "Pipfile.lock").stat().st_mtime_ns == before


def test_a_page_is_asked_for_again_after_its_age_or_at_once(place: Place) -> None:
    """Within ten minutes nothing is asked; `--refresh` asks for every page, and gets "unchanged"."""
    write(place, Pipfile=PIPFILE)
    assert place.advise().exit_code == 0
    asked = len(place.index.requests)
    assert place.advise().exit_code == 0
    assert len(place.index.requests) == asked
    assert place.advise("--refresh").exit_code == 0
    assert place.index.count("/simple/flask/", status=304) == 1


def test_requirements_become_a_pylock(place: Place) -> None:
    """Any manifest but a Pipfile gives a `pylock.toml`."""
    write(place, requirements_txt="flask<3\n")
    result = place.advise()
    assert result.exit_code == 0, result.output
    lock = tomllib.loads((place.folder / "pylock.toml").read_text(encoding="utf-8"))
    assert {each["name"]: each["version"] for each in lock["packages"]} == {"click": "7.0", "flask": "2.0"}
    assert "pip install -r pylock.toml" in result.stdout


def test_the_next_command_can_install_a_folder(place: Place) -> None:
    """No folder has a digest for pip to check, so another command, or one more, is named."""
    (place.folder / "app").mkdir()
    project = '[project]\nname = "app"\nversion = "1"\ndependencies = ["flask"]\n'
    (place.folder / "app" / "pyproject.toml").write_text(project, encoding="utf-8")
    write(place, requirements_in="-e ./app\n")
    result = place.advise("--lock", "pylock.toml", "--lock", "requirements.txt")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-3:] == [
        "  pinwise install --lock pylock.toml",
        "  or: uv pip install -r pylock.toml",
        "  pinwise install --lock requirements.txt   # and then as its last lines say",
    ]
    last = (place.folder / "requirements.txt").read_text(encoding="utf-8").splitlines()[-1]
    assert last == "#   pip install --no-deps -e ./app"


@pytest.mark.parametrize(
    ("categories", "ours", "theirs"),
    [
        ("", "", ""),
        ('[dev-packages]\npytest = "*"\n', " --all-groups", " --dev"),
        ('[docs]\npytest = "*"\n', " --all-groups", " --all"),
    ],
)
def test_the_next_command_installs_every_category(
    place: Place, categories: str, ours: str, theirs: str
) -> None:
    """Installing what is beyond the default packages takes an option, of pipenv too."""
    write(place, Pipfile=f'[packages]\nflask = "*"\n{categories}')
    assert place.advise("--dry-run").exit_code == 0
    assert place.advise().stdout.splitlines()[-3:] == [
        "Next, install it where it will run, on manylinux_2_28_x86_64 with Python 3.12.0:",
        f"  pinwise install{ours}",
        f"  or: pipenv sync{theirs}",
    ]
    result = place.advise("Pipfile", "--lock", "pylock.toml")
    assert f"\n  pinwise install Pipfile --lock pylock.toml{ours}\n" in result.stdout


PARTS = """\
[project]
name = "app"
version = "1"
dependencies = ["flask"]
optional-dependencies = { red = ["click"], blue = ["click"] }
[dependency-groups]
dev = ["pytest"]
"""


@pytest.mark.parametrize(
    ("asked", "ours", "theirs"),
    [
        ((), "", "'app dir/pylock.toml'"),
        (("--extra", "red"), " --extra red", "'app dir/pylock.toml[red]'"),
        (
            ("--group", "dev", "--all-extras"),
            " --all-extras --group dev",
            "'app dir/pylock.toml[red,blue]' --group 'app dir/pylock.toml:dev'",
        ),
        (("--all-groups",), " --all-groups", "'app dir/pylock.toml' --group 'app dir/pylock.toml:dev'"),
        (("--only-group", "dev"), "", "'app dir/pylock.toml'"),
    ],
)
def test_the_next_command_asks_for_what_was_locked(
    place: Place, asked: tuple[str, ...], ours: str, theirs: str
) -> None:
    """Extras and groups of a `pylock.toml` are installed where they are asked for, from wherever it is."""
    (place.folder / "app dir").mkdir()
    (place.folder / "app dir" / "pyproject.toml").write_text(PARTS, encoding="utf-8")
    result = place.run("advise", "app dir", *asked)
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-3:] == [
        "Next, install it:",
        f"  pinwise install 'app dir'{ours}",
        f"  or: pip install -r {theirs}",
    ]


def test_a_lock_that_pipenv_passes_by_is_named(place: Place) -> None:
    """Pipenv prefers a pylock file of any name in the same folder, whether it was there or is written now."""
    write(place, Pipfile=PIPFILE)
    warning = "warning: pipenv reads `{}` in the place of the `Pipfile.lock` beside it; "
    assert "pipenv reads" not in place.advise().stderr
    both = ("--lock", "Pipfile.lock", "--lock", "pylock.app.toml")
    assert warning.format("pylock.app.toml") in place.advise(*both).stderr
    assert warning.format("pylock.app.toml") in place.advise().stderr
    assert "pipenv reads" not in place.advise("--lock", "pylock.toml").stderr


def test_another_pipfile_has_a_lock_of_its_own(place: Place) -> None:
    """`Pipfile.gpu` gives the lock that pipenv reads for it, and leaves that of the `Pipfile` alone."""
    write(place, Pipfile=PIPFILE, Pipfile_lock=EMPTY_LOCK)
    (place.folder / "Pipfile.gpu").write_text(PIPFILE, encoding="utf-8")
    result = place.advise("Pipfile.gpu")
    assert "Wrote `Pipfile.gpu.lock`." in result.stdout
    assert "  or: PIPENV_PIPFILE=Pipfile.gpu pipenv sync" in result.stdout
    assert "ln -s" not in result.stdout
    assert (place.folder / "Pipfile.lock").read_text(encoding="utf-8") == EMPTY_LOCK
    assert place.advise("Pipfile.gpu", "--check").exit_code == 0


def test_locks_go_to_the_folder_of_the_manifest(place: Place) -> None:
    """Several locks of one answer, each named, all in the manifest's folder."""
    (place.folder / "app").mkdir()
    (place.folder / "app" / "requirements.in").write_text("flask\n", encoding="utf-8")
    result = place.advise("app", "--lock", "pylock.toml", "--lock", "requirements.txt")
    assert result.exit_code == 0, result.output
    assert place.files() == ["app"]
    written = sorted(path.name for path in Path("app").iterdir())
    assert written == ["pylock.toml", "requirements.in", "requirements.txt"]
    assert f"Wrote `{Path('app/pylock.toml')}`." in result.stdout


def test_a_lock_names_a_folder_as_seen_from_itself(place: Place) -> None:
    """With `-r` paths are relative to the current folder, in a lock to the folder in which it stands."""
    for folder in ("app", "reqs"):
        (place.folder / folder).mkdir()
    project = '[project]\nname = "app"\nversion = "1"\n'
    (place.folder / "app" / "pyproject.toml").write_text(project, encoding="utf-8")
    (place.folder / "reqs" / "all.in").write_text("./app\n", encoding="utf-8")
    result = place.advise("-r", "reqs/all.in", "--lock", "pylock.toml", "--lock", "all.txt")
    assert result.exit_code == 0, result.output
    lock = tomllib.loads((place.folder / "reqs" / "pylock.toml").read_text(encoding="utf-8"))
    assert lock["packages"][0]["directory"] == {"path": "../app"}
    assert "install --no-deps ../app" in (place.folder / "reqs" / "all.txt").read_text(encoding="utf-8")


def test_a_local_wheel_for_another_target_is_refused(place: Place) -> None:
    """A wheel that the target cannot install is no candidate, also where the manifest names its path."""
    built = wheel("app", "1.0", tag="cp312-cp312-win_amd64")
    (place.folder / built.filename).write_bytes(built.content)
    write(place, requirements_in=f"./{built.filename}\n")
    result = place.advise()
    assert result.exit_code == 1, result.output
    assert "1.0 is a wheel for another target" in " ".join(result.stdout.split())


def test_offline_local_projects_need_no_knowledge_base(place: Place) -> None:
    """What a manifest brings itself is known, whether or not an index was ever asked."""
    (place.folder / "app").mkdir()
    project = '[project]\nname = "app"\nversion = "1"\n'
    (place.folder / "app" / "pyproject.toml").write_text(project, encoding="utf-8")
    write(place, requirements_in="./app\n")
    result = place.advise("--offline")
    assert result.exit_code == 0, result.output


def test_files_and_constraints_can_be_named(place: Place) -> None:
    """`-r` and `-c` together; the constraint restricts and requires nothing."""
    write(place, base_in="flask\n", limits_txt="click<8\npytest<9\n")
    result = place.advise("-r", "base.in", "-c", "limits.txt", "--format", "json")
    assert result.exit_code == 0, result.output
    pins = {each["name"]: each["version"] for each in json.loads(result.stdout)["packages"]}
    assert pins == {"flask": "2.0", "click": "7.0"}


def test_a_dry_run_writes_nothing(place: Place) -> None:
    """The answer is shown, the folder is as it was."""
    write(place, Pipfile=PIPFILE)
    result = place.advise("--dry-run")
    assert result.exit_code == 0
    assert "was not written (`--dry-run`)" in result.stdout
    assert place.files() == ["Pipfile"]


def test_json_is_all_that_stdout_holds(place: Place) -> None:
    """The report is one JSON document; what became of the lock is on stderr."""
    write(place, Pipfile=PIPFILE)
    result = place.advise("--format", "json")
    report = json.loads(result.stdout)
    assert report["outcome"] == "advice"
    assert report["proof"]["optimal"] is True
    assert report["environment"]["python"] == "3.12.0"
    assert "Pipfile.lock: written" in result.stderr


def test_a_refusal_changes_nothing(place: Place) -> None:
    """Exit code 1, the clash in words, and no file."""
    write(place, requirements_txt="flask>=3\nclick<8\n")
    result = place.advise()
    assert result.exit_code == 1
    assert result.stdout.startswith("No stack satisfies the manifest: ")
    assert "requirements.txt:1" in result.stdout
    assert "No file was changed." in result.stdout
    assert place.files() == ["requirements.txt"]
    report = json.loads(place.advise("--format", "json").stdout)
    assert report["outcome"] == "refusal"
    assert report["conflict"]["sentences"]


def test_a_misspelt_project_gets_a_near_name(place: Place) -> None:
    """Once the right name is known, the wrong one is refused with it."""
    write(place, requirements_txt="flask\n")
    assert place.advise().exit_code == 0
    write(place, requirements_txt="flaskk\n")
    result = place.advise()
    assert result.exit_code == 1
    assert "`flask`" in result.stdout


def test_offline_without_knowledge_is_undecided(place: Place) -> None:
    """Exit code 3: what would have to be fetched, and how; no knowledge base is made for it."""
    write(place, Pipfile=PIPFILE)
    result = place.advise("--offline")
    assert result.exit_code == 3
    assert result.stdout.startswith("Undecided: ")
    assert "the page of `flask`" in result.stdout
    assert "without `--offline`" in result.stdout
    assert place.files() == ["Pipfile"]
    assert json.loads(place.advise("--offline", "--format", "json").stdout)["outcome"] == "undecided"
    assert not (place.folder.parent / "kb.sqlite").exists()


def test_an_index_that_is_down_is_an_error(place: Place) -> None:
    """Exit code 3, and the lock that is there stays as it is."""
    write(place, Pipfile=PIPFILE, Pipfile_lock=EMPTY_LOCK)
    place.index.answer("/simple/flask/", Answer(status=403))
    said = failed(place.advise(), 3)
    assert "127.0.0.1" in said
    assert (place.folder / "Pipfile.lock").read_text(encoding="utf-8") == EMPTY_LOCK


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[packages\n", "Pipfile:1: "),
        ('[packages]\nflask = ">>1"\n', "Pipfile:2: "),
        ('[packages]\n\n"-x" = "*"\n', "Pipfile:3: "),
        (
            '[packages]\nflask = "*"\n[pipenv.pinwise]\ngoal = "fast"\n',
            "Pipfile:4: `goal` has no choice `fast`",
        ),
        ('[packages]\nflask = "*"\n[pipenv.pinwise]\ngaol = 1\n', "did you mean `goal`?"),
        ("", "requires nothing"),
    ],
)
def test_a_manifest_that_cannot_be_read_is_a_usage_error(place: Place, text: str, says: str) -> None:
    """File and line are named, and nothing is asked of any index."""
    write(place, Pipfile=text)
    assert says in failed(place.advise(), 2)
    assert place.index.requests == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--fetch-limit", "-1"], "`--fetch-limit` must be a whole number, 0 or more, not `-1`"),
        (["--time-limit", "soon"], "`--time-limit` must be a number of seconds, not `soon`"),
        (["--goal", "best"], "`--goal` has no choice `best`"),
        (["--predictor", "exakt"], "did you mean `exact`?"),
        (["--lock", "lock.yaml"], "`lock.yaml` is not the name of a lock"),
        (["--lock", "Pipfile.lock"], "`Pipfile.lock` needs a `Pipfile`"),
        (["--lock", "a.txt", "--lock", "./a.txt"], "two locks would be written"),
        (["--lock", "requirements.txt"], "was read as a manifest"),
        (["--platform", "win_ia64"], "not a platform that pinwise knows"),
        (["--python", "2.7"], "not among the targets"),
        (["--index-url", "index.example"], "`--index-url` must be the URL of an index"),
        (["--format", "xml"], "`--format` has no choice `xml`"),
        (["--goall", "latest"], "did you mean `--goal`?"),
        (["--goal"], "requires an argument"),
        (["a", "b"], "unexpected extra argument"),
        (["-r", "absent.txt"], "absent.txt"),
        (["absent"], "absent"),
        (["--config-file", "absent.toml"], "there is no configuration file"),
    ],
)
def test_a_wrong_argument_is_a_usage_error(place: Place, arguments: list[str], says: str) -> None:
    """Exit code 2, in our own form, with the next step; no lock is written."""
    write(place, requirements_txt="flask\n")
    said = failed(place.advise(*arguments), 2)
    assert says in said
    assert place.files() == ["requirements.txt"]


def test_a_lock_that_cannot_be_written_is_an_error(place: Place) -> None:
    """Nothing is lost: what is in its place stays, and no temporary file remains."""
    write(place, requirements_txt="flask\n")
    (place.folder / "pylock.toml").mkdir()
    assert "`pylock.toml` is a folder" in failed(place.advise(), 2)
    assert place.files() == ["pylock.toml", "requirements.txt"]


def test_a_digest_that_differs_is_found(place: Place) -> None:
    """A file that is not what the index says is not read: the release is left out or the index has failed."""
    write(place, requirements_txt="broken\n")
    result = place.advise()
    assert result.exit_code in {1, 3}
    assert place.files() == ["requirements.txt"]


def test_credentials_are_used_and_never_shown(place: Place) -> None:
    """A password in the index URL reaches the index, and neither a stream nor a lock."""
    write(place, requirements_txt="flask\n")
    with LoopbackIndex(credentials=("me", "s3cret")) as private:
        private.add(wheel("flask", "3.0"))
        url = private.url.replace("http://", "http://me:s3cret@")
        for form in ("text", "json"):
            result = place.run("advise", *TARGET, "--format", form, "--index-url", url, index_url=None)
            assert result.exit_code == 0, result.output
            assert "s3cret" not in result.output
    assert "s3cret" not in (place.folder / "pylock.toml").read_text(encoding="utf-8")


def test_a_manifest_that_was_not_read_is_named(place: Place) -> None:
    """With two manifests in a folder, the user learns which one counts."""
    write(place, Pipfile=PIPFILE, requirements_txt="flask\n")
    result = place.advise("--dry-run")
    assert "warning: `Pipfile` was read; `requirements.txt` in the same folder was not." in result.stderr


def test_settings_of_the_manifest_count(place: Place) -> None:
    """Target and lock can stand in the manifest itself."""
    table = '[pipenv.pinwise]\npython = "3.11"\nplatform = "musllinux_1_2_x86_64"\nlock = "pylock.web.toml"\n'
    write(place, Pipfile=PIPFILE + table)
    result = place.run("advise")
    assert result.exit_code == 0, result.output
    assert "declared" not in result.stdout.split("Packages")[0].replace("`python` in", "")
    assert "`python` in `[pipenv.pinwise]` of `Pipfile`" in result.stdout
    assert "pylock.web.toml" in place.files()


# --- environment and kb


def test_an_environment_in_three_forms(place: Place) -> None:
    """Text for people, TOML and JSON with the same facts."""
    expected = declare("3.12", "manylinux_2_28_x86_64")
    text = place.run("environment", *TARGET)
    assert text.exit_code == 0
    assert "declared with `--python`" in text.stdout
    as_json = json.loads(place.run("environment", *TARGET, "--format", "json").stdout)
    as_toml = tomllib.loads(place.run("environment", *TARGET, "--format", "toml").stdout)
    assert as_json == as_toml
    assert as_json["tags"] == list(expected.tags)
    assert as_json["markers"] == dict(expected.markers)


def test_an_environment_follows_the_project(place: Place) -> None:
    """What the Pipfile requires is the target, unless something outranks it."""
    write(place, Pipfile='[packages]\nflask = "*"\n[requires]\npython_version = "3.9"\n')
    result = place.run("environment", "--platform", "manylinux_2_28_x86_64")
    assert "required by `Pipfile`" in result.stdout
    assert "3.9.0" in result.stdout
    assert "there is no folder `absent`" in failed(place.run("environment", "absent"), 2)


def test_the_knowledge_base_can_be_looked_after(place: Place) -> None:
    """Its path, what is in it, and how a project is forgotten."""
    path = place.run("kb", "path").stdout.strip()
    assert path == os.environ["PINWISE_KB"]
    assert "there is no knowledge base" in failed(place.run("kb", "status"), 3)
    write(place, Pipfile=PIPFILE)
    assert place.advise().exit_code == 0
    status = place.run("kb", "status").stdout
    assert path in status
    assert place.index.url in status
    assert "3 projects" in status
    forgot = place.run("kb", "forget", "Flask")
    assert forgot.exit_code == 0
    assert forgot.stdout.startswith(f"Forgot `flask` of {place.index.url}: 2 releases")
    assert "2 projects" in place.run("kb", "status").stdout
    assert "nothing is known of `flask`" in failed(place.run("kb", "forget", "flask"), 2)
    assert "did you mean `click`?" in failed(place.run("kb", "forget", "clic"), 2)
    assert "is not a valid project name" in failed(place.run("kb", "forget", "-"), 2)


def test_a_knowledge_base_that_is_none_is_an_error(place: Place) -> None:
    """A foreign file is named and left alone."""
    write(place, Pipfile=PIPFILE, notes_txt="my notes")
    said = failed(place.advise("--kb", "notes.txt"), 3)
    assert "notes.txt" in said
    assert (place.folder / "notes.txt").read_text(encoding="utf-8") == "my notes"


def test_unknown_commands_get_near_ones(place: Place) -> None:
    """A misspelt command is a usage error with the one that was meant; none at all shows the help."""
    assert "did you mean `advise`?" in failed(place.run("advice"), 2)
    assert "did you mean `status`?" in failed(place.run("kb", "stats"), 2)
    assert "hint: `pinwise advise` does that" in failed(place.run("lock"), 2)
    bare = place.run("--help")
    assert bare.exit_code == 0
    assert all(name in bare.stdout for name in ("advise", "environment", "kb"))


# --- as a process


def process(place: Place, *arguments: str, stdout: int = subprocess.PIPE) -> "subprocess.Popen[str]":
    """Start `pinwise` as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "pinwise", *arguments],
        cwd=place.folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        text=True,
        stdout=stdout,
        stderr=subprocess.PIPE,
    )


def test_ctrl_c_stops_at_once_and_loses_nothing(place: Place) -> None:
    """Exit code 130, one line, no lock and no half of one; the lock that is there stays."""
    write(place, Pipfile=PIPFILE, Pipfile_lock=EMPTY_LOCK)
    place.index.answer("/simple/click/", Answer(delay=30.0))
    running = process(place, "advise", *TARGET, "--index-url", place.index.url)
    deadline = time.monotonic() + 20
    while not place.index.count("/simple/flask/"):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(0.3)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=20)
    assert running.returncode == 130
    assert (out, err) == ("", "interrupted\n")
    assert place.files() == ["Pipfile", "Pipfile.lock"]
    assert (place.folder / "Pipfile.lock").read_text(encoding="utf-8") == EMPTY_LOCK


def test_a_reader_that_goes_away_is_no_error(place: Place) -> None:
    """`pinwise advise | head -0` stays quiet."""
    write(place, Pipfile=PIPFILE)
    reading, writing = os.pipe()
    os.close(reading)
    running = process(place, "environment", *TARGET, "--format", "json", stdout=writing)
    os.close(writing)
    _, err = running.communicate(timeout=20)
    assert err == ""


def test_a_warm_answer_loads_no_network_client(place: Place) -> None:
    """Offline, neither httpx2 nor rich nor tomlkit is imported."""
    write(place, requirements_txt="flask\n")
    assert place.advise().exit_code == 0
    arguments = ["advise", *TARGET, "--offline", "--index-url", place.index.url]
    code = (
        "import sys\nfrom pinwise.cli import main\n"
        f"try:\n    main({arguments!r})\n"
        "except SystemExit as end:\n"
        "    print(end.code, {'httpx2', 'rich', 'tomlkit'} & set(sys.modules), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=place.folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stderr.splitlines()[-1] == "0 set()"


def test_the_version_is_shown(place: Place) -> None:
    """On stdout, exit code 0."""
    result = place.run("--version")
    assert result.exit_code == 0
    assert result.stdout.startswith("pinwise ")


# --- projects and scripts

PROJECT = """\
[project]
name = "shop"
requires-python = ">=3.11"
dependencies = ["flask"]

[project.optional-dependencies]
test = ["pytest"]

[dependency-groups]
test = ["pytest", "broken"]
"""


def test_a_project_becomes_a_pylock_with_extras(place: Place) -> None:
    """The lock names the extra that was asked for; what was passed over is said on stderr."""
    write(place, pyproject_toml=PROJECT, requirements_txt="nothing\n")
    result = place.run("advise", "--platform", TARGET[3], "--extra", "test")
    assert result.exit_code == 0, result.output
    assert "the lowest that `requires-python` of `pyproject.toml` allows" in result.stdout
    assert "`--python python3`" in result.stdout
    assert "Packages that `[test]` adds: 1" in result.stdout
    assert "`pyproject.toml` was read; `requirements.txt` in the same folder was not." in result.stderr
    lock = tomllib.loads((place.folder / "pylock.toml").read_text(encoding="utf-8"))
    assert lock["extras"] == ["test"]
    assert {each["name"]: each.get("marker") for each in lock["packages"]} == {
        "click": None,
        "flask": None,
        "pytest": "'test' in extras",
    }
    assert lock["tool"]["pinwise"]["environment"]["python"] == "3.11.0"
    place.index.add(wheel("pytest", "9.0"))
    again = place.run("advise", "--platform", TARGET[3], "--extra", "test", "--refresh")
    assert "`pylock.toml` says the same already" in again.stdout


def test_overrides_and_exclusions_reach_report_and_lock(place: Place) -> None:
    """What is overridden or excluded is so in pins, report and the command that installs."""
    own = '[tool.pinwise]\noverrides = ["click<8"]\nlock = ["requirements.txt"]\n'
    write(place, pyproject_toml=PROJECT + own)
    result = place.advise()
    assert result.exit_code == 0, result.output
    assert re.search(r"^  click +7\.0 ", result.stdout, re.MULTILINE)
    assert "click<8  (pyproject.toml:12)\n      in place of `click>=8` of flask" in result.stdout
    assert "pip install --no-deps --require-hashes -r requirements.txt" in result.stdout
    write(place, pyproject_toml=PROJECT + '[tool.pinwise.exclude]\nclick = "vendored"\n')
    content = json.loads(place.advise("--format", "json").stdout)
    assert [each["name"] for each in content["packages"]] == ["flask"]
    assert content["excluded"] == [
        {
            "name": "click",
            "reason": "vendored",
            "place": "pyproject.toml:12",
            "in_place_of": [{"name": "flask", "requirement": "click>=8"}],
        }
    ]


def test_a_script_has_a_lock_of_its_own(place: Place) -> None:
    """The lock stands beside the script, under its name, for the Python that the script asks for."""
    write(place, tool_py='# /// script\n# requires-python = ">=3.12"\n# dependencies = ["flask"]\n# ///\n')
    (place.folder / ".python-version").write_text("3.9\n", encoding="utf-8")
    result = place.run("advise", "tool.py", "--platform", TARGET[3])
    assert result.exit_code == 0, result.output
    assert "the lowest that `requires-python` of `tool.py` allows" in result.stdout
    assert "pip install -r pylock.tool.toml" in result.stdout
    assert place.files() == [".python-version", "pylock.tool.toml", "tool.py"]


def test_the_next_step_of_a_script_makes_its_environment(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A script has no environment of its own: the line makes one for it, unless one is active."""
    write(place, tool_py='# /// script\n# requires-python = ">=3.12"\n# dependencies = ["flask"]\n# ///\n')
    made = "  python3.12 -m venv .venv-tool && pinwise install tool.py --python .venv-tool\n"
    assert made in place.run("advise", "tool.py", "--platform", TARGET[3]).stdout
    monkeypatch.setenv("VIRTUAL_ENV", str(place.folder / "other"))
    again = place.run("advise", "tool.py", "--platform", TARGET[3])
    assert "\n  pinwise install tool.py\n" in again.stdout


def test_a_python_that_may_not_be_here_is_named_with_the_next_step(place: Place) -> None:
    """Where the lock is for the lowest Python of the manifest, what follows names it and the way out."""
    write(place, pyproject_toml=PROJECT)
    shown = place.run("advise").stdout
    assert "Next, install it with Python 3.11 (or advise with `--python python3`):\n" in shown


def test_a_group_alone(place: Place) -> None:
    """Only the group is locked, and nothing can be asked for beside it."""
    write(place, pyproject_toml='[project]\nname = "a"\n[dependency-groups]\ndocs = ["pytest"]\n')
    result = place.advise("--only-group", "docs")
    assert result.exit_code == 0, result.output
    assert "Packages of `docs`: 1" in result.stdout
    said = failed(place.advise("--only-group", "docs", "--all-extras"), 2)
    assert "`--only-group` leaves out what the other options ask for" in said


def test_an_unknown_group_has_a_near_name(place: Place) -> None:
    """The error names the file, the line and what was meant; no file is written."""
    write(place, pyproject_toml=PROJECT)
    said = failed(place.advise("--group", "tests"), 2)
    assert "error: pyproject.toml:9: this project has no dependency group `tests`" in said
    assert "hint: did you mean `test`?" in said
    assert place.files() == ["pyproject.toml"]


def test_the_target_of_a_project(place: Place) -> None:
    """`environment` takes the Python of a project or a script, whatever they require."""
    write(place, pyproject_toml=PROJECT.replace('dependencies = ["flask"]', 'dynamic = ["dependencies"]'))
    assert json.loads(place.run("environment", "--format", "json").stdout)["python"] == "3.11.0"
