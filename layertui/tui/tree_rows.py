"""The lines of the tree pane: images and layers by image, or by ancestry."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from layertui.image.image import Image, Layer
from layertui.present.safetext import safe
from layertui.present.units import size_narrow
from layertui.tui.state import ImageState, LayerState, Reading


class What(Enum):
    """What a line of the tree is."""

    IMAGE = auto()
    LAYER = auto()
    STEP = auto()
    """A build step that made no layer."""
    NOTE = auto()
    """A sentence, such as why an image cannot be opened."""


@dataclass(frozen=True, slots=True)
class TreeRow:
    """One line of the tree."""

    what: What
    place: int
    """The entry's number in its source; of a shared layer, that of the first image that has it."""
    layer: int | None
    depth: int
    label: str
    """Safe text."""
    size: str = ""
    """What stands at the right: a size, or how far the reading is."""
    number: str = ""
    """A layer's number, before the label."""
    bold: str = ""
    """Tags of the images that end at this layer, between number and label."""
    dimmed: bool = False
    folded: bool | None = None
    """None where nothing can be folded."""
    branch: bool = False
    """Whether another line of layers begins here."""
    places: tuple[int, ...] = ()
    """All entries that share the layer."""

    @property
    def identity(self) -> tuple[What, int, int | None, str]:
        """What makes it the same line after the tree was built anew."""
        return self.what, self.place, self.layer, self.label if self.what is What.STEP else ""


def one_line(command: str | None) -> str:
    """A command as one safe line; runs of white space become one space."""
    return safe(" ".join(command.split())) if command else "unknown command"


def entry_name(state: ImageState) -> str:
    """What an entry is called: all its tags, or its reference."""
    tags = state.entry.tags or (state.entry.reference,)
    return safe("  ".join(tags))


def layer_size(layer: Layer, state: LayerState | None) -> str:
    """A layer's size, or how far it is until it is read."""
    if state is None:
        return size_narrow(layer.stored_bytes) if layer.stored_bytes is not None else ""
    if state.reading is not Reading.DONE:
        return state.short()
    if state.tree is not None and state.tree.damage is not None:
        return "damaged"
    if state.tree is not None and state.tree.problems:
        return "mismatch"
    return size_narrow(state.content_bytes)


def by_image(states: Sequence[ImageState], closed: frozenset[int]) -> list[TreeRow]:
    """Each image, its layers base to top, and in their place the steps that made none."""
    rows: list[TreeRow] = []
    for place, state in enumerate(states):
        folded = place in closed
        rows.append(_image_row(place, state, folded))
        if folded:
            continue
        image = state.image
        if image is None:
            rows.extend(_notes(place, state))
            continue
        rows.extend(_layer_rows(place, state, image))
    return rows


def _image_row(place: int, state: ImageState, folded: bool) -> TreeRow:
    entry = state.entry
    label = entry_name(state)
    if entry.kind != "image":
        label = f"{label}  {entry.kind}"
    if entry.platform is not None and not entry.tags:
        label = f"{label}  {safe(entry.platform.text)}"
    size = ""
    if state.image is not None and folded:
        size = size_narrow(total_bytes(state)[0])
    elif state.error is not None:
        size = "failed"
    return TreeRow(
        What.IMAGE,
        place,
        None,
        0,
        label,
        size,
        dimmed=entry.kind != "image" or state.error is not None,
        folded=folded,
    )


def _notes(place: int, state: ImageState) -> list[TreeRow]:
    problem = state.error or state.entry.problem
    if problem is not None:
        return [TreeRow(What.NOTE, place, None, 1, safe(problem.message), dimmed=True)]
    return [TreeRow(What.NOTE, place, None, 1, "opening...", dimmed=True)]


def _layer_rows(place: int, state: ImageState, image: Image) -> list[TreeRow]:
    rows: list[TreeRow] = []
    width = len(str(max(len(image.layers) - 1, 0))) + 1
    told = {step.layer for step in image.steps if step.layer is not None}
    steps = list(image.steps)
    if told != {layer.index for layer in image.layers}:
        # The history does not say which step made which layer: the layers come first, the steps after them.
        rows += [_layer_row(place, state, layer, width) for layer in image.layers]
        steps = [step for step in steps if step.layer is None]
    for step in steps:
        if step.layer is None:
            label = " " * (width + 1) + one_line(step.command)
            rows.append(TreeRow(What.STEP, place, None, 1, label, dimmed=True))
        else:
            rows.append(_layer_row(place, state, image.layers[step.layer], width))
    if not rows:
        rows.append(TreeRow(What.NOTE, place, None, 1, "no layers", dimmed=True))
    return rows


