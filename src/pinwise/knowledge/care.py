"""Looking after a knowledge base: whether it is sound, what of it can be kept, copies, and a fresh file."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

from pinwise.actions.care import Examination
from pinwise.actions.knowledge import Damage
from pinwise.knowledge import derived
from pinwise.knowledge.connection import Connection
from pinwise.knowledge.copying import copy_store, take_the_name
from pinwise.knowledge.database import Database, Terms
from pinwise.knowledge.digests import insert
from pinwise.knowledge.examination import examine, nothing_at, raw, structure_faults
from pinwise.knowledge.failures import nothing_yet, store_failures, unreachable
from pinwise.knowledge.files import beside, create, is_ours, open_reader, open_writer, read_content, sweep
from pinwise.knowledge.lock import WriteLock
from pinwise.knowledge.migration import migrate
from pinwise.knowledge.schema import Content
from pinwise.knowledge.seal import seal, transaction
from pinwise.knowledge.soundness import Row, judge
from pinwise.model.errors import OutputError, StoreFailure, StoreUnavailable


class StoreCare:
    """Looks after the knowledge base at `path`; `pinwise.actions.care.Care` for a file."""

    def __init__(self, path: Path, terms: Terms) -> None:
        self.path = path
        self._terms = terms

    def examine(self) -> Examination:
        """Read everything and say what does not hold; nothing is changed.

        Raises:
            StoreFailure: There is none, it is something else or of a newer pinwise, another program holds it,
                or its folder cannot be read.
        """
        try:
            _bring_up(self.path, self._terms)
            with self._alone():
                return examine(self.path)
        except StoreUnavailable:
            raise
        except StoreFailure as failure:
            if not is_ours(self.path):
                raise
            return Examination(self.path, (Damage(f"the file cannot be opened: {failure.message}"),))

    def repair(self) -> Path:
        """Put what holds into a new file in the place of the old one, and return where that one is kept.

        Raises:
            StoreFailure: It cannot be written.
        """
        with self._alone():
            try:
                made = _keep_what_holds(self.path)
                aside = _set_aside(self.path)
                take_the_name(made, self.path)
            except OSError as error:
                raise unreachable(self.path, error) from error
            return aside

    def back_up(self, target: Path, *, replaces: bool = False, is_dry: bool = False) -> None:
        """Copy the store to `target` as it is at one moment, whoever writes it meanwhile.

        With `is_dry` the store and what is at `target` are only looked at.

        Raises:
            StoreFailure: There is none, it is damaged, or `target` cannot be written.
            OutputError: Something is at `target`: a backup, and not `replaces`, or something else.
        """
        if is_dry:
            _check_sound(self.path)
        else:
            _bring_up(self.path, self._terms)
        _check_target(target, self.path, replaces=replaces)
        if not is_dry:
            copy_store(self.path, target, finish=_seal_and_examine)

    def restore(self, source: Path, *, is_dry: bool = False) -> None:
        """Put what a backup holds in the place of what is known now.

        One commit does it: other processes see what was there before, or all that was restored. The present
        file is kept beside it until then. With `is_dry` only the backup is read.

        Raises:
            StoreFailure: The backup is no knowledge base, or the store cannot be written.
        """
        with _left_as_it_was(source):
            _examine_backup(source)
            if not is_dry:
                self._put_back(source)

    def _put_back(self, source: Path) -> None:
        with self._alone():
            if _is_usable(self.path):
                before = self.path.with_name(f"{self.path.name}.before-restore")
                copy_store(self.path, before)
                _overwrite(self.path, source)
                before.unlink(missing_ok=True)
            else:
                _set_aside(self.path)
                copy_store(source, self.path)
            if read_content(self.path) is Content.OLDER:
                migrate(self.path)
            _seal(self.path)

    def rebuild(self, *, is_dry: bool = False) -> None:
        """Make anew all that follows from the facts: search indexes, the order in the file, its seal.

        What was compiled is dropped; the next runs compile what they need. With `is_dry` it is only seen
        whether there is one.

        Raises:
            StoreFailure: There is none, or it cannot be written.
        """
        if is_dry:
            _check_present(self.path)
            return
        _bring_up(self.path, self._terms)
        with self._alone(), store_failures(self.path):
            writer = open_writer(self.path)
            try:
                with transaction(writer):
                    derived.drop(writer)
                writer.execute("REINDEX")
                writer.execute("VACUUM")
                seal(writer, self.path)
            finally:
                writer.close()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold back other writers; where the folder admits no writing, there can be none."""
        is_open = os.access(self.path.parent, os.W_OK) or not self.path.parent.exists()
        lock = WriteLock(self.path, patience=self._terms.patience, waiting=self._terms.waiting)
        with lock.held() if is_open else nullcontext():
            yield


def _keep_what_holds(path: Path) -> Path:
    """Make a store beside `path` of all that holds, of nothing if it cannot be read; return where it is."""
    made = path.with_name(f"{path.name}.sound")
    for left_over in (made, *beside(made)):
        left_over.unlink(missing_ok=True)
    create(made)
    with store_failures(made):
        writer = open_writer(made)
        try:
            with suppress(_Unreadable):
                _copy_what_holds(path, writer)
            seal(writer, made)
        finally:
            writer.close()
    return made


