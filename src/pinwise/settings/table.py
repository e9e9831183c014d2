"""The table of all settings, and the values that hold for one command."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from packaging.version import Version

from pinwise.actions.request import Choices, IndexChoice
from pinwise.model.facts import Metadata
from pinwise.model.limits import Limits
from pinwise.model.names import NormalizedName
from pinwise.model.request import FormatControl, Place
from pinwise.search import PREDICTORS
from pinwise.settings.kinds import Kind
from pinwise.settings.limits import LIMITS, default_of
from pinwise.units.goals import GOALS

PREFIX = "PINWISE_"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting, as the reference describes it.

    Attributes:
        name: In configuration files, and in the manifest's table.
        kind: What its value looks like.
        meaning: What it does, in a sentence or two.
        default: In words.
        choices: The values that a `Kind.CHOICE` may have.
        is_for_manifests: Whether the manifest's own table may hold it, and an overlay.
        is_for_overlays: Whether an overlay may, even if the manifest's own table may not.
        is_option: Whether ``pinwise advise`` has an option of that name.
    """

    name: str
    kind: Kind
    meaning: str
    default: str = "none"
    choices: tuple[str, ...] = ()
    is_for_manifests: bool = False
    is_for_overlays: bool = False
    is_option: bool = True

    @property
    def variable(self) -> str:
        """Its environment variable; "" for tables, which no variable can hold."""
        return "" if self.kind is Kind.TABLES else PREFIX + self.name.upper()

    @property
    def option(self) -> str:
        """Its option on the command line, "" where it has none."""
        return f"--{self.name.replace('_', '-')}" if self.is_option else ""


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "index_url",
        Kind.URL,
        "The index that serves what no other one has.",
        "pip's, else uv's, else the public one",
    ),
    Setting(
        "index_name",
        Kind.TEXT,
        "What the index URL is a mirror of: the name of a source of the Pipfile or of the public index, or a "
        "URL. It stands in for that index, which locks name in its place.",
    ),
    Setting(
        "extra_index_url",
        Kind.URLS,
        "Indexes that are asked before the index URL, in this order.",
        "pip's, else uv's",
    ),
    Setting(
        "find_links",
        Kind.URLS,
        "Folders or pages that list files of many projects; asked first.",
        "pip's, else uv's",
    ),
    Setting(
        "kb", Kind.PATH, "The file of the knowledge base.", "`knowledge.sqlite` in the user's data folder"
    ),
    Setting(
        "kb_reserve",
        Kind.COUNT,
        "How many MiB must stay free on the disk of the knowledge base; pinwise stops before they are used.",
        "64",
        is_option=False,
    ),
    Setting(
        "goal",
        Kind.CHOICE,
        "What makes a stack good: which prices count, and how much.",
        "stable",
        tuple(GOALS),
        is_for_manifests=True,
    ),
    Setting(
        "predictor",
        Kind.CHOICE,
        "How the stack is searched: `exact` proves the best one, `latest` takes the newest first.",
        "exact",
        tuple(PREDICTORS),
        is_for_manifests=True,
    ),
    Setting(
        "platform",
        Kind.TEXT,
        "The platform that the stack will run on, as a tag: `manylinux_2_28_x86_64`, `macosx_14_0_arm64`, "
        "`win_amd64`.",
        "this machine's",
        is_for_manifests=True,
    ),
    Setting(
        "python",
        Kind.TEXT,
        "The Python that the stack will run on: `3.12`, `3.14t` (free-threaded), `pypy3.11`, or (not in a "
        "manifest) an interpreter.",
        "the project's",
        is_for_manifests=True,
    ),
    Setting(
        "environment",
        Kind.PATH,
        "The target as a file, as `pinwise environment --format toml` prints it; stands for `platform` and "
        "`python`.",
        is_for_overlays=True,
    ),
    Setting(
        "pre",
        Kind.FLAG,
        "Let every project be pinned at a pre-release.",
        "no",
        is_for_manifests=True,
    ),
    Setting(
        "no_binary",
        Kind.NAMES,
        "Projects whose wheels are not used; `:all:` for every project, `:none:` for none.",
        is_for_manifests=True,
    ),
    Setting(
        "only_binary",
        Kind.NAMES,
        "Projects whose sdists are not used; `:all:` for every project, `:none:` for none.",
        is_for_manifests=True,
    ),
    Setting(
        "fetch_limit",
        Kind.COUNT,
        "How many releases' metadata an advice may fetch; it grows with the size of the stack.",
        "500",
        is_for_manifests=True,
    ),
    Setting("time_limit", Kind.SECONDS, "How long an advice may take.", "no limit", is_for_manifests=True),
    Setting(
        "max_age",
        Kind.COUNT,
        "For how many seconds an index page is taken as it was, where the index itself does not say.",
        "600",
        is_option=False,
    ),
    Setting("refresh", Kind.FLAG, "Check anew every index page that is needed.", "no"),
    Setting("offline", Kind.FLAG, "Ask only the knowledge base, no index.", "no"),
    Setting(
        "lock",
        Kind.FILES,
        "The locks to write, by file name, in the manifest's folder.",
        "`Pipfile.lock` for a `Pipfile` (`Pipfile.NAME.lock` for a `Pipfile.NAME`), `pylock.NAME.toml` for a "
        "script, else `pylock.toml`; an overlay's "
        "name is put in",
        is_for_manifests=True,
    ),
    Setting(
        "ca_file",
        Kind.PATH,
        "Certificates of the authorities to trust, as a PEM file.",
        "`PIP_CERT`, `SSL_CERT_FILE`, `REQUESTS_CA_BUNDLE`, else the system's",
        is_option=False,
    ),
    Setting(
        "keyring",
        Kind.FLAG,
        "Ask the `keyring` program, where there is one, for the password of an index that refuses us.",
        "yes",
        is_option=False,
    ),
    Setting(
        "metadata",
        Kind.TABLES,
        "What releases without metadata of their own require: `name`, `version`, `requires-dist`, "
        "`requires-python`, `provides-extra`.",
        is_for_manifests=True,
        is_option=False,
    ),
    *(Setting(name, kind, meaning, default_of(name), is_option=False) for name, kind, meaning in LIMITS),
)

