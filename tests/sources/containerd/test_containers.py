"""Containers of a real containerd: their image, their writable layer, and where they stand."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from layertui.image.blob import FileBlob
from layertui.image.image import Container, Naming
from layertui.layer.read import read_layer
from layertui.sources.containerd.store import open_docker_store
from layertui.stack.fold import fold
from tests.contract.containerd_daemon import Containerd, why_not
from tests.contract.listing import diff_lines, merged_lines
from tests.contract.test_oracles import without_links
from tests.kit.entries import file
from tests.sources.containerd.stores import POLITE, entries, image_of, load, put

pytestmark = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))


def edit(upper: Path) -> None:
    """What a program in a container of the polite image would leave, as overlay writes it."""
    (upper / "etc").mkdir()
    (upper / "etc/motd").write_text("Changed here.\n")
    (upper / "new").write_text("new\n")
    subprocess.run(["mknod", upper / "etc/hostname", "c", "0", "0"], check=True)


def test_a_container_is_its_image_with_a_writable_layer(daemon: Containerd, archive: Path) -> None:
    daemon.ctr("containers", "create", POLITE, "first")
    daemon.ctr("containers", "create", "--label", "nerdctl/name=web", POLITE, "ab" * 32)
    edit(daemon.upper("first"))
    listed = list(entries(daemon.root))
    start = listed.index(POLITE)
    assert listed[start : start + 3] == [POLITE, "web", "first"]  # behind the image, newest first
    entry = entries(daemon.root)["first"]
    assert entry.kind == "container"
    assert entry.container is not None
    assert (entry.container.running, entry.container.status) == (None, "")
    assert entry.container.created is not None
    image = entry.open()
    assert image.container == entry.container
    assert [layer.writable for layer in image.layers] == [False] * 5 + [True]
    _, squash = load(image)
    assert diff_lines(squash, 5) == ["  *  d etc", "-    w etc/hostname", "~ *  f etc/motd", "+    f new"]


CHANGES = """
echo more >> usr/lib/server; chmod 600 etc/shadow; rm srv/größe* ; rm -r var/cache
mkdir var/cache; echo 5 > var/cache/five; rm -r home; echo file > home; chmod 700 usr/bin/tool
ln usr/bin/tool usr/bin/third; mkdir -p opt/new; ln -s new opt/link; mkfifo opt/pipe; chown 7:8 etc/hostname
"""
"""What programs do: append, change modes and owners, remove, remove and make again, link, turn a directory into a
file."""


def test_a_writable_layer_shows_what_containerd_would_commit(daemon: Containerd, archive: Path, tmp_path: Path) -> None:
    daemon.ctr("containers", "create", POLITE, "changed")
    target = tmp_path / "mounted"
    target.mkdir()
    command = daemon.ctr("snapshots", "mounts", target, "changed")
    subprocess.run(["sh", "-ec", command], check=True)
    try:
        subprocess.run(["sh", "-ec", CHANGES], cwd=target, check=True)
    finally:
        subprocess.run(["umount", target], check=True)
    image = entries(daemon.root)["changed"].open()
    trees, ours = load(image)
    with (tmp_path / "diff.tar").open("wb") as out:
        subprocess.run(["ctr", "-a", daemon.socket, "snapshots", "diff", "changed"], stdout=out, check=True)
    diff = read_layer(FileBlob.open(tmp_path / "diff.tar", "diff.tar"))
    theirs = fold([*trees[:-1], diff], layer_count=len(trees))
    assert without_links(merged_lines(ours)) == without_links(merged_lines(theirs))
    assert any(" 600 " in line or " 0600 " in line for line in merged_lines(ours))
    assert not any(line.endswith(" home/user") for line in merged_lines(ours))


def test_kubernetes_names_a_container_by_its_pod(daemon: Containerd, archive: Path) -> None:
    daemon.ctr("images", "import", archive, namespace="k8s.io")  # unpacks it
    for container_id, labels in (
        ("c0" * 32, ("io.kubernetes.pod.name=api-0",)),
        ("c1" * 32, ("io.kubernetes.pod.name=api-0", "io.kubernetes.container.name=web")),
    ):
        words = [word for label in labels for word in ("--label", label)]
        daemon.ctr("containers", "create", *words, POLITE, container_id, namespace="k8s.io")
    containers = [name for name, entry in entries(daemon.root).items() if entry.kind == "container"]
    assert {"k8s.io/api-0", "k8s.io/api-0/web"} <= set(containers)


def test_a_container_stays_with_its_image_when_the_name_moves(daemon: Containerd) -> None:
    name = "docker.io/library/moving:1"
    below = image_of("old", tag="moving:1")
    put(daemon, [replace(below, layers=[*below.layers, [file("above", "")]])], namespace="moving")
    daemon.ctr("containers", "create", name, "old", namespace="moving")
    daemon.ctr("images", "tag", name, "docker.io/library/kept:1", namespace="moving")
    put(daemon, [image_of("new", tag="moving:1")], namespace="moving")
    listed = [name for name in entries(daemon.root) if name.startswith("moving/")]
    assert listed == ["moving/docker.io/library/kept:1", "moving/old", "moving/docker.io/library/moving:1"]
    daemon.ctr("images", "rm", "--sync", "docker.io/library/kept:1", namespace="moving")
    listed = [name for name in entries(daemon.root) if name.startswith("moving/")]
    assert listed == ["moving/docker.io/library/moving:1", "moving/old"]
    entry = entries(daemon.root)["moving/old"]
    assert entry.container is not None
    assert entry.container.image_id is None
    image = entry.open()
    assert "its image is no longer in the store" in image.warnings[0]
    trees, _ = load(image)
    assert [[entry.path for entry in tree.entries()] for tree in trees] == [[b"etc", b"etc/which"], [b"above"], []]
    other = entries(daemon.root)["moving/docker.io/library/moving:1"].open()
    seen = open_docker_store(daemon.root, "moving").container(entry.container, other, "old")
    assert [layer.chain_id for layer in seen.layers] == [layer.chain_id for layer in image.layers]


def test_dockers_containers_have_an_init_snapshot_that_is_shown_apart(daemon: Containerd, archive: Path) -> None:
    daemon.ctr("images", "import", archive, namespace="moby")
    own = entries(daemon.root)[f"moby/{POLITE}"]
    assert own.record is not None
    container_id, top = "d0" * 32, own.record.layers[-1][0]
    daemon.ctr("snapshots", "prepare", f"{container_id}-init-key", top, namespace="moby")
    (daemon.upper(f"{container_id}-init-key", "moby") / ".dockerenv").touch()
    daemon.ctr("snapshots", "commit", f"{container_id}-init", f"{container_id}-init-key", namespace="moby")
    daemon.ctr("snapshots", "prepare", container_id, f"{container_id}-init", namespace="moby")
    (daemon.upper(container_id, "moby") / "written").write_text("by a program")
    store = open_docker_store(daemon.root)
    assert own.digest is not None
    image = store.image(own.digest, Naming("polite:1", ("polite:1",), own.digest))
    container = Container(container_id, "web", "running", True, None, image.image_id)
    seen = store.container(container, image, "web")
    assert len(seen.layers) == 6
    assert seen.container is not None
    assert seen.container.engine_files == (b".dockerenv",)
    trees, _ = load(seen)
    assert [entry.path for entry in trees[5].entries()] == [b"written"]
