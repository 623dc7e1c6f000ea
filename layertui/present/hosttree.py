"""How what a host holds stands in a tree: containers under their images, and layers under the layers they build on."""

import re
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field

from layertui.present.safetext import CROP_MARK, cell_width, crop_end, crop_middle

_VARIABLE = re.compile(r"[A-Z_]+=")

_REPOSITORY_CELLS = 4
"""Of a repository whose tag stands whole, at least so many cells."""

_NAME_CELLS = 8
"""Of a name that is cut, at least so many cells are kept before the number of further names is left out."""


def fit_names(names: Sequence[str], width: int) -> str:
    """Names as one text of at most `width` cells: as many as fit, and `+2` for those that do not."""
    for count in range(min(len(names), width // 2 + 1), 0, -1):
        more = [f"+{len(names) - count}"] if count < len(names) else []
        text = "  ".join([*names[:count], *more])
        if cell_width(text) <= width:
            return text
    if not names:
        return ""
    rest = f"  +{len(names) - 1}" if len(names) > 1 else ""
    if width - len(rest) < _NAME_CELLS:
        rest = ""
    return short_name(names[0], width - len(rest)) + rest


def short_name(name: str, width: int) -> str:
    """An image's name in at most `width` cells: the registry and what stands behind it go first, the tag last."""
    if cell_width(name) <= width:
        return name
    *parts, last = name.split("/")
    for count in range(min(len(parts), width // 2), -1, -1):
        text = "/".join([CROP_MARK, *parts[len(parts) - count :], last]) if parts else last
        if cell_width(text) <= width:
            return text
    repository, colon, tag = last.rpartition(":")
    room = width - cell_width(tag) - 1
    if colon and room >= _REPOSITORY_CELLS:
        return f"{crop_end(repository, room)}:{tag}"
    return crop_middle(last, width) if colon else crop_end(last, width)


def address(where: str) -> str:
    """Of what a place says it looked at, the address alone: `DOCKER_HOST=unix:///run/d.sock` is `/run/d.sock`."""
    return _VARIABLE.sub("", where.rpartition(" -> ")[2], count=1).removeprefix("unix://")


@dataclass(frozen=True, slots=True)
class Group:
    """An image and the containers that were made from it; or one container whose image is not there."""

    head: int
    """The image, or the container that stands alone."""
    containers: tuple[int, ...] = ()
    """In the order listed."""


def grouped(images: Sequence[tuple[int, Hashable]], containers: Sequence[tuple[int, Hashable]]) -> list[Group]:
    """Containers under the image they were made from, images in their order; containers without one at the end.

    Each comes with what identifies the image (None where unknown). Of several images that are the same, the first has
    the containers.
    """
    first: dict[Hashable, int] = {}
    for image, identity in images:
        if identity is not None:
            first.setdefault(identity, image)
    under: dict[int, list[int]] = {image: [] for image, _ in images}
    alone: list[Group] = []
    for container, identity in containers:
        image_there = first.get(identity) if identity is not None else None
        if image_there is None:
            alone.append(Group(container))
        else:
            under[image_there].append(container)
    return [*(Group(image, tuple(under[image])) for image, _ in images), *alone]


@dataclass(slots=True)
class Node:
    """One layer in the order by ancestry."""

    chain: str
    """What tells it from others: its chain ID where that is known."""
    index: int
    """Its number, the base being 0; the same in all that share it."""
    members: list[int] = field(default_factory=list)
    """Everything that is built on it, or ends at it."""
    ends: list[int] = field(default_factory=list)
    """What has it as top layer."""
    children: list["Node"] = field(default_factory=list)
    """The layers that build on it."""


def forest(stacks: Iterable[tuple[int, Sequence[str]]]) -> list[Node]:
    """Base layers, with the layers that build on them as children, and shared layers once (`docker images --tree`).

    Each stack is what has it, and its chain, base to top; a stack without layers is passed over.
    """
    roots: list[Node] = []
    nodes: dict[str, Node] = {}
    for member, chain in stacks:
        siblings = roots
        node: Node | None = None
        for index, name in enumerate(chain):
            node = nodes.get(name)
            if node is None:
                node = nodes[name] = Node(name, index)
                siblings.append(node)
            node.members.append(member)
            siblings = node.children
        if node is not None:
            node.ends.append(member)
    return roots