class _Unreadable(Exception):
    """Nothing of a file can be read."""


def _copy_what_holds(path: Path, writer: Connection) -> None:
    query = "UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'projects'"
    with transaction(writer):
        try:
            with store_failures(path), raw(path) as connection:
                last = _last_project(connection)
                rows: list[tuple[str, Sequence[Row]]] = []
                judge(connection, lambda table, kept: rows.append((table, kept)))
        except StoreFailure as failure:
            raise _Unreadable from failure
        for table, kept in rows:
            insert(writer, table, kept)
        writer.execute(query, (last,))


def _set_aside(path: Path) -> Path:
    """Keep a damaged file under a second name, and return it."""
    aside = path.with_name(f"{path.name}.damaged")
    if path.exists():
        aside.unlink(missing_ok=True)
        try:
            os.link(path, aside)
        except OSError:  # no second names on this disk
            shutil.copyfile(path, aside)
    return aside


def _last_project(connection: Connection) -> int:
    """Return the highest number that a project was ever given, as far as that is known."""
    query = "SELECT ifnull(max(seq), 0) FROM sqlite_sequence WHERE typeof(seq) = 'integer'"
    return min(int(connection.execute(query).fetchone()[0]), 1 << 48)


def _bring_up(path: Path, terms: Terms) -> None:
    """Open a store once, so that facts of an older schema are migrated.

    Raises:
        StoreFailure: There is none, or it is something else.
    """
    Database(path, read_only=True, terms=terms).close()


def _check_present(path: Path) -> None:
    """See that there is a store, without bringing facts of an older schema up to date.

    Raises:
        StoreFailure: There is none, or it is something else.
    """
    if read_content(path) is Content.NOTHING:
        raise nothing_yet(path)


def _check_sound(path: Path) -> None:
    """See that a store can be copied, whoever writes it meanwhile.

    Raises:
        StoreFailure: There is none, it is something else, or it is damaged.
    """
    _check_present(path)
    with store_failures(path), raw(path) as connection:
        is_sound = not list(structure_faults(connection))
        if is_sound and read_content(path) is Content.FACTS:
            is_sound = not judge(connection).damage
    if not is_sound:
        raise StoreFailure(
            f"`{path}` is damaged: it would not be copied",
            hint="`pinwise kb verify` keeps what is sound; then try again",
        )


def _check_target(target: Path, store: Path, *, replaces: bool) -> None:
    """See that a backup may be put at `target`: nothing is there, or a backup that it `replaces`.

    Raises:
        StoreFailure: It is the knowledge base itself, or cannot be looked at.
        OutputError: It may not.
    """
    try:
        if not target.exists():
            return
        if target.samefile(store):
            raise StoreFailure(f"`{target}` is the knowledge base itself", hint="name another file")
        is_replaceable = target.is_file() and (is_ours(target) or not target.stat().st_size)
    except OSError as error:
        raise unreachable(target, error) from error
    if not is_replaceable:
        raise OutputError(
            f"`{target}` is there and is not a knowledge base, so it is never replaced",
            hint="name another file",
        )
    if not replaces:
        raise OutputError(f"`{target}` is there already", hint="`--force` replaces it")


def _seal_and_examine(copy: Path) -> None:
    """Seal a fresh copy and see that it is sound.

    Raises:
        StoreFailure: It is not, for what was copied is not.
    """
    with store_failures(copy):
        _seal(copy)
    if examine(copy).damage:
        raise StoreFailure(
            f"`{copy}` would be as damaged as the knowledge base: it was not made",
            hint="`pinwise kb verify` keeps what is sound; then try again",
        )


@contextmanager
def _left_as_it_was(path: Path) -> Iterator[None]:
    """Leave nothing beside a file that had nothing beside it: SQLite makes logs for whoever reads it."""
    had_any = any(each.exists() for each in beside(path))
    try:
        yield
    finally:
        if not had_any:
            sweep(path)


def _examine_backup(path: Path) -> None:
    """See that a backup can be restored.

    Raises:
        StoreFailure: It is damaged, or no knowledge base.
    """
    match read_content(path):
        case Content.NOTHING:
            raise nothing_at(path)
        case Content.OLDER:
            with store_failures(path), raw(path) as connection:
                is_sound = not list(structure_faults(connection))
        case _:
            is_sound = not examine(path).damage
    if not is_sound:
        raise StoreFailure(
            f"the backup `{path}` is damaged; nothing was changed",
            hint=f"`pinwise kb verify --kb {path}` keeps what is sound of it; then try again",
        )


def _is_usable(path: Path) -> bool:
    """Whether SQLite can write the file: it is one of ours, of this schema or an older one."""
    try:
        return read_content(path) is not Content.NOTHING
    except StoreFailure:
        return False


def _overwrite(path: Path, source: Path) -> None:
    """Replace the content of a store by that of another, in one commit."""
    with store_failures(source):
        reader = open_reader(source)
        try:
            with store_failures(path):
                writer = open_writer(path)
                try:
                    reader.backup(writer)
                finally:
                    writer.close()
        finally:
            reader.close()


def _seal(path: Path) -> None:
    writer = open_writer(path)
    try:
        seal(writer, path)
    finally:
        writer.close()
