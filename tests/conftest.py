"""What holds for every test: a private home folder, no settings from outside, and no silent skip."""

import os
from collections.abc import Generator
from pathlib import Path

import pytest

ALLOWED_SKIPS = (
    "tests/test_online.py",
    "tests/knowledge/test_store_faults.py",  # where the kernel lets nobody trace
    "tests/cli/test_no_code_runs.py",  # as above, its traced half
    "tests/knowledge/test_same_lock.py",  # where a locale is not installed: it names those that were tried
)
"""Files whose tests may skip themselves even under ``CI=true``; everything else must run."""

ONLINE_KEEPS = ("PIP_",)
"""Settings that an `online` test keeps, for they may say where the machine's index is."""

FOREIGN = (
    "PINWISE_",
    "PIP_",
    "PIPENV_",
    "UV_",
    "XDG_",
    "VIRTUAL_ENV",
    "CONDA_",
    "PYTHONHOME",
    "NO_COLOR",
    "FORCE_COLOR",
    "CLICOLOR_FORCE",
    "COLUMNS",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
)
"""Beginnings of variables, in upper case, that would let the machine's habits into a test."""


@pytest.fixture(autouse=True)
def _isolated(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Give the test an empty home folder and none of the machine's settings."""
    is_online = request.node.get_closest_marker("online") is not None
    kept = (*ONLINE_KEEPS, "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY") if is_online else ()
    for variable in [name for name in os.environ if name.upper().startswith(FOREIGN)]:
        if not variable.upper().startswith(kept or "\0"):
            monkeypatch.delenv(variable)
    home = tmp_path_factory.mktemp("home")
    if is_online:
        keep_pip_configuration(monkeypatch)
    monkeypatch.setenv("HOME", str(home))
    for kind in ("CONFIG", "DATA", "CACHE", "STATE"):
        folder = home / f".{kind.lower()}"
        folder.mkdir()
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(folder))


def keep_pip_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let an `online` test find the index that the user's own pip would ask."""
    home = Path.home()
    for candidate in (home / ".config" / "pip" / "pip.conf", home / ".pip" / "pip.conf"):
        if candidate.is_file() and "PIP_CONFIG_FILE" not in os.environ:
            monkeypatch.setenv("PIP_CONFIG_FILE", str(candidate))


def is_forbidden_skip(report: pytest.TestReport | pytest.CollectReport) -> bool:
    """Whether the report is a skip that CI does not allow."""
    if os.environ.get("CI") != "true" or not report.skipped or hasattr(report, "wasxfail"):
        return False
    return not f"tests/{report.nodeid.removeprefix('tests/')}".startswith(ALLOWED_SKIPS)


def fail_forbidden_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turn a skip that CI does not allow into a failure that says so."""
    if is_forbidden_skip(report):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} is not in ALLOWED_SKIPS of tests/conftest.py. {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let no test skip itself unseen."""
    report = yield
    fail_forbidden_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Let no module skip itself unseen."""
    report = yield
    fail_forbidden_skip(report)
    return report
