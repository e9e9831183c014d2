"""What is lost where one format is turned into another."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Loss:
    """Something that the source says and the target cannot.

    Attributes:
        subject: Whose it is: ``flask==3.0``, or "" for the file as a whole.
        aspect: What it is: ``groups``, ``marker``; a key of the table of reasons.
        what: The same in words: ``the groups of `flask==3.0```.
        why: Why the target cannot say it, in a sentence without its full stop.
    """

    subject: str
    aspect: str
    what: str
    why: str

    def __str__(self) -> str:
        return f"{self.what}: {self.why}"


@dataclass(frozen=True, slots=True)
class Converted:
    """A text in another format, and all that it no longer says."""

    text: str
    losses: tuple[Loss, ...] = ()
