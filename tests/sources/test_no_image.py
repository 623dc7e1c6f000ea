"""What is no image, or cannot be read, says what it looks like and what to do next."""

import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from layertui.errors import DamagedError, NotFoundError, UnreachableError
from layertui.sources.resolve import open_reference
from tests.kit.docker import docker_archive
from tests.kit.entries import Entry, directory, fifo, file, symlink
from tests.kit.images import ImageSpec, compress, outer_tar
from tests.kit.oci import oci_archive, oci_layout
from tests.kit.tar import tar_bytes

ONE = ImageSpec(layers=[[file("a")]], tags=["api:1.4", "api:latest"])
TWO = ImageSpec(layers=[[file("b")]], tags=["redis:7.4"])


@pytest.fixture(autouse=True)
def _there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory with an archive of each kind, to type short names in."""
    monkeypatch.chdir(tmp_path)
    Path("docker.tar").write_bytes(docker_archive([ONE, TWO]))
    Path("oci.tar").write_bytes(oci_archive([ONE, TWO]))
    oci_layout(Path("layout"), [ONE, TWO])
    Path("hybrid.tar").write_bytes(docker_archive([ONE, TWO], style="docker25"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty, not an image archive"),
        (b"hello\n", "is text, not"),
        (b"\xef\xbb\xbfhello caf\xc3\xa9\n", "is text, not"),
        (b'{"a": 1}', "is JSON text, not"),
        (b"<!DOCTYPE html><html>", "is HTML or XML text"),
        (b"\x7fELF" + bytes(600), "is an ELF program"),
        (b"PK\x03\x04" + bytes(600), "is a zip archive"),
        (b"\x89PNG\r\n\x1a\n", "is a PNG picture"),
        (b"hsqs" + bytes(600), "is a squashfs filesystem"),
        (b"!<arch>\ndebian-binary", "is an ar archive"),
        (b"\x01\x02\x03" * 300, "is data of an unknown kind"),
        (compress(b"hello\n", "gzip"), "is gzip data around something that is text"),
        (compress(b"", "xz"), "is xz data around something that is empty"),
        (b"\x1f\x8b\x08\x00broken", "gzip stream"),
        (b"\x04\x22\x4d\x18" + bytes(100), "lz4, which is not supported"),
        (b"\x1f\x9d\x90" + bytes(100), "compress (.Z), which is not supported"),
        (bytes(10240), "is an empty tar"),
        (tar_bytes([]), "is an empty tar"),
    ],
)
def test_a_file_that_is_no_archive_says_what_it_looks_like(content: bytes, said: str) -> None:
    Path("x").write_bytes(content)
    with pytest.raises(DamagedError) as caught:
        open_reference("x")
    assert said in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    ("entries", "hint"),
    [
        ([file("hello")], "docker save"),
        ([directory("etc"), file("etc/passwd")], "root filesystem"),
        ([directory("img"), file("img/index.json", b"{}"), file("img/oci-layout")], "It holds img/index.json"),
        ([symlink("manifest.json", "gone")], "docker save"),
        ([fifo("index.json")], "docker save"),
        ([directory("manifest.json")], "docker save"),
    ],
)
def test_a_tar_that_is_no_image_says_what_is_missing(entries: list[Entry], hint: str) -> None:
    Path("x.tar").write_bytes(tar_bytes(entries))
    with pytest.raises(DamagedError) as caught:
        open_reference("x.tar")
    assert caught.value.message == (
        "x.tar is a tar of files, not an image archive; it has no manifest.json, index.json or repositories."
    )
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("names", "said", "hint"),
    [
        ([], "is an empty directory", "skopeo"),
        (["readme"], "is a directory, not an OCI layout; it has no index.json", "skopeo"),
        (["manifest.json", "version"], "not an OCI layout", "skopeo copy dir:d"),
        (["manifest.json"], "not an OCI layout", "tar -C d"),
        (["etc/x", "usr/x", "var/x"], "not an OCI layout", "root filesystem"),
    ],
)
def test_a_directory_that_is_no_layout_says_what_it_looks_like(names: list[str], said: str, hint: str) -> None:
    Path("d").mkdir()
    for name in names:
        (Path("d") / name).parent.mkdir(parents=True, exist_ok=True)
        (Path("d") / name).touch()
    with pytest.raises(DamagedError) as caught:
        open_reference("d")
    assert said in caught.value.message
    assert hint in caught.value.hint


def test_a_part_of_a_layout_leads_to_the_layout() -> None:
    with pytest.raises(DamagedError) as caught:
        open_reference("layout/index.json")
    assert caught.value.hint.endswith("layertui layout")


def test_a_layout_without_anything_but_its_mark_says_what_is_missing() -> None:
    Path("d").mkdir()
    Path("d/oci-layout").write_bytes(b'{"imageLayoutVersion":"1.0.0"}')
    with pytest.raises(DamagedError, match=r"index\.json is missing"):
        open_reference("d")


def test_what_is_neither_file_nor_directory_is_named() -> None:
    with pytest.raises(UnreachableError, match="/dev/null is a character device"):
        open_reference("/dev/null")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("sock")
        with pytest.raises(UnreachableError, match="sock is a socket"):
            open_reference("sock")
    Path("dangling").symlink_to("gone")
    with pytest.raises(NotFoundError, match="dangling"):
        open_reference("dangling")
    Path("loop").symlink_to("loop")
    with pytest.raises(DamagedError, match="loop of symlinks"):
        open_reference("loop")


@pytest.fixture
def _unprivileged() -> Iterator[None]:
    """As root, be nobody for a while: root may read everything."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    yield
    os.seteuid(0)


@pytest.fixture
def closed() -> Iterator[Path]:
    """A directory that everybody can reach, with things in it that nobody can read."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        root = Path(name)
        root.chmod(0o755)
        (root / "file.tar").write_bytes(docker_archive([TWO]))
        oci_layout(root / "layout", [TWO])
        oci_layout(root / "blobless", [TWO])
        oci_layout(root / "listed", [TWO])
        for path in (root / "file.tar", root / "layout", root / "blobless" / "blobs"):
            path.chmod(0)
        (root / "listed").chmod(0o444)
        yield root
        for path in (root / "layout", root / "listed", root / "blobless" / "blobs"):
            path.chmod(0o755)


@pytest.mark.parametrize("name", ["file.tar", "layout", "listed", "layout/index.json", "layout/x:1"])
@pytest.mark.usefixtures("_unprivileged")
def test_permission_is_a_sentence(closed: Path, name: str) -> None:
    with pytest.raises(UnreachableError, match="permission denied"):
        open_reference(f"{closed}/{name}")


@pytest.mark.usefixtures("_unprivileged")
def test_a_blob_without_permission_is_not_said_to_be_missing(closed: Path) -> None:
    found = open_reference(str(closed / "blobless"))
    assert [entry.kind for entry in found.entries] == ["broken"]
    assert isinstance(found.entries[0].problem, UnreachableError)


def test_a_tar_of_files_may_have_a_manifest_of_something_else() -> None:
    Path("x.tar").write_bytes(outer_tar({"manifest.json": b'{"name": "a web app"}'}))
    with pytest.raises(DamagedError, match="not as its specification says"):
        open_reference("x.tar")
