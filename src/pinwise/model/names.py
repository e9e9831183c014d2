"""Names of projects and extras, normalised once at the door (PEP 503, PEP 685)."""

from packaging.utils import InvalidName, NormalizedName, canonicalize_name

from pinwise.model.errors import UsageError

__all__ = ["NormalizedName", "normalise", "parse_name"]


def parse_name(text: str) -> NormalizedName:
    """Return the normalised form of a project's name.

    Raises:
        UsageError: `text` is not a name as the packaging standards define one.
    """
    try:
        return canonicalize_name(text, validate=True)
    except InvalidName:
        raise UsageError(
            f"`{text}` is not a valid project name",
            hint="use letters, digits, `.`, `-` and `_`, beginning and ending with a letter or digit",
        ) from None


def normalise(text: str) -> NormalizedName:
    """Return the normalised form of a name that is already known to be valid."""
    return canonicalize_name(text)
