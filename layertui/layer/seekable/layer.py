"""A layer that is listed by its table of contents and read by its chunks, so that little of its blob is fetched."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from layertui.errors import DamagedError
from layertui.image.blob import Blob, BytesBlob
from layertui.image.bounds import TOC_BYTES
from layertui.image.digest import Digest, new_hasher
from layertui.layer.build import build
from layertui.layer.columns import Columns
from layertui.layer.compression import Compression, decompress
from layertui.layer.files import place
from layertui.layer.seekable.chunks import LIES, Chunks
from layertui.layer.seekable.footer import TAIL_BYTES, Form, TocPlace, annotated_place, footer_place
from layertui.layer.seekable.ranges import REQUEST_BYTES
from layertui.layer.seekable.toc import LOST, read_toc
from layertui.layer.seekable.window import ChunkWindow
from layertui.layer.stored import StoredTree
from layertui.layer.tar import scan
from layertui.layer.tree import LayerTree
from layertui.layer.window import BlobWindow, Tick

TOC_NAME = b"stargz.index.json"
"""The member of an eStargz that is its table of contents (docs/estargz.md, "TOC and TOCEntries")."""

VERIFIED = "table of contents"
"""What is said to be verified where the descriptor has the digest of it."""

_COMPRESSIONS = {Form.ESTARGZ: Compression.GZIP, Form.ZSTD_CHUNKED: Compression.ZSTD}


def seekable(blob: Blob, annotations: Mapping[str, str]) -> "SeekableLayer | None":
    """The layer in a blob that has a table of contents, None where it has none.

    `annotations` are those of its descriptor. Where they do not tell the place, the last TAIL_BYTES of the blob are
    read for it. Raises DamagedError for an annotation that is no digest, and what reading the blob raises.
    """
    found = annotated_place(annotations)
    if found is None:
        start = max(0, blob.size_bytes - TAIL_BYTES)
        found = footer_place(blob.read_at(start, TAIL_BYTES), blob.size_bytes, annotations)
    return None if found is None else SeekableLayer(blob, found)


class SeekableLayer(StoredTree):
    """A layer with a table of contents, over a blob for which every read may be a request.

    A listing reads the table and nothing else; contents are read by chunks, and verified by the digests in it. The
    table is verified where the descriptor has its digest. Offsets in its columns are those of `files.place`.
    """

    def __init__(self, blob: Blob, toc: TocPlace) -> None:
        self.label = blob.label
        self.size_bytes = toc.stored_bytes
        self.method = f"its table of contents ({toc.form.value})"
        self.loses_names = False
        """Whether it listed names with bytes that are no Unicode: JSON has no words for them, only the tar does."""
        self._blob = blob
        self._toc = toc
        self._listed: tuple[Columns, Chunks] | None = None
        """What was listed last, and where its contents are."""

    def read(self, tick: Tick) -> LayerTree:
        """See StoredTree.read; `tick` counts stored bytes of the table.

        Raises DamagedError where the table is damaged, has another digest than its descriptor says, or lies.
        """
        tree, chunks = self._read(tick)
        self._listed = tree.columns, chunks
        return tree

    def _read(self, tick: Tick) -> tuple[LayerTree, Chunks]:
        columns, chunks = Columns(), Chunks(end=self._toc.offset)
        data = self._json(tick)
        verified = self._verify(data, self._toc.json_digest) or self._toc.stored_digest is not None
        if not verified:
            columns.warn("the manifest has no digest of the table of contents, so that it could not be verified.")
        read_toc(data, columns, chunks, self.label, lambda _: tick(self._toc.stored_bytes))
        place(columns, self.label)
        self.loses_names = any(LOST in key for key in columns.keys)
        return replace(build(columns), verified=(VERIFIED,) if verified else ()), chunks

    def window(self, tree: LayerTree) -> ChunkWindow:
        """See StoredTree.window."""
        return ChunkWindow(self._blob, self._compression, tree, lambda: self._chunks_of(tree), self.label)

    @property
    def _compression(self) -> Compression:
        return _COMPRESSIONS[self._toc.form]

    def _chunks_of(self, tree: LayerTree) -> Chunks:
        """Where a tree's contents are; it may be of another layer of the same diff ID, and this one not yet read."""
        if self._listed is None:
            listed, chunks = self._read(lambda _: None)
            self._listed = listed.columns, chunks
        columns, chunks = self._listed
        theirs, members = tree.columns, chunks.member_rows
        alike = columns is theirs or (columns.keys[:members], columns.offsets) == (
            theirs.keys[:members],
            theirs.offsets,
        )
        if not alike:
            raise DamagedError(f"{self.label}: it has other files than were listed.", "Open the image again.")
        return chunks

    def _json(self, tick: Tick) -> bytes:
        """The table of contents, fetched and inflated."""
        toc, size_bytes = self._toc, self._blob.size_bytes
        where = f"{self.label}: its table of contents"
        if not 0 <= toc.offset < toc.offset + toc.stored_bytes <= size_bytes:
            raise DamagedError(
                f"{where} should stand at bytes {toc.offset:,} to {toc.offset + toc.stored_bytes:,} of {size_bytes:,}.",
                LIES,
            )
        if toc.stored_bytes > TOC_BYTES.value:
            raise TOC_BYTES.exceeded(f"{where} has {toc.stored_bytes:,} bytes and")
        stored = b"".join(self._fetched(tick))
        self._verify(stored, toc.stored_digest)
        parts, inflated_bytes = [], 0
        for part in decompress(BytesBlob(stored, where), self._compression):
            tick(toc.stored_bytes)
            inflated_bytes += len(part)
            if inflated_bytes > TOC_BYTES.value:
                raise TOC_BYTES.exceeded(f"{where}, inflated,")
            parts.append(part)
        data = b"".join(parts)
        return data if toc.form is Form.ZSTD_CHUNKED else self._in_tar(data, where)

    def _fetched(self, tick: Tick) -> Iterator[bytes]:
        toc = self._toc
        for done in range(0, toc.stored_bytes, REQUEST_BYTES):
            tick(done)
            wanted = min(REQUEST_BYTES, toc.stored_bytes - done)
            data = self._blob.read_at(toc.offset + done, wanted)
            if len(data) < wanted:
                raise DamagedError(f"{self.label}: it ends inside its table of contents.", "Fetch it again.")
            yield data

    def _in_tar(self, data: bytes, where: str) -> bytes:
        """The content of the one member that the end of an eStargz has as a tar."""
        columns = Columns()
        damage = scan(BlobWindow(BytesBlob(data, where), None), columns)
        if columns.keys[:1] != [TOC_NAME]:
            reason = damage.message if damage else f"it holds no {TOC_NAME.decode()}"
            raise DamagedError(f"{where} cannot be read: {reason}.", LIES)
        content = data[columns.offsets[0] : columns.offsets[0] + columns.sizes[0]]
        if len(content) < columns.sizes[0]:
            raise DamagedError(f"{where} ends early.", LIES)
        return content

    def _verify(self, data: bytes, digest: Digest | None) -> bool:
        """Whether there is a digest, and it is that of the data; raises DamagedError where it is another's."""
        if digest is None:
            return False
        hasher = new_hasher(digest)
        hasher.update(data)
        if hasher.hexdigest() != digest.hex:
            raise DamagedError(
                f"{self.label}: its table of contents does not match its digest: {digest} was promised,"
                f" {digest.algorithm}:{hasher.hexdigest()} was read.",
                "It is not trusted. Fetch the image again.",
            )
        return True
