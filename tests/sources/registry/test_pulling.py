"""What a pull asks for, and what it makes of registries that lack something."""

from pathlib import Path

import pytest

from layertui.errors import DamagedError, NotFoundError
from layertui.image.platform import Platform
from layertui.sources.registry.cache import BlobCache
from layertui.sources.registry.images import Images
from layertui.sources.registry.layout import LayoutWriter
from layertui.sources.registry.names import parse_name
from layertui.sources.registry.pulling import Coming, Puller
from layertui.sources.registry.survey import Survey, survey
from layertui.sources.resolve import open_reference
from tests.kit.entries import file
from tests.kit.images import OCI_LAYER, OCI_MANIFEST, ImageSpec, build, compress, descriptor, digest, to_json
from tests.sources.registry.fake import FakeClient

SPEC = ImageSpec(layers=[[file("a", "1" * 5000)], [file("b", "2")]])
FOREIGN = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"


class Repo:
    """A repository in memory, and a place for what is pulled of it."""

    def __init__(self, root: Path, limit: int = 0) -> None:
        self.client, self.out = FakeClient(), root / "out"
        self.images = Images(self.client, BlobCache(root / "blobs", limit))  # type: ignore[arg-type]

    def survey(self, tag: str = "1", platform: str | None = None, *, every: bool = False) -> Survey:
        name = parse_name(f"{self.client.label}:{tag}")
        return survey(self.images, name, Platform.parse(platform) if platform else None, every=every)

    def pull(self, found: Survey) -> list[Coming]:
        with LayoutWriter(self.out) as layout:
            return Puller(self.images, layout).pull(found, lambda _: None)


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo(tmp_path)


def test_nothing_is_asked_for_twice(repo: Repo) -> None:
    repo.client.push_image(SPEC, "1")
    coming = repo.pull(repo.survey())
    assert [each.part.name for each in coming] == ["config", "L0", "L1"]
    assert len(repo.client.asked) == len(set(repo.client.asked)) == 4
    repo.pull(repo.survey())
    assert repo.client.streamed() == 2


def test_a_layer_that_is_not_distributed_is_left_out(repo: Repo) -> None:
    image = build(SPEC, "gzip")
    there, gone = image.layers[0].blob, image.layers[1].blob
    repo.client.put(there)
    layers = [descriptor(there, f"{OCI_LAYER}+gzip"), descriptor(gone, FOREIGN)]
    repo.client.push_layers(layers, [layer.diff_id for layer in image.layers], "1")
    assert [each.origin for each in repo.pull(repo.survey())] == ["registry", "registry", None]
    opened = open_reference(f"oci:{repo.out}:1")
    assert opened.chosen is not None
    assert "not distributed" in str(opened.chosen.open().layers[1].problem)


def test_a_blob_that_the_registry_lacks_is_damage_and_nothing_is_named(repo: Repo) -> None:
    image, _ = repo.client.push_image(SPEC, "1")
    del repo.client.blobs[image.layers[1].digest]
    with pytest.raises(DamagedError, match="no such blob") as caught:
        repo.pull(repo.survey())
    assert not isinstance(caught.value, NotFoundError)
    assert open_reference(f"oci:{repo.out}").entries == ()


def test_an_artifact_is_pulled_as_it_is(repo: Repo) -> None:
    chart = repo.client.put(b"a chart")
    config = repo.client.put(b"{}")
    manifest = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": {"mediaType": "application/vnd.cncf.helm.config.v1+json", "digest": config, "size": 2},
        "layers": [{"mediaType": "application/vnd.cncf.helm.chart.content.v1.tar+gzip", "digest": chart, "size": 7}],
    }
    repo.client.push(manifest, OCI_MANIFEST, "1")
    repo.pull(repo.survey())
    assert (repo.out / "blobs/sha256" / chart[7:]).read_bytes() == b"a chart"
    assert (repo.out / "blobs/sha256" / digest(to_json(manifest))[7:]).read_bytes() == to_json(manifest)


def test_one_image_for_another_platform_is_not_what_was_asked_for(repo: Repo) -> None:
    repo.client.push_image(SPEC, "1")
    with pytest.raises(NotFoundError, match="has nothing for linux/arm64"):
        repo.survey(platform="linux/arm64")
    assert repo.survey(platform="linux/amd64").descriptor["platform"] == {"architecture": "amd64", "os": "linux"}


def test_an_index_is_whole_with_all_that_it_names(repo: Repo) -> None:
    _, one = repo.client.push_image(SPEC)
    _, other = repo.client.push_image(ImageSpec(layers=SPEC.layers, architecture="arm64"))
    signature = repo.client.push(b"anything", "text/x-signature")
    inner = repo.client.push_index([{**other, "platform": {"os": "linux", "architecture": "arm64"}}])
    gone = descriptor(b"gone", OCI_MANIFEST)
    repo.client.push_index([one, inner, signature, gone], "1")
    found = repo.survey(every=True)
    assert {each.digest for each in found.documents} == {
        *(each["digest"] for each in (one, other, inner, signature)),
        found.document.digest,
    }
    assert found.documents[-1] is found.document
    assert len(found.parts) == 2 + 2  # two configs, and layers that both have
    assert [str(problem).partition(" has no")[2][:8] for problem in found.problems] == [" sha256:"]
    repo.pull(found)
    assert len(list((repo.out / "blobs/sha256").iterdir())) == len(found.documents) + len(found.parts)


def test_the_cache_is_asked_first(tmp_path: Path) -> None:
    repo = Repo(tmp_path, 1 << 30)
    image, _ = repo.client.push_image(SPEC, "1", compression="zstd")
    blob = image.layers[0].blob
    assert blob == compress(image.layers[0].tar, "zstd")
    repo.images.blobs.cache.put(repo.survey().parts[1].digest, blob, "it")
    assert [each.origin for each in repo.pull(repo.survey())] == ["cache", "cache", "registry"]
