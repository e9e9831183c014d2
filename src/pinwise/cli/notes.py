"""What `-v` says: what was read from where, and what is asked; never a secret."""

from collections.abc import Iterator
from pathlib import Path

from pinwise.explain.words import address, clean, code, count, listing
from pinwise.model.request import Index, Manifest, Request
from pinwise.settings import Settings


def question_notes(manifest: Manifest, settings: Settings, request: Request) -> Iterator[str]:
    """Yield what a question rests on: files, settings, target, indexes, knowledge base, present pins."""
    yield f"read {listing([code(file) for file in manifest.files])} (kind of manifest: {manifest.kind})"
    yield from setting_notes(settings)
    environment = request.environment
    for word, value in (("Python", environment.python_name), ("platform", environment.platform)):
        yield f"the {word} is {value} ({environment.origins.get(word.lower(), 'declared')})"
    for number, index in enumerate(request.indexes, 1):
        yield f"index {number} of {len(request.indexes)}: {_index(index)}"
    for name, url in sorted(request.bindings.items()):
        yield f"`{name}` is bound to {address(url)}"
    yield _knowledge_base(settings.kb)
    if request.kept is None:
        yield "there is no present lock"
    else:
        which = "compared with" if request.kept.frees_all else "kept as far as that goes"
        yield f"{count(len(request.kept.pins), 'pin')} of `{clean(request.kept.file)}`: {which}"


def setting_notes(settings: Settings) -> Iterator[str]:
    """Yield each setting that is not the default, and where its value comes from."""
    from pinwise.settings.shown import INDEX_SETTINGS, shown_settings  # noqa: PLC0415  # for `-v` only

    for each in shown_settings(settings):
        if not each.is_default and each.name not in INDEX_SETTINGS:  # the indexes that count are told below
            yield f"setting `{each.name}`: {clean(each.text)} ({each.origin})"


def _index(index: Index) -> str:
    named = f" (`{clean(index.name)}`)" if index.name else ""
    kind = ", a list of files" if index.is_flat else ""
    login = ", with a login" if index.secret else ""
    place = f", named in {code(str(index.place))}" if index.place else ""
    return f"{address(index.url)}{named}{kind}{place}{login}"


def _knowledge_base(path: Path) -> str:
    return f"the knowledge base is `{path}`" + ("" if path.exists() else ", which is not there yet")
