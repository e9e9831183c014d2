import pytest
from packaging.version import Version

from pinwise.explain.versions import collapse_reasons, common_reason, describe, needed, runs
from pinwise.model.conflict import Term

KNOWN = tuple(Version(f"1.{number}") for number in range(10))


def term(*numbers: int, known: tuple[Version, ...] = KNOWN) -> Term:
    """Return versions of `p` by their last part."""
    return Term("p", tuple(Version(f"1.{number}") for number in numbers), known)


@pytest.mark.parametrize(
    ("chosen", "words", "is_plural"),
    [
        (term(*range(10)), "every version of `p`", False),
        (term(), "no version of `p`", False),
        (term(3), "`p` 1.3", False),
        (term(3, 4), "`p` 1.3 and 1.4", True),
        (term(3, 4, 5), "`p >=1.3,<=1.5`", False),
        (term(0, 1, 2), "`p <=1.2`", False),
        (term(7, 8, 9), "`p >=1.7`", False),
        (term(1, 3, 5), "`p` 1.1, 1.3 and 1.5", True),
        (term(0, 2, 3, 4, 9), "`p` 1.0, 1.2 to 1.4 and 1.9", True),
        (term(0, 2, 4, 6, 8), "`p` 1.0, 1.2, 1.4 and 2 more", True),
        (term(0, 1, 2, 3, 5, 6, 7, 8, 9), "every version of `p` except 1.4", False),
        (term(0, known=KNOWN[:1]), "`p` 1.0", False),
        (term(4, known=()), "`p` 1.4", False),
    ],
)
def test_versions_are_told_relative_to_all_that_are_known(
    chosen: Term, words: str, *, is_plural: bool
) -> None:
    """Runs of known neighbours collapse, up to three are named, and the number of the verb follows."""
    assert describe(chosen) == (words, is_plural)


def test_what_would_do_is_joined_by_or() -> None:
    """Several versions that would do are alternatives; where any would, the name is enough."""
    assert needed(term(1, 3)) == "`p` 1.1 or 1.3"
    assert needed(term(*range(10))) == "`p`"
    assert needed(term(8, 9)) == "`p` 1.8 or 1.9"


def test_runs_are_maximal() -> None:
    """Neighbours among the known are one run; a gap among the known splits, one among others does not."""
    assert [str(run) for run in runs(term(0, 1, 2, 4, 5, 9).versions, KNOWN)] == [
        "1.0 to 1.2",
        "1.4 and 1.5",
        "1.9",
    ]
    assert [str(run) for run in runs(map(Version, ["1", "5"]), [Version("1"), Version("5")])] == ["1 and 5"]


@pytest.mark.parametrize(
    ("reasons", "words"),
    [
        (["3.0 needs Python >=3.12"], "3.0 needs Python >=3.12"),
        (["3.1 needs Python >=3.12", "3.0 needs Python >=3.12"], "3.0 and 3.1 need Python >=3.12"),
        ([f"3.{k} needs Python >=3.12" for k in range(5)], "3.0 to 3.4 need Python >=3.12"),
        (["3.0 is broken", "3.1 was yanked", "3.2 is broken"], "3.0 and 3.2 are broken, and 3.1 was yanked"),
        (["the index is odd"], "the index is odd"),
        (["3.0 lacks its wheel", "3.1 lacks its wheel"], "3.0 and 3.1 lack their wheel"),
        ([f"{k} fails {k}" for k in range(6)], "0 fails 0, 1 fails 1, 2 fails 2 and 3 more reasons"),
        ([], ""),
    ],
)
def test_reasons_that_differ_in_the_version_are_one(reasons: list[str], words: str) -> None:
    """Runs of versions with the same reason are told once, in the plural."""
    assert collapse_reasons(reasons) == words


def test_reasons_do_not_run_over_versions_that_have_none() -> None:
    """A known version between two refused ones breaks the run."""
    reasons = ["1.1 was yanked", "1.2 was yanked", "1.4 was yanked"]
    assert collapse_reasons(reasons, KNOWN) == "1.1, 1.2 and 1.4 were yanked"


def test_a_common_reason_covers_all_versions() -> None:
    """Only a reason that every version has, and no other, speaks for all of them."""
    versions = term(1, 2).versions
    assert common_reason(["1.2 is broken", "1.1 is broken"], versions) == "is broken"
    assert common_reason(["1.2 is broken"], versions) == ""
    assert common_reason(["1.2 is broken", "1.1 was yanked"], versions) == ""
