"""`layertui ls --tree`: images by ancestry, as `docker images --tree` once drew them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from layertui.image.digest import ChainID
from layertui.image.image import Container
from layertui.present.glyphs import BRANCH, LAST, LINE, STROKE
from layertui.present.listing import NONE, HostList, Listed, docker_size, short_id
from layertui.present.safetext import safe


@dataclass(frozen=True, slots=True)
class Strokes:
    """What the lines of a tree are drawn with."""

    branch: str
    """Before one that others follow."""
    last: str
    """Before the last of its parent."""
    along: str
    """Below one that others follow."""
    blank: str
    """Below the last."""


LINES = Strokes(BRANCH + STROKE, LAST + STROKE, f"{LINE} ", "  ")
ASCII = Strokes("|-", "`-", "| ", "  ")
"""Where the output's encoding has no box-drawing characters."""


@dataclass(slots=True)
class _Node:
    """One line of the tree and what stands below it."""

    text: str
    ends: list[str] = field(default_factory=list)
    """What is said of the images whose top layer it is."""
    below: list["_Node"] = field(default_factory=list)
    """Containers first, then the layers built on it."""

    @property
    def line(self) -> str:
        """All that the line says."""
        return " ".join((self.text, *self.ends))


def ancestry_lines(listed: HostList, strokes: Strokes = LINES, *, no_trunc: bool = False) -> Iterator[str]:
    """Each base layer as a root, layers built on it below it, shared ones once, tags where an image ends.

    A layer goes by its chain ID; its virtual size includes all layers below. With several sources each has a tree of
    its own under its name, since nothing is shared between them. Containers, each a writable layer, stand under the
    layer that theirs is on; those whose image is gone come last.
    """
    for source in listed.sources:
        images = [image for image in listed.images if image.source == source]
        orphans = [
            (container, "cannot be read" if container.container_id in listed.unread else "is gone")
            for name, container in listed.orphans
            if name == source
        ]
        if len(listed.sources) > 1:
            yield safe(source)
        yield from _drawn(_grown(images, orphans, no_trunc=no_trunc), strokes)


def _grown(images: Sequence[Listed], orphans: Sequence[tuple[Container, str]], *, no_trunc: bool) -> list[_Node]:
    """The roots of one source's tree, as its images name them in turn; `orphans` come with what became of theirs."""
    roots: list[_Node] = []
    nodes: dict[ChainID, _Node] = {}
    for image in images:
        siblings, node = roots, None
        size_bytes: int | None = 0
        for chain_id, layer_bytes in image.layers:
            size_bytes = None if size_bytes is None or layer_bytes is None else size_bytes + layer_bytes
            node = nodes.get(chain_id)
            if node is None:
                name = str(chain_id) if no_trunc else chain_id.short
                node = nodes[chain_id] = _Node(f"{name} Virtual Size: {docker_size(size_bytes)}")
                siblings.append(node)
            siblings = node.below
        if node is None:
            said = "layers unknown" if image.size_bytes != 0 else "no layers"
            node = _Node(f"({said}) Virtual Size: {docker_size(image.size_bytes)}")
            roots.append(node)
        node.ends.append(_end(image, no_trunc=no_trunc))
        node.below[:0] = [_Node(_writable(container, no_trunc=no_trunc)) for container in image.containers]
    lost = [_Node(f"{_writable(container, no_trunc=no_trunc)}, its image {what}") for container, what in orphans]
    return roots + lost


def _end(image: Listed, *, no_trunc: bool) -> str:
    names = ", ".join(map(safe, image.tags or image.repo_digests)) or NONE
    return f"Image: {short_id(image.image_id, whole=no_trunc)} Tags: {names}"


def _writable(container: Container, *, no_trunc: bool) -> str:
    container_id = safe(container.container_id if no_trunc else container.container_id[:12])
    called = f" {safe(container.name)}" if container.name else ""
    status = f" ({safe(container.status)})" if container.status else ""
    return f"{container_id} Writable layer of container{called}{status}"


def _drawn(roots: Sequence[_Node], strokes: Strokes) -> Iterator[str]:
    """Lines before and after each node, without recursion: an image may have more layers than Python takes calls."""
    pending = [(node, "", node is roots[-1]) for node in reversed(roots)]
    while pending:
        node, margin, is_last = pending.pop()
        yield margin + (strokes.last if is_last else strokes.branch) + node.line
        margin += strokes.blank if is_last else strokes.along
        pending += [(child, margin, child is node.below[-1]) for child in reversed(node.below)]
