"""The images of Docker's books as a list, each followed by its containers."""

from collections.abc import Callable, Iterable

import msgspec

from layertui.errors import DamagedError, LayertuiError, as_damage
from layertui.image.bounds import Bound
from layertui.image.config import ImageConfig, parse_config
from layertui.image.digest import ChainID, Digest
from layertui.image.document import decode
from layertui.image.image import Image, Naming, platform_of
from layertui.sources.base import ImageEntry, Listing, Record, broken, few, short_reference
from layertui.sources.docker.books import DockerBooks
from layertui.sources.docker.books_containers import container_entries
from layertui.sources.docker.books_stack import newest_first, open_stack
from layertui.sources.select import full_name

REPOSITORIES_BYTES = Bound("LAYERTUI_MAX_REPOSITORIES_BYTES", 32 << 20, "bytes")
"""repositories.json: names of some hundred thousand images, about 200 bytes each."""


class _RawRepositories(msgspec.Struct):
    """moby, reference/store.go: repository to full name to image ID; a full name ends in a tag or a digest."""

    repositories: dict[str, dict[str, str | None] | None] | None = msgspec.field(default=None, name="Repositories")


def listing(books: DockerBooks, label: str, scheme: str) -> Listing:
    """All images newest first, as `docker images` lists them, each followed by its containers.

    An image without a name is left out when another was built on it, as `docker images` does: such are the steps of
    the classic builder. Raises LayertuiError where there is no list of images at all.
    """
    warnings: list[str] = []
    image_ids = _image_ids(books)
    known = set(image_ids)
    named = _names(books, bool(image_ids), warnings)
    names = named or {}
    for name in sorted(name for image_id in names.keys() - known for name in names[image_id]):
        warnings.append(f"{name} names an image that is not in the books.")
    # Where no name is known, any image may be one that has some.
    hidden = _parents(books, image_ids) - {str(image_id) for image_id in names} if named is not None else set()
    entries = [
        _entry(books, image_id, sorted(names.get(image_id, ()), key=full_name), label)
        for image_id in image_ids
        if image_id not in hidden
    ]
    entries.sort(key=lambda entry: newest_first(entry.record.created if entry.record else None))
    opens = {entry.digest: entry.open for entry in entries}

    def opener(image_id: Digest | None) -> Callable[[], Image] | None:
        """What opens an image, be it listed or not; None where the books have no such image."""
        if image_id is None or image_id not in known:
            return None
        return opens.get(image_id) or _entry(books, image_id, (), label).open

    containers = container_entries(books, label, opener, warnings)
    found: list[ImageEntry] = []
    for entry in entries:
        found.append(entry)
        found += containers.pop(entry.digest, ())
    found += (entry for rest in containers.values() for entry in rest)
    facts = (("storage driver", books.driver), ("layers read by", "Docker's books (tar-split)"))
    return Listing(scheme, label, tuple(found), few(warnings), facts)


def _image_ids(books: DockerBooks) -> list[Digest]:
    found = []
    for name in books.shelf.names("imagedb/content/sha256"):
        try:
            found.append(Digest.parse(f"sha256:{name}"))
        except DamagedError:
            continue  # what Docker has not finished writing has another name
    return found


def _names(books: DockerBooks, expected: bool, warnings: list[str]) -> dict[Digest, set[str]] | None:
    """Tags and names with a digest of every image that has any; None, with a warning, where that cannot be read."""
    if not expected and books.shelf.lacks("repositories.json"):
        return {}  # Docker writes it with the first name
    found: dict[Digest, set[str]] = {}
    label = f"{books.shelf.label}/repositories.json"
    try:
        data = books.shelf.read("repositories.json", REPOSITORIES_BYTES)
        raw = decode(data, _RawRepositories, label, REPOSITORIES_BYTES)
    except LayertuiError as problem:
        warnings.append(f"{problem.message} Images are shown without their names.")
        return None
    for by_name in (raw.repositories or {}).values():
        for name, text in (by_name or {}).items():
            try:
                found.setdefault(Digest.parse(text or ""), set()).add(name)
            except DamagedError as problem:
                warnings.append(f"{label}: {name}: {problem.message}")
    return found


def _parents(books: DockerBooks, image_ids: Iterable[Digest]) -> set[str]:
    """Images that others were built on, as the classic builder records it."""
    found = set()
    for image_id in image_ids:
        name = f"imagedb/metadata/sha256/{image_id.hex}/parent"
        if books.shelf.holds(name):
            try:
                found.add(books.shelf.line(name))
            except LayertuiError:
                continue  # then its parent is shown as dangling: more than needed, and nothing is hidden
    return found


def _entry(books: DockerBooks, image_id: Digest, names: Iterable[str], label: str) -> ImageEntry:
    tags = tuple(name for name in names if "@" not in name)
    repo_digests = tuple(name for name in names if "@" in name)
    reference = tags[0] if tags else short_reference(image_id)
    where = f"{label}: {reference}"
    try:
        raw_config = books.image_config(image_id)
        config = parse_config(raw_config, f"{where}: config")
    except LayertuiError as problem:
        return broken(as_damage(problem), reference, tags, digest=image_id)
    chain_ids = ChainID.chain(config.rootfs.diff_ids) if config.rootfs.diff_ids else ()
    return ImageEntry(
        reference,
        tags,
        "image",
        platform_of(config),
        image_id,
        None,
        lambda: open_stack(books, Naming(reference, tags), chain_ids, raw_config, config, image_id, where),
        record=_record(books, image_id, config, chain_ids, repo_digests),
    )


def _record(
    books: DockerBooks,
    image_id: Digest,
    config: ImageConfig,
    chain_ids: tuple[ChainID, ...],
    repo_digests: tuple[str, ...],
) -> Record:
    layers = tuple((chain_id, books.size_bytes(chain_id)) for chain_id in chain_ids)
    sizes = [size for _, size in layers if size is not None]
    total = sum(sizes) if len(sizes) == len(layers) else None
    return Record(image_id, config.created, total, layers, repo_digests, config.config.labels)
