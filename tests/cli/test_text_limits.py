"""How long and how deep what stands in a manifest may be: settings, each of which ends what it should."""

import json

import pytest

from support.artifacts import wheel
from support.place import Place, failed, write

PROJECT = '[project]\nname = "app"\nversion = "1"\ndependencies = ["flask"]\n'
DEEP = "[" * 40 + "]" * 40
LONG = f"flask; os_name != '{'x' * 17_000}'\n"
NESTED = f"flask; {'(' * 50}os_name != 'x'{')' * 50}\n"
MANIFESTS = {
    "toml_depth": ("pyproject.toml", f"{PROJECT}[tool.other]\ndeep = {DEEP}\n", 60, "nested too deep"),
    "entry_length": ("requirements.txt", LONG, 18_000, "longer than 16,384 characters"),
    "marker_depth": ("requirements.txt", NESTED, 60, "nests parentheses more than 40 deep"),
}
THOTH = (
    "runtime_environments:\n"
    "  - name: deep\n"
    "    operating_system: {name: fedora, version: '38'}\n"
    "    python_version: '3.11'\n"
    f"managers: {DEEP}\n"
)


def put(place: Place, name: str, text: str) -> None:
    (place.folder / name).write_text(text, encoding="utf-8")


@pytest.mark.parametrize("name", MANIFESTS)
@pytest.mark.parametrize("way", ["variable", "file"])
def test_a_limit_is_what_refuses_a_manifest(
    place: Place, monkeypatch: pytest.MonkeyPatch, name: str, way: str
) -> None:
    """Under the limit the manifest is refused, and the setting named; with the limit raised it is read."""
    file, text, off, expected = MANIFESTS[name]
    put(place, file, text)
    said = " ".join(failed(place.advise(), 2).split())
    assert expected in said
    assert f"`{name}`" in said
    if way == "variable":
        monkeypatch.setenv(f"PINWISE_{name.upper()}", str(off))
        result = place.advise()
    else:
        put(place, "config.toml", f"{name} = {off}\n")
        result = place.advise("--config-file", "config.toml")
    assert result.exit_code == 0, result.output
    assert 'name = "flask"' in place.text("pylock.toml")


@pytest.mark.parametrize(("depth", "is_read"), [(200, True), (201, False), (5000, False)])
def test_what_recursion_cannot_do_is_refused_whatever_the_limit(
    place: Place,
    monkeypatch: pytest.MonkeyPatch,
    depth: int,
    is_read: bool,  # noqa: FBT001  # a case
) -> None:
    """However high the limit, a marker that Python could not read again is refused, in words."""
    monkeypatch.setenv("PINWISE_MARKER_DEPTH", "1000000")
    monkeypatch.setenv("PINWISE_ENTRY_LENGTH", "1000000")
    marker = f"{'(' * depth}os_name != 'x'{')' * depth}"
    place.index.add(wheel("app", "1.0", requires=[f"flask; {marker}"]))
    write(place, requirements_txt="app\n")
    for _ in range(2):  # from the index, then from the knowledge base
        assert place.advise().exit_code == (0 if is_read else 1)
    put(place, "requirements.txt", f"flask; {marker}\n")
    assert place.advise().exit_code == (0 if is_read else 2)


def test_a_deep_manifest_is_edited_as_well(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was read under a raised limit can be edited, converted and asked about, too."""
    put(place, "pyproject.toml", MANIFESTS["toml_depth"][1])
    monkeypatch.setenv("PINWISE_TOML_DEPTH", "60")
    for command in (("add", "click"), ("remove", "click")):
        result = place.edit(*command)
        assert result.exit_code == 0, result.output
    assert place.text("pyproject.toml") == MANIFESTS["toml_depth"][1]
    assert place.run("convert", "pyproject.toml", "Pipfile").exit_code == 0
    assert place.run("config", "show").exit_code == 0


def test_yaml_depth(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A `.thoth.yaml` that is nested deeper is refused, and read with the limit raised."""
    put(place, ".thoth.yaml", THOTH)
    write(place, requirements_txt="flask\n")
    said = failed(place.run("advise", "--overlay", "deep"), 2)
    assert "nested too deep" in said
    assert "`yaml_depth`" in said
    monkeypatch.setenv("PINWISE_YAML_DEPTH", "60")
    result = place.run("advise", "--overlay", "deep")
    assert result.exit_code == 0, result.output


def test_a_manifest_cannot_raise_its_own_limits(place: Place) -> None:
    """They hold before a manifest is read, so that its table says nothing of them."""
    put(place, "pyproject.toml", PROJECT + "[tool.pinwise]\ntoml_depth = 60\n")
    assert "it belongs in the configuration file" in failed(place.advise(), 2)


def test_a_configuration_file_is_read_under_the_usual_limits(place: Place) -> None:
    """The file that raises a limit is not read under it."""
    write(place, requirements_txt="flask\n")
    put(place, "config.toml", f"toml_depth = 60\nmetadata = {DEEP}\n")
    assert "nested too deep" in failed(place.advise("--config-file", "config.toml"), 2)


def test_they_are_shown(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """`config show` has each with its default, and where another value comes from."""
    monkeypatch.setenv("PINWISE_YAML_DEPTH", "60")
    shown = json.loads(place.run("config", "show", "--format", "json").stdout)["settings"]
    values = {name: each["value"] for name, each in shown.items()}
    assert (values["entry_length"], values["marker_depth"], values["toml_depth"]) == (16_384, 40, 32)
    assert values["yaml_depth"] == 60
