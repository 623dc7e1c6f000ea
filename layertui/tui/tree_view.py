"""What a person chose to see of the tree, and what is shown by that."""

from collections.abc import Iterator
from dataclasses import dataclass

from layertui.present.hosttree import Group
from layertui.present.query import parse_query
from layertui.present.treeorder import Listed, ordered, satisfies
from layertui.present.view import Sort
from layertui.tui.roots import Holdings, Root
from layertui.tui.state import ImageState


@dataclass(frozen=True, slots=True)
class TreeView:
    """Order, sort, filter and folds."""

    ancestry: bool = False
    """By ancestry, not by image."""
    sort: Sort | None = None
    """What images are sorted by within their place; None for its own order."""
    reverse: bool = False
    query: str = ""
    """The filter's text (see present/query.py)."""
    unfolded: frozenset[int] = frozenset()
    """Images and containers whose layers are shown, by number."""
    folded_roots: frozenset[int] = frozenset()
    """Places whose images are folded away."""
    folded_chains: frozenset[str] = frozenset()
    """Layers beneath which all is folded away, in the order by ancestry."""
    shows_missing: bool = False
    """Whether the places that are not there have a line each."""

    def shows_root(self, number: int) -> bool:
        """Whether a place is unfolded; while a filter holds, hits must not hide."""
        return bool(self.query) or number not in self.folded_roots


@dataclass(frozen=True, slots=True)
class Shown:
    """What is shown of one place."""

    groups: list[Group]
    """Images with their containers, in the order chosen."""
    matched: int
    """How many images and containers match the filter."""
    total: int


def shown(holdings: Holdings, root: Root, view: TreeView) -> Shown:
    """What a view shows of a place: an image or container that matches, its image too, and its containers too."""
    groups = holdings.groups(root)
    if view.sort is not None:
        order = ordered([_listed(holdings, group) for group in groups], view.sort, reverse=view.reverse)
        groups = [groups[index] for index in order]
    total = len(root.members)
    terms = parse_query(view.query)
    if not terms:
        return Shown(groups, total, total)
    kept: list[Group] = []
    matched = 0
    for group in groups:
        hit = satisfies(terms, texts_of(holdings.states[group.head]))
        containers = [place for place in group.containers if satisfies(terms, texts_of(holdings.states[place]))]
        matched += hit + len(containers)
        if hit:
            kept.append(group)
        elif containers:
            kept.append(Group(group.head, tuple(containers)))
    return Shown(kept, matched, total)


def all_shown(holdings: Holdings, view: TreeView) -> Iterator[tuple[int, ImageState]]:
    """Everything that a view shows, over all places, each image before its containers."""
    for root in holdings.roots:
        for group in shown(holdings, root, view).groups:
            for place in (group.head, *group.containers):
                yield place, holdings.states[place]


def texts_of(state: ImageState) -> list[str]:
    """What a filter looks at: names, IDs, and a container's status."""
    entry = state.entry
    texts = [*entry.tags, entry.reference]
    if entry.record is not None:
        texts += entry.record.repo_digests
    if entry.container is not None:
        texts += [entry.container.container_id, entry.container.status]
    elif state.image_id is not None:
        texts += [str(state.image_id), state.image_id.hex]
    return texts


def _listed(holdings: Holdings, group: Group) -> Listed:
    state = holdings.states[group.head]
    entry, record, image = state.entry, state.entry.record, state.image
    layers = len(image.layers) if image is not None else len(record.layers) if record is not None else 0
    return Listed(
        name=entry.tags[0] if entry.tags else "",
        created=state.created,
        size_bytes=record.size_bytes if record is not None else None,
        unique_bytes=state.unique_bytes,
        layer_count=layers or None,
        container_count=len(group.containers),
    )
