"""Stacks of layers in Docker's books, with the image's config or, where the image is gone, without."""

from collections.abc import Iterable
from datetime import UTC, datetime

from layertui.image.config import History, ImageConfig, Rootfs, RunConfig
from layertui.image.digest import ChainID, DiffID, Digest
from layertui.image.image import Image, Naming, complete
from layertui.sources.docker.books import DockerBooks


def open_stack(
    books: DockerBooks,
    naming: Naming,
    chain_ids: Iterable[ChainID],
    raw_config: bytes,
    config: ImageConfig,
    image_id: Digest,
    where: str,
    warnings: tuple[str, ...] = (),
) -> Image:
    """An image of layers in the books, base to top; raises DamagedError where they are too many."""
    layers = [books.layer(chain_id, f"{where}: layer {chain_id.short}") for chain_id in chain_ids]
    return complete(naming, raw_config, layers, where=where, config=config, image_id=image_id, warnings=warnings)


def without_image(
    books: DockerBooks, naming: Naming, top: ChainID | None, image_id: Digest, problem: str, where: str
) -> Image:
    """The layers of an image whose config is gone, which a container still keeps; `problem` says why it is gone.

    Raises LayertuiError where the chain of layers is broken.
    """
    chain_ids = books.chain(top) if top is not None else ()
    config = nothing_known(tuple(books.diff_id(chain_id) for chain_id in chain_ids))
    warnings = (f"the image's config is gone, so nothing but its layers is known: {problem}",)
    return open_stack(books, naming, chain_ids, b"", config, image_id, where, warnings)


def nothing_known(diff_ids: tuple[DiffID, ...] = (), history: tuple[History, ...] = ()) -> ImageConfig:
    """The config of an image of which only the layers are known."""
    return ImageConfig("", "", "", "", None, "", RunConfig(), Rootfs(diff_ids), history)


def newest_first(created: str | None) -> float:
    """A key that sorts later times before earlier ones, and what has none last."""
    try:
        moment = datetime.fromisoformat(created or "")
        return -(moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return float("inf")
