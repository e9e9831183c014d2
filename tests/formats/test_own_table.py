"""Our own table in a manifest: what only a manifest can say."""

import pytest

from pinwise.formats.own_table import OwnTable, read_own_table
from pinwise.formats.toml_text import Document
from pinwise.model.errors import ManifestError


def read(text: str) -> OwnTable:
    """Read a table."""
    return read_own_table(Document.parse(f"[tool.pinwise]\n{text}", "pyproject.toml"), "tool", "pinwise")


def test_each_key_is_read_with_its_lines() -> None:
    """Constraints, overrides and exclusions keep where they stand, in a list of one line or of several."""
    own = read(
        'constraints = ["a<2", "b"]\n'
        "overrides = [\n  # newer than they say\n  'C_d>=3; os_name == \"posix\"',\n]\n"
        'allow-prereleases = {x = true, y = false}\ngoal = "latest"\n'
        '[tool.pinwise.exclude]\nPywin32 = "we run\\non Linux"\n'
    )
    assert [(str(one), one.place.line) for one in own.constraints] == [("a<2", 2), ("b", 2)]
    assert [(one.name, str(one.requirement.specifier), one.place.line) for one in own.overrides] == [
        ("c-d", ">=3", 5)
    ]
    assert [(one.name, one.reason, one.place.line) for one in own.exclusions] == [
        ("pywin32", "we run?on Linux", 10)
    ]
    assert own.prereleases.names == {"x"}
    assert own.settings == {"goal": "latest"}


def test_a_table_that_is_not_there_says_nothing() -> None:
    """Without the table there is nothing of it, and no error."""
    own = read_own_table(Document.parse("", "pyproject.toml"), "tool", "pinwise")
    assert (own.settings, own.constraints, own.overrides, own.exclusions) == ({}, (), (), ())


@pytest.mark.parametrize(
    ("text", "line", "message", "hint"),
    [
        ('constraints = "a<2"', 2, "`constraints` must be a list of strings", ""),
        ('constraints = ["a[x]<2"]', 2, "the constraint `a[x]<2` has extras", "write `a<2`"),
        ('overrides = [\n"b",\n"a[x]"]', 4, "the override `a[x]` has extras", "write `a`"),
        ('overrides = ["a @ https://x.example/a.whl"]', 2, "is a remote URL", "put the project on an index"),
        ('overrides = ["?"]', 2, "`?` is not a valid requirement", "write it like"),
        ('exclude = ["a"]', 2, "must be a table of projects and reasons", "exclude = {pywin32"),
        ('exclude = {a = ""}', 2, "the exclusion of `a` has no reason", "exclude = {pywin32"),
        ("exclude = {a = 1}", 2, "the exclusion of `a` has no reason", "exclude = {pywin32"),
        ('[tool.pinwise.exclude]\na_b = "x"\nA-B = "y"', 4, "`a-b` is excluded twice", "keep one"),
        ('exclude = {"?" = "x"}', 2, "`?` is not a valid project name", "use letters"),
        ("allow_prereleases = 1", 2, "`tool.pinwise.allow_prereleases` must be a table", "write it like"),
    ],
    ids=range(11),
)
def test_what_is_wrong_is_told_with_its_line(text: str, line: int, message: str, hint: str) -> None:
    """A value of the wrong kind is an error with file, line and a next step."""
    with pytest.raises(ManifestError) as caught:
        read(text)
    assert (caught.value.file, caught.value.line) == ("pyproject.toml", line)
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")


# --- overlays


def test_an_overlay_is_read_with_its_lines() -> None:
    """Each overlay has its settings, requirements and choice of groups, in the order of the file."""
    own = read(
        'goal = "latest"\n[tool.pinwise.overlays.gpu]\npython = "3.12"\nall-extras = true\n'
        'requirements = [\n  "torch",\n  "a[b]>1",\n]\nexclude = {c = "no"}\n'
        "[tool.pinwise.overlays.cpu_2]\nonly_groups = ['serve']\nallow-prereleases = {torch = true}\n"
    )
    gpu, cpu = own.overlays
    assert (gpu.name, gpu.table, gpu.place.line) == ("gpu", "[tool.pinwise.overlays.gpu]", 3)
    assert (gpu.settings, gpu.settings_places["python"].line) == ({"python": "3.12"}, 4)
    assert [(str(one), one.place.line) for one in gpu.requirements] == [("torch", 7), ("a[b]>1", 8)]
    assert [one.name for one in gpu.exclusions] == ["c"]
    assert (gpu.selection.all_extras, cpu.selection.only_groups) == (True, ("serve",))
    assert cpu.prereleases.names == {"torch"}
    assert (own.settings, own.exclusions) == ({"goal": "latest"}, ())


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("overlays = 1", 2, "`tool.pinwise.overlays` must be a table"),
        ("[tool.pinwise.overlays]\ngpu = 1", 3, "`tool.pinwise.overlays.gpu` must be a table"),
        ('[tool.pinwise.overlays."../x"]', 2, "`../x` is not a name of an overlay"),
        (f"[tool.pinwise.overlays.{'x' * 61}]", 2, "is not a name of an overlay"),
        ("[tool.pinwise.overlays.a]\nall_groups = 1", 3, "`all_groups` must be `true` or `false`"),
        ("[tool.pinwise.overlays.a]\nonly-groups = ['x']\ngroups = ['y']", 3, "`only_groups` leaves out"),
        ("[tool.pinwise.overlays.a]\nrequirements = ['./x']", 3, "is not a valid requirement"),
    ],
)
def test_a_broken_overlay_is_told_with_its_line(text: str, line: int, message: str) -> None:
    """What cannot be an overlay is an error with file and line."""
    with pytest.raises(ManifestError) as caught:
        read(text)
    assert message in caught.value.message
    assert caught.value.line == line
