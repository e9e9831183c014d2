import pytest

from pinwise.explain.names import MOST, near_names

PROJECTS = [
    "flask",
    "flasgger",
    "django",
    "python-dateutil",
    "pyyaml",
    "scikit-learn",
    "requests",
    "request-id",
]


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("flaskk", "flask"),
        ("flsak", "flask"),
        ("Flask", "flask"),
        ("dateutil", "python-dateutil"),
        ("yaml", "pyyaml"),
        ("scikitlearn", "scikit-learn"),
        ("scikit_learn", "scikit-learn"),
        ("scikit-laern", "scikit-learn"),
        ("reqeusts", "requests"),
    ],
)
def test_the_nearest_name_comes_first(name: str, nearest: str) -> None:
    """Swapped and missing letters, dashes, case and a python prefix are seen through."""
    assert near_names(name, PROJECTS)[0] == nearest


def test_options_and_indexes_work_alike() -> None:
    """Dashes in front do not count, and the spelling of what is known is kept."""
    assert near_names("--prerelase", ["--pre", "--prerelease", "--python"]) == ("--prerelease",)
    assert near_names("Pypy", ["pypi", "Internal"]) == ("pypi",)


@pytest.mark.parametrize("name", ["", "zzz", "x" * 10_000])
def test_what_is_far_from_all_has_no_near_names(name: str) -> None:
    """Nothing is suggested for its own sake, and a name of any length is taken."""
    assert near_names(name, PROJECTS) == ()


def test_few_and_never_the_name_itself() -> None:
    """At most three are suggested, in a fixed order, and never what was asked for."""
    known = [f"flask{letter}" for letter in "abcdef"] + ["flask"]
    assert near_names("flask", known) == ("flaska", "flaskb", "flaskc")
    assert len(near_names("flask", known)) == MOST
    assert near_names("flask", reversed(known)) == near_names("flask", known)
