"""Change one piece of a text: an item of a list, an entry of a table, a line."""

from pinwise.formats.edit.spans import Section, Spans, Value, line_end, line_start

INDENT = "    "


def splice(text: str, start: int, end: int, new: str) -> str:
    """Return `text` with `new` in the place of the characters from `start` to before `end`."""
    return text[:start] + new + text[end:]


def newline_at(text: str, place: int) -> str:
    """Return the end of line that is used before `place`, or else in the text; LF where there is none."""
    end = text.rfind("\n", 0, place)
    if end < 0:
        end = text.find("\n")
    return "\r\n" if end > 0 and text[end - 1] == "\r" else "\n"


def insert_line(text: str, place: int, line: str) -> str:
    """Return `text` with a line of its own at the beginning of a line, or at the end of the text.

    A text without an end of line at its end is left without one.
    """
    newline = newline_at(text, place)
    if place == len(text) and text and not text.endswith("\n"):
        return text + newline + line
    return splice(text, place, place, line + newline)


def cut_lines(text: str, start: int, end: int) -> str:
    """Return `text` without the lines from `start` to before `end`, both beginnings of lines."""
    if end >= len(text) and start and not text.endswith("\n"):
        start -= len(newline_at(text, start))
    return splice(text, start, end, "")


# --- items of arrays and inline tables


def insert_item(text: str, values: Value, index: int, literal: str) -> str:
    """Return `text` with one more item of an array or inline table, before the item `index`.

    It stands as its neighbours do: on a line of its own where they have lines of their own.
    """
    if not values.items:
        return _insert_into_empty(text, values, literal)
    if index == len(values.items):
        return _append_item(text, values, literal)
    after = values.items[index]
    comma = values.commas[index - 1] if index else values.start
    assert comma is not None, "every item but the last one has a comma"
    if "\n" not in text[comma : after.start]:
        return splice(text, after.start, after.start, f"{literal}, ")
    place = line_start(text, after.start) if not index else line_end(text, comma)
    return insert_line(text, place, f"{_indent(text, after.start)}{literal},")


def _insert_into_empty(text: str, values: Value, literal: str) -> str:
    inside = text[values.start + 1 : values.end - 1]
    if "\n" not in inside:
        return splice(text, values.start + 1, values.start + 1, literal)
    closing = line_start(text, values.end - 1)
    comments = [line for line in inside.split("\n")[1:] if line.lstrip().startswith("#")]
    indent = _indent(text, values.end - 1) + INDENT
    if comments:
        indent = comments[0][: len(comments[0]) - len(comments[0].lstrip())]
    return insert_line(text, closing, f"{indent}{literal},")


def _append_item(text: str, values: Value, literal: str) -> str:
    last, comma = values.items[-1], values.commas[-1]
    if "\n" not in text[values.start : last.start]:
        return splice(text, last.end, last.end, f", {literal}")
    indent = _indent(text, last.start)
    behind = last.end if comma is None else comma + 1
    if "\n" not in text[behind : values.end - 1]:
        return splice(text, last.end, last.end, f",{newline_at(text, last.start)}{indent}{literal}")
    text = insert_line(text, line_end(text, behind), f"{indent}{literal}{'' if comma is None else ','}")
    return text if comma is not None else splice(text, last.end, last.end, ",")


def _indent(text: str, at: int) -> str:
    """Return the white space with which the line begins that holds the character `at`."""
    line = text[line_start(text, at) : at]
    return line[: len(line) - len(line.lstrip())]


def remove_item(text: str, values: Value, index: int) -> str:
    """Return `text` without one item of an array or inline table.

    An item on a line of its own takes the line along, with a comment behind it.
    """
    items, commas = values.items, values.commas
    item, comma = items[index], commas[index]
    is_last = index == len(items) - 1
    behind = item.end if comma is None else comma + 1
    start, end = line_start(text, item.start), line_end(text, behind)
    rest = text[behind:end].strip()
    has_own_line = not text[start : item.start].strip() and start > values.start
    before = commas[index - 1] if index else None
    if has_own_line and (not rest or rest.startswith("#")) and end < values.end:
        text = splice(text, start, end, "")
    elif not is_last and "\n" not in text[behind : items[index + 1].start]:
        return splice(text, item.start, items[index + 1].start, "")
    elif before is None:
        return splice(text, item.start, behind, "")
    elif "#" in text[before + 1 : item.start]:
        text = splice(text, item.start, behind, "")
    elif is_last:
        return splice(text, items[index - 1].end, item.end, "")
    else:
        return splice(text, before + 1, behind, "")
    if is_last and comma is None and before is not None:
        text = splice(text, before, before + 1, "")
    return text


# --- entries and tables


def body_end(text: str, section: Section) -> int:
    """Return where the line behind the last entry of a table begins; behind its header where it has none."""
    return line_end(text, section.entries[-1].end) if section.entries else section.head


def insert_table(spans: Spans, header: str, lines: list[str], *, beside: str) -> str:
    """Return the text with a new table, behind the last one whose name begins with `beside`, or at the end.

    A comment that stands directly above the next header stays with it.
    """
    text = spans.text
    places = [number for number, each in enumerate(spans.sections) if each.path[:1] == (beside,)]
    place = len(text)
    if places and places[-1] + 1 < len(spans.sections):
        place = _above(text, spans.sections[places[-1] + 1].start)
    newline = newline_at(text, place)
    block = newline.join((header, *lines))
    if text[:place].strip():
        block = newline + block
    return insert_line(text, place, block)


def _above(text: str, header: int) -> int:
    """Return where the lines end that belong to what stands above a header."""
    place = header
    while place and text[line_start(text, place - 1) : place].lstrip().startswith("#"):
        place = line_start(text, place - 1)
    while place and not text[line_start(text, place - 1) : place].strip():
        place = line_start(text, place - 1)
    return place
