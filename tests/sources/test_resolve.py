"""From what a person types to an image, and a sentence for whatever is none."""

import io
import os
import tarfile
import threading
from importlib import import_module
from pathlib import Path

import pytest

from layertui.errors import DamagedError, LayertuiError, NotFoundError, UnreachableError, UsageError
from layertui.sources import held, resolve
from layertui.sources.reference import LayerSelector
from layertui.sources.resolve import open_reference
from tests.hosts import absent
from tests.kit.docker import docker_archive
from tests.kit.entries import file
from tests.kit.images import ImageSpec
from tests.kit.oci import oci_archive, oci_layout

ONE = ImageSpec(layers=[[file("a")]], tags=["api:1.4", "api:latest"])
TWO = ImageSpec(layers=[[file("b")]], tags=["redis:7.4"])


@pytest.fixture(autouse=True)
def _there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory with an archive of each kind, to type short names in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(held, "look_here", lambda environ: (absent("docker", hint="Start Docker."),))
    Path("docker.tar").write_bytes(docker_archive([ONE, TWO]))
    Path("oci.tar").write_bytes(oci_archive([ONE, TWO]))
    oci_layout(Path("layout"), [ONE, TWO])
    Path("hybrid.tar").write_bytes(docker_archive([ONE, TWO], style="docker25"))


@pytest.mark.parametrize(
    ("text", "scheme", "chosen"),
    [
        ("docker.tar", "docker-archive", None),
        ("docker.tar:api:1.4", "docker-archive", "api:1.4"),
        ("docker.tar:redis", "docker-archive", "redis:7.4"),
        ("./docker.tar:redis:7.4", "docker-archive", "redis:7.4"),
        ("docker-archive:docker.tar:api:latest", "docker-archive", "api:1.4"),
        ("docker-archive:docker.tar:@1", "docker-archive", "redis:7.4"),
        ("docker.tar:", "docker-archive", None),
        ("oci.tar", "oci-archive", None),
        ("oci-archive:oci.tar:redis:7.4", "oci-archive", "redis:7.4"),
        ("layout", "oci", None),
        ("layout/", "oci", None),
        ("layout:redis:7.4", "oci", "redis:7.4"),
        ("oci:layout:api:1.4", "oci", "api:1.4"),
        ("hybrid.tar:redis:7.4", "docker-archive", "redis:7.4"),
        ("oci-archive:hybrid.tar:redis:7.4", "oci-archive", "docker.io/library/redis:7.4"),
    ],
)
def test_references_to_files(text: str, scheme: str, chosen: str | None) -> None:
    found = open_reference(text)
    assert found.source.scheme == scheme
    assert (found.chosen.reference if found.chosen else None) == chosen
    assert len(found.entries) == 2
    assert found.layers is None


def test_layers_are_handed_on() -> None:
    found = open_reference("docker.tar:redis:7.4#0..0")
    assert found.layers == LayerSelector(0, 0, merged=True)
    assert found.chosen is not None


def test_the_label_is_what_was_typed() -> None:
    assert open_reference("docker-archive:./docker.tar:redis").source.label == "./docker.tar"
    assert open_reference("layout/").source.label == "layout"


@pytest.mark.parametrize("name", ["a#4", "a:b", "a:b#4", "oci"])
def test_a_file_may_be_called_like_a_reference(name: str) -> None:
    Path(name).write_bytes(docker_archive([TWO]))
    found = open_reference(name)
    assert found.chosen is not None
    assert (found.source.label, found.layers) == (name, None)


def test_the_longest_path_that_exists_is_the_path() -> None:
    Path("docker.tar:redis").write_bytes(docker_archive([TWO]))
    assert open_reference("docker.tar:redis:7.4").source.label == "docker.tar:redis"


