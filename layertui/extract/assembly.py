"""A layer's tar put together again from an engine's books and files (vbatts/tar-split, `tar/asm/assemble.go`)."""

from collections.abc import Iterator
from pathlib import Path

from layertui.errors import DamagedError, UnreachableError
from layertui.extract.contents import CHUNK_BYTES, Work
from layertui.image.blob import Blob, FileBlob
from layertui.image.bounds import SPLIT_BYTES
from layertui.layer.beneath import Beneath, opened
from layertui.layer.columns import Columns
from layertui.layer.segments import SegmentWindow, records
from layertui.layer.split import SplitLayer
from layertui.layer.tar import scan

_CONTENT, _SEGMENT = 1, 2
"""Types of records."""


def assembled(layer: SplitLayer, work: Work) -> Iterator[bytes]:
    """Yield the tar of a layer: headers and padding from its tar-split file, contents from its directory.

    Whether these are the bytes that it had is for its diff ID to tell. Raises LayertuiError where a file is gone or is
    not what the books say.
    """
    books, files = _books(layer), _files(layer)
    keys = _keys_by_offset(books, layer.label, work)
    offset = 0
    for record in records(books, work.check):
        if record.type == _SEGMENT and record.payload:
            yield record.payload
            offset += len(record.payload)
            work.add(len(record.payload))
        elif record.type == _CONTENT and (key := keys.get(offset)) is not None:
            blob = files.blob(key)
            if blob.size_bytes != record.size:
                raise DamagedError(
                    f"{blob.label} has {blob.size_bytes:,} bytes on disk, but the layer's had {record.size:,}.",
                    "Pull the image again, or extract from an archive of it.",
                )
            yield from _whole(blob, work)
            offset += record.size


def _books(layer: SplitLayer) -> Blob:
    books = layer.books
    blob = FileBlob.open(books, layer.label) if isinstance(books, Path) else books()
    if blob.size_bytes > SPLIT_BYTES.value:
        raise SPLIT_BYTES.exceeded(f"{layer.label}: its tar-split file has {blob.size_bytes:,} bytes and")
    return blob


def _files(layer: SplitLayer) -> Beneath:
    if layer.root is None:
        raise UnreachableError(
            f"{layer.label}: the directory that holds its files cannot be read.",
            "Use sudo, or save the image to an archive and open that.",
        )
    return opened(layer.root)


def _keys_by_offset(books: Blob, label: str, work: Work) -> dict[int, bytes]:
    """Which file's content stands where in the tar, as the scanner finds it from the headers alone."""
    columns = Columns()
    window = SegmentWindow(records(books, work.check), columns, label)
    damage = scan(window, columns)
    if damage is not None:
        raise DamagedError(f"{label}: its tar-split file is damaged: {damage.message}.")
    work.total_bytes = columns.content_bytes
    return {offset: key for offset, size, key in zip(columns.offsets, columns.sizes, columns.keys, strict=True) if size}


def _whole(blob: FileBlob, work: Work) -> Iterator[bytes]:
    for offset in range(0, blob.size_bytes, CHUNK_BYTES):
        chunk = blob.read_at(offset, CHUNK_BYTES)
        work.add(len(chunk))
        yield chunk
