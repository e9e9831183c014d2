"""Which file is asked about a release, in which order, and which document decides."""

from packaging.version import Version

from pinwise.indexes.documents import Ask, Target, document_order, resolve_document
from pinwise.indexes.filenames import NamedFile, parse_filename
from pinwise.model.facts import Document, File, Metadata, Origin, Release, Unusable
from pinwise.model.names import normalise
from pinwise.model.request import FormatControl

NAME = normalise("a")
TAGS = ["cp311-cp311-linux_x86_64", "cp311-abi3-linux_x86_64", "py3-none-any"]
TARGET = Target(Version("3.11.9"), {tag: rank for rank, tag in enumerate(TAGS)})
BEST = "a-1-cp311-cp311-linux_x86_64.whl"
PURE = "a-1-py3-none-any.whl"
FOREIGN = "a-1-cp39-cp39-win32.whl"
SDIST = "a-1.tar.gz"
FOUND = Metadata(None, (), frozenset())
ANY = FormatControl()


def listed(filename: str, metadata: str | None = None) -> File:
    named = parse_filename(filename, NAME)
    assert isinstance(named, NamedFile)
    return File(
        filename, f"https://files.example/{filename}", None, None, None, None, None, metadata, named.tags
    )


def order(*files: File, formats: FormatControl = ANY) -> list[tuple[str, str]]:
    release = Release(Version("1"), files)
    asks = document_order(release, TARGET, formats, NAME)
    assert len(set(asks)) == len(asks)
    return [(ask.file.filename, ask.kind.value) for ask in asks]


def test_best_wheel_first() -> None:
    """The best compatible wheel comes first, then the compatible, then the foreign ones, then the sdist."""
    files = (listed(SDIST), listed(FOREIGN), listed(PURE), listed(BEST))
    assert order(*files) == order(*reversed(files))
    assert order(*files) == [
        (BEST, "wheel"),
        (PURE, "wheel"),
        (FOREIGN, "wheel"),
        (SDIST, "sdist"),
        (SDIST, "egg-info"),
    ]


def test_metadata_file_before_the_wheel() -> None:
    """A metadata file that is offered, or may be there, is asked before its wheel."""
    for offer in ("", "ab" * 32, "?"):
        assert order(listed(BEST, offer), listed(PURE)) == [
            (BEST, "metadata file"),
            (BEST, "wheel"),
            (PURE, "wheel"),
        ]


def test_sdist_that_offers_metadata() -> None:
    """An sdist's metadata file comes first only where no wheel can be installed; "perhaps" is no offer."""
    assert order(listed(SDIST, ""), listed(FOREIGN)) == [
        (SDIST, "metadata file"),
        (FOREIGN, "wheel"),
        (SDIST, "sdist"),
        (SDIST, "egg-info"),
    ]
    assert order(listed(SDIST, ""), listed(BEST))[0] == (BEST, "wheel")
    assert order(listed(SDIST, "?")) == [(SDIST, "sdist"), (SDIST, "egg-info")]


def test_files_that_are_not_offered_come_later() -> None:
    """A wheel that is yanked, or for other Pythons, stands behind one that the target would install."""
    best = listed(BEST)
    for other in (best._replace(yanked="broken"), best._replace(requires_python=">=3.12")):
        assert [file for file, kind in order(other, listed(PURE)) if kind == "wheel"] == [PURE, BEST]
    assert order(listed(BEST)._replace(yanked=""), listed(PURE)._replace(yanked=""))[0][0] == BEST


def test_a_yanked_sdist_is_asked_last() -> None:
    """Of two sdists the one that is not yanked decides."""
    other = listed("a-1.zip")
    assert order(listed(SDIST)._replace(yanked=""), other)[0][0] == other.filename


def test_build_number_decides_between_equal_tags() -> None:
    """Of two wheels with the same tags the higher build number is asked first."""
    later = "a-1-10-py3-none-any.whl"
    assert order(listed(PURE), listed("a-1-2-py3-none-any.whl"), listed(later))[0] == (later, "wheel")


def test_best_of_several_tags() -> None:
    """A wheel is as good as its best tag."""
    both = "a-1-py2.cp311-none.abi3-any.linux_x86_64.whl"
    assert order(listed(PURE), listed(both))[0] == (both, "wheel")


def test_format_control() -> None:
    """With `--no-binary` no wheel is the one to install; with `--only-binary` the sdist is not asked."""
    files = (listed(BEST), listed(SDIST, ""))
    without = order(*files, formats=FormatControl(no_binary=frozenset({"a"})))
    assert without[0] == (SDIST, "metadata file")
    only = order(*files, formats=FormatControl(only_binary=frozenset({"a"})))
    assert only == [(BEST, "wheel")]


def test_few_other_wheels() -> None:
    """A release with very many wheels is not asked about all of them."""
    files = [listed(f"a-1-cp39-cp39-x{number}.whl") for number in range(50)]
    assert len(order(*files)) == 8


def decided(stored: dict[tuple[str, str], Document | None], given: Metadata | None = None) -> Document | Ask:
    release = Release(Version("1"), (listed(PURE, ""), listed(SDIST)))
    return resolve_document(document_order(release, TARGET, ANY, NAME), stored, given)


def test_the_first_that_is_there_decides() -> None:
    """A document decides if all before it definitely have none; a broken one decides as well."""
    first, second = (PURE, "metadata file"), (PURE, "wheel")
    assert decided({first: FOUND}) == FOUND
    assert decided({first: None, second: FOUND}) == FOUND
    assert decided({first: Unusable("x"), second: FOUND}) == Unusable("x")


def test_a_later_document_is_not_used() -> None:
    """A stored document is of no use while an earlier question is open."""
    ask = decided({(PURE, "wheel"): FOUND}, FOUND)
    assert isinstance(ask, Ask)
    assert (ask.file.filename, ask.kind) == (PURE, Origin.METADATA_FILE)


def test_the_end_of_the_order() -> None:
    """Where no file has a document, what the user gave decides, else the release is unusable."""
    nothing: dict[tuple[str, str], Document | None] = {
        (PURE, "metadata file"): None,
        (PURE, "wheel"): None,
        (SDIST, "sdist"): None,
        (SDIST, "egg-info"): None,
    }
    assert decided(nothing, FOUND) == FOUND
    unusable = decided(nothing)
    assert isinstance(unusable, Unusable)
    assert "without running its code" in unusable.reason
