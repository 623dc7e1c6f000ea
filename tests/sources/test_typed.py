"""What is copied as a reference opens the same thing again."""

import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from layertui.errors import NotFoundError
from layertui.image.digest import Digest
from layertui.image.image import Container
from layertui.image.platform import Platform, host_platform
from layertui.opening import open_quietly
from layertui.sources.base import ImageEntry, Listing, Source, container_entry, unopenable
from layertui.sources.demo import demo_source
from layertui.sources.typed import typed
from tests.kit.docker import docker_archive
from tests.kit.entries import file
from tests.kit.images import ImageSpec
from tests.kit.oci import oci_layout


def again(text: str) -> ImageEntry:
    """The entry that a shell would open for a text."""
    (word,) = shlex.split(text)
    chosen = open_quietly(word).chosen
    assert chosen is not None, word
    return chosen


TWO = (
    ImageSpec(layers=([file("a", "1")],), tags=("api:1.3",)),
    ImageSpec(layers=([file("a", "2")],), tags=("api:1.4",)),
)


@pytest.mark.parametrize("name", ["image.tar", "with space.tar", "a:b.tar", "x#4.tar", "x#4", "demo", '$(id)\'s "tar"'])
def test_every_image_of_an_archive_by_its_path(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    untagged = ImageSpec(layers=([file("a", "3")],), tags=())
    (tmp_path / name).write_bytes(docker_archive([*TWO, untagged]))
    monkeypatch.chdir(tmp_path)
    for path in (name, f"./{name}", str(tmp_path / name)):
        opened = open_quietly(path)
        for entry in opened.entries:
            found = again(typed(opened.source, entry))
            assert (found.reference, found.digest) == (entry.reference, entry.digest)
        assert open_quietly(shlex.split(typed(opened.source, opened.entries[1], "0"))[0]).layers is not None


def test_it_reads_as_a_person_would_write_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "image.tar").write_bytes(docker_archive(TWO))
    monkeypatch.chdir(tmp_path)
    opened = open_quietly("image.tar:api:1.4")
    assert typed(opened.source, opened.entries[1]) == "docker-archive:image.tar:api:1.4"
    assert typed(opened.source, opened.entries[1], "0..1") == "'docker-archive:image.tar:api:1.4#0..1'"
    oci_layout(tmp_path / "layout", TWO)
    opened = open_quietly("layout")
    assert typed(opened.source, opened.entries[0]).startswith("oci:layout:")


def test_the_built_in_images() -> None:
    source = demo_source()
    for entry in source.entries():
        assert again(typed(source, entry)).reference == entry.reference
    assert typed(source, source.entries()[0]) == f"demo:{source.entries()[0].reference}"


def test_platforms_of_one_name_are_told_apart(tmp_path: Path) -> None:
    specs = [ImageSpec(layers=([file("a", name)],), tags=("one:1",), architecture=name) for name in ("amd64", "arm64")]
    (tmp_path / "image.tar").write_bytes(docker_archive(specs))
    opened = open_quietly(str(tmp_path / "image.tar"))
    texts = [typed(opened.source, entry) for entry in opened.entries]
    assert len(set(texts)) == 2
    assert [again(text).digest for text in texts] == [entry.digest for entry in opened.entries]


def test_standard_input_cannot_be_opened_again(tmp_path: Path) -> None:
    (tmp_path / "image.tar").write_bytes(docker_archive(TWO))
    opened = open_quietly(str(tmp_path / "image.tar"))
    source = Listing("docker-archive", "standard input", opened.entries)
    with pytest.raises(NotFoundError, match="cannot be opened again"):
        typed(source, opened.entries[0])


def an_image(name: str, letter: str) -> ImageEntry:
    refuse = unopenable(NotFoundError("no"))
    return ImageEntry(name, (name,), "image", None, Digest("sha256:" + letter * 64), None, refuse)


def in_engine(scheme: str, label: str, *entries: ImageEntry) -> Source:
    return Listing(scheme, label, entries)


def test_what_engines_and_stores_hold() -> None:
    first = an_image("api:1", "a")
    daemon = in_engine("docker-daemon", "Docker at /var/run/docker.sock", first)
    assert typed(daemon, first, "4") == "'docker-daemon:api:1#4'"
    podman = in_engine("podman", "Podman at /run/podman/podman.sock", first)
    assert typed(podman, first) == "containers-storage:api:1"
    same = an_image("api:1", "b")
    other = in_engine("docker-daemon", "Docker (context two) at tcp://two", same)
    assert typed(other, same) == "docker-daemon:api:1"
    assert typed(other, same, before=[daemon]) == f"docker-daemon:sha256:{'b' * 12}", "the first one has that name too"
    twin = an_image("api:1", "a")
    with pytest.raises(NotFoundError, match="another place is asked first"):
        typed(in_engine("docker-daemon", "Docker at tcp://three", twin), twin, before=[daemon])


def test_containers_by_their_name() -> None:
    refuse = unopenable(NotFoundError("no"))
    container = container_entry(Container("c" * 64, "web", "running", True, None, None), refuse)
    image = an_image("web", "a")
    daemon = in_engine("docker-daemon", "Docker at /var/run/docker.sock", image, container)
    assert typed(daemon, container, "3") == "'docker-container:web#3'"
    store = in_engine("containers-storage", "/var/lib/containers/storage", container)
    assert typed(store, container).endswith(":web")
    assert typed(in_engine("podman", "Podman at /run/podman.sock", container), container) == "podman-container:web"


def test_a_registry_by_name_or_digest() -> None:
    found = [an_image("nginx:1", "a"), an_image("nginx:1", "b")]
    found = [
        replace(entry, platform=Platform(host_platform().os if at == 0 else "plan9", host_platform().architecture))
        for at, entry in enumerate(found)
    ]
    registry = in_engine("docker", "host:5000/nginx:1", *found)
    assert typed(registry, found[0]) == "docker://host:5000/nginx:1"
    assert typed(registry, found[1], "2") == f"'docker://host:5000/nginx@sha256:{'b' * 64}#2'"
