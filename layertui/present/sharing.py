"""What images share on disk, and what one of them alone takes."""

from collections.abc import Hashable, Sequence
from typing import Protocol

from layertui.image.digest import ChainID, Digest


class Stored(Protocol):
    """The part of what a list says of an image (sources/base.py, `Record`) that tells what it shares."""

    @property
    def image_id(self) -> Digest | None:
        """Digest of the config; None where unknown."""

    @property
    def size_bytes(self) -> int | None:
        """Of all its layers; None where unknown."""

    @property
    def layers(self) -> tuple[tuple[ChainID, int | None], ...]:
        """Chain ID and content bytes of every layer, base to top; empty where unknown."""


def shares(images: Sequence[Stored | None]) -> list[tuple[int | None, int | None]]:
    """Of each image of one store: bytes of the layers that other images use too, and bytes freed if it is removed.

    A layer is what its chain ID names: the same tar on another base is stored again. Entries with one image ID are
    one image, however many names it has. None where a size that is needed is unknown, or where an image has content
    and does not tell in which layers; nothing is known to be shared with such a one.
    """
    users: dict[ChainID, set[Hashable]] = {}
    sizes: dict[ChainID, int] = {}
    for place, image in enumerate(images):
        if image is None:
            continue
        for chain_id, size_bytes in image.layers:
            users.setdefault(chain_id, set()).add(image.image_id or place)
            if size_bytes is not None:
                sizes[chain_id] = size_bytes
    return [_share(image, users, sizes) for image in images]


def _share(
    image: Stored | None, users: dict[ChainID, set[Hashable]], sizes: dict[ChainID, int]
) -> tuple[int | None, int | None]:
    if image is None or (not image.layers and image.size_bytes != 0):
        return None, None
    chain = [chain_id for chain_id, _ in image.layers]
    return (
        _total([sizes.get(chain_id) for chain_id in chain if len(users[chain_id]) > 1]),
        _total([sizes.get(chain_id) for chain_id in chain if len(users[chain_id]) == 1]),
    )


def _total(sizes: Sequence[int | None]) -> int | None:
    known = [size_bytes for size_bytes in sizes if size_bytes is not None]
    return sum(known) if len(known) == len(sizes) else None
