"""The pages on prices and settings."""

from pinwise.formats.own_keys import MANIFEST_KEYS, OVERLAY_KEYS
from pinwise.settings import SETTINGS, Setting
from pinwise.settings.kinds import GIVEN_KEYS
from pinwise.units.goals import GOALS, LARGEST_AMOUNT, Goal
from pinwise.units.sieves import SIEVES
from pinwise.units.steps import METADATA_STEPS, STEPS
from reference_pages.text import attributes, code, first_line, table

PRICES = """\
# Prices and goals

What the words mean, and why, is in [prices](../concepts/prices.md).

## Goals

{goals}
## Prices

{prices}
## Amounts

Whole numbers; only their ratios matter. No single price is above {largest:,}.

{amounts}
## Sieves

A release that one of these finds fault with is no candidate. They are asked in this order.

{sieves}"""


def prices() -> str:
    """Describe sieves, prices and goals."""
    steps = [(step.name, step.meaning) for step in STEPS] + [
        (step.name, step.meaning) for step in METADATA_STEPS
    ]
    meanings = attributes(Goal)
    fields = [name for name in meanings if name not in {"name", "meaning"}]
    amounts = (
        (f"`{name}`", meanings[name], *(_amount(goal, name) for goal in GOALS.values())) for name in fields
    )
    sieves = ((f"`{sieve.__name__.replace('_', '-')}`", first_line(sieve)) for sieve in SIEVES)
    return PRICES.format(
        goals=table(("goal", "meaning"), ((f"`{goal.name}`", goal.meaning) for goal in GOALS.values())),
        prices=table(
            ("price", "what is held against a release"), ((f"`{name}`", text) for name, text in steps)
        ),
        largest=LARGEST_AMOUNT,
        amounts=table(("amount", "meaning", *(f"`{name}`" for name in GOALS)), amounts),
        sieves=table(("sieve", "what it does"), sieves),
    )


def _amount(goal: Goal, field: str) -> str:
    return f"{getattr(goal, field):,}"


SETTINGS_PAGE = """\
# Settings

The first of these that names a setting gives its value: the command's options, environment variables, the
manifest's own table (`[tool.pinwise]` of a `pyproject.toml` or a script, `[pipenv.pinwise]` of a `Pipfile`),
the configuration file, the default. The configuration file is `config.toml` in the user's configuration
folder, or the one that `--config-file` or `PINWISE_CONFIG_FILE` names. In files, `-` and `_` in a setting's
name are the same.

{overview}
{each}
## What only a manifest can say

These keys stand beside the settings in the manifest's own table, and nowhere else.

{own}
```toml
[tool.pinwise]
goal = "latest"
allow_prereleases = {{flask = true}}
constraints = ["urllib3<3"]
overrides = ["werkzeug>=3"]
exclude = {{pywin32 = "we run on Linux only"}}
```

## Overlays

An overlay is a table `[tool.pinwise.overlays.NAME]`, in a `Pipfile` `[pipenv.pinwise.overlays.NAME]`: an
environment of the project with a lock of its own, for `pinwise advise --overlay NAME` and `--all-overlays`.
It may hold every setting that a manifest may hold, `environment`, the keys above, and these:

{overlay}
Options and variables outrank an overlay, and it outranks the manifest's own table. Its `overrides` and
`exclude` stand for those of the manifest that name the same project; its requirements, constraints and
`allow_prereleases` come on top. `environment` names a file in the manifest's folder. Its locks are called as
the project's, with its name put in (`pylock.NAME.toml`, `Pipfile.NAME.lock`, `requirements.NAME.txt`), unless
its own `lock` names them.

```toml
[tool.pinwise.overlays.gpu]
python = "3.12"
platform = "manylinux_2_28_x86_64"
requirements = ["cupy-cuda12x"]
groups = ["serve"]
```

## Variables that others define

| variable | what it does here |
| --- | --- |
| `PIP_INDEX_URL`, `PIP_EXTRA_INDEX_URL`, `PIP_FIND_LINKS`, `PIP_NO_INDEX`, `PIP_TRUSTED_HOST` | As in pip. |
| `PIP_CONFIG_FILE` | One more of pip's configuration files, all of which are read as pip reads them. |
| `PIP_CERT`, `SSL_CERT_FILE`, `REQUESTS_CA_BUNDLE` | Certificates, where `ca_file` is not set. |
| `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY` | Proxies, in capitals or small letters. |
| `VIRTUAL_ENV`, `PATH` | Where the project's Python is looked for. |
| `NO_COLOR`, `FORCE_COLOR`, `CLICOLOR_FORCE`, `TERM` | See [`--color`](cli.md#options-of-every-command). |
"""


def settings() -> str:
    """Describe every setting, wherever it can be given."""
    rows = ((f"[`{each.name}`](#{each.name})", each.meaning, each.default) for each in SETTINGS)
    return SETTINGS_PAGE.format(
        overview=table(("setting", "meaning", "default"), rows),
        each="\n".join(map(_setting, SETTINGS)),
        own=table(("key", "meaning"), ((f"`{key}`", meaning) for key, meaning in MANIFEST_KEYS.items())),
        overlay=table(("key", "meaning"), ((f"`{key}`", meaning) for key, meaning in OVERLAY_KEYS.items())),
    )


def _setting(setting: Setting) -> str:
    kind = setting.kind.value + (f" {code(setting.choices)}" if setting.choices else "")
    facts = [
        ("value", kind),
        ("default", setting.default),
        ("option", f"`{setting.option}`" if setting.option else "none"),
        ("variable", f"`{setting.variable}`" if setting.variable else "none"),
        ("in a manifest", _place_in_a_manifest(setting)),
    ]
    lines = "".join(f"- {name}: {value}\n" for name, value in facts)
    example = METADATA_EXAMPLE if setting.name == "metadata" else ""
    return f"## {setting.name}\n\n{setting.meaning}\n\n{lines}{example}"


def _place_in_a_manifest(setting: Setting) -> str:
    if setting.is_for_manifests:
        return "yes"
    return "in an overlay only" if setting.is_for_overlays else "no"


METADATA_EXAMPLE = f"""
Each release has a table of its own, with the keys {code(GIVEN_KEYS)}:

```toml
[[metadata]]
name = "old-library"
version = "1.4"
requires-dist = ["six>=1.10", "mock; extra == 'test'"]
provides-extra = ["test"]
```
"""
