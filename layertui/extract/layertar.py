"""A layer's tar, a chunk at a time: the very bytes of its diff ID, or a new one where it never was a tar."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from layertui.errors import DamagedError, LayertuiError, UnreachableError
from layertui.extract.assembly import assembled
from layertui.extract.contents import CHUNK_BYTES, Work
from layertui.image.blob import CutBlob
from layertui.image.digest import DiffID, new_hasher
from layertui.image.image import Layer
from layertui.layer.compression import MAGIC_BYTES, decompress, sniff
from layertui.layer.read import as_blob
from layertui.layer.split import SplitLayer
from layertui.layer.stored import StoredTree
from layertui.layer.window import Window


@dataclass(slots=True)
class LayerTar:
    """A layer's tar."""

    chunks: Iterator[bytes]
    """Its bytes, once. Raises LayertuiError where they cannot be read, or are not those of its diff ID, at the end."""
    notes: list[str] = field(default_factory=list)
    """What it is, where it is not the tar that the layer came as: complete once the chunks are through."""
    problems: list[LayertuiError] = field(default_factory=list)
    """What it lacks; as above."""


def layer_tar(layer: Layer, work: Work) -> LayerTar:
    """The tar of a layer: as stored, inflated, put together from an engine's books, or written anew from its files.

    Raises LayertuiError where it has none.
    """
    content = layer.content
    which = f"layer {layer.index}"
    if content is None:
        raise layer.problem or DamagedError(f"{which} has no content.")
    if isinstance(content, CutBlob):
        raise DamagedError(
            f"{which}: the archive ends early, and {content.lost_bytes:,} bytes of the layer are missing.",
            "Its files that are whole can be extracted one by one.",
        )
    blob = content.whole(work.check) if isinstance(content, StoredTree) else as_blob(content)
    if blob is not None:
        work.total_bytes = blob.size_bytes
        chunks = decompress(blob, sniff(blob.read_at(0, MAGIC_BYTES)), on_input=lambda data: work.add(len(data)))
        return _exact(chunks, layer.diff_id, which)
    assert isinstance(content, StoredTree), "what is no blob is kept as files"
    if isinstance(content, SplitLayer):
        return _exact(assembled(content, work), layer.diff_id, which)
    tree = content.read(work.check)
    window = content.window_for(tree, work.check)
    if tree.tar_bytes is not None:  # an engine's export, which is kept as the tar that came
        return _exact(_window_chunks(window, tree.tar_bytes, work), layer.diff_id, which)
    from layertui.extract.writtentar import write_tar  # the writer is for these alone

    tar = LayerTar(iter(()))
    tar.chunks = write_tar(tree, window, work, tar.problems)
    tar.notes.append(f"{which} is kept as files ({content.method}): this tar was written anew, and has no diff ID.")
    if tree.damage is not None:
        tar.problems.append(DamagedError(f"{which}: {tree.damage.message.rstrip('.')}."))
    tar.problems += [DamagedError(f"{which}: {problem}") for problem in tree.problems]
    return tar


def _exact(chunks: Iterator[bytes], diff_id: DiffID | None, which: str) -> LayerTar:
    if diff_id is not None:
        return LayerTar(_verified(chunks, diff_id, which))
    return LayerTar(chunks, [f"{which}: the image does not tell its diff ID, so the tar could not be verified."])


def _verified(chunks: Iterator[bytes], diff_id: DiffID, which: str) -> Iterator[bytes]:
    hasher = new_hasher(diff_id)
    for chunk in chunks:
        hasher.update(chunk)
        yield chunk
    if hasher.hexdigest() != diff_id.hex:
        raise DamagedError(
            f"{which}: its bytes are not those of its diff ID, {diff_id}.",
            "It is damaged or was tampered with. Its files can still be extracted one by one.",
        )


def _window_chunks(window: Window, size_bytes: int, work: Work) -> Iterator[bytes]:
    work.total_bytes = size_bytes
    for offset in range(0, size_bytes, CHUNK_BYTES):
        wanted = min(CHUNK_BYTES, size_bytes - offset)
        chunk = window.fetch(offset, wanted)[:wanted]
        if len(chunk) < wanted:
            raise UnreachableError("The engine's export of this layer is no longer there.", "Open the image again.")
        work.add(wanted)
        yield chunk
