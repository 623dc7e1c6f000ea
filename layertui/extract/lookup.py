"""Which version a path means: as a container would resolve it, within the image and never outside."""

from contextlib import suppress

from layertui.errors import DamagedError, NotFoundError
from layertui.layer.columns import Kind
from layertui.layer.member import shown
from layertui.layer.names import key_of
from layertui.stack.squash import Squash

LINK_LIMIT = 40
"""How many symlinks one path may lead through (Linux, path_resolution(7))."""


def merged_version(squash: Squash, path: bytes, layer: int, *, follow: bool) -> int:
    """The position that a path leads to in the merged tree of layers up to `layer`.

    Symlinks on the way are followed as in a container: absolute ones from the image's root, `..` never above it. The
    last name's own is followed where `follow` says so, or where a slash stands behind it. Raises NotFoundError, and
    DamagedError for a loop.
    """
    root = squash.alive_at(b"", layer)
    if root is None:
        raise NotFoundError("The image has no layers, so it holds no files.")
    names = path.split(b"/")
    found: list[tuple[bytes, int]] = []
    links = 0
    while names:
        name = names.pop(0)
        if name in (b"", b"."):
            continue
        if name == b"..":
            del found[-1:]
            continue
        here = b"/".join((*(parent for parent, _ in found), name))
        position = squash.alive_at(here, layer)
        if position is None:
            raise _missing(squash, path, here, layer)
        tree, row = squash.data_position(position)
        kind = tree.columns.kinds[row]
        if kind == Kind.SYMLINK and (names or follow):
            links += 1
            if links > LINK_LIMIT:
                raise DamagedError(f"{shown(path)} leads through more than {LINK_LIMIT} symlinks; it may be a loop.")
            target = tree.columns.links.get(row, b"")
            if target.startswith(b"/"):
                found.clear()
            names = [*target.split(b"/"), *names]
        elif kind != Kind.DIRECTORY and names:
            raise NotFoundError(f"{shown(path)} is not there: {shown(here)} is no directory.")
        else:
            found.append((name, position))
    return found[-1][1] if found else root


def layer_version(squash: Squash, path: bytes, layer: int) -> int:
    """The position of what one layer itself holds at a path, be it shadowed or deleted by a higher one.

    A path that leads through symlinks is resolved in the layers up to that one. Raises NotFoundError where the layer
    holds nothing there, or only a whiteout.
    """
    position = _own_version(squash, path, layer)
    if position is not None:
        return position
    if any(squash.layers[at] == layer and squash.kind(at) == Kind.WHITEOUT for at in squash.run(path)):
        message = f"Layer {layer} removes {shown(path)}: it holds a whiteout there, which has no content."
        raise NotFoundError(message, _elsewhere(squash, path, layer))
    with suppress(NotFoundError):
        position = merged_version(squash, path, layer, follow=False)
        if squash.layers[position] == layer:
            return position
    raise NotFoundError(f"Layer {layer} does not hold {shown(path)}.", _elsewhere(squash, path, layer))


def _own_version(squash: Squash, path: bytes, layer: int) -> int | None:
    """What a layer holds at exactly this path; of several that stand there, the one that counts."""
    versions = squash.run(path)
    own = [at for at in squash.versions(versions.start, versions.stop) if squash.layers[at] == layer]
    implied = [at for at in versions if squash.layers[at] == layer and squash.is_implied(at)]
    return next(reversed(own or implied), None)


def _missing(squash: Squash, path: bytes, here: bytes, layer: int) -> NotFoundError:
    """Why a path leads nowhere: `here` is where it ends."""
    who = "The image does" if layer >= squash.top else f"Layers {squash.first} to {layer} do"
    via = f": it leads to {shown(here)}, which is not there" if key_of(here) != key_of(path) else ""
    hint = _elsewhere(squash, here, layer)
    return NotFoundError(f"{who} not show {shown(path)}{via}.", hint or "List what there is: layertui files REF")


def _elsewhere(squash: Squash, path: bytes, layer: int) -> str:
    """A hint which other layers hold versions of a path; empty where none does."""
    run = squash.run(path)
    layers = sorted({squash.layers[at] for at in squash.versions(run.start, run.stop)} - {layer})
    if not layers:
        return ""
    held = f"Layer {layers[0]} holds" if len(layers) == 1 else f"Layers {', '.join(map(str, layers))} hold"
    return f"{held} a version of it: --layer {layers[-1]}"
