"""The tree by ancestry: base layers as roots, and what builds on them, over all places."""

from dataclasses import replace
from datetime import datetime

from layertui.present.glyphs import BRANCH, LAST, LINE
from layertui.present.hosttree import Node, forest
from layertui.present.safetext import safe
from layertui.present.units import size_narrow
from layertui.tui.roots import Asking, Holdings
from layertui.tui.state import ImageState
from layertui.tui.tree_by_image import entry_row
from layertui.tui.tree_roots import missing_rows, root_rows
from layertui.tui.tree_rows import TreeRow, What, entry_names, layer_size, listed_bytes, one_line
from layertui.tui.tree_view import TreeView, all_shown

WRITABLE = "writable layer"
"""How a container's layer is called before its container is opened."""


def by_ancestry(holdings: Holdings, view: TreeView, width: int, now: datetime) -> list[TreeRow]:
    """Base layers as roots, layers built on them as children, shared layers once, tags where an image ends.

    A chain without a branch keeps its indent, so a deep image does not run out of the pane. What does not tell its
    layers before it is opened stands after them, and then the places that do not tell what they hold.
    """
    members = dict(all_shown(holdings, view))
    chains = _chains(members)
    rows: list[TreeRow] = []
    roots = forest((place, chain) for place, chain in chains.items() if chain)
    pending = [(node, "", " ") for node in reversed(roots)]
    branching = {id(node) for node in roots}
    while pending:
        node, margin, stem = pending.pop()
        # Only roots and branches fold: a fold mark on every link of a chain says nothing.
        can_fold = node.children and (id(node) in branching or len(node.children) > 1)
        folded = node.chain in view.folded_chains and not view.query if can_fold else None
        rows.append(replace(_node_row(members, node, folded), depth=len(margin), margin=margin, stem=stem))
        if folded:
            continue
        along = LINE if stem in (BRANCH, LINE) else " "
        if len(node.children) > 1 or node.ends:
            margin += along
            pending.extend((child, margin, BRANCH) for child in reversed(node.children))
            if node.children:  # the last one lies at the bottom
                pending[-len(node.children)] = node.children[-1], margin, LAST
        else:
            pending.extend((child, margin, along) for child in node.children)
    for place, state in members.items():
        if not chains[place]:
            row = entry_row(place, state, 0, None, host=holdings.host, now=now)
            rows.append(replace(row, wanting=state.undescribed))
    for number, root in enumerate(holdings.roots):
        if root.asking is not Asking.ANSWERED and not view.query:
            rows += root_rows(holdings, number, view, width)
    return rows + missing_rows(holdings, view)


def _chains(members: dict[int, ImageState]) -> dict[int, list[str]]:
    """Everybody's layers, base to top, as far as they are known: of what is opened, or as its place lists them."""
    chains: dict[int, list[str]] = {}
    by_image: dict[tuple[int, object], list[str]] = {}
    for place, state in members.items():
        record, image = state.entry.record, state.image
        if image is not None:
            # Without a chain ID nobody can say that two layers are the same: such a layer is shared with none.
            chain = [str(layer.chain_id or f"{place}/{layer.index}") for layer in image.layers]
        elif record is not None:
            chain = [str(chain_id) for chain_id, _ in record.layers]
        elif state.entry.container is not None and (below := by_image.get((state.root, state.image_id))):
            chain = [*below, f"{place}/{len(below)}"]
        else:
            chain = []
        chains[place] = chain
        if state.entry.kind == "image" and state.image_id is not None:
            by_image.setdefault((state.root, state.image_id), chain)
    return chains


def _node_row(members: dict[int, ImageState], node: Node, folded: bool | None) -> TreeRow:
    described = [place for place in node.members if members[place].image is not None]
    place = described[0] if described else node.members[0]
    state = members[place]
    label, size = "", ""
    if state.image is not None:
        layer = state.image.layers[node.index]
        reading = state.layers[node.index] if node.index < len(state.layers) else None
        label, size = one_line(layer.command), layer_size(layer, reading, listed_bytes(state, node.index))
    elif state.entry.record is not None:
        chain_id, size_bytes = state.entry.record.layers[node.index]
        label = safe(f"{chain_id.algorithm}:{chain_id.short}")
        size = size_narrow(size_bytes) if size_bytes is not None else ""
    else:
        label = WRITABLE
    return TreeRow(
        What.LAYER,
        place,
        node.index,
        0,
        label,
        size,
        number=f"L{node.index} ",
        names=tuple(name for place in node.ends for name in entry_names(members[place])),
        folded=folded,
        places=tuple(node.members),
        ends=tuple(node.ends),
        chain=node.chain,
        wanting=not described and state.undescribed,
    )
