"""References taken apart, without a look at any file."""

import json

import pytest

from layertui.errors import NotFoundError, UsageError
from layertui.image.blob import BytesBlob
from layertui.image.image import Image, Naming, StoredLayer, complete
from layertui.sources.reference import LayerSelector, parse_reference


@pytest.mark.parametrize(
    ("text", "scheme", "name"),
    [
        ("image.tar", None, "image.tar"),
        ("image.tar:api:1.4", None, "image.tar:api:1.4"),
        ("docker-archive:a/b.tar", "docker-archive", "a/b.tar"),
        ("docker-archive:/a.tar:host:5000/x:1", "docker-archive", "/a.tar:host:5000/x:1"),
        ("oci:dir:tag", "oci", "dir:tag"),
        ("oci-archive:x.tar", "oci-archive", "x.tar"),
        ("docker://alpine:3.19", "docker", "alpine:3.19"),
        ("docker://127.0.0.1:5000/team/api@sha256:" + "a" * 64, "docker", "127.0.0.1:5000/team/api@sha256:" + "a" * 64),
        ("-", None, "-"),
        ("./oci:x", None, "./oci:x"),
        ("api:1.4", None, "api:1.4"),
        ("a#b.tar", None, "a#b.tar"),
        ("a#", None, "a#"),
    ],
)
def test_scheme_and_name(text: str, scheme: str | None, name: str) -> None:
    found = parse_reference(text)
    assert (found.scheme, found.name, found.layers) == (scheme, name, None)


@pytest.mark.parametrize(
    ("text", "layers"),
    [
        ("a.tar#4", LayerSelector(4, 4)),
        ("a.tar#0..4", LayerSelector(0, 4, merged=True)),
        ("a.tar#3..3", LayerSelector(3, 3, merged=True)),
        ("a.tar#sha256:ab12", LayerSelector(digest_prefix="sha256:ab12")),
        ("a#1#2", LayerSelector(2, 2)),
    ],
)
def test_layers(text: str, layers: LayerSelector) -> None:
    found = parse_reference(text)
    assert found.layers == layers
    assert f"{found.name}#{layers.text}" == text


def test_layers_behind_a_scheme_and_a_tag() -> None:
    found = parse_reference("oci:dir:1.4#0..2")
    assert (found.scheme, found.name, found.layers) == ("oci", "dir:1.4", LayerSelector(0, 2, merged=True))


@pytest.mark.parametrize("text", ["", "oci:", "#4", "docker-archive:#0..1", "docker://"])
def test_nothing_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError):
        parse_reference(text)


def test_a_range_that_ends_before_it_begins() -> None:
    with pytest.raises(UsageError, match="ends before it begins"):
        parse_reference("a.tar#4..0")


@pytest.mark.parametrize(
    ("text", "way_out"),
    [
        ("docker:alpine", "docker://alpine"),
        ("docker:alpine", "docker-daemon:alpine"),
        ("podman:api", "containers-storage:api"),
        ("dir:/x", "oci:"),
        ("https://example.com/x.tar", "oci:"),
    ],
)
def test_a_scheme_that_is_not_read_names_a_way_out(text: str, way_out: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_reference(text)
    assert way_out in caught.value.hint


@pytest.mark.parametrize(
    ("text", "scheme", "name", "layer"),
    [
        ("docker-daemon:api:1.4", "docker-daemon", "api:1.4", None),
        ("docker-container:web#2", "docker-container", "web", 2),
        ("containers-storage:localhost/api", "containers-storage", "localhost/api", None),
        ("podman-container:web", "podman-container", "web", None),
        ("containerd:k8s.io/api:1", "containerd", "k8s.io/api:1", None),
        ("docker-daemon:", "docker-daemon", "", None),
        ("overlay2:/var/lib/docker/overlay2", "overlay2", "/var/lib/docker/overlay2", None),
        ("aufs:/mnt/aufs:ab12", "aufs", "/mnt/aufs:ab12", None),
    ],
)
def test_what_a_host_holds_has_schemes(text: str, scheme: str, name: str, layer: int | None) -> None:
    found = parse_reference(text)
    assert (found.scheme, found.name, found.layers and found.layers.first) == (scheme, name, layer)


def image(count: int) -> Image:
    diff_ids = [f"sha256:{index:0>2}{'0' * 62}" for index in range(count)]
    config = {"rootfs": {"type": "layers", "diff_ids": diff_ids}}
    stored = [StoredLayer(BytesBlob(b"", "blob"), "", False, 0) for _ in range(count)]
    return complete(Naming("api:1"), json.dumps(config).encode(), stored, where="here")


@pytest.mark.parametrize(
    ("text", "meant"),
    [("#0", range(1)), ("#2", range(2, 3)), ("#0..2", range(3)), ("#sha256:0100", range(1, 2))],
)
def test_layers_of_an_image(text: str, meant: range) -> None:
    layers = parse_reference("x" + text).layers
    assert layers is not None
    assert layers.resolve(image(3)) == meant


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("#3", "has layers 0 to 2, so there is no layer 3"),
        ("#0..7", "there is no layer 7"),
        ("#99999999999999999999", "there is no layer 999999999"),
        ("#sha256:abcd", "No layer of api:1 begins with"),
        ("#sha256:0000", None),
    ],
)
def test_layers_that_an_image_does_not_have(text: str, said: str | None) -> None:
    layers = parse_reference("x" + text).layers
    assert layers is not None
    if said is None:
        assert layers.resolve(image(3)) == range(1)
        return
    with pytest.raises(NotFoundError, match=said):
        layers.resolve(image(3))


def test_an_image_without_layers_has_none() -> None:
    with pytest.raises(NotFoundError, match="has no layers"):
        LayerSelector(0, 0).resolve(image(0))