def _layer_row(place: int, state: ImageState, layer: Layer, width: int) -> TreeRow:
    reading = state.layers[layer.index] if layer.index < len(state.layers) else None
    return TreeRow(
        What.LAYER,
        place,
        layer.index,
        1,
        one_line(layer.command),
        layer_size(layer, reading),
        number=f"L{layer.index}".ljust(width) + " ",
        dimmed=reading is not None and reading.reading is Reading.FAILED,
        places=(place,),
    )


@dataclass(slots=True)
class _Node:
    """A layer on top of all below it, wherever it is used."""

    chain: str
    place: int
    layer: Layer
    children: list["_Node"] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    """Images whose top it is."""
    places: list[int] = field(default_factory=list)


def by_ancestry(states: Sequence[ImageState], closed: frozenset[str]) -> list[TreeRow]:
    """Base layers as roots, layers built on them as children, shared layers once, tags where an image ends.

    A chain without a branch keeps its indent, so a deep image does not run out of the pane.
    """
    roots: list[_Node] = []
    nodes: dict[str, _Node] = {}
    others: list[TreeRow] = []
    for place, state in enumerate(states):
        image = state.image
        if image is None or not image.layers:
            others.append(_image_row(place, state, True))
            continue
        siblings, below = roots, ""
        node: _Node | None = None
        for layer in image.layers:
            # Without a chain ID nobody can say that two layers are the same: such a layer is shared with none.
            below = str(layer.chain_id) if layer.chain_id is not None else f"{place}/{layer.index}"
            node = nodes.get(below)
            if node is None:
                node = nodes[below] = _Node(below, place, layer)
                siblings.append(node)
            node.places.append(place)
            siblings = node.children
        if node is not None:
            node.ends.append(place)
    rows: list[TreeRow] = []
    pending = [(node, 0) for node in reversed(roots)]
    branching = {id(node) for node in roots}
    starts: set[int] = set()
    while pending:
        node, depth = pending.pop()
        # Only roots and branches fold: a fold mark on every link of a chain says nothing.
        folded = node.chain in closed if node.children and (id(node) in branching or len(node.children) > 1) else None
        rows.append(_node_row(states, node, depth, folded, branch=id(node) in starts))
        if folded:
            continue
        deeper = depth + 1 if len(node.children) > 1 or (node.ends and node.children) else depth
        if deeper > depth:
            starts.update(map(id, node.children))
        pending.extend((child, deeper) for child in reversed(node.children))
    return rows + others


def _node_row(states: Sequence[ImageState], node: _Node, depth: int, folded: bool | None, *, branch: bool) -> TreeRow:
    state = states[node.place]
    index = node.layer.index
    reading = state.layers[index] if index < len(state.layers) else None
    return TreeRow(
        What.LAYER,
        node.place,
        index,
        depth,
        one_line(node.layer.command),
        layer_size(node.layer, reading),
        number=f"L{index} ",
        bold="  ".join(entry_name(states[place]) for place in node.ends),
        folded=folded,
        branch=branch,
        places=tuple(node.places),
    )


def chain_of(states: Sequence[ImageState], row: TreeRow) -> str:
    """What a layer's line is folded by in the order by ancestry."""
    image = states[row.place].image
    if image is None or row.layer is None:
        return ""
    chain_id = image.layers[row.layer].chain_id
    return str(chain_id) if chain_id is not None else f"{row.place}/{row.layer}"


def total_bytes(state: ImageState) -> tuple[int, bool]:
    """Content of all layers in bytes, and whether that is everything; of an unopened image, what is stored."""
    total, whole = 0, True
    for number, layer in enumerate(state.image.layers if state.image is not None else ()):
        reading = state.layers[number] if number < len(state.layers) else None
        if reading is not None and reading.tree is not None:
            total += reading.content_bytes
            whole = whole and reading.tree.damage is None
        else:
            whole = False
            total += 0 if state.opened else layer.stored_bytes or 0
    return total, whole
