from collections.abc import Iterator
from pathlib import Path

import pytest

from pinwise.explain.refusal import MOST_SENTENCES, explain
from support.derivations import derivation

GOLDEN = Path(__file__).parent / "golden"
CASES = sorted(GOLDEN.glob("*.txt"))
LINE = "\n----\n"


@pytest.mark.parametrize("path", CASES, ids=[path.stem for path in CASES])
def test_refusal_reads_as_written(path: Path) -> None:
    """A derivation gives exactly the words that stand below the line in its file."""
    case, line, expected = path.read_text(encoding="utf-8").partition(LINE)
    assert line, f"{path.name} has no line of dashes"
    explanation = explain(derivation(case))
    assert "\n".join((explanation.headline, "", *explanation.sentences)) + "\n" == expected


def test_there_are_golden_refusals() -> None:
    """At least thirty shapes are held."""
    assert len(CASES) >= 30


def _expected() -> Iterator[tuple[str, list[str]]]:
    for path in CASES:
        headline, _, *sentences = path.read_text(encoding="utf-8").partition(LINE)[2].splitlines()
        yield headline, sentences


def test_golden_refusals_keep_the_form() -> None:
    """Every golden refusal has one headline and at most five sentences, each whole."""
    for headline, sentences in _expected():
        assert headline.startswith("No stack satisfies the manifest")
        assert 1 <= len(sentences) <= MOST_SENTENCES
        for sentence in (headline, *sentences):
            assert sentence.endswith((".", "?"))
            assert sentence[0].isupper() or sentence[0] == "`"


def test_numbers_stand_only_where_something_is_used_twice() -> None:
    """A number in parentheses appears in two sentences or in none."""
    numbered = [sentences for _, sentences in _expected() if any("(1)" in each for each in sentences)]
    assert numbered
    for sentences in numbered:
        assert sum("(1)" in each for each in sentences) > 1
