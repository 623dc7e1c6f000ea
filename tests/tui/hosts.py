"""Hosts that never were: places with canned lists of real images, some that hang, fail or lie; and the app on them."""

import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from layertui.errors import UnreachableError
from layertui.image.blob import BytesBlob
from layertui.image.image import Container, Image, StoredLayer, with_container
from layertui.image.platform import Platform
from layertui.layer.read import layer_window, read_layer
from layertui.layer.stored import StoredTree, Transfer
from layertui.layer.tree import LayerTree
from layertui.layer.window import Tick, Window
from layertui.sources.base import ImageEntry, Listing, Record, Source
from layertui.sources.demo import demo_source
from layertui.sources.place import Place
from layertui.sources.resolve import Opened, open_reference, pick
from layertui.tui.app import LayerApp
from layertui.tui.roots import HostView
from tests.kit.entries import directory, file, whiteout
from tests.kit.images import ImageSpec
from tests.kit.tar import tar_bytes
from tests.tui.screen import Seen, opened

PATIENCE_S = 10.0

SOCKET = "/var/run/docker.sock"

BASE = [directory("etc"), file("etc/os-release", "debian" * 200), file("bin", "x" * 60_000)]
APP = [directory("app"), file("app/server", "s" * 30_000)]
TOOLS = [directory("opt"), file("opt/tool", "t" * 12_000)]


