"""What a person types to mean an image, and layers of it, taken apart (containers-transports(5), and ours)."""

import re
from dataclasses import dataclass

from layertui.errors import NotFoundError, UsageError
from layertui.image.image import Image

READABLE = ("docker-archive", "oci-archive", "oci", "overlay2", "aufs")
"""Schemes whose rest is a path, with a name inside behind a colon."""

HELD = ("docker-daemon", "docker-container", "containers-storage", "podman-container", "containerd")
"""Schemes whose rest is the name of something that an engine or a store of this host holds; empty for all of it."""

REMOTE = ("docker",)
"""Schemes whose rest is `//` and the name of an image in a registry."""

_FOREIGN = ("dir", "docker-tar", "ostree", "podman", "sif", "tarball", "http", "https")
"""Schemes of other tools, which would otherwise be taken for the name of a file."""

_SCHEME = re.compile(r"([a-z][a-z0-9-]*):")
_LAYERS = re.compile(r"#(?:(?P<first>\d+)(?:\.\.(?P<last>\d+))?|(?P<digest>sha256:[0-9a-f]{4,64}))\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class LayerSelector:
    """Which layers of an image are meant: `#4` one layer's diff, `#0..4` layers merged, `#sha256:ab12` one layer."""

    first: int | None = None
    """The lowest layer's number; None when a digest says which."""
    last: int | None = None
    """The highest layer's number, itself included."""
    digest_prefix: str = ""
    """Beginning of the layer's diff ID or of its blob's digest."""
    merged: bool = False
    """Whether a range was asked for: its layers merged, not one diff."""

    @property
    def text(self) -> str:
        """As it is typed behind the `#`."""
        if self.first is None:
            return self.digest_prefix
        return f"{self.first}..{self.last}" if self.merged else str(self.first)

    def resolve(self, image: Image) -> range:
        """The numbers of the layers meant; raises NotFoundError when the image has none such, or several."""
        count = len(image.layers)
        if self.first is not None and self.last is not None:
            if self.last >= count:
                has = f"has layers 0 to {count - 1}" if count else "has no layers"
                raise NotFoundError(f"{image.reference} {has}, so there is no layer {self.last}.")
            return range(self.first, self.last + 1)
        hits = [
            layer.index
            for layer in image.layers
            if any(text.startswith(self.digest_prefix) for text in (layer.diff_id, layer.digest) if text is not None)
        ]
        if len(hits) != 1:
            many = f"{len(hits)} layers of {image.reference} begin with {self.digest_prefix}: {hits}."
            none = f"No layer of {image.reference} begins with {self.digest_prefix}."
            raise NotFoundError(many if hits else none, "List them with: layertui layers REF")
        return range(hits[0], hits[0] + 1)


@dataclass(frozen=True, slots=True)
class Reference:
    """One reference as typed."""

    text: str
    """All of it."""
    scheme: str | None
    """What stands before the first colon, when it is a known scheme."""
    name: str
    """A path, perhaps with `:NAME` behind it: only what exists tells where a path ends. `-` is standard input. With a
    scheme of HELD: a name alone, perhaps empty; with one of REMOTE: a name, without `//`."""
    layers: LayerSelector | None
    """Which layers are meant; None for the whole image."""


def parse_reference(text: str) -> Reference:
    """Take a reference apart without looking at any file.

    Raises UsageError for nothing at all, and for a scheme that is known and not readable.
    """
    rest, layers = _split_layers(text)
    scheme = None
    if found := _SCHEME.match(rest):
        word = found[1]
        if word in READABLE or word in HELD:
            scheme, rest = word, rest[found.end() :]
        elif word in REMOTE and rest.startswith("//", found.end()):
            scheme, rest = word, rest[found.end() + 2 :]
        elif word in REMOTE or word in _FOREIGN:
            raise _unreadable(word, rest[found.end() :])
    if not rest and scheme not in HELD:
        raise UsageError(
            f"'{text}' names no image." if text else "The reference is empty.",
            "Give a file or a directory: layertui image.tar",
        )
    return Reference(text, scheme, rest, layers)


def _split_layers(text: str) -> tuple[str, LayerSelector | None]:
    found = _LAYERS.search(text)
    if found is None:
        return text, None
    rest = text[: found.start()]
    if found["digest"]:
        return rest, LayerSelector(digest_prefix=found["digest"])
    # Longer numbers than any image has layers: int() of thousands of digits is refused by Python itself.
    first, last = (int(number[:9]) for number in (found["first"], found["last"] or found["first"]))
    if last < first:
        raise UsageError(
            f"'{found[0]}' is no range of layers: it ends before it begins.", "Write the base first: #0..4"
        )
    return rest, LayerSelector(first, last, merged=found["last"] is not None)


def _unreadable(scheme: str, rest: str) -> UsageError:
    name = rest.lstrip("/") or "NAME"
    if scheme in REMOTE:
        return UsageError(
            f"{scheme}: is no scheme without // behind it.",
            f"In a registry: layertui {scheme}://{name}. What Docker already has: layertui docker-daemon:{name}",
        )
    if scheme == "podman":
        return UsageError("podman: is no scheme here.", f"Podman's images: layertui containers-storage:{name}")
    readable = ", ".join([*(f"{word}:" for word in (*READABLE, *HELD)), *(f"{word}://" for word in REMOTE)])
    return UsageError(f"{scheme}: cannot be read.", f"What can be: {readable} or - for standard input.")
