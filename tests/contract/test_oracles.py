"""What other tools make of the polite image is what we show of it."""

import os
import shutil
import stat
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract import expected_polite
from tests.contract.forms import load
from tests.contract.listing import diff_lines, merged_lines
from tests.kit.docker import docker_archive
from tests.kit.entries import MTIME
from tests.kit.images import build
from tests.kit.oci import oci_archive, oci_layout
from tests.kit.polite import polite_image

needs_skopeo = pytest.mark.skipif(shutil.which("skopeo") is None, reason="skopeo is not installed")
needs_umoci = pytest.mark.skipif(shutil.which("umoci") is None, reason="umoci is not installed")
needs_podman = pytest.mark.skipif(shutil.which("podman") is None, reason="podman is not installed")
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can create files of other owners")

KINDS = {
    stat.S_IFREG: "f",
    stat.S_IFDIR: "d",
    stat.S_IFLNK: "l",
    stat.S_IFIFO: "p",
    stat.S_IFCHR: "c",
    stat.S_IFBLK: "b",
}


def run(*command: object) -> str:
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stderr
    return result.stdout


def walk(root: Path) -> tuple[list[str], list[set[str]]]:
    """A directory tree as lines, like `merged_lines` but with every name of a hard link as a file; and link groups."""
    lines = []
    groups: dict[int, set[str]] = defaultdict(set)
    for path in sorted(root.rglob("*"), key=lambda path: str(path.relative_to(root)).replace("/", "\0").encode()):
        status = path.lstat()
        name = str(path.relative_to(root))
        kind = KINDS[stat.S_IFMT(status.st_mode)]
        size = status.st_size if kind == "f" else 0
        mode = stat.S_IMODE(status.st_mode)
        line = f"{kind} {mode:04o} {status.st_uid}:{status.st_gid} {size} {status.st_mtime - MTIME:+g} {name}"
        if kind == "l":
            line += f" -> {os.readlink(path)}"
        if kind == "f" and status.st_nlink > 1:
            groups[status.st_ino].add(name)
        for attribute in os.listxattr(path, follow_symlinks=False):
            line += f" {attribute}"
        lines.append(line)
    # A mount counts names of a lower layer too, which nothing shows any more.
    return lines, sorted((group for group in groups.values() if len(group) > 1), key=min)


def without_links(lines: list[str]) -> list[str]:
    """Hard links as the files that they are."""
    return ["f" + line[1:].partition(" -> ")[0] if line.startswith("h") else line for line in lines]


@needs_umoci
@needs_root
def test_umoci_unpacks_what_we_list(tmp_path: Path) -> None:
    layout = oci_layout(tmp_path / "layout", [polite_image()], compression="gzip")
    index = layout / "index.json"
    index.write_bytes(index.read_bytes().replace(b'"polite:1"', b'"polite"'))  # umoci's names have no colon
    run("umoci", "unpack", "--image", f"{layout}:polite", tmp_path / "bundle")
    lines, groups = walk(tmp_path / "bundle" / "rootfs")
    _, _, squash = load(f"oci:{layout}")
    assert lines == without_links(merged_lines(squash))
    assert groups == [{"srv/one", "srv/two"}]


@needs_skopeo
@pytest.mark.parametrize("target", ["docker-archive", "oci", "oci-archive"])
@pytest.mark.parametrize("origin", ["docker-archive", "oci-archive"])
def test_copies_by_skopeo_show_the_same(origin: str, target: str, tmp_path: Path) -> None:
    archive = tmp_path / "from.tar"
    if origin == "docker-archive":
        archive.write_bytes(docker_archive([polite_image()]))
    else:
        archive.write_bytes(oci_archive([polite_image()], compression="gzip"))
    copy = tmp_path / "copy"
    run("skopeo", "--insecure-policy", "copy", f"{origin}:{archive}:polite:1", f"{target}:{copy}:polite:1")
    image, _, squash = load(f"{target}:{copy}:polite:1")
    assert [diff_lines(squash, layer) for layer in range(5)] == expected_polite.DIFFS
    assert merged_lines(squash) == expected_polite.MERGED
    assert [str(layer.diff_id) for layer in image.layers] == [layer.diff_id for layer in build(polite_image()).layers]


@needs_skopeo
def test_zstd_by_skopeo_shows_the_same(tmp_path: Path) -> None:
    (tmp_path / "from.tar").write_bytes(docker_archive([polite_image()]))
    origin, target = f"docker-archive:{tmp_path}/from.tar", f"oci:{tmp_path}/copy:polite:1"
    run("skopeo", "--insecure-policy", "copy", "--dest-compress-format", "zstd", origin, target)
    image, _, squash = load(target)
    assert image.layers[0].media_type.endswith("zstd")
    assert merged_lines(squash) == expected_polite.MERGED


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A directory with a short name: podman refuses a runroot of more than 50 characters."""
    with tempfile.TemporaryDirectory(prefix="lt", dir="/tmp") as name:
        yield Path(name)


@needs_podman
@needs_root
def test_podman_mounts_and_saves_what_we_list(tmp_path: Path, short_path: Path) -> None:
    (tmp_path / "from.tar").write_bytes(docker_archive([polite_image()]))
    podman = ("podman", "--root", short_path / "root", "--runroot", short_path / "run")
    run(*podman, "load", "-i", tmp_path / "from.tar")
    try:
        lines, groups = walk(Path(run(*podman, "image", "mount", "polite:1").strip()))
        for form in ("docker-archive", "oci-archive"):
            run(*podman, "save", "--format", form, "-o", tmp_path / form, "polite:1")
    finally:
        run(*podman, "image", "umount", "--all")
        run(*podman, "rmi", "--all", "--force")
    assert lines == without_links(expected_polite.MERGED)
    assert groups == [{"srv/one", "srv/two"}]
    for form in ("docker-archive", "oci-archive"):
        _, _, squash = load(f"{form}:{tmp_path / form}")
        assert [diff_lines(squash, layer) for layer in range(5)] == expected_polite.DIFFS
