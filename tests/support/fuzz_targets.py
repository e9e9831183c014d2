"""Every parser of a text that comes from outside, with texts that it reads."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.version import Version

from pinwise.environment.detect import parse_probe, parse_python_version_file, parse_pyvenv
from pinwise.environment.file import parse_environment_file
from pinwise.formats.entries import (
    LocalPath,
    parse_marker,
    parse_requirement,
    parse_specifiers,
    parse_version,
)
from pinwise.formats.pipfile import parse_pipfile
from pinwise.formats.present import READERS, read_lock
from pinwise.formats.pyproject import parse_project
from pinwise.formats.requirements import parse_requirements
from pinwise.formats.script import parse_script
from pinwise.formats.static_metadata import parse_egg_info, parse_metadata, parse_pyproject
from pinwise.formats.thoth_yaml import parse_thoth
from pinwise.formats.toml_text import parse_toml
from pinwise.formats.yaml_text import parse_yaml
from pinwise.model.errors import ManifestError, TargetError, UsageError
from pinwise.model.facts import Metadata, Origin, Unusable
from pinwise.model.lock import AnyFormat, ForeignFormat, LockFormat
from pinwise.model.names import normalise
from pinwise.model.request import LocalProject, Place, Selection
from pinwise.settings import load_settings
from pinwise.settings.pip import parse_pip_configuration, parse_pip_file
from support.fuzzing import Target

_LOCKS = Path(__file__).parent.parent / "formats" / "present_locks"

PIPFILE = """\
[[source]]
name = "private"
url = "https://${USER}:${PASSWORD}@private.example/simple"
verify_ssl = true

[packages]
flask = ">=2"  # the frame
"ruamel.yaml" = {version = "*", extras = ["jinja2"], markers = "python_version < '3.13'", index = "private"}
own = {path = ".", editable = true}

[dev-packages]
pytest = "~=8.0"

[docs]
sphinx = "==7.*"

[requires]
python_version = "3.11"

[pipenv]
allow_prereleases = true

[pipenv.pinwise]
constraints = ["urllib3<3"]
overrides = ["idna==3.4"]
exclude = {colorama = "no terminal"}
goal = "latest"
"""

PYPROJECT = """\
[project]
name = "app"
version = "1.0"
requires-python = ">=3.9,<4"
dependencies = [
    "flask>=2",  # the frame
    "own @ file:///srv/own",
    'tomli>=1.1 ; python_version < "3.11"',
]
dynamic = ["readme"]

[project.optional-dependencies]
web = ["gunicorn", "app[fast]"]
fast = ["uvloop ; sys_platform != 'win32'"]

[dependency-groups]
test = ["pytest>=8", {include-group = "lint"}]
lint = ["ruff"]

[tool.pinwise]
constraints = ["urllib3<3"]
overrides = ["idna==3.4"]
exclude = {colorama = "no terminal"}
allow_prereleases = {flask = true}
lock = "pylock.toml"
no-binary = ["lxml"]

[[tool.pinwise.metadata]]
name = "old"
version = "1.0"
requires-dist = ["six>=1"]
requires-python = ">=3.7"
provides-extra = ["x"]
"""

REQUIREMENTS = """\
# the whole application
--index-url https://private.example/simple
--extra-index-url=https://public.example/simple --pre
-c constraints.txt
-r more.txt
--no-binary lxml
flask[async]>=2,<4 ; python_version >= "3.8"  # comment
requests == 2.31.0 \\
    --hash=sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
-e ./own[extra]
./wheels/own-1.0-py3-none-any.whl
"""

SCRIPT = """\
#!/usr/bin/env python3
# /// script
# requires-python = ">=3.11"
# dependencies = [
#   "flask>=2",
#   "rich",
# ]
#
# [tool.pinwise]
# goal = "latest"
# ///
print("hello")
"""

CONFIG = """\
index-url = "https://index.example/simple"
extra-index-url = ["https://private.example/simple"]
goal = "latest"
fetch-limit = 200
time-limit = 30.5
offline = false
only-binary = [":all:"]
lock = ["pylock.toml", "requirements.txt"]

[[metadata]]
name = "old"
version = "1.0"
requires-dist = ["six>=1 ; extra == 'x'"]
"""

ENVIRONMENT = """\
python = "3.14t"
implementation = "cpython"
platform = "manylinux_2_28_x86_64"
abi_flags = "t"
tags = ["cp314-cp314t-manylinux_2_28_x86_64", "py3-none-any"]

[markers]
platform_release = "6.1"
platform_version = "x"
"""

PYVENV = """\
home = /usr/bin
include-system-site-packages = false
version = 3.12.1
version_info = 3.12.1.final.0
implementation = CPython
executable = /usr/bin/python3.12
"""

THOTH = """\
requirements_format: pip-tools
overlays_dir: ./overlays/

runtime_environments:
  - name: 'rhel:8'  # where it runs
    operating_system: {name: rhel, version: "8.4"}
    hardware:
      cpu_family: 6
      gpu_model: null
    python_version: '3.8'
    cuda_version: 10.1
    recommendation_type: stable
  - name: other
    platform: linux-x86_64
    labels:
      - a
      - >-
        folded
"""

PROBE = """\
{"version": "3.12.4", "stage": "final", "serial": 0, "implementation": "cpython", "own_version": "3.12.4",
 "abi_flags": "", "platform": "linux", "bits": 64, "machine": "x86_64", "release": "6.1",
 "os_version": "#1 SMP",
 "glibc": "glibc 2.36", "macos": "", "windows": "", "musl": ""}