BY_NAME: Mapping[str, Setting] = {setting.name: setting for setting in SETTINGS}


@dataclass(frozen=True, slots=True)
class Settings(Limits):
    """The values that hold for one command, the limits of the network among them.

    Attributes:
        asked, fallback: Indexes from the options, and from everywhere else but the manifest.
        index_name: What the index URL is a mirror of, as written; the indexes know it already.
        netrc: The file of logins, None where there is none.
        variables: Environment variables, which may stand in the credentials of indexes; never printed.
        proxies: Scheme ("http", "https", "all") -> URL of a proxy; "no" -> hosts that need none.
        virtual_env: The activated virtual environment, None where there is none.
        search_path: Where commands are searched.
        origins: Where a value that is not the default comes from, in words.
        places: The file and line of such a value, where it stands in a file.
    """

    asked: IndexChoice = field(default_factory=IndexChoice)
    fallback: IndexChoice = field(default_factory=IndexChoice)
    index_name: str | None = None
    kb: Path = Path("knowledge.sqlite")
    kb_reserve: int = 64
    goal: str = "stable"
    predictor: str = "exact"
    platform: str | None = None
    python: str | None = None
    environment: Path | None = None
    pre: bool = False
    no_binary: tuple[str, ...] = ()
    only_binary: tuple[str, ...] = ()
    fetch_limit: int = 500
    time_limit: float | None = None
    max_age: int = 600
    refresh: bool = False
    offline: bool = False
    lock: tuple[str, ...] = ()
    metadata: Mapping[tuple[NormalizedName, Version], Metadata] = field(default_factory=dict)
    ca_file: Path | None = None
    keyring: bool = True
    netrc: Path | None = None
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    proxies: Mapping[str, str] = field(default_factory=dict, repr=False)
    virtual_env: Path | None = None
    search_path: str = os.defpath
    origins: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict)

    def choices(self) -> Choices:
        """Return what a request takes from the settings."""
        return Choices(
            asked=self.asked,
            fallback=self.fallback,
            goal=self.goal,
            allows_prereleases=self.pre,
            formats=FormatControl(frozenset(self.no_binary), frozenset(self.only_binary)),
            given=self.metadata,
        )
