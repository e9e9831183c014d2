"""Edit requirements files, each requirement in the file in which it stands."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pinwise.formats.edit.lists import uneditable
from pinwise.formats.edit.parts import amended, matching, not_there, parts_of, sorted_place
from pinwise.formats.edit.splices import cut_lines, insert_line, newline_at, splice
from pinwise.formats.requirements_lines import RequirementsLine, requirements_lines
from pinwise.model.edit import Edit, Parts, Wanted
from pinwise.model.errors import ManifestError
from pinwise.model.names import NormalizedName
from pinwise.model.request import DEFAULT_GROUP, DirectRequirement

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|$)")
_COMMENT = re.compile(r"(?:^|\s)#.*$")
_DIGESTS_GONE = "its digests, which were those of other files, are left out"


@dataclass(frozen=True, slots=True)
class EditedFiles:
    """Requirements files after an edit: the new text of each that has changed, and what was changed."""

    texts: Mapping[str, str]
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class _Entry:
    """One line that requires something, and what the manifest understood of it."""

    line: RequirementsLine
    direct: DirectRequirement

    @property
    def parts(self) -> Parts:
        """What it says; of a path its project's name and extras."""
        written = None if self.direct.path is not None else parts_of(self.line.requirement)
        if written is not None:
            return written
        marker = self.direct.requirement.marker
        return Parts(self.direct.name, self.direct.extras, "", "" if marker is None else str(marker))

    @property
    def written(self) -> str:
        """The requirement as it stands there, without its options."""
        editable = [f"-e {value}" for name, value in self.line.options if name == "--editable"]
        return self.line.requirement or editable[0]


@dataclass(slots=True)
class _File:
    """One file while it is edited: pieces to replace, by their place in the text as it was."""

    name: str
    text: str
    entries: list[_Entry]
    starts: list[int]
    pieces: list[tuple[int, int, str]] = field(default_factory=list)
    new: dict[int, list[tuple[NormalizedName, str]]] = field(default_factory=dict)
    gone: list[_Entry] = field(default_factory=list)
    come: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, name: str, text: str, located: Iterable[DirectRequirement]) -> "_File":
        places = {direct.place.line: direct for direct in located if direct.place.file == name}
        entries = [
            _Entry(line, places[line.place.line])
            for line in requirements_lines(text, name)
            if line.place.line in places
        ]
        starts = [found.start() for found in _LINE.finditer(text)]
        return cls(name, text, entries, starts)

    def span(self, entry: _Entry) -> tuple[int, int]:
        """Return where the lines of an entry begin, and where the next line does."""
        first, last = entry.line.place.line or 1, entry.line.last
        end = self.starts[last] if last < len(self.starts) else len(self.text)
        return self.starts[first - 1], end

    def replace(self, entry: _Entry, new: str, *, keeps_digests: bool) -> None:
        """Put a requirement in the place of another; its comment and options stay."""
        start, end = self.span(entry)
        raw = self.text[start:end]
        begin = start + len(raw) - len(raw.lstrip())
        options = [
            (name, value)
            for name, value in entry.line.options
            if name != "--editable" and (keeps_digests or name != "--hash")
        ]
        is_plain = keeps_digests and raw.lstrip().startswith(entry.written)
        if is_plain:
            self.pieces.append((begin, begin + len(entry.written), new))
        else:
            body = raw.rstrip("\r\n")
            comments = [found[0].strip() for line in body.splitlines() if (found := _COMMENT.search(line))]
            words = [new, *(f"{name}={value}" for name, value in options)]
            line = " ".join(words) + "".join(f"  {comment}" for comment in comments)
            self.pieces.append((begin, start + len(body), line))
        self.gone.append(entry)
        self.come.append(new)

    def remove(self, entry: _Entry) -> None:
        """Take out the lines of an entry."""
        self.pieces.append((*self.span(entry), ""))
        self.gone.append(entry)

    def insert(self, name: NormalizedName, new: str) -> None:
        """Put in a line, in its place where the file is sorted, else behind the last requirement."""
        index = sorted_place([entry.direct.name for entry in self.entries], name)
        if not self.entries:
            place = len(self.text)
        elif index == 0:
            place = self._above(self.span(self.entries[0])[0])
        else:
            place = self.span(self.entries[index - 1])[1]
        lines = self.new.setdefault(place, [])
        lines.append((name, new))
        if self.is_sorted:
            lines.sort(key=lambda line: line[0])
        self.come.append(new)

    @property
    def is_sorted(self) -> bool:
        """Whether its requirements stand by name."""
        names = [entry.direct.name for entry in self.entries]
        return len(names) > 1 and names == sorted(names)

    def _above(self, start: int) -> int:
        """Return where the comment above a line begins, unless the file begins with it."""
        number = self.starts.index(start)
        first = number
        while first and self.text[self.starts[first - 1] :].startswith("#"):
            first -= 1
        return self.starts[first] if first else start

    def edited(self) -> str:
        """Return the new text.

        Raises:
            ManifestError: It does not say what it should.
        """
        text = self.text
        inserted = [(place, place, "") for place in self.new]
        for start, end, new in sorted([*self.pieces, *inserted], reverse=True):
            if start == end:
                lines = [line for _, line in self.new[start]]
                text = insert_line(text, start, newline_at(text, start).join(lines))
            elif new:
                text = splice(text, start, end, new)
            else:
                text = cut_lines(text, start, end)
        expected = _said(self.text, self.name)
        expected.subtract(entry.written for entry in self.gone)
        expected.update(self.come)
        if +expected != _said(text, self.name):
            raise uneditable(self.name, ("requirements",))
        return text


