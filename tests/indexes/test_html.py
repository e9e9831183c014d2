"""The HTML scanner: the tags of an index page, in time that grows with its length only."""

import time
from contextlib import suppress

import pytest

from pinwise.indexes.html import StartTag, UnfinishedTagError, start_tags

LONGEST = 0.05
"""Seconds for a page of 60 KB."""


def tags(text: str) -> list[tuple[str, dict[str, str]]]:
    return [(tag.name, tag.attributes) for tag in start_tags(text)]


def test_attributes() -> None:
    """Attributes are read in every form that HTML allows; the first of a name counts."""
    page = """<A HREF="x" data-a='1&gt;2' b = c data-yanked>text</A><a href=y/z href=no>"""
    assert tags(page) == [
        ("a", {"href": "x", "data-a": "1>2", "b": "c", "data-yanked": ""}),
        ("a", {"href": "y/z"}),
    ]


def test_what_is_no_tag() -> None:
    """Comments, scripts, other tags and text hold no links."""
    page = (
        '<!DOCTYPE html><!-- <a href="no"> --><script>"<a href=no>"</script><title><a href=no></title>'
        '< a href=no>1 < 2</a href="no"><p class="<a href=no>">&lt;a&gt;<a href="yes">'
    )
    assert tags(page) == [("a", {"href": "yes"})]


def test_base_and_meta() -> None:
    """`base` and `meta` tags are yielded with the anchors, in order."""
    page = '<meta name="pypi:repository-version" content="1.0"/><base href="/x/"><a href="y"/>'
    assert [tag.name for tag in start_tags(page)] == ["meta", "base", "a"]


@pytest.mark.parametrize("page", ['<a href="x', "<a href='x><a href=y>", "<a href=x", "<!-- <a href=x>"])
def test_unfinished(page: str) -> None:
    """A page that ends inside of a tag or a comment is an error: it was cut off, or it hides something."""
    with pytest.raises(UnfinishedTagError):
        tags(page)


@pytest.mark.parametrize("page", ["<", "text <", "<script><a href=x>", "<title><a href=x>"])
def test_the_rest_is_text(page: str) -> None:
    """A lone bracket is text, and what begins a script that never ends holds no tags."""
    assert tags(page) == []


@pytest.mark.parametrize(
    "piece",
    [
        "<a ",
        "<a x=",
        '<a x="',
        "<",
        "<!--",
        "<script>",
        "<a href='",
        "<a",
        " = ",
        "&#",
        "<a\t/",
        "</a",
        "<a x=' y=\"",
        "<a>",
        "<script></script>",
        "<a x",
        "x=''",
        " ",
        "\n/",
        "&amp",
        "<!---->",
        "</title",
        "<title>",
    ],
)
@pytest.mark.parametrize("before", ["", "<a href=x ", "<title>", "<a href='", "<a x"])
def test_linear_time(before: str, piece: str) -> None:
    """60 KB take at most 50 ms, whatever they repeat."""
    page = before + piece * (60_000 // len(piece))
    times = []
    for _ in range(3):  # the best of three: others share the processor
        started = time.thread_time()
        with suppress(UnfinishedTagError):
            list(start_tags(page))
        times.append(time.thread_time() - started)
        if times[-1] < LONGEST:
            break
    assert min(times) < LONGEST


def test_absurd_references() -> None:
    """A character reference of thousands of digits is no error."""
    (tag,) = start_tags(f'<a href="&#{"1" * 10_000};">')
    assert isinstance(tag, StartTag)
