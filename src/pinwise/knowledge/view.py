"""What is known for one request: its indexes in their order, its target, its file policy, its time.

The store keeps every answer of every index. The view says which of them count: the page of the index that
serves a project, and of each release the one document that the file policy chooses. Which documents happen
to be stored changes neither.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

from packaging.version import Version

from pinwise.indexes.documents import Ask, Target, document_order, resolve_document
from pinwise.indexes.filenames import NamedFile, parse_filename
from pinwise.knowledge.derived import Stamp
from pinwise.knowledge.shelf import Entry
from pinwise.knowledge.store import Store, StoredPage
from pinwise.model.differing import COMPARED
from pinwise.model.facts import Document, File, NoProject, Origin, Project, Release, Snapshot
from pinwise.model.names import NormalizedName
from pinwise.model.request import LocalProject, Request
from pinwise.space.slices import Slice


class KnowledgeView:
    """The knowledge of one request; `actions.ports.Knowledge` as a store answers it.

    What was read is kept in memory, so that one advice sees one world; `forget` a name after its facts have
    changed in the store.

    Args:
        store: All facts.
        request: Whose indexes, bindings, target and formats decide.
        now: When the run began, in seconds since 1970.
        max_age: A page that was last checked more seconds than this before `now` is not known; 0 refreshes
            everything. None: every page counts, however old (offline).
        within: The releases that are looked at, as `only` says; None: all.
    """

    def __init__(
        self,
        store: Store,
        request: Request,
        *,
        now: int,
        max_age: int | None,
        within: Mapping[NormalizedName, Version | None] | None = None,
    ) -> None:
        self._store = store
        self._request = request
        self._now, self._max_age = now, max_age
        self._within = within
        self._oldest = None if max_age is None else now - max_age
        self._target = Target.of(request.environment)
        self._pages: dict[tuple[str, NormalizedName], StoredPage | None] = {}
        self._projects: dict[NormalizedName, Project | NoProject | None] = {}
        self._documents: dict[NormalizedName, Mapping[Version, Document]] = {}
        self._told: dict[NormalizedName, Mapping[tuple[str, str], Document | None]] = {}
        self._documented: dict[str, Mapping[NormalizedName, Sequence[tuple[str, str]]]] = {}
        self._shelf = store.shelf(request)
        self._together: set[str] = set()
        self._slices: dict[NormalizedName, Entry | None] = {}
        self._stamps: dict[NormalizedName, Stamp] = {}
        self._open: dict[NormalizedName, dict[Version, Ask | Release]] = {}
        self._orders: dict[tuple[NormalizedName, Version], tuple[Release, tuple[Ask, ...]]] = {}

    def names(self) -> Iterable[NormalizedName]:
        """Return the names of all projects that some index is known to have."""
        return self._store.names()

    def project(self, name: NormalizedName) -> Project | NoProject | None:
        """Return the page facts of `name` from the index that serves it, None if they are not known."""
        if name not in self._projects:
            self._projects[name] = self._find_project(name)
        return self._projects[name]

    def elsewhere(self, name: NormalizedName) -> tuple[str, ...]:
        """Return the URLs of those of the indexes that are known to have `name` and do not serve it.

        Nobody is asked: an index that does not serve a project need not hear its name.
        """
        serving = self.served_by(name)
        pages = {index.url: self._store.page(index.url, name) for index in self._request.indexes}
        return tuple(
            url
            for url, page in pages.items()
            if url != serving and page is not None and page.project is not None and page.project.releases
        )

    def known_documents(self, name: NormalizedName) -> Mapping[Version, Document]:
        """Return the documents of those releases of `name` whose metadata is known, or unusable for good."""
        if name not in self._documents:
            self._read_documents(name)
        return self._documents[name]

    def compiled(self, name: NormalizedName) -> Slice | None:
        """Return the slice of a project as it follows from the facts of this moment, if there is one."""
        if name not in self._slices:
            self.expect([name])
        entry = self._slices[name]
        return None if entry is None else entry.slice

    def expect(self, names: Collection[NormalizedName]) -> None:
        """Read slices that will be asked for next, together."""
        by_indexes: dict[tuple[str, ...], list[NormalizedName]] = {}
        for name in names:
            if name not in self._slices:
                self._slices[name] = None
                if name not in self._request.local and self._within is None:
                    by_indexes.setdefault(self._indexes(name), []).append(name)
        for indexes, alike in by_indexes.items():
            self._read_slices(indexes, alike)

    def keep(self, made: Slice) -> None:
        """Take a slice that was made of the facts of this moment."""
        name = made.candidates.name
        if self._within is None:
            self._slices[name] = Entry(made, self._stamps.get(name))

    def put_slices(self) -> None:
        """Keep for later runs what this one has compiled, if that can be done at once."""
        entries = [each for each in self._slices.values() if each is not None and each.slice.is_grown]
        storable = [each for each in entries if each.stamp is not None or each.written]
        if storable:
            self._shelf.put(storable)
            for each in storable:
                each.slice.is_grown = False

    def documents_beside(
        self, name: NormalizedName, version: Version
    ) -> Sequence[tuple[str, Origin, Document]]:
        """Return the documents of a release that are known and do not decide, with their files and kinds.

        Where one release of each project is looked at, documents are read only of releases that have several.
        """
        project = self.project(name)
        if not isinstance(project, Project) or name in self._request.local:
            return ()
        files = next((release.files for release in project.releases if release.version == version), ())
        names = {file.filename for file in files}
        known = sum(filename in names for filename, _ in self._known_files(project))
        if known < 2:  # noqa: PLR2004  # one that decides, and another one
            return ()
        decides, told = self.known_documents(name).get(version), self._told[name]
        answers = (
            (file.filename, kind, told.get((file.filename, kind))) for file in files for kind in COMPARED
        )
        return [
            (file, kind, answer)
            for file, kind, answer in answers
            if answer is not None and answer is not decides
        ]

    def _known_files(self, project: Project) -> Collection[tuple[str, str]]:
        """Return which files of a project have documents, and of which kind."""
        if self._within is None:
            self.known_documents(project.name)
        if project.name in self._told:
            return [key for key, document in self._told[project.name].items() if document is not None]
        if project.index not in self._documented:
            self._documented[project.index] = self._store.documented(project.index, self._within or ())
        return self._documented[project.index].get(project.name, ())

    def assure(self) -> None:
        """See that nothing that was ever known is hidden by damage, where it cannot be fetched anew.

        Raises:
            StoreFailure: Something is damaged.
        """
        if self._oldest is None:
            self._store.assure()

    def only(self, releases: Mapping[NormalizedName, Version | None]) -> "KnowledgeView":
        """Return what is known of these releases alone; None stands for all releases of the project."""
        if self._within is not None and all(
            name in self._within and self._within[name] in (version, None)
            for name, version in releases.items()
        ):
            return self
        return KnowledgeView(
            self._store, self._request, now=self._now, max_age=self._max_age, within=releases
        )

    def document_to_ask(self, name: NormalizedName, version: Version) -> Ask | None:
        """Return the next question about a release, None if its document is known or it does not exist."""
        if name not in self._open:
            self._read_documents(name)
        question = self._open[name].get(version)
        if isinstance(question, Release):
            project = self.project(name)
            assert isinstance(project, Project), "it has releases"
            answer = self._resolve(project, question, {})
            assert isinstance(answer, Ask), "nothing is known of it"
            question = self._open[name][version] = answer
        return question

    def served_by(self, name: NormalizedName) -> str | None:
        """Return the URL of the index that serves `name` (of a local project its path), None if unknown."""
        project = self.project(name)
        return project.index if isinstance(project, Project) else None

    def pages_to_ask(self, name: NormalizedName) -> tuple[str, ...]:
        """Return the URLs of the indexes whose answer about `name` is not known and may matter, in order.

        The first is to be asked next; the others only if those before them do not have it. Empty once
        `project(name)` is known.
        """
        if name in self._request.local:
            return ()
        unknown: list[str] = []
        for url in self._indexes(name):
            page = self._page(url, name)
            if page is None:
                unknown.append(url)
            elif page.project is not None:
                break
        return tuple(unknown)

    def forget(self, name: NormalizedName) -> None:
        """Read the facts of `name` anew when they are asked for next."""
        self._projects.pop(name, None)
        self._slices.pop(name, None)
        self._stamps.pop(name, None)
        self._documents.pop(name, None)
        self._told.pop(name, None)
        self._open.pop(name, None)
        for url in self._indexes(name):
            self._pages.pop((url, name), None)

    def _indexes(self, name: NormalizedName) -> tuple[str, ...]:
        """Return the URLs of the indexes that may serve `name`, in order."""
        bound = self._request.bindings.get(name)
        return (bound,) if bound is not None else tuple(index.url for index in self._request.indexes)

    def _page(self, url: str, name: NormalizedName) -> StoredPage | None:
        """Return what an index says of a project, None if it was not asked or too long ago."""
        key = (url, name)
        if self._within is not None and name not in self._within:
            return None
        if self._within is not None and url not in self._together:
            self._read_together(url, self._within)
        if key not in self._pages:
            page = self._store.page(url, name, version=self._version(name))
            self._pages[key] = None if page is None or self._is_old(page.checked) else page
        return self._pages[key]

    def _read_together(self, url: str, within: Mapping[NormalizedName, Version | None]) -> None:
        """Read those pages of an index of which one release is looked at."""
        self._together.add(url)
        wanted = {name: version for name, version in within.items() if version is not None}
        for name, page in self._store.releases(url, wanted).items():
            self._pages[url, name] = None if self._is_old(page.checked) else page

    def _version(self, name: NormalizedName) -> Version | None:
        """Return the one release of a project that is looked at, None for all of them."""
        return None if self._within is None else self._within.get(name)

    def _read_slices(self, indexes: Sequence[str], names: Collection[NormalizedName]) -> None:
        """Read the slices of projects from the first of the indexes that has each."""
        for url in indexes:
            looks = self._shelf.look(url, names) if names else {}
            for name, look in looks.items():
                if look.slice is not None and not self._is_old(look.checked):
                    self._slices[name] = Entry(look.slice, None, look.written)
            names = [
                name for name, look in looks.items() if not look.is_found and not self._is_old(look.checked)
            ]

    def _is_old(self, checked: int) -> bool:
        """Whether an answer of that time does not count any more."""
        return self._oldest is not None and checked < self._oldest

    def _find_project(self, name: NormalizedName) -> Project | NoProject | None:
        local = self._request.local.get(name)
        if local is not None:
            return _to_project(local)
        for url in self._indexes(name):
            if self._within is None and (stamp := self._shelf.stamp(url, name)) is not None:
                self._stamps[name] = stamp  # before the facts are read
            page = self._page(url, name)
            if page is None:
                return None
            if page.project is not None:
                return page.project
        return NoProject(name)

    def _read_documents(self, name: NormalizedName) -> None:
        """Sort the releases of a project: those whose document is known, and those with an open question."""
        documents = self._documents[name] = {}
        questions = self._open[name] = {}
        local = self._request.local.get(name)
        if local is not None:
            documents[local.version] = local.metadata
            return
        project = self.project(name)
        if not isinstance(project, Project):
            return
        one = None if self._version(name) is None else [f.filename for r in project.releases for f in r.files]
        stored = self._told[name] = self._store.documents(project.index, name, filenames=one)
        told = {filename for filename, _ in stored}
        for release in project.releases:
            if self._is_untouched(name, release, told):
                questions[release.version] = release
                continue
            answer = self._resolve(project, release, stored)
            if isinstance(answer, Ask):
                questions[release.version] = answer
            else:
                documents[release.version] = answer

    def _is_untouched(self, name: NormalizedName, release: Release, told: Collection[str]) -> bool:
        """Whether nothing was asked yet about a release that there is something to ask about."""
        if any(file.filename in told for file in release.files):
            return False
        return any(file.is_wheel for file in release.files) or self._request.formats.allows_sdists(name)

    def _resolve(
        self, project: Project, release: Release, stored: Mapping[tuple[str, str], Document | None]
    ) -> Document | Ask:
        key = (project.name, release.version)
        known = self._orders.get(key)
        if known is None or known[0] is not release:
            order = document_order(release, self._target, self._request.formats, project.name)
            known = self._orders[key] = (release, order)
        return resolve_document(known[1], stored, self._request.given.get(key))


def without_store(request: Request) -> Snapshot:
    """Return what is known where there is no knowledge base: the local projects that a request brings."""
    return Snapshot(
        {name: _to_project(local) for name, local in request.local.items()},
        {name: {local.version: local.metadata} for name, local in request.local.items()},
    )


def _to_project(local: LocalProject) -> Project:
    """Return a project that is named by its path as one release with one file."""
    filename = local.path.rstrip("/").rpartition("/")[2] or local.path
    parsed = parse_filename(filename, local.name)
    tags = parsed.tags if isinstance(parsed, NamedFile) else ""  # a folder is built like an sdist
    file = File(filename, local.path, local.sha256, None, None, None, None, None, tags)
    return Project(local.name, local.path, (Release(local.version, (file,)),))
