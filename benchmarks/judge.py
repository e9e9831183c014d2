"""Which rule does a stack break? Asked of the tests' checker, which shares no code with the search."""

import sys
import time
from pathlib import Path

from packaging.utils import canonicalize_name
from packaging.version import Version
from peers import PLATFORM, PYTHON, Pins, Task, settings_file

from pinwise import wiring
from pinwise.actions.request import build_request
from pinwise.knowledge.view import KnowledgeView
from pinwise.model.facts import Snapshot
from pinwise.settings import load_settings

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from support.checker import broken_rules  # found by the line above


def rules_broken(task: Task, pins: Pins) -> list[str]:
    """Return every rule of the policies that a stack breaks for a task, by what its knowledge base knows."""
    options = {"kb": str(task.store / "kb.sqlite"), "python": PYTHON, "platform": PLATFORM}
    options |= {"index_url": task.index, **settings_file(task)}
    found = wiring.read_manifest(None, [str(task.requirements)], [])
    settings = load_settings(options, {"PIP_CONFIG_FILE": "/dev/null"}, folder=Path.cwd())
    environment = wiring.choose_environment(settings, found.folder, found.manifest)
    request = build_request(found.manifest, settings.choices(), environment)
    versions = {canonicalize_name(name): Version(version) for name, version in pins.items()}
    with wiring.open_knowledge(settings, read_only=True) as store:
        view = KnowledgeView(store, request, now=int(time.time()), max_age=None)
        pages = {name: page for name in versions if (page := view.project(name)) is not None}
        world = Snapshot(pages, {name: view.known_documents(name) for name in pages})
        return broken_rules(request, world, versions)
