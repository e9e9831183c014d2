"""The keys of our own table in a manifest that are no settings, and what they mean."""

from collections.abc import Mapping

MANIFEST_KEYS: Mapping[str, str] = {
    "allow_prereleases": (
        "`true` for every project, or a table of projects with `true` or `false`: which may be pinned at a "
        "pre-release."
    ),
    "constraints": "A list of requirements that restrict projects wherever they are needed.",
    "overrides": (
        "A list of requirements, each of which stands for whatever other projects require of that project: "
        "their ranges of versions no longer count, their extras do. What you require yourself stays."
    ),
    "exclude": (
        "A table of projects with the reason for each: what others require of them is left out. The report "
        "repeats the reasons."
    ),
}
"""What only a manifest's own table or an overlay can hold, and what it means."""

OVERLAYS_KEY = "overlays"

OVERLAY_KEYS: Mapping[str, str] = {
    "requirements": "A list of requirements that come on top of the manifest's.",
    "extras": "A list: which extras of a `pyproject.toml` are locked with it, as with `--extra`.",
    "groups": "A list: which dependency groups are, as with `--group`.",
    "only_groups": "A list: dependency groups in the place of what the project itself requires.",
    "all_extras": "`true` for all extras.",
    "all_groups": "`true` for all dependency groups.",
}
"""What only an overlay can hold, and what it means."""
