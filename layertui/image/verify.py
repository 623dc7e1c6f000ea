"""What a descriptor promised, checked against what is there: the size first, then the digest (descriptor.md)."""

from layertui.errors import DamagedError
from layertui.image.blob import Blob
from layertui.image.bounds import DOCUMENT_BYTES, Bound
from layertui.image.digest import Digest, new_hasher

_HINT = "It is not trusted. Fetch or save the image again."


def check_size(blob: Blob, size_bytes: int) -> None:
    """Raise DamagedError when a blob is not as long as its descriptor says."""
    if blob.size_bytes != size_bytes:
        raise DamagedError(
            f"{blob.label} does not match its descriptor: {size_bytes:,} bytes were promised, it has"
            f" {blob.size_bytes:,}.",
            _HINT,
        )


def read_document(
    blob: Blob,
    *,
    digest: Digest | None = None,
    size_bytes: int | None = None,
    bound: Bound = DOCUMENT_BYTES,
) -> bytes:
    """All bytes of a manifest, index or config, checked against what its descriptor says, where there is one.

    Raises DamagedError when it exceeds `bound`, or when size or digest do not match.
    """
    if blob.size_bytes > bound.value:
        raise bound.exceeded(f"{blob.label} has {blob.size_bytes:,} bytes and")
    if size_bytes is not None:
        check_size(blob, size_bytes)
    data = blob.read_at(0, blob.size_bytes)
    if digest is not None:
        hasher = new_hasher(digest)
        hasher.update(data)
        if hasher.hexdigest() != digest.hex:
            raise DamagedError(
                f"{blob.label} does not match its digest: its content is {digest.algorithm}:{hasher.hexdigest()}.",
                _HINT,
            )
    return data