@pytest.mark.parametrize(
    ("text", "kind", "said", "hint"),
    [
        ("gone.tar", NotFoundError, "no file or directory gone.tar", "spelling"),
        ("docker-archive:gone.tar:x", NotFoundError, "no file or directory gone.tar.", "spelling"),
        ("api:1.4", NotFoundError, "no file or directory api:1.4. No engine and no store was found", "spelling"),
        ("a\0b", NotFoundError, "no file or directory", ""),
        ("docker.tar/x", NotFoundError, "no file or directory docker.tar/x", ""),
        ("docker.tar:api:9", NotFoundError, "nothing called api:9", "api:1.4"),
        ("docker.tar#x", UsageError, "'#x' is no layer", "#0..4"),
        ("docker.tar#-1", UsageError, "'#-1' is no layer", "#4"),
        ("oci:docker.tar", DamagedError, "cannot be read as oci:", "docker-archive:docker.tar"),
        ("oci:oci.tar", DamagedError, "cannot be read as oci:", "oci-archive:oci.tar"),
        ("oci-archive:docker.tar", DamagedError, "cannot be read as oci-archive:", "docker-archive:"),
        ("docker-archive:oci.tar", DamagedError, "cannot be read as docker-archive:", "oci-archive:"),
        ("docker-archive:layout", DamagedError, "cannot be read as docker-archive:", "oci:layout"),
        ("docker:x", UsageError, "no scheme without //", "docker-daemon:x"),
        ("docker://Capital", UsageError, "has capital letters", "capital"),
        ("docker-daemon:x", UnreachableError, "Tried /run/docker.sock (absent)", "Start Docker."),
        ("", UsageError, "empty", ""),
    ],
)
def test_what_cannot_be_opened_says_what_to_do(text: str, kind: type[LayertuiError], said: str, hint: str) -> None:
    with pytest.raises(LayertuiError) as caught:
        open_reference(text)
    assert type(caught.value) is kind
    assert said in caught.value.message
    assert hint in caught.value.hint


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    for text, chosen in (("-", None), ("-:redis", "redis:7.4")):
        with Path("docker.tar").open("rb") as stream:
            kept = os.dup(0)
            try:
                os.dup2(stream.fileno(), 0)
                found = open_reference(text)
            finally:
                os.dup2(kept, 0)
                os.close(kept)
        assert found.source.label == "standard input"
        assert (found.chosen.reference if found.chosen else None) == chosen


def test_a_named_pipe_is_read_to_its_end() -> None:
    os.mkfifo("pipe")
    writer = threading.Thread(target=lambda: Path("pipe").write_bytes(docker_archive([TWO])), daemon=True)
    writer.start()
    found = open_reference("pipe")
    writer.join(5)
    assert found.chosen is not None
    assert len(found.chosen.open().layers) == 1


def test_a_bad_platform_is_said_before_anything_is_read() -> None:
    with pytest.raises(UsageError, match="not a platform"):
        open_reference("gone.tar", "a b")


def test_an_archive_of_another_tar_writer_opens() -> None:
    members = {name: data for name, data in _members(docker_archive([TWO])).items() if data is not None}
    with tarfile.open("other.tar", "w", format=tarfile.GNU_FORMAT) as tar:
        for name, data in members.items():
            member = tarfile.TarInfo("./" + name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    assert open_reference("other.tar").chosen is not None


def _members(archive: bytes) -> dict[str, bytes | None]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        streams = {member.name: tar.extractfile(member) for member in tar if member.isfile()}
        return {name: stream.read() if stream else None for name, stream in streams.items()}


def test_every_kind_of_source_has_its_line_once() -> None:
    kinds = [kind.SCHEME for kind in resolve.SOURCES]
    assert kinds[:4] == ["docker-archive", "oci-archive", "docker-archive", "oci"]
    assert kinds[4:] == ["containers-storage", "containerd", "overlay2", "aufs"]


def test_a_kind_of_storage_has_a_module_that_reads_what_it_is_called() -> None:
    for kind in resolve.SOURCES[4:]:
        assert isinstance(kind, resolve.StorageKind)
        assert import_module(kind.module).SCHEME == kind.SCHEME


def test_an_archive_that_vanishes_while_it_is_open_is_still_read() -> None:
    found = open_reference("docker.tar:redis")
    Path("docker.tar").unlink()
    assert found.chosen is not None
    assert found.chosen.open().layers[0].content is not None


def test_a_layout_that_vanishes_while_it_is_open_is_a_sentence() -> None:
    found = open_reference("layout:redis:7.4")
    Path("layout/blobs").rename("moved")
    assert found.chosen is not None
    with pytest.raises(LayertuiError, match="is missing from layout"):
        found.chosen.open()
