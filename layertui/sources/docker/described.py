"""An image as its engine describes it: config and history out of inspect and history, which flag no empty steps."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from layertui.image.config import History, ImageConfig, parse_config
from layertui.image.digest import Digest
from layertui.image.history import line_up
from layertui.sources.docker.answers import ImageDetails, PastStep, moment_of
from layertui.sources.docker.client import Client


@dataclass(frozen=True, slots=True)
class Described:
    """What an engine tells of an image."""

    raw_config: bytes
    """A config in OCI's form, put together: the engine does not give the original."""
    config: ImageConfig
    layer_bytes: tuple[int | None, ...]
    """Content of each layer, base to top; None where it cannot be told."""
    size_bytes: int | None
    """Of the whole image."""


def describe(client: Client, image_id: Digest, name: str) -> Described:
    """Ask an engine about an image; raises LayertuiError, NotFoundError where it is gone."""
    details = client.get(f"/images/{image_id}/json", ImageDetails, f"the image {name}")
    past = client.get(f"/images/{image_id}/history", list[PastStep], f"the history of {name}")
    return put_together(details, past, f"{client.who}: {name}")


def put_together(details: ImageDetails, past: Sequence[PastStep], where: str) -> Described:
    """Make one of both answers; `past` begins with the newest. Raises DamagedError for diff IDs that are none."""
    diff_ids = (details.root_f_s.layers if details.root_f_s is not None else None) or []
    steps = list(reversed(past))
    history = [
        History(moment_of(step.created), step.created_by or "", "", step.comment or "", empty_layer=False)
        for step in steps
    ]
    sizes = [step.size or 0 for step in steps]
    flagged, layers = _flagged(history, sizes, len(diff_ids))
    document = {
        "created": details.created,
        "author": details.author,
        "architecture": details.architecture,
        "variant": details.variant,
        "os": details.os,
        "os.version": details.os_version,
        "config": details.config,
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
        "history": [
            {
                "created": step.created,
                "created_by": step.created_by,
                "comment": step.comment,
                "empty_layer": step.empty_layer,
            }
            for step in flagged
        ],
    }
    raw_config = json.dumps(document).encode()
    of_layer: dict[int, int] = {at: size for at, size in zip(layers, sizes, strict=True) if at is not None}
    layer_bytes = tuple(of_layer.get(at) for at in range(len(diff_ids)))
    return Described(raw_config, parse_config(raw_config, where), layer_bytes, details.size)


def _flagged(history: list[History], sizes: list[int], layer_count: int) -> tuple[list[History], list[int | None]]:
    """The history with its empty steps flagged, and which layer each made; unflagged where that cannot be told."""
    for candidate in _candidates(history, sizes):
        steps, _ = line_up(candidate, layer_count)
        layers = [step.layer for step in steps]
        if any(layer is not None for layer in layers) or not layer_count:
            return [replace(step, empty_layer=at is None) for step, at in zip(history, layers, strict=True)], layers
    return history, [None] * len(history)


def _candidates(history: list[History], sizes: list[int]) -> Iterator[list[History]]:
    """Ways to read a history, the surest first; the number of layers tells which one is right.

    A step with bytes made a layer. Docker's classic builder records none for a step that changed nothing, BuildKit
    records an empty one (for what can make one at all, which `line_up` knows).
    """
    yield [replace(step, empty_layer=not size) for step, size in zip(history, sizes, strict=True)]
    yield [
        replace(step, empty_layer=not size and "buildkit" not in step.comment)
        for step, size in zip(history, sizes, strict=True)
    ]
    yield history
