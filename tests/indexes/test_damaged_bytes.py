"""Whatever a parser is fed, it answers or raises its one error: `benchmarks/fuzz.py` looks longer."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.fuzzing_bytes import PARSERS, Parser, mutate


@pytest.mark.parametrize("parser", PARSERS, ids=lambda parser: parser.name)
def test_nothing_else_escapes(parser: Parser) -> None:
    """No input makes a parser raise anything but its one error, or take long."""
    pieces = st.one_of(st.sampled_from(parser.tokens), st.binary(max_size=8))
    edits = st.tuples(st.integers(0, 2**14), st.sampled_from((0, 0, 1, 4, 40, 1000)), pieces)

    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(parser.seeds), st.lists(edits, max_size=8))
    def holds(seed: bytes, changes: list[tuple[int, int, bytes]]) -> None:
        parser.try_on(mutate(seed, changes))

    holds()


@pytest.mark.parametrize("parser", PARSERS, ids=lambda parser: parser.name)
def test_what_was_found_stays_mended(parser: Parser) -> None:
    """Inputs that once found something find it no more; those to begin with find nothing."""
    for content in (*parser.seeds, *parser.kept()):
        parser.try_on(content)


@pytest.mark.parametrize("parser", PARSERS, ids=lambda parser: parser.name)
def test_every_parser_reads_something(parser: Parser) -> None:
    """A parser that refuses whatever it gets would pass every other test here."""

    def is_read(content: bytes) -> bool:
        try:
            parser.parse(content)
        except parser.error:
            return False
        return True

    assert any(map(is_read, parser.seeds))


def test_a_parser_that_fails_is_noticed() -> None:
    """The net has no hole of its own: an error of another kind, and one that shows control characters."""

    def careless(content: bytes) -> object:
        return {b"a": 1}[content]

    def shouting(content: bytes) -> object:
        raise ValueError(content.decode())

    with pytest.raises(KeyError):
        Parser("careless", careless, ValueError, (), ()).try_on(b"b")
    with pytest.raises(AssertionError, match="control characters"):
        Parser("shouting", shouting, ValueError, (), ()).try_on(b"\x1b[31m")