def _said(text: str, file: str) -> Counter[str]:
    """Return the requirements in a file; two that differ in blanks only are the same."""
    said: Counter[str] = Counter()
    for line in requirements_lines(text, file):
        said.update([line.requirement] if line.requirement else [])
        said.update(f"-e {value}" for name, value in line.options if name == "--editable")
    return said


def add_to_requirements(
    texts: Mapping[str, str], located: Sequence[DirectRequirement], wanted: Sequence[Wanted]
) -> EditedFiles:
    """Return the files with all that is wanted; what is new goes to the first of them.

    Args:
        texts: Name -> text of the files that may be edited, the manifest itself first.
        located: What they require.
        wanted: What to add.

    Raises:
        ManifestError: It is not clear which requirement is meant, or a file cannot be edited.
    """
    files = [_File.read(name, text, located) for name, text in texts.items()]
    edits: list[Edit] = []
    present = [(file, entry) for file in files for entry in file.entries]
    for each in wanted:
        parts = [entry.parts for _, entry in present]
        at = matching(parts, each.parts, "the requirements", files[0].name)
        if at is None:
            files[0].insert(each.parts.key, str(each))
            edits.append(Edit(each.parts.key, None, str(each), DEFAULT_GROUP, files[0].name))
        else:
            edits.append(_amend(*present[at], each))
    return _result(files, edits)


def _amend(file: _File, entry: _Entry, wanted: Wanted) -> Edit:
    old, written = entry.parts, entry.written
    is_path = entry.direct.path is not None
    if wanted.path is not None or (is_path and wanted.parts.bound):
        new = str(wanted)
    elif amended(old, wanted.parts) == old:
        new = written
    elif is_path:
        raise ManifestError(
            f"`{old.name}` is required by its path already",
            file=file.name,
            line=entry.line.place.line,
            hint="name the path again, with its extras: it is changed in place",
        )
    else:
        new = str(amended(old, wanted.parts))
    if new == written:
        return Edit(old.key, written, written, DEFAULT_GROUP, file.name)
    has_digests = any(name == "--hash" for name, _ in entry.line.options)
    keeps = not has_digests or (wanted.path is None and amended(old, wanted.parts).bound == old.bound)
    file.replace(entry, new, keeps_digests=keeps)
    return Edit(old.key, written, new, DEFAULT_GROUP, file.name, "" if keeps else _DIGESTS_GONE)


def remove_from_requirements(
    texts: Mapping[str, str], located: Sequence[DirectRequirement], names: Sequence[NormalizedName]
) -> EditedFiles:
    """Return the files without what they require of some projects.

    Raises:
        ManifestError: One of them is not required.
    """
    files = [_File.read(name, text, located) for name, text in texts.items()]
    known = [entry.direct.name for file in files for entry in file.entries]
    edits: list[Edit] = []
    for name in names:
        if name not in known:
            raise not_there(name, known, "", files[0].name)
        for file in files:
            for entry in (each for each in file.entries if each.direct.name == name):
                file.remove(entry)
                edits.append(Edit(name, entry.written, None, DEFAULT_GROUP, file.name))
    return _result(files, edits)


def _result(files: Sequence[_File], edits: Sequence[Edit]) -> EditedFiles:
    return EditedFiles({file.name: file.edited() for file in files if file.pieces or file.new}, tuple(edits))
