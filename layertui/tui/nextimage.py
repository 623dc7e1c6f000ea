"""Which image an image is compared with where none is marked."""

from layertui.present.units import parse_time
from layertui.tui.roots import Holdings
from layertui.tui.state import ImageState
from layertui.tui.want import Want


def older_and_newer(holdings: Holdings, b: Want) -> tuple[Want, Want] | str:
    """Two images, the older one first, or a container's image and the container; a sentence where there is but one.

    Of an image the other one is the image listed next, of the same repository if there is one, else the one before.
    """
    state = b.state
    if state.entry.container is not None:
        return _image_of(holdings, b)
    listed = [
        holdings.states[group.head]
        for root in holdings.roots
        for group in holdings.groups(root)
        if holdings.states[group.head].entry.kind == "image"
    ]
    if state not in listed:
        return "This image is not listed any more."
    at = listed.index(state)
    others = [*listed[at + 1 :], *reversed(listed[:at])]
    names = _repositories(state)
    found = next((other for other in others if names & _repositories(other)), next(iter(others), None))
    if found is None:
        return "There is no other image here: layertui REF REF compares images of two places."
    return (b, Want(found)) if _is_newer(found, state, listed.index(found) < at) else (Want(found), b)


def _image_of(holdings: Holdings, b: Want) -> tuple[Want, Want] | str:
    """A container's image, or what of it the container keeps beneath its own layer."""
    state = b.state
    for group in holdings.groups(holdings.roots[state.root]):
        if state.place in group.containers and holdings.states[group.head].entry.kind == "image":
            return Want(holdings.states[group.head]), b
    if state.image is None:
        return "Its image is gone. Enter opens the container: its layers can be compared then."
    top = len(state.image.layers) - 1
    return (
        (b.of_layer(top - 1, merged=True), b) if top > 0 else "Its image is gone, and nothing lies beneath its layer."
    )


def _repositories(state: ImageState) -> set[str]:
    """The names of an image without their tags."""
    names = set()
    for tag in state.entry.tags:
        head, colon, tail = tag.rpartition(":")
        names.add(head if colon and "/" not in tail else tag)
    return names


def _is_newer(one: ImageState, other: ImageState, listed_before: bool) -> bool:
    """Whether one image is newer than another: by what is recorded, else the one that is listed first."""
    times = parse_time(one.created), parse_time(other.created)
    if times[0] is not None and times[1] is not None and times[0] != times[1]:
        return times[0] > times[1]
    return listed_before
