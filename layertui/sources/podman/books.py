"""The JSON files of a containers-storage store: which images, layers and containers it has.

Their form is that of containers/storage (`images.go`, `layers.go`, `containers.go`). They are read without the store's
lock files: each is replaced as a whole by its writer, and one that moved while it was read is read again.
"""

import os
import re
from dataclasses import dataclass, field

import msgspec

from layertui.errors import DamagedError, LayertuiError, NotFoundError
from layertui.image.blob import FileBlob
from layertui.image.bounds import Bound
from layertui.image.document import decode
from layertui.image.verify import read_document
from layertui.layer.beneath import Beneath

BOOK_BYTES = Bound("LAYERTUI_MAX_BOOK_BYTES", 32 << 20, "bytes")
"""One JSON file of a store: a layer takes about 600 bytes in it, an image 1,500, so this is beyond any host. Read into
memory, a damaged one takes 25 times as much."""

RECORDS = Bound("LAYERTUI_MAX_BOOK_RECORDS", 100_000, "records")
"""In one of these files: each is looked into for a list, and a short one takes a few bytes only."""

_TRIES = 3
"""How often a file that moves while it is read is read again."""

_DAMAGED = "Podman is writing it just now, or the store is damaged. Try again, then: podman system check"
"""What to do about a file that is no such book."""

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}")
"""What an ID may be: 64 hexadecimal digits, except where somebody chose another."""


class IdMap(msgspec.Struct):
    """One run of user or group IDs; the names are those of Go's fields."""

    container_id: int = 0
    host_id: int = 0
    size: int = 0


class RawImage(msgspec.Struct, rename="kebab"):
    """One image of images.json."""

    id: str
    digest: str | None = None
    names: list[str] | None = None
    layer: str | None = None
    created: str | None = None
    big_data_names: list[str] | None = None
    big_data_digests: dict[str, str] | None = None


class RawLayer(msgspec.Struct, rename="kebab"):
    """One layer of layers.json."""

    id: str
    parent: str | None = None
    diff_digest: str | None = None
    diff_size: int | None = None
    uidmap: list[IdMap] | None = None
    gidmap: list[IdMap] | None = None


class RawContainer(msgspec.Struct, rename="kebab"):
    """One container of containers.json."""

    id: str
    names: list[str] | None = None
    image: str | None = None
    layer: str | None = None
    metadata: str | None = None
    created: str | None = None
    uidmap: list[IdMap] | None = None
    gidmap: list[IdMap] | None = None


@dataclass(slots=True)
class Books:
    """What one store's books say, each record under its ID in the order recorded."""

    images: dict[str, RawImage] = field(default_factory=dict)
    layers: dict[str, RawLayer] = field(default_factory=dict)
    containers: dict[str, RawContainer] = field(default_factory=dict)
    problems: list[LayertuiError] = field(default_factory=list)
    """Files and records that could not be read; everything else is there."""
    lost: dict[str, LayertuiError] = field(default_factory=dict)
    """Why a file of this kind could not be read: what it may have named is not known to be gone."""

    def add(self, kind: str, data: bytes, where: str) -> None:
        """Read one record; raises DamagedError where it is none, or where its ID could lead to another path."""
        if kind == "containers":
            container = decode(data, RawContainer, where)
            self.containers[_safe(container.id, where)] = container
        elif kind == "images":
            image = decode(data, RawImage, where)
            self.images[_safe(image.id, where)] = image
        else:
            layer = decode(data, RawLayer, where)
            self.layers[_safe(layer.id, where)] = layer


def read_books(store: Beneath, driver: str) -> Books:
    """Read all books of a store; damage goes to `problems`, and the rest is read all the same.

    Containers come first and layers last, so that what is added in between is known when it is named.
    """
    books = Books()
    for kind in ("containers", "images", "layers"):
        for name in (f"{driver}-{kind}/{kind}.json", f"{driver}-{kind}/volatile-{kind}.json"):
            where = f"{store.label}/{name}"
            try:
                records = _records(store, name, where)
            except LayertuiError as problem:
                if isinstance(problem, DamagedError):
                    problem = DamagedError(problem.message, _DAMAGED)
                books.problems.append(problem)
                books.lost[kind] = problem
                continue
            for number, raw in enumerate(records):
                try:
                    books.add(kind, bytes(raw), f"{where}: record {number}")
                except LayertuiError as problem:
                    books.problems.append(problem)
    return books


def _records(store: Beneath, name: str, where: str) -> list[msgspec.Raw]:
    """What one file holds; raises LayertuiError where it is there and cannot be read."""
    try:
        data = _stable(store, name, where)
        found = [] if data.strip() == b"null" else decode(data, list[msgspec.Raw], where, BOOK_BYTES)
        if len(found) > RECORDS.value:
            raise RECORDS.exceeded(f"{where} has {len(found):,} records and")
        return found
    except NotFoundError:
        return []  # a store that never had one


def _safe(name: str, where: str) -> str:
    """An ID that can be part of a path without leading anywhere else; IDs need not be digests here."""
    if not _NAME.fullmatch(name):
        raise DamagedError(f"{where} has an ID that cannot be a file's name: '{name[:80]}'.")
    return name


def _stable(store: Beneath, name: str, where: str) -> bytes:
    """A file's content of one moment; raises LayertuiError."""
    for _ in range(_TRIES):
        blob = store.blob(name.encode(), where)
        before = _state(blob)
        try:
            data = read_document(blob, bound=BOOK_BYTES)
        except DamagedError:
            if _state(blob) == before:
                raise
            continue
        if _state(blob) == before:
            return data
    raise DamagedError(f"{where} keeps changing while it is read.", "Podman is at work in this store: try again.")


def _state(blob: FileBlob) -> tuple[int, int]:
    status = os.fstat(blob.fileno())
    return status.st_size, status.st_mtime_ns
