"""Specifiers as masks say what `packaging` says."""

from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from pinwise.space.masks import bit, matching, newest, positions, present

RELEASES = st.lists(st.integers(0, 3), min_size=1, max_size=3).map(lambda parts: ".".join(map(str, parts)))
SUFFIXES = st.sampled_from(
    ["", "", "", "a1", "b2", "rc1", ".dev1", ".post1", "a1.dev2", ".post1.dev3", "+local", "+a.1", ".post1+x"]
)
EPOCHS = st.sampled_from(["", "", "", "1!"])
VERSIONS = st.builds(lambda epoch, release, suffix: epoch + release + suffix, EPOCHS, RELEASES, SUFFIXES)
OPERATORS = st.sampled_from(["==", "!=", ">=", "<=", ">", "<", "~=", "===", "==*", "!=*"])


def specifier(operator: str, version: str) -> SpecifierSet | None:
    """Return the specifier, or None where the standard has no such one."""
    text = f"{operator[:2]}{version}.*" if operator.endswith("*") else operator + version
    try:
        return SpecifierSet(text)
    except InvalidSpecifier:
        return None


@given(st.sets(VERSIONS.map(Version), max_size=14), st.lists(st.tuples(OPERATORS, VERSIONS), max_size=3))
def test_a_mask_holds_what_the_specifier_contains(found: set[Version], parts: list[tuple[str, str]]) -> None:
    """Bisection and neighbours give the verdict that every version would get alone."""
    versions = sorted(found)
    texts = [str(each) for operator, version in parts if (each := specifier(operator, version)) is not None]
    wanted = SpecifierSet(",".join(texts))
    expected = {k for k, version in enumerate(versions) if wanted.contains(version, prereleases=True)}
    assert set(positions(matching(wanted, versions))) == expected


def test_bits_and_positions_are_inverse() -> None:
    """Bit 0 stands for absence and is no position."""
    assert list(positions(bit(0) | bit(3) | 1)) == [0, 3]
    assert present(3) == bit(0) | bit(1) | bit(2)
    assert newest(bit(1) | bit(4) | 1) == 4
