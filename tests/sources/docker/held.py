"""What a real engine holds once images were built and containers changed by hand, with its own words about it."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from layertui.image.image import Image, Layer
from layertui.layer.columns import Kind
from layertui.layer.read import layer_window, read_layer
from layertui.layer.tree import Entry, LayerTree
from layertui.sources import overlay2
from layertui.sources.base import ImageEntry, Listing
from layertui.sources.docker.books import DockerBooks
from layertui.sources.resolve import open_reference
from layertui.sources.target import Target
from layertui.stack.fold import fold
from layertui.stack.squash import Squash
from tests.contract.dockerd import Dockerd
from tests.contract.listing import merged_lines
from tests.kit.entries import directory, file, hardlink, symlink
from tests.kit.tar import tar_bytes

BUSYBOX = shutil.which("busybox")

APPLETS = ("sh", "chmod", "chown", "cp", "ln", "mkdir", "mkfifo", "mv", "rm", "sleep", "touch")

DOCKERFILE = """
FROM base:1
COPY files /app
RUN chmod 4750 /app/server && echo changed > /etc/motd && rm /etc/gone
RUN rm -r /srv/old && rm /srv/turn && mkdir /srv/turn && echo 1 > /srv/turn/inside
ENV MODE=production
RUN rm -r /srv/dir && echo file > /srv/dir && rm -r /var/cache && mkdir /var/cache && echo 4 > /var/cache/four
RUN ln /srv/one /srv/three && echo n > /srv/new && ln /srv/new /srv/new2 && mkfifo /var/pipe && chown 7:8 /etc/hosts
RUN rm -r /var/cache && mkdir /var/cache
CMD ["/bin/sh"]
"""
"""Every form of removal that overlay writes: a device, an opaque directory, and both in turn; a hardlink copied up."""

CHANGES = """
echo new > /srv/added && echo more >> /etc/motd && chmod 600 /etc/keep
rm /etc/hosts.old && rm -r /usr/gone
rm -r /usr/made && mkdir /usr/made && echo again > /usr/made/again
ln /usr/link1 /usr/link3 && mkdir /srv/fresh && touch /srv/fresh/none
rm /usr/turn && mkdir /usr/turn && ln -sf elsewhere /usr/symlink
"""
"""What is done by hand in a container: added, modified, mode only, removed, made again, a hardlink copied up."""

NOT_BUSYBOX = "a static busybox is not installed (Debian: busybox-static)"


def has_busybox() -> bool:
    """Whether there is a busybox that runs without any library."""
    return BUSYBOX is not None and subprocess.run(["ldd", BUSYBOX], capture_output=True).returncode != 0


def base_tar() -> bytes:
    """The base image: a shell, and something to remove."""
    assert BUSYBOX is not None
    return tar_bytes(
        [
            directory("bin"),
            file("bin/busybox", Path(BUSYBOX).read_bytes(), mode=0o755),
            *(hardlink(f"bin/{name}", "bin/busybox", mode=0o755) for name in APPLETS),
            directory("etc"),
            *(file(f"etc/{name}", f"{name}\n") for name in ("gone", "hosts", "hosts.old", "keep", "motd")),
            directory("srv"),
            directory("srv/dir"),
            file("srv/dir/a", "a"),
            directory("srv/old"),
            file("srv/old/one", "1"),
            file("srv/one", "linked\n"),
            hardlink("srv/two", "srv/one"),
            file("srv/turn", "a file first"),
            file("srv/größe", "UTF-8"),
            directory("usr"),
            directory("usr/gone"),
            file("usr/gone/deep", "1"),
            file("usr/link1", "linked\n"),
            hardlink("usr/link2", "usr/link1"),
            directory("usr/made"),
            file("usr/made/before", "1"),
            symlink("usr/symlink", "turn"),
            file("usr/turn", "a file first"),
            directory("var"),
            directory("var/cache"),
            file("var/cache/one", "1"),
        ]
    )


@dataclass(frozen=True, slots=True)
class Held:
    """What was made, and what the engine said while it ran."""

    data_root: Path
    saved: Path
    """`docker save` of the image."""
    committed: Path
    """`docker save` of what `docker commit` made of the changed container."""
    diff: list[str]
    """`docker diff` of the changed container, a line each."""
    images: set[tuple[str, str, int]]
    """Of `docker images`: image ID, name or `<none>`, bytes."""
    containers: dict[str, str]
    """Of `docker ps -a`: names to 64 digits."""
    live: Listing
    """What the books said while the engine ran, and a container with it."""


def hold(engine: Dockerd, where: Path) -> Held:
    """Build the images, change a container, ask the engine, and end it."""
    (where / "base.tar").write_bytes(base_tar())
    engine.import_tar(where / "base.tar", "base:1")
    files = where / "context" / "files"
    files.mkdir(parents=True)
    (files / "server").write_bytes(b"listens" * 1000)
    recipe = where / "context" / "Dockerfile"
    recipe.write_text(DOCKERFILE)
    engine.build(where / "context", "built:1")
    for name in ("registry.example:5000/team/built:2", "team/built:3"):
        engine.docker("tag", "built:1", name)
    recipe.write_text("FROM base:1\nRUN touch /a\nRUN touch /b\nLABEL kind=dangling\n")
    engine.build(where / "context", "dangling:1")
    engine.docker("tag", "base:1", "dangling:1")  # its name goes to another
    engine.docker("run", "--network", "none", "--name", "changed", "built:1", "sh", "-ec", CHANGES)
    engine.docker("run", "-d", "--network", "none", "--name", "living", "base:1", "sleep", "1000")
    engine.docker("create", "--network", "none", "--name", "fresh", "built:1")
    engine.docker("commit", "changed", "committed:1")
    engine.docker("save", "-o", where / "saved.tar", "built:1")
    engine.docker("save", "-o", where / "committed.tar", "committed:1")
    ids = engine.docker("images", "-q", "--no-trunc").split()
    form = "{{.Id}}\t{{.Size}}\t{{range .RepoTags}}{{.}} {{end}}"
    images = set()
    for line in engine.docker("image", "inspect", "-f", form, *dict.fromkeys(ids)).splitlines():
        image_id, size, names = line.split("\t")
        images |= {(image_id, name, int(size)) for name in names.split() or ["<none>"]}
    listed = engine.docker("ps", "-a", "--no-trunc", "--format", "{{.Names}} {{.ID}}").splitlines()
    diff = engine.docker("diff", "changed").splitlines()
    live = DockerBooks.open(engine.data_root).source("docker")
    engine.docker("kill", "living")  # a shell as first process ignores what the engine would ask it
    engine.stop()
    pairs = dict(line.split() for line in listed)
    return Held(engine.data_root, where / "saved.tar", where / "committed.tar", diff, images, pairs, live)


def entry_called(listing: Listing, name: str) -> ImageEntry:
    """The entry with this name."""
    return next(entry for entry in listing.entries() if name in (entry.reference, *entry.tags))


def tree_of(layer: Layer) -> LayerTree:
    """A layer, read and found whole."""
    assert layer.problem is None
    assert layer.content is not None
    tree = read_layer(layer.content)
    assert tree.damage is None
    assert tree.problems == ()
    return tree


def contents(layer: Layer, tree: LayerTree) -> dict[bytes, bytes]:
    """What is in every file of a layer."""
    assert layer.content is not None
    found = {}
    window = layer_window(layer.content, tree)
    for row, entry in enumerate(tree.entries()):
        if entry.kind is Kind.FILE and entry.size_bytes:
            found[entry.path] = window.fetch(tree.columns.offsets[row], entry.size_bytes)[: entry.size_bytes]
    return found


def plain(entry: Entry, links: dict[bytes, bytes] | None = None) -> tuple[object, ...]:
    """An entry as a tar of Docker's says it: whole seconds; of a marker only what it removes."""
    if entry.kind is Kind.WHITEOUT:
        return (entry.path, entry.kind)
    return (
        *(entry.path, entry.kind, entry.size_bytes, entry.mode, entry.uid, entry.gid),
        *(entry.mtime_ns // 10**9, entry.link_target, entry.xattrs, entry.opaque),
    )


def started(*, storage_driver: str = "overlay2") -> Dockerd:
    """An engine, or a skip that says why there is none."""
    try:
        return Dockerd(storage_driver=storage_driver)
    except RuntimeError as error:
        pytest.skip(f"dockerd does not start here: {error}")


def opened(directory: Path) -> Listing:
    """What a person gets of `overlay2:DIR`."""
    return overlay2.open_source(Target.at(directory, str(directory), lambda _: None))


def folded(image: Image) -> Squash:
    trees = [tree_of(layer) for layer in image.layers]
    return fold(trees, layer_count=len(trees))


def saved_image(archive: Path) -> Image:
    chosen = open_reference(str(archive)).chosen
    assert chosen is not None
    return chosen.open()


def lines(squash: Squash) -> set[str]:
    """The merged tree, hard links as files: which of the names is the file, a walk cannot tell."""
    found = set()
    for line in merged_lines(squash):
        if "implied" not in line.split():
            found.add("f" + line[1:].partition(" -> ")[0] if line.startswith("h") else line)
    return found


def re_timed(line: str) -> str:
    """A line without its mtime's fraction: a tar of Docker's has whole seconds, a disk has more."""
    words = line.split(" ")
    return " ".join(word.partition(".")[0] if word.startswith("+") else word for word in words)