"""

METADATA = """\
Metadata-Version: 2.4
Name: Flask
Version: 3.0.1
Summary: A frame\x20
Requires-Python: >=3.8
Requires-Dist: Werkzeug>=3.0.0
Requires-Dist: asgiref>=3.2 ; extra == 'async'
Requires-Dist: importlib-metadata (>=3.6.0) ; python_version < "3.10"
Provides-Extra: async
Dynamic: License-File
Description-Content-Type: text/plain

The text.
"""

EGG_INFO = """\
six>=1.5
pytz

[:python_version < "3"]
enum34

[fast:sys_platform != 'win32']
uvloop
"""

PIP = """\
[global]
index-url = https://index.example/simple
extra-index-url =
    https://private.example/simple
    file:///srv/simple
trusted-host = private.example
timeout = 60

[install]
find-links = /srv/wheels
no-index = false
"""


def _local(local: LocalPath) -> LocalProject:
    metadata = Metadata(None, (), frozenset(), Origin.LOCAL)
    return LocalProject(normalise("own"), Version("1.0"), local.path, local.is_editable, metadata)


def _requirements(text: str) -> object:
    included = {"constraints.txt": "urllib3<3\n", "more.txt": "rich\n"}

    def read(path: str, place: Place) -> str:
        if path not in included:
            raise ManifestError("there is no such file", file=place.file, line=place.line)
        return included[path]

    return parse_requirements(text, "given.txt", read=read, local=_local)


def _project(text: str) -> object:
    chosen = Selection(extras=("web",), groups=("test",))
    return parse_project(text, "pyproject.toml", selection=chosen, local=_local)


def _settings(text: str) -> object:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "config.toml"
        file.write_bytes(text.encode("utf-8", "surrogatepass"))
        return load_settings({"config_file": str(file)}, {"HOME": folder}, folder=Path(folder))


def _pip(text: str) -> object:
    return parse_pip_configuration([parse_pip_file(text, "pip.conf")])


def _said(parse: Callable[[str], object]) -> Callable[[str], object]:
    """Return a parser that raises what `parse` answers where a document cannot be used."""

    def parsed(text: str) -> object:
        read = parse(text)
        if isinstance(read, Unusable):
            raise UsageError(read.reason)
        return read

    return parsed


def _lock(form: AnyFormat) -> Callable[[str], object]:
    return lambda text: read_lock(text, form, file="given")


_EXAMPLES: dict[AnyFormat, str] = {
    LockFormat.PYLOCK: "pylock.toml",
    LockFormat.PIPFILE_LOCK: "Pipfile.lock",
    LockFormat.REQUIREMENTS: "requirements.txt",
    ForeignFormat.UV: "uv.lock",
    ForeignFormat.POETRY: "poetry.lock",
}

_REFUSED = (ManifestError,)

TARGETS: tuple[Target, ...] = (
    Target(
        "requirement",
        parse_requirement,
        ("flask[a,b]>=2,<4 ; python_version<'3'", "x @ file:///a"),
        (ValueError,),
    ),
    Target(
        "marker",
        parse_marker,
        ("python_version < '3.10' and (extra == 'a' or os_name != 'nt')",),
        (ValueError,),
    ),
    Target("specifiers", parse_specifiers, (">=1,<2,!=1.5.*", "==1!2.0.post1+local", "~=3.0"), (ValueError,)),
    Target("version", parse_version, ("1.0", "1!2.0rc1.post2.dev3+cu118"), (ValueError,)),
    Target("toml", lambda text: parse_toml(text, "given"), (PYPROJECT, PIPFILE, CONFIG), _REFUSED),
    Target("pipfile", lambda text: parse_pipfile(text, "Pipfile", local=_local), (PIPFILE,), _REFUSED),
    Target("pyproject", _project, (PYPROJECT,), (UsageError,)),
    Target("requirements", _requirements, (REQUIREMENTS,), _REFUSED),
    Target("script", lambda text: parse_script(text, "app.py"), (SCRIPT,), _REFUSED),
    Target("configuration", _settings, (CONFIG,), (UsageError,)),
    Target("pip configuration", _pip, (PIP,), (UsageError,)),
    Target(
        "environment",
        lambda text: parse_environment_file(text, "e.toml"),
        (ENVIRONMENT,),
        (TargetError, ManifestError),
    ),
    Target("yaml", lambda text: parse_yaml(text, "given"), (THOTH,), _REFUSED),
    Target(".thoth.yaml", lambda text: parse_thoth(text, ".thoth.yaml"), (THOTH,), _REFUSED),
    Target("pyvenv.cfg", lambda text: parse_pyvenv(text, "pyvenv.cfg"), (PYVENV,), (TargetError,)),
    Target("interpreter", lambda text: parse_probe(text, "python3"), (PROBE,), (TargetError,)),
    Target(
        ".python-version",
        lambda text: parse_python_version_file(text, ".python-version"),
        ("# ours\n3.12.4\n", "pypy3.11-7.3.20\n"),
        (TargetError,),
    ),
    Target("metadata", _said(parse_metadata), (METADATA,), (UsageError,)),
    Target("requires.txt", _said(lambda text: parse_egg_info(METADATA, text)), (EGG_INFO,), (UsageError,)),
    Target("static pyproject", lambda text: parse_pyproject(text, "pyproject.toml"), (PYPROJECT,), _REFUSED),
    *(
        Target(str(form), _lock(form), ((_LOCKS / _EXAMPLES[form]).read_text("utf-8"),), _REFUSED)
        for form in READERS
    ),
)

FOUND = {"environment": (108, 4561, 5420), ".thoth.yaml": (35966,)}
"""Seeds of `support.fuzzing.damaged` that once found a fault, by target: they are tried again for ever."""
