"""What a real engine exports and saves is what comes out, by its books, by its socket and from its archives."""

import hashlib
import io
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from layertui.extract.attributes import Options
from layertui.extract.contents import Work
from layertui.extract.layertar import layer_tar
from layertui.extract.tree import extract
from layertui.image.image import Image
from layertui.layer.read import read_layer
from layertui.layer.split import SplitLayer
from layertui.sources.docker.endpoint import Endpoint
from layertui.sources.docker.engine import open_engine
from layertui.sources.resolve import open_reference, pick
from layertui.stack.fold import fold
from tests.contract.dockerd import Dockerd, why_not
from tests.contract.test_docker_save import INIT_LAYER
from tests.contract.test_oracles import walk
from tests.extract.helpers import whole
from tests.sources.docker.held import CHANGES, DOCKERFILE, NOT_BUSYBOX, base_tar, has_busybox, re_timed

pytestmark = pytest.mark.skipif(
    why_not() is not None or not has_busybox(), reason=str(why_not() if why_not() else NOT_BUSYBOX)
)


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine with an image that it built, and a container of it that was changed."""

    docker: Dockerd
    saved: Path
    exported: dict[str, Path]
    """What `docker export` writes of a container, unpacked by GNU tar."""

    def image(self, name: str, *, use_disk: bool) -> Image:
        """An image or a container through the engine."""
        chosen = pick(open_engine(Endpoint(self.docker.host), use_disk=use_disk), name).chosen
        assert chosen is not None
        return chosen.open()


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    where = tmp_path_factory.mktemp("engine")
    try:
        docker = Dockerd()
    except RuntimeError as error:
        pytest.skip(f"dockerd does not start here: {error}")
    with docker:
        (where / "base.tar").write_bytes(base_tar())
        docker.import_tar(where / "base.tar", "base:1")
        files = where / "context" / "files"
        files.mkdir(parents=True)
        (files / "server").write_bytes(b"listens" * 1000)
        (where / "context" / "Dockerfile").write_text(DOCKERFILE)
        docker.build(where / "context", "built:1")
        docker.docker("run", "--network", "none", "--name", "changed", "built:1", "sh", "-ec", CHANGES)
        docker.docker("create", "--network", "none", "--name", "fresh", "built:1")
        docker.docker("save", "-o", where / "saved.tar", "built:1")
        exported = {}
        for name in ("changed", "fresh"):
            docker.docker("export", "-o", where / f"{name}.tar", name)
            exported[name] = where / name
            exported[name].mkdir()
            subprocess.run(
                ["tar", "-xpf", where / f"{name}.tar", "--same-owner", "--xattrs", "-C", exported[name]], check=True
            )
        yield Engine(docker, where / "saved.tar", exported)


def compared(root: Path) -> tuple[set[str], list[set[str]]]:
    """A tree as lines without what Docker puts over every image; whole seconds, as an export has them."""
    lines, groups = walk(root)
    kept = set()
    for line in lines:
        fields = line.split(" ", 5)
        if fields[5].partition(" -> ")[0] not in INIT_LAYER:
            kept.add(re_timed(line))
    return kept, groups


def taken_out(image: Image, where: Path) -> Path:
    trees = [read_layer(layer.content) for layer in image.layers if layer.content is not None]
    squash = fold(trees, layer_count=len(image.layers))
    assert extract(image, whole(squash), where, Options(as_root_filesystem=True)).problems == []
    return where


@pytest.mark.parametrize("use_disk", [True, False], ids=["books", "socket"])
@pytest.mark.parametrize("name", ["fresh", "changed"])
def test_a_container_is_what_docker_exports(name: str, use_disk: bool, engine: Engine, tmp_path: Path) -> None:
    ours = compared(taken_out(engine.image(name, use_disk=use_disk), tmp_path / "out"))
    theirs = compared(engine.exported[name])
    assert ours[0] == theirs[0]
    assert ours[1] == theirs[1]
    for path in (tmp_path / "out").rglob("*"):
        inside = str(path.relative_to(tmp_path / "out"))
        if path.is_file() and not path.is_symlink() and inside not in INIT_LAYER:
            assert path.read_bytes() == (engine.exported[name] / inside).read_bytes()


@pytest.mark.parametrize("use_disk", [True, False], ids=["books", "socket"])
def test_layers_come_out_as_docker_saves_them(use_disk: bool, engine: Engine) -> None:
    image = engine.image("built:1", use_disk=use_disk)
    chosen = open_reference(str(engine.saved)).chosen
    assert chosen is not None
    assert isinstance(image.layers[0].content, SplitLayer) == use_disk
    for ours, saved in zip(image.layers, chosen.open().layers, strict=True):
        found = layer_tar(ours, Work())
        data = b"".join(found.chunks)
        assert data == b"".join(layer_tar(saved, Work()).chunks)
        assert f"sha256:{hashlib.sha256(data).hexdigest()}" == ours.diff_id
        assert (found.notes, found.problems) == ([], [])


def members(data: bytes) -> dict[str, tuple[bytes, int, str]]:
    """Type, size and link of each; in Docker's tars a marker has the link name of the member before it."""
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return {
            member.name: (member.type, member.size, "" if ".wh." in member.name else member.linkname)
            for member in archive
        }


def test_a_writable_layer_comes_out_as_a_commit_would_be(engine: Engine) -> None:
    engine.docker.docker("commit", "changed", "committed:1")
    image = engine.image("changed", use_disk=True)
    committed = engine.image("committed:1", use_disk=True)
    tars = [members(b"".join(layer_tar(image.layers[-1], Work()).chunks)) for image in (image, committed)]
    links = ("usr/link1", "usr/link2", "usr/link3")  # which of the names is the file is for each to say
    for tar in tars:
        for link in links:
            tar.pop(link, None)
    assert tars[0] == tars[1]