def ago(days: float) -> str:
    """A time so many days ago, in ISO 8601."""
    return (datetime.now(UTC) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def image_of(spec: ImageSpec) -> Image:
    """A real image in memory."""
    return opened(spec).entries[0].open()


def image_entry(spec: ImageSpec, days: float = 21, *, listed: bool = True, opening: Any = None) -> ImageEntry:
    """An image as an engine lists it; `listed` says whether the list tells its layers."""
    image = image_of(spec)
    sizes = [sum(len(entry.data) for entry in layer) for layer in spec.layers]
    chains = tuple((layer.chain_id, size) for layer, size in zip(image.layers, sizes, strict=True) if layer.chain_id)
    tags = tuple(spec.tags)
    record = Record(
        image_id=image.image_id,
        created=ago(days),
        size_bytes=sum(sizes),
        layers=chains if listed else (),
        repo_digests=tuple(f"{tag.partition(':')[0]}@{image.image_id}" for tag in tags[:1]),
    )
    reference = tags[0] if tags else f"sha256:{image.image_id.short}"
    named = replace(image, reference=reference, tags=tags)
    return ImageEntry(
        reference, tags, "image", Platform("linux", "amd64"), None, None, opening or (lambda: named), record
    )


def container_entry(
    name: str, base: ImageEntry | None, status: str = "Up 3 hours", digits: str = "c", *, gone: bool = False
) -> ImageEntry:
    """A container on an image; it changed some files."""
    image = base.open() if base is not None else image_of(ImageSpec(layers=(BASE,), tags=("lost:1",)))
    tar = tar_bytes([directory("app"), file("app/log", "l" * 1234), whiteout("etc/os-release")], "pax")
    container = Container(
        digits * 64,
        name,
        status,
        status.startswith("Up"),
        ago(0.5),
        None if gone else image.image_id,
        engine_files=(b"etc/hosts", b"etc/resolv.conf"),
    )
    media_type = "application/vnd.oci.image.layer.v1.tar"
    layer = StoredLayer(BytesBlob(tar, f"{name}: writable layer"), media_type, False, len(tar))

    def made() -> Image:
        return with_container(image, container, layer, reference=name)

    return ImageEntry(name, (name,), "container", None, None, None, made, None, container)


def place(name: str, entries: Sequence[ImageEntry] = (), where: str = SOCKET, scheme: str = "docker-daemon") -> Place:
    """A place that answers at once."""
    return Place(scheme, name, where, True, "present", "", lambda: Listing(scheme, name, tuple(entries)))


def failing(name: str, where: str = "/run/podman/podman.sock") -> Place:
    """A place that must not be read."""

    def refuse() -> Source:
        raise UnreachableError(f"Permission denied: {where} (root:docker 0660).", "Join group docker, or use sudo.")

    return Place("podman", name, where, True, "permission denied", "", refuse)


def hanging(name: str, go: threading.Event, entries: Sequence[ImageEntry] = ()) -> Place:
    """A place that answers when the event is set."""

    def wait() -> Source:
        go.wait(20)
        return Listing("containerd", name, tuple(entries))

    return Place("containerd", name, "/run/containerd/containerd.sock", True, "present", "Restart it.", wait)


def absent(name: str, where: str, said: str = "absent") -> Place:
    """A place that was looked for and is not there."""

    def refuse() -> Source:
        raise UnreachableError(f"{name} is not there.")

    return Place("docker-daemon", name, where, False, said, "", refuse)


def api(**more: Any) -> ImageEntry:
    """Two names, a base that others share, and a layer of its own."""
    return image_entry(ImageSpec(layers=(BASE, APP), tags=("api:1.4", "api:latest")), **more)


def tool(**more: Any) -> ImageEntry:
    """An image on the same base."""
    return image_entry(ImageSpec(layers=(BASE, TOOLS), tags=("tool:2",)), days=90, **more)


def dangling(**more: Any) -> ImageEntry:
    """An image without a name."""
    return image_entry(ImageSpec(layers=(BASE, [file("old", "o" * 9_000)]), tags=()), days=300, **more)


def usual() -> tuple[Place, ...]:
    """Docker with images and containers, and a Podman that may not be read."""
    first = api()
    return (
        place("Docker", [first, container_entry("web", first), tool(), dangling(), lost()]),
        failing("Podman (root)"),
        absent("containerd", "/run/containerd/containerd.sock"),
    )


def lost() -> ImageEntry:
    """A container whose image was removed."""
    return container_entry("orphan", None, "Exited (0) 2 days ago", "d", gone=True)


class Exported(StoredTree):
    """A layer that arrives with others in one stream, as slowly as a test wants."""

    def __init__(self, tar: bytes, transfer: Transfer, go: threading.Event) -> None:
        self.label, self.size_bytes, self.method = "export", len(tar), "the engine's export"
        self.transfer = transfer
        self._blob, self._go = BytesBlob(tar, "export"), go

    def read(self, tick: Tick) -> LayerTree:
        """Wait for the stream, then list."""
        while not self._go.wait(0.02):
            tick(0)
        assert self.transfer is not None
        self.transfer.ended = True
        return read_layer(self._blob)

    def window(self, tree: LayerTree) -> Window:
        """Contents in the tar."""
        return layer_window(self._blob, tree)


def exported(go: threading.Event, transfer: Transfer) -> ImageEntry:
    """An image whose layers arrive in an export."""
    spec = ImageSpec(layers=(BASE, APP), tags=("slow:1",))
    image = image_of(spec)
    layers = tuple(
        replace(layer, content=Exported(tar_bytes(entries, "pax"), transfer, go))
        for layer, entries in zip(image.layers, spec.layers, strict=True)
    )
    return image_entry(spec, opening=lambda: replace(image, layers=layers))


def open_any(text: str) -> Opened:
    """As the command line opens what is offered."""
    return pick(demo_source()) if text == "demo" else open_reference(text)


@asynccontextmanager
async def host(
    *places: Place, size: tuple[int, int] = (80, 24), keys: Sequence[str] = (), wait: bool = True
) -> AsyncIterator[Seen]:
    """The app on a host; with `wait`, once every place has answered."""
    app = LayerApp(HostView(places), open_reference=open_any)
    async with app.run_test(size=size, notifications=True) as pilot:
        seen = Seen(pilot)
        await pilot.pause(0.1)
        if wait:
            await seen.settle()
            await seen.press(*keys)
        yield seen


async def until(seen: Seen, there: Callable[[], object]) -> None:
    """Wait until something is on the screen."""
    end_s = time.monotonic() + PATIENCE_S
    while not there():
        assert time.monotonic() < end_s, seen.text
        await seen.pilot.pause(0.02)


def said(seen: Seen) -> str:
    """What the pane at the right says, its lines joined."""
    return " ".join(line.partition("│")[2].strip() for line in seen.lines[2:20])
