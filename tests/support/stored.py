"""Worlds in a store, and spaces in a form that can be compared."""

from collections.abc import Iterator, Mapping
from typing import Any

from packaging.utils import NormalizedName
from packaging.version import Version

from pinwise.indexes.documents import Target, document_order
from pinwise.knowledge.store import Store
from pinwise.knowledge.view import KnowledgeView
from pinwise.model.facts import Document, NoProject, Project, Release, Snapshot
from pinwise.model.request import Request
from pinwise.space.compile import Compiler
from pinwise.space.projects import Facts
from pinwise.space.space import Space
from pinwise.units.context import context_for
from support.worlds import INDEX, SILENT

NOW = 1_700_000_000


def put_world(store: Store, full: Snapshot, request: Request) -> None:
    """Put all that a world says, as it would be learnt for a request."""
    with store.batch():
        for name, page in full.projects.items():
            put_page(store, name, page)
            if isinstance(page, Project):
                documents = full.known_documents(name)
                for release in page.releases:
                    put_document(store, name, release, documents[release.version], request)


def put_page(store: Store, name: NormalizedName, page: Project | NoProject) -> None:
    """Put what the index says of a project."""
    listed = page if isinstance(page, Project) else None
    store.put_page(INDEX, name, listed, etag=None, last_modified=None, checked=NOW)


def put_document(
    store: Store, name: NormalizedName, release: Release, document: Document, request: Request
) -> None:
    """Put the answer about a release: to the first question that is asked for this request, or to all."""
    asks = document_order(release, Target.of(request.environment), request.formats, name)
    for ask in asks if document is SILENT else asks[:1]:
        answer = None if document is SILENT else document
        store.put_document(INDEX, name, ask.file.filename, ask.kind.value, answer, checked=NOW)


def seen_by(store: Store, request: Request) -> KnowledgeView:
    """Return what a store knows for a request, however old it is."""
    return KnowledgeView(store, request, now=NOW, max_age=None)


def afresh(store: Store, request: Request, names: Iterator[NormalizedName]) -> Snapshot:
    """Return the same facts of some projects as a closed world, which keeps no slices."""
    view = seen_by(store, request)
    projects: dict[NormalizedName, Project | NoProject] = {}
    documents: dict[NormalizedName, Mapping[Version, Document]] = {}
    for name in names:
        page = view.project(name)
        if page is not None:
            projects[name] = page
            documents[name] = view.known_documents(name)
    return Snapshot(projects, documents)


def compiled(facts: Facts, request: Request, *, known_only: bool = False) -> Space:
    """Return the space of a request, all its groups together."""
    context = context_for(request, [group.name for group in request.groups])
    return Compiler(facts, context, roots=request.direct).compile(known_only=known_only)


def columns(space: Space) -> dict[str, Any]:
    """Return all that a space holds as plain values."""
    return {
        "nodes": space.nodes,
        "bases": space.bases,
        "candidates": [(each, each.refused) for each in space.candidates],
        "clauses": space.clauses,
        "bans": space.bans,
        "domains": space.domains,
        "amounts": [list(amounts) for amounts in space.amounts],
        "behind": [list(behind) for behind in space.behind],
        "changed": space.changed,
        "unknown": space.unknown,
        "order": space.order,
    }
