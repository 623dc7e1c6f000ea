"""Manifests and indexes: read, inferred, and refused where two readers could disagree."""

import json
from typing import Any

import pytest

from layertui.errors import DamagedError, UsageError
from layertui.image.manifest import Index, Manifest, parse_document

OCI = "application/vnd.oci.image."
DOCKER = "application/vnd.docker.distribution.manifest."
DIGEST = "sha256:" + "a" * 64


def descriptor(media_type: str = OCI + "manifest.v1+json", **more: Any) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": DIGEST, "size": 3, **more}


def manifest(**more: Any) -> dict[str, Any]:
    layers = [descriptor(OCI + "layer.v1.tar+gzip")]
    return {"schemaVersion": 2, "config": descriptor(OCI + "config.v1+json"), "layers": layers, **more}


def parse(document: object, media_type: str | None = None) -> Manifest | Index:
    return parse_document(json.dumps(document).encode(), "here", media_type)


def parse_manifest(document: object, media_type: str | None = None) -> Manifest:
    found = parse(document, media_type)
    assert isinstance(found, Manifest)
    return found


def test_a_manifest_is_told_by_its_members_when_it_has_no_media_type() -> None:
    found = parse_manifest(manifest())
    assert (found.kind, found.media_type, len(found.layers)) == ("image", "", 1)
    assert found.config is not None
    assert (found.config.digest, found.config.size_bytes) == (DIGEST, 3)


def test_an_index_is_told_by_its_members_when_it_has_no_media_type() -> None:
    platform = {"os": "linux", "architecture": "arm64", "variant": "v8", "os.version": "1", "os.features": ["x"]}
    found = parse({"manifests": [descriptor(platform=platform, annotations={"a": "b"})]})
    assert isinstance(found, Index)
    assert found.manifests[0].platform is not None
    assert found.manifests[0].platform.text == "linux/arm64/v8"
    assert found.manifests[0].annotations == {"a": "b"}


@pytest.mark.parametrize("outer", [OCI + "manifest.v1+json", DOCKER + "v2+json"])
def test_dockers_media_types_mean_the_same_as_ocis(outer: str) -> None:
    for inner in (OCI + "manifest.v1+json", DOCKER + "v2+json"):
        assert parse_manifest(manifest(mediaType=inner), outer).kind == "image"


@pytest.mark.parametrize(
    ("document", "outer"),
    [
        (manifest(manifests=[]), None),
        ({"config": descriptor(), "manifests": []}, None),
        ({"layers": [], "manifests": []}, None),
        (manifest(mediaType=OCI + "index.v1+json"), None),
        (manifest(), OCI + "index.v1+json"),
        (manifest(mediaType=OCI + "manifest.v1+json"), DOCKER + "list.v2+json"),
        ({"mediaType": OCI + "manifest.v1+json", "manifests": []}, None),
        ({"manifests": []}, OCI + "manifest.v1+json"),
        (manifest(mediaType="text/plain"), None),
    ],
)
def test_what_can_be_read_in_two_ways_is_refused(document: object, outer: str | None) -> None:
    with pytest.raises(DamagedError, match="in two ways") as caught:
        parse(document, outer)
    assert "CVE-2021-41190" in caught.value.hint


def test_a_null_member_is_no_member() -> None:
    assert parse_manifest(manifest(manifests=None, annotations=None, subject=None)).kind == "image"


