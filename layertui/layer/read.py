"""Read one layer: sniff its compression, scan its tar, verify its digests on the way."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import cast

from layertui.errors import Cancelled, DamagedError
from layertui.image.blob import Blob, Content, CutBlob
from layertui.image.digest import DiffID, Digest, new_hasher
from layertui.layer.build import build
from layertui.layer.columns import Columns
from layertui.layer.compression import MAGIC_BYTES, Compression, decompress, sniff
from layertui.layer.stored import StoredTree
from layertui.layer.tar import Damage, scan
from layertui.layer.tree import LayerTree
from layertui.layer.window import BlobWindow, StreamWindow, Window

Progress = Callable[[int], None]
"""Called now and then with the stored bytes of the blob that are done."""

Cancel = Callable[[], bool]
"""Asked now and then; True stops the work."""


def read_layer(
    content: Content,
    *,
    progress: Progress | None = None,
    cancelled: Cancel | None = None,
    digest: Digest | None = None,
    diff_id: DiffID | None = None,
    verify: bool = False,
) -> LayerTree:
    """Read one layer, a tar that is plain or compressed or files in a directory, into its tree.

    A compressed layer is read whole, so its blob is checked against `digest` and its tar against `diff_id` as it
    passes; a plain one is skipped through, and is checked only where `verify` asks for it. A mismatch is one of the
    tree's `problems`. Damage in the tar is kept in the tree with what was read before it.

    Raises DamagedError where nothing can be read at all, Cancelled when `cancelled` says so.
    """

    def tick(done: int) -> None:
        if cancelled is not None and cancelled():
            raise Cancelled
        if progress is not None:
            progress(min(done, content.size_bytes))

    if isinstance(content, StoredTree):
        return content.read(tick)
    blob = as_blob(content)
    compression = sniff(blob.read_at(0, 16))
    columns = Columns()
    if compression is Compression.PLAIN and not verify:
        damage = scan(BlobWindow(blob, tick), columns)
        return replace(build(columns), damage=damage or _cut(blob), tar_bytes=blob.size_bytes)
    return _read_whole(blob, compression, columns, tick, digest, diff_id)


def _read_whole(
    blob: Blob,
    compression: Compression,
    columns: Columns,
    tick: Progress,
    digest: Digest | None,
    diff_id: DiffID | None,
) -> LayerTree:
    stored_hash = new_hasher(digest) if digest is not None else None
    tar_hash = hashlib.sha256() if diff_id is not None else None
    done = tar_bytes = 0

    def on_input(data: bytes) -> None:
        nonlocal done
        done += len(data)
        if stored_hash is not None:
            stored_hash.update(data)
        tick(done)

    def chunks() -> Iterator[bytes]:
        nonlocal tar_bytes
        for chunk in decompress(blob, compression, on_input=on_input, on_trailing=columns.warn):
            if tar_hash is not None:
                tar_hash.update(chunk)
            tar_bytes += len(chunk)
            yield chunk

    window = StreamWindow(chunks())
    damage = scan(window, columns)
    verified: list[str] = []
    problems: list[str] = []
    if damage is None:
        try:
            window.drain()
        except DamagedError as error:
            damage = Damage(error.message, tar_bytes)
    damage = damage or _cut(blob)
    if damage is None:
        if digest is not None and stored_hash is not None:
            found = f"{digest.algorithm}:{stored_hash.hexdigest()}"
            _compare(str(digest), found, "digest", blob.label, verified, problems)
        if diff_id is not None and tar_hash is not None:
            found = f"sha256:{tar_hash.hexdigest()}"
            _compare(str(diff_id), found, "diff ID", blob.label, verified, problems)
    return replace(
        build(columns), damage=damage, verified=tuple(verified), problems=tuple(problems), tar_bytes=tar_bytes
    )


def _cut(blob: Blob) -> Damage | None:
    """The damage of a layer that ends early between two members, where its tar alone looks whole."""
    if not isinstance(blob, CutBlob):
        return None
    return Damage(f"the archive ends early: {blob.lost_bytes:,} bytes of the layer are missing", blob.size_bytes)


def _compare(said: str, found: str, what: str, label: str, verified: list[str], problems: list[str]) -> None:
    if said == found:
        verified.append(what)
    else:
        problems.append(f"{label}: the {what} does not match: {said} was promised, {found} was read.")


def as_blob(content: Content) -> Blob:
    """A layer's content as the tar that it is; TypeError where it is files (a mistake of the program)."""
    if isinstance(content, StoredTree) or not hasattr(content, "read_at"):
        raise TypeError(f"{type(content).__name__} is no tar")
    return cast("Blob", content)


def layer_window(content: Content, tree: LayerTree, tick: Progress | None = None) -> Window:
    """A window for reading contents at the offsets that a layer's tree names; a compressed layer's must rise.

    `tick` is called while bytes are waited for or passed over, and raises Cancelled to stop the work.
    """
    if not isinstance(content, StoredTree):
        return tar_window(as_blob(content), tick)
    return content.window(tree) if tick is None else content.window_for(tree, tick)


def tar_window(blob: Blob, tick: Progress | None = None) -> Window:
    """A window over a layer's uncompressed tar; over a compressed one, offsets must rise. `tick` as in `ticking`."""
    compression = sniff(blob.read_at(0, MAGIC_BYTES))
    if compression is Compression.PLAIN:
        return BlobWindow(blob, None)
    return StreamWindow(ticking(blob, compression, tick))


def ticking(blob: Blob, compression: Compression, tick: Progress | None) -> Iterator[bytes]:
    """A blob's uncompressed bytes; `tick` is called with the stored bytes done, before each chunk of a mebibyte."""
    if tick is None:
        yield from decompress(blob, compression)
        return
    done = 0

    def on_input(data: bytes) -> None:
        nonlocal done
        done += len(data)

    for chunk in decompress(blob, compression, on_input=on_input):
        tick(done)
        yield chunk
