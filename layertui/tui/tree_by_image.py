"""The tree by image: places, their images with containers, and the layers of what is unfolded."""

from collections.abc import Sequence
from datetime import datetime

from layertui.image.image import Image, Layer
from layertui.image.platform import Platform
from layertui.present.safetext import safe
from layertui.present.units import age_narrow, size_narrow
from layertui.tui.roots import Holdings
from layertui.tui.state import ImageState, Reading
from layertui.tui.tree_roots import missing_rows, root_rows
from layertui.tui.tree_rows import (
    TreeRow,
    What,
    entry_names,
    layer_size,
    listed_bytes,
    notes,
    one_line,
    total_bytes,
)
from layertui.tui.tree_view import TreeView, shown

FEW_PLATFORMS = 3
"""Platforms of an image that are named in its line, at most."""


def by_image(holdings: Holdings, view: TreeView, width: int, now: datetime) -> list[TreeRow]:
    """Each image, its layers base to top, in their place the steps that made none, and its containers.

    For a host, each stands under its place. `width` is the pane's in cells; ages are told from `now`.
    """
    rows: list[TreeRow] = []
    for number, root in enumerate(holdings.roots):
        there = shown(holdings, root, view)
        if view.query and not there.groups:
            continue
        if holdings.host:
            rows += root_rows(holdings, number, view, width)
            if not view.shows_root(number):
                continue
        depth = 1 if holdings.host else 0
        for group in there.groups:
            rows += _entry_rows(holdings, group.head, depth, view, width, now)
            for container in group.containers:
                rows += _entry_rows(holdings, container, depth + 1, view, width, now)
    return rows + missing_rows(holdings, view)


def _entry_rows(holdings: Holdings, place: int, depth: int, view: TreeView, width: int, now: datetime) -> list[TreeRow]:
    state = holdings.states[place]
    folded = place not in view.unfolded
    rows = [entry_row(place, state, depth, folded, host=holdings.host, now=now)]
    if folded:
        return rows
    if state.image is not None:
        return rows + _layer_rows(place, state, state.image, depth + 1)
    problem = state.problem
    if problem is None:
        return [*rows, TreeRow(What.NOTE, place, None, depth + 1, "opening...", dimmed=True, wanting=True)]
    if not holdings.host:
        return [*rows, TreeRow(What.NOTE, place, None, depth + 1, safe(problem.message), dimmed=True)]
    return rows + notes(f"{problem.message} {problem.hint}", width, depth=depth + 1, place=place)


def entry_row(place: int, state: ImageState, depth: int, folded: bool | None, *, host: bool, now: datetime) -> TreeRow:
    """The line of an image, a container, or something that is neither."""
    if state.entry.container is not None:
        return _container_row(place, state, depth, folded, now)
    entry = state.entry
    label = "" if entry.kind == "image" else str(entry.kind)
    if entry.record is not None and entry.record.platforms:
        label = f"{label}  {platforms_text(entry.record.platforms)}".strip()
    elif entry.platform is not None and (entry.record is None if host else not entry.tags):
        label = f"{label}  {safe(entry.platform.text)}".strip()
    size = ""
    if state.problem is not None:
        size = "failed"
    elif entry.record is not None and entry.record.size_bytes is not None:
        size = size_narrow(entry.record.size_bytes)
    elif state.image is not None and (folded or host):
        size = size_narrow(total_bytes(state)[0])
    dangling = host and not entry.tags and entry.record is not None and not entry.record.repo_digests
    return TreeRow(
        What.IMAGE,
        place,
        None,
        depth,
        label,
        size,
        names=entry_names(state),
        dimmed=entry.kind != "image" or state.problem is not None or dangling,
        folded=folded,
        ends=(place,),
        image_id=state.image_id.short if host and state.image_id is not None else "",
        age=age_narrow(state.created, now) if host else "",
        unique=size_narrow(state.unique_bytes) if host and state.unique_bytes is not None else "",
    )


def platforms_text(platforms: Sequence[Platform]) -> str:
    """Platforms in a few words: `linux/amd64, linux/arm64 and 3 more`; safe."""
    more = f" and {len(platforms) - FEW_PLATFORMS} more" if len(platforms) > FEW_PLATFORMS else ""
    return safe(", ".join(platform.text for platform in platforms[:FEW_PLATFORMS])) + more


def _container_row(place: int, state: ImageState, depth: int, folded: bool | None, now: datetime) -> TreeRow:
    container = state.entry.container
    status = container.status if container is not None else ""
    size = "failed" if state.problem is not None else ""
    image = state.image
    if image is not None and image.layers and image.layers[-1].writable:
        top = len(image.layers) - 1
        size = size or layer_size(image.layers[top], state.layers[top] if top < len(state.layers) else None)
    return TreeRow(
        What.CONTAINER,
        place,
        None,
        depth,
        safe(status),
        size,
        names=entry_names(state),
        dimmed=state.problem is not None,
        folded=folded,
        ends=(place,),
        image_id=safe(container.container_id[:12]) if container is not None else "",
        age=age_narrow(state.created, now),
    )


def _layer_rows(place: int, state: ImageState, image: Image, depth: int) -> list[TreeRow]:
    rows: list[TreeRow] = []
    width = len(str(max(len(image.layers) - 1, 0))) + 1
    told = {step.layer for step in image.steps if step.layer is not None}
    steps = list(image.steps)
    if told != {layer.index for layer in image.layers}:
        # The history does not say which step made which layer: the layers come first, the steps after them.
        rows += [_layer_row(place, state, layer, width, depth) for layer in image.layers]
        steps = [step for step in steps if step.layer is None]
    for step in steps:
        if step.layer is None:
            label = " " * (width + 1) + one_line(step.command)
            rows.append(TreeRow(What.STEP, place, None, depth, label, dimmed=True))
        else:
            rows.append(_layer_row(place, state, image.layers[step.layer], width, depth))
    if not rows:
        rows.append(TreeRow(What.NOTE, place, None, depth, "no layers", dimmed=True))
    return rows


def _layer_row(place: int, state: ImageState, layer: Layer, width: int, depth: int) -> TreeRow:
    reading = state.layers[layer.index] if layer.index < len(state.layers) else None
    return TreeRow(
        What.LAYER,
        place,
        layer.index,
        depth,
        one_line(layer.command),
        layer_size(layer, reading, listed_bytes(state, layer.index)),
        number=f"L{layer.index}".ljust(width) + " ",
        dimmed=reading is not None and reading.reading in (Reading.FAILED, Reading.UNASKED),
        places=(place,),
    )
