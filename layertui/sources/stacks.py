"""Stacks of layer directories of which only the directories are known: what a storage directory holds without books."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from layertui.errors import DamagedError, LayertuiError
from layertui.image.config import History, ImageConfig, Rootfs, RunConfig
from layertui.image.digest import Digest
from layertui.image.image import Container, Image, Naming, StoredLayer, complete, with_container
from layertui.sources.base import ImageEntry, Record, broken, container_entry

MEDIA_TYPE = "application/vnd.oci.image.layer.v1.tar"
"""What a layer's directory would be packed as."""

NO_CONFIG = "no config is known: each layer is called by its directory's name, and nothing can be verified."
"""What is odd about every image of such a stack."""

SHORT = 12
"""How many characters of a directory's name are enough to mean it, as with Docker's IDs."""


@dataclass(frozen=True, slots=True)
class Stack:
    """Directories that lie on top of each other."""

    names: tuple[str, ...]
    """Of the layers' directories, base to top, those of an init layer left out; the top one names the stack."""
    init: str = ""
    """Of the init layer, which only a container has, below its writable one; empty for an image."""
    problem: LayertuiError | None = None
    """Why it cannot be opened."""

    @property
    def name(self) -> str:
        """What the stack is called: its top layer's directory."""
        return self.names[-1]

    @property
    def below(self) -> str:
        """The directory of the image's top layer that a container stands on; empty where there is none."""
        return self.names[-2] if len(self.names) > 1 else ""


@dataclass(frozen=True, slots=True)
class Reader:
    """How a kind of storage directory reads what a stack names."""

    label: str
    """What messages call the directory."""
    layer: Callable[[str], StoredLayer]
    """The layer in a directory of this name; raises nothing."""
    engine_files: Callable[[str], tuple[bytes, ...]]
    """The paths in an init layer of this name; raises nothing."""


def stacks_of(below: dict[str, tuple[str, ...]], problems: dict[str, LayertuiError]) -> tuple[Stack, ...]:
    """Which stacks there are, from what lies below each directory (uppermost first), containers behind their image.

    An image is what no other image lies on, or what a container was made from: Docker gives each container an init
    layer `NAME-init`, and neither that nor the container makes an image less of one. `problems` are of directories
    whose place is not known.
    """
    containers = {name: init for name in below if (init := _init_of(name, below[name]))}
    aside = {*containers, *(name for name in below if name.endswith("-init"))}
    covered = {lower for name in below.keys() - aside for lower in below[name] if lower != name}
    tops = {below[name][1] for name in containers if len(below[name]) > 1}
    images = [name for name in sorted(below.keys() - aside) if name not in covered or name in tops]
    seen = aside | covered_by(images, below)
    # What is reached from no top lies in a loop: it is named, or it would be missing without a word.
    images = sorted({*images, *(name for name in below if name not in seen)})
    upon: dict[str, list[Stack]] = {}
    for name, init in sorted(containers.items()):
        stack = _stack(name, below, problems, init)
        upon.setdefault(stack.below, []).append(stack)
    found: list[Stack] = []
    for name in images:
        found += (_stack(name, below, problems), *upon.pop(name, ()))
    found += (stack for rest in upon.values() for stack in rest)
    return tuple(found)


def covered_by(images: Iterable[str], below: dict[str, tuple[str, ...]]) -> set[str]:
    """All directories that these stacks have."""
    return {part for name in images for part in (name, *below[name])}


def _init_of(name: str, lowers: Sequence[str]) -> str:
    """The init layer right below a container's own, as Docker calls it; empty for what is no container."""
    return lowers[0] if lowers and lowers[0] == f"{name}-init" else ""


def _stack(name: str, below: dict[str, tuple[str, ...]], problems: dict[str, LayertuiError], init: str = "") -> Stack:
    lowers = [lower for lower in below[name] if lower != init]
    problem = problems.get(name) or _loop(name, below)
    return Stack((*reversed(lowers), name), init, problem)


def _loop(name: str, below: dict[str, tuple[str, ...]]) -> LayertuiError | None:
    twice = next((part for part, count in Counter((name, *below[name])).items() if count > 1), None)
    twice = twice or next((part for part in below[name] if name in below.get(part, ())), None)
    if twice is None:
        return None
    return DamagedError(
        f"The layers of {called(name)} are a loop: {called(twice)} lies below itself.",
        "The directory is damaged there; its other stacks can be opened.",
    )


def entry_of(stack: Stack, reader: Reader) -> ImageEntry:
    """The entry for a stack: an image without a config, or a container on top of one."""
    stack_id = digest_of(stack.name)
    reference = called(stack.name)
    tags = () if stack_id.hex == stack.name else (stack.name,)
    if stack.problem is not None:
        return broken(stack.problem, reference, tags, digest=stack_id)
    if not stack.init:
        return ImageEntry(
            reference,
            tags,
            "image",
            None,
            stack_id,
            None,
            lambda: _image(stack.names, stack_id, reader, Naming(reference, tags)),
            record=Record(stack_id),
        )
    container = Container(stack.name, "", "", None, None, digest_of(stack.below) if stack.below else None)
    return container_entry(container, lambda: _container(stack, container, reader, reference), reference, tags)


def _image(names: Sequence[str], image_id: Digest, reader: Reader, naming: Naming) -> Image:
    history = tuple(History(None, name, "", "", False) for name in names)
    config = ImageConfig("", "", "", "", None, "", RunConfig(), Rootfs(()), history)
    layers = [reader.layer(name) for name in names]
    where = f"{reader.label}: {naming.reference}"
    return complete(naming, b"", layers, where=where, config=config, image_id=image_id, warnings=(NO_CONFIG,))


def _container(stack: Stack, container: Container, reader: Reader, reference: str) -> Image:
    image_id = container.image_id or digest_of(stack.name)
    image = _image(stack.names[:-1], image_id, reader, Naming(called(stack.below)))
    known = Container(container.container_id, "", "", None, None, container.image_id, reader.engine_files(stack.init))
    return with_container(image, known, reader.layer(stack.name), reference=reference)


def digest_of(name: str) -> Digest:
    """What stands for an image ID: the directory's name, which Docker draws at random; else the name's digest."""
    try:
        return Digest.parse(f"sha256:{name}")
    except DamagedError:
        return Digest.of(name.encode())


def called(name: str) -> str:
    """How a layer's directory is called in short: its first characters where it is one of Docker's long IDs."""
    return name[:SHORT] if digest_of(name).hex == name else name
