"""What is to be changed in a manifest, and what was."""

from dataclasses import dataclass

from packaging.markers import Marker

from pinwise.model.names import NormalizedName, normalise
from pinwise.model.request import DEFAULT_GROUP


@dataclass(frozen=True, slots=True)
class Parts:
    """A requirement in its parts, each as it was written.

    Attributes:
        name: The project's name.
        extras: The extras, without brackets.
        bound: Which versions (``>=3,<4``), or for a URL ``@`` and the URL; "" for any version.
        marker: Without the semicolon, "" where there is none.
    """

    name: str
    extras: tuple[str, ...] = ()
    bound: str = ""
    marker: str = ""

    @property
    def key(self) -> NormalizedName:
        """The normalised name."""
        return normalise(self.name)

    @property
    def is_bare(self) -> bool:
        """Whether there is nothing but a name."""
        return not (self.extras or self.bound or self.marker)

    @property
    def condition(self) -> str:
        """The marker in its usual spelling, so that two can be compared."""
        return str(Marker(self.marker)) if self.marker else ""

    def __str__(self) -> str:
        """Return the requirement as a dependency specifier (PEP 508)."""
        is_url = self.bound.startswith("@")
        text = self.name + (f"[{','.join(self.extras)}]" if self.extras else "")
        text += (" " if is_url else "") + self.bound
        return f"{text}{' ' if is_url else ''}; {self.marker}" if self.marker else text


@dataclass(frozen=True, slots=True)
class Wanted:
    """A requirement that is to be in the manifest.

    Attributes:
        parts: What it says; of a local project the name, extras and marker.
        path: For a local project its path, relative to the manifest as the manifest takes it; else None.
        is_editable: Whether it is to be installed editable.
    """

    parts: Parts
    path: str | None = None
    is_editable: bool = False

    def __str__(self) -> str:
        """Return it as a line of a requirements file."""
        if self.path is None:
            return str(self.parts)
        extras = f"[{','.join(self.parts.extras)}]" if self.parts.extras else ""
        marker = f" ; {self.parts.marker}" if self.parts.marker else ""
        return f"{'-e ' if self.is_editable else ''}{self.path}{extras}{marker}"


@dataclass(frozen=True, slots=True)
class Edit:
    """One requirement that came, went, or has changed.

    Attributes:
        name: The project.
        before: The requirement as it was, None if it is new.
        after: As it is now, None if it is gone; the same as `before` where it says it all already.
        group: `default`, `develop` or the name of a group; of an extra its name in brackets.
        file: Where it stands.
        note: What else became of it, in a few words, or "".
    """

    name: NormalizedName
    before: str | None
    after: str | None
    group: str = DEFAULT_GROUP
    file: str = ""
    note: str = ""

    @property
    def is_change(self) -> bool:
        """Whether anything is different now."""
        return self.before != self.after