@pytest.mark.parametrize("document", [{"schemaVersion": 1}, {"fsLayers": [], "history": []}, manifest(fsLayers=[{}])])
def test_schema_1_is_refused_with_a_way_out(document: object) -> None:
    with pytest.raises(DamagedError, match="schema 1") as caught:
        parse(document)
    assert "skopeo copy" in caught.value.hint


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "here is empty"),
        (b"\x1f\x8b\x08", "here is not JSON"),
        (b"{", "here is damaged JSON"),
        (b"[]", "not as its specification says"),
        (b"null", "not as its specification says"),
        (b"{}", "neither a manifest nor an index"),
        (b'{"schemaVersion": 99999, "layers": []}', "unknown schema version 99999"),
        (b'{"schemaVersion": 2, "layers": {}}', "not as its specification says"),
        pytest.param(b'{"x":' * 100_000, "nested too deeply", id="deep"),
    ],
)
def test_what_is_no_manifest_is_said_in_a_sentence(data: bytes, said: str) -> None:
    with pytest.raises(DamagedError) as caught:
        parse_document(data, "here")
    assert said in caught.value.message


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ({"digest": "sha256:../../x"}, "layer 0: 'sha256:../../x' is not a digest"),
        ({"digest": None}, "is not a digest"),
        ({"size": -1}, "its size is -1"),
        ({"size": None}, "its size is missing"),
    ],
)
def test_a_manifest_with_a_bad_descriptor_is_refused(broken: dict[str, Any], said: str) -> None:
    with pytest.raises(DamagedError) as caught:
        parse(manifest(layers=[descriptor(OCI + "layer.v1.tar", **broken)]))
    assert said in caught.value.message


def test_an_index_keeps_the_siblings_of_a_bad_descriptor() -> None:
    found = parse({"manifests": [descriptor(), {**descriptor(), "digest": "sha256:zz"}, descriptor()]})
    assert isinstance(found, Index)
    assert len(found.manifests) == 2
    assert "entry 1" in found.problems[0].message


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        (manifest(), "image"),
        (manifest(layers=[]), "image"),
        (manifest(layers=None), "image"),
        (manifest(subject=descriptor()), "image"),
        (manifest(config=descriptor("application/vnd.docker.container.image.v1+json")), "image"),
        (manifest(config=descriptor("application/vnd.cncf.helm.config.v1+json")), "artifact"),
        (manifest(config=descriptor("application/vnd.oci.empty.v1+json"), artifactType="a/b"), "artifact"),
        # Signatures carry an image's config type over layers of their own.
        (manifest(layers=[descriptor("application/vnd.dev.cosign.simplesigning.v1+json")]), "artifact"),
        (manifest(layers=[descriptor("application/vnd.in-toto+json")]), "attestation"),
        (manifest(layers=[descriptor(OCI + "layer.v1.tar+gzip+encrypted")]), "image"),
        (manifest(layers=[descriptor("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip")]), "image"),
    ],
)
def test_only_what_has_layers_of_a_filesystem_is_an_image(document: object, kind: str) -> None:
    assert parse_manifest(document).kind == kind


def test_an_artifact_without_a_usable_config_is_still_an_artifact() -> None:
    found = parse_manifest({"config": {"mediaType": "x/custom", "digest": "", "size": 0}, "layers": None})
    assert (found.kind, found.what) == ("artifact", "x/custom")


@pytest.mark.parametrize(
    ("annotations", "names"),
    [
        ({}, ()),
        ({"org.opencontainers.image.ref.name": "1.0"}, ("1.0",)),
        ({"io.containerd.image.name": "docker.io/library/api:1.0"}, ("docker.io/library/api:1.0",)),
        (
            {"io.containerd.image.name": "docker.io/library/api:1.0", "org.opencontainers.image.ref.name": "1.0"},
            ("docker.io/library/api:1.0",),
        ),
        (
            {"io.containerd.image.name": "host:5000/api:1.0", "org.opencontainers.image.ref.name": "stable"},
            ("host:5000/api:1.0", "stable"),
        ),
    ],
)
def test_a_name_is_containerds_full_one_before_the_short_one(
    annotations: dict[str, str], names: tuple[str, ...]
) -> None:
    found = parse({"manifests": [descriptor(annotations=annotations)]})
    assert isinstance(found, Index)
    assert found.manifests[0].names == names


def test_a_document_above_its_bound_names_the_bound_and_how_to_raise_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAYERTUI_MAX_DOCUMENT_BYTES", "10")
    with pytest.raises(DamagedError, match="exceeds the bound of 10 bytes") as caught:
        parse(manifest())
    assert "LAYERTUI_MAX_DOCUMENT_BYTES" in caught.value.hint
    monkeypatch.setenv("LAYERTUI_MAX_DOCUMENT_BYTES", "ten")
    with pytest.raises(UsageError, match="not a positive number"):
        parse(manifest())
