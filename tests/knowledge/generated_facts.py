"""Hypothesis strategies for everything that an index may say of a project."""

from hypothesis import strategies as st
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from pinwise.model.facts import Document, File, Metadata, Origin, Project, Release, Skip, Unusable
from pinwise.model.names import NormalizedName, normalise

INDEX = "https://index.example/simple"
NAME = normalise("flask")

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
digests = st.text("0123456789abcdef", min_size=64, max_size=64)
numbers = st.integers(0, 2**62)
specifiers = st.sampled_from(["", ">=3.8", ">=3.8,<4", "!=3.9.*,>=3.7", "===odd", "~=3.10"])
versions = st.sampled_from(
    ["0.1", "1.0", "1.0.1", "1!0.5", "2.0rc1", "2.0", "2.0.post1", "2.1.dev3", "3.0+local.1"]
)
tags = st.sampled_from(["", "py3-none-any", "cp38.cp39-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64"])
markers = st.sampled_from(
    [
        "",
        'extra == "fast"',
        'python_version < "3.8" and extra == "a"',
        'os_name == "a; b" or sys_platform == "x"',
    ]
)
names: st.SearchStrategy[NormalizedName] = st.sampled_from(["click", "jinja2", "zope-interface"]).map(
    normalise
)


@st.composite
def requirements(draw: st.DrawFn) -> Requirement:
    """Requirements of every form: extras, specifiers, URLs, markers."""
    name = draw(st.sampled_from(["Click", "jinja2", "zope.interface"]))
    extras = draw(st.sampled_from(["", "[fast]", "[fast,Slow_er]"]))
    end = draw(st.sampled_from(["", ">=1", ">=1.0,!=1.5,<2", "===odd", " @ https://files.example/a;b.whl"]))
    marker = draw(markers)
    return Requirement(f"{name}{extras}{end}" + (f" ; {marker}" if marker else ""))


@st.composite
def releases(draw: st.DrawFn, version: str) -> Release:
    """One release with up to three files, in the order of their names."""
    files = draw(
        st.lists(
            st.builds(
                File,
                filename=st.sampled_from("abcdé").map(lambda letter: f"flask-{version}-{letter}"),
                url=texts,
                sha256=st.none() | digests,
                size=st.none() | numbers,
                uploaded=st.none() | numbers,
                requires_python=st.none() | specifiers,
                yanked=st.none() | texts,
                metadata=st.none() | st.just("?") | st.just("") | digests,
                tags=tags,
            ),
            min_size=1,
            max_size=3,
            unique_by=lambda file: file.filename,
        )
    )
    return Release(Version(version), tuple(sorted(files, key=lambda file: file.filename)))


@st.composite
def projects(draw: st.DrawFn, *, sha256: bool = True) -> Project:
    """One project; without `sha256` no file has a digest, so that any page may follow any other."""
    chosen = sorted(draw(st.sets(versions, max_size=4)), key=Version)
    listed = [draw(releases(version)) for version in chosen]
    if not sha256:
        listed = [Release(v, tuple(file._replace(sha256=None) for file in files)) for v, files in listed]
    skipped = draw(st.lists(st.builds(Skip, texts, texts), max_size=2))
    status = draw(st.sampled_from(["active", "archived", "quarantined", "deprecated"]))
    return Project(NAME, INDEX, tuple(listed), tuple(skipped), status)


documents: st.SearchStrategy[Document] = st.one_of(
    st.builds(Unusable, texts),
    st.builds(
        Metadata,
        requires_python=st.none() | specifiers.map(SpecifierSet),
        requirements=st.lists(requirements(), max_size=4).map(tuple),
        extras=st.frozensets(names, max_size=2),
        origin=st.sampled_from(Origin),
        file=texts,
    ),
)
answers: st.SearchStrategy[dict[tuple[str, str], Document | None]] = st.dictionaries(
    st.tuples(texts, st.sampled_from([origin.value for origin in Origin])), st.none() | documents, max_size=5
)
