"""Names in a registry: which images they stand for, and how little is asked for it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from layertui.errors import Cancelled, DamagedError, LayertuiError, NotFoundError, UnreachableError
from layertui.layer.read import read_layer
from layertui.sources.opened import Opened
from layertui.sources.registry import source as module
from layertui.sources.resolve import open_reference
from tests.kit.entries import file
from tests.kit.images import OCI_INDEX, OCI_MANIFEST, ImageSpec, descriptor, to_json
from tests.sources.registry.fake import FakeClient, sha256

ONE = ImageSpec(layers=[[file("a", "one")], [file("b", "two")]])
ARM = ImageSpec(layers=[[file("a", "arm")]], architecture="arm64", variant="v8")
ATTESTED = {"vnd.docker.reference.type": "attestation-manifest"}
LIST = "application/vnd.docker.distribution.manifest.list.v2+json"

Ask = Callable[..., Opened]


@pytest.fixture
def client() -> FakeClient:
    return FakeClient()


@pytest.fixture
def ask(client: FakeClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Opens a name in the fake repository, on a host that is amd64."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setattr(module, "connect", lambda *_, **__: client)

    def open_it(suffix: str = ":1", platform: str | None = None) -> Opened:
        return open_reference(f"docker://{client.label}{suffix}", platform)

    return open_it


def platforms(*each: tuple[dict[str, Any], str]) -> list[dict[str, Any]]:
    """Descriptors with what they are built for."""
    made = []
    for described, text in each:
        parts = text.split("/")
        names = dict(zip(("os", "architecture", "variant"), parts, strict=False))
        made.append({**described, "platform": names})
    return made


def test_a_manifest_and_its_config_are_all_that_is_asked(ask: Ask, client: FakeClient) -> None:
    made, described = client.push_image(ONE, "1")
    opened = ask()
    assert opened.chosen is not None
    image = opened.chosen.open()
    assert client.asked == ["manifest 1", f"blob {made.image_id}"]
    assert [layer.diff_id for layer in image.layers] == [layer.diff_id for layer in made.layers]
    assert [layer.digest for layer in image.layers] == [layer.digest for layer in made.layers]
    assert [layer.compressed_bytes for layer in image.layers] == [len(layer.blob) for layer in made.layers]
    assert (image.image_id, image.manifest_digest) == (made.image_id, described["digest"])
    assert (image.reference, image.tags) == (f"{client.label}:1", (f"{client.label}:1",))
    assert opened.chosen.platform is not None
    assert opened.chosen.platform.text == "linux/amd64"
    trees = [read_layer(layer.content) for layer in image.layers if layer.content is not None]
    assert [tree.verified for tree in trees] == [("digest", "diff ID")] * 2


@pytest.mark.parametrize("kind", [OCI_INDEX, LIST])
def test_an_index_is_listed_by_its_descriptors_alone(kind: str, ask: Ask, client: FakeClient) -> None:
    one, arm = client.push_image(ONE)[1], client.push_image(ARM)[1]
    signed = client.push({"schemaVersion": 2, "layers": []}, OCI_MANIFEST)
    entries = [
        *platforms((arm, "linux/arm64/v8"), (one, "linux/amd64")),
        {**signed, "annotations": ATTESTED, "platform": {"os": "unknown", "architecture": "unknown"}},
        {**signed, "digest": sha256(b"chart"), "artifactType": "application/vnd.example.chart"},
        {**signed, "digest": sha256(b"other"), "mediaType": "application/vnd.example+json"},
    ]
    client.push({"schemaVersion": 2, "mediaType": kind, "manifests": entries}, kind, "1")
    opened = ask()
    assert client.asked == ["manifest 1"]
    found = [(entry.kind, entry.platform.text if entry.platform else None) for entry in opened.entries]
    assert found == [
        ("image", "linux/amd64"),
        ("image", "linux/arm64/v8"),
        ("attestation", None),
        ("artifact", None),
        ("artifact", None),
    ]
    assert opened.chosen is opened.entries[0]
    image = opened.chosen.open()
    assert len(client.asked) == 3
    assert image.manifest_digest == one["digest"]
    with pytest.raises(DamagedError, match=r"not a runnable image; its type is application/vnd\.example\.chart"):
        opened.entries[3].open()
    assert len(client.asked) == 3


def test_another_platform_is_chosen(ask: Ask, client: FakeClient) -> None:
    one, arm = client.push_image(ONE)[1], client.push_image(ARM)[1]
    client.push_index(platforms((one, "linux/amd64"), (arm, "linux/arm64/v8")), "1")
    opened = ask(platform="linux/arm64")
    assert opened.chosen is not None
    assert opened.chosen.open().platform.text == "linux/arm64/v8"
    with pytest.raises(NotFoundError, match="nothing for linux/s390x") as caught:
        ask(platform="linux/s390x")
    assert "linux/amd64, linux/arm64/v8" in caught.value.hint


def test_the_platform_of_a_mere_manifest_is_its_configs(ask: Ask, client: FakeClient) -> None:
    client.push_image(ARM, "1")
    opened = ask(platform="linux/arm64")
    assert opened.chosen is not None
    with pytest.raises(NotFoundError, match="nothing for linux/amd64"):
        ask(platform="linux/amd64")


def test_a_digest_is_asked_for_as_such(ask: Ask, client: FakeClient) -> None:
    described = client.push_image(ONE)[1]
    opened = ask(f":1@{described['digest']}")
    assert client.asked[0] == f"manifest {described['digest']}"
    assert opened.chosen is not None
    assert opened.chosen.tags == ()
    assert opened.chosen.open().manifest_digest == described["digest"]


def test_a_nested_index_is_followed_and_one_that_is_lost_is_said(ask: Ask, client: FakeClient) -> None:
    one, arm = client.push_image(ONE)[1], client.push_image(ARM)[1]
    inner = client.push_index(platforms((arm, "linux/arm64/v8")))
    lost = {**inner, "digest": sha256(b"lost")}
    client.push_index([*platforms((one, "linux/amd64")), inner, lost, {"mediaType": OCI_MANIFEST, "size": 1}], "1")
    opened = ask()
    assert [entry.kind for entry in opened.entries] == ["image", "image", "broken", "broken"]
    assert len(opened.source.problems) == 2
    assert opened.entries[1].open().platform.text == "linux/arm64/v8"


def test_indexes_nested_too_deep_are_refused(ask: Ask, client: FakeClient) -> None:
    inner = client.push_index([])
    for depth in range(12):
        inner = client.push_index([inner], annotations={"depth": str(depth)})
    client.push_index([inner], "1")
    with pytest.raises(DamagedError, match="nested indexes"):
        ask()


def test_what_is_no_image_is_listed_and_not_opened(ask: Ask, client: FakeClient) -> None:
    config = descriptor(b"{}", "application/vnd.cncf.helm.config.v1+json")
    client.push({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": []}, OCI_MANIFEST, "1")
    opened = ask()
    assert [entry.kind for entry in opened.entries] == ["artifact"]
    with pytest.raises(DamagedError, match="its type is application/vnd"):
        opened.entries[0].open()


def test_what_an_index_does_not_say_to_be_no_image_is_refused_when_it_is_opened(ask: Ask, client: FakeClient) -> None:
    config = descriptor(b"{}", "application/vnd.cncf.helm.config.v1+json")
    client.put(b"{}")
    chart = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": []}
    client.push_index([client.push(chart, OCI_MANIFEST)], "1")
    with pytest.raises(DamagedError, match="its type is application/vnd"):
        ask().entries[0].open()


@pytest.mark.parametrize(
    ("document", "media_type", "said"),
    [
        ({"schemaVersion": 1, "fsLayers": []}, "application/vnd.docker.distribution.manifest.v1+prettyjws", "schema 1"),
        ({"schemaVersion": 2, "layers": []}, OCI_INDEX, "can be read in two ways"),
        ({"schemaVersion": 2, "layers": []}, "text/html", "can be read in two ways"),
        ({"hello": 1}, OCI_MANIFEST, "neither a manifest nor an index"),
        (b"<html>", "text/html", "not JSON"),
    ],
)
def test_documents_that_are_refused(document: Any, media_type: str, said: str, ask: Ask, client: FakeClient) -> None:
    client.push(document, media_type, "1")
    with pytest.raises(DamagedError, match=said):
        ask()


@pytest.mark.parametrize("media_type", ["", "application/json", "text/plain"])
def test_a_registry_that_serves_files_without_a_type(media_type: str, ask: Ask, client: FakeClient) -> None:
    made = client.push_image(ONE)[0]
    client.push(made.manifest, media_type, "1")
    assert ask().chosen is not None


def test_a_manifest_of_another_size_than_its_index_says_is_refused(ask: Ask, client: FakeClient) -> None:
    one = client.push_image(ONE)[1]
    client.push_index(platforms(({**one, "size": one["size"] + 1}, "linux/amd64")), "1")
    chosen = ask().chosen
    assert chosen is not None
    with pytest.raises(DamagedError, match="does not match its descriptor"):
        chosen.open()


def test_an_encrypted_layer_is_said_before_it_is_asked_for(ask: Ask, client: FakeClient) -> None:
    layer = {"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip+encrypted", "digest": sha256(b""), "size": 9}
    client.push_layers([layer], [sha256(b"tar")], "1")
    chosen = ask().chosen
    assert chosen is not None
    problem = chosen.open().layers[0].problem
    assert problem is not None
    assert "layer 0: is encrypted" in problem.message


def test_a_config_is_fetched_once_for_all_programs(ask: Ask, client: FakeClient, tmp_path: Path) -> None:
    client.push_image(ONE, "1")
    for _ in range(2):
        chosen = ask().chosen
        assert chosen is not None
        chosen.open()
    assert [line.split()[0] for line in client.asked] == ["manifest", "blob", "manifest"]
    kept = next(path for path in tmp_path.rglob("blobs/sha256/*/*") if b"rootfs" in path.read_bytes())
    kept.write_bytes(kept.read_bytes().replace(b"linux", b"xinul"))
    chosen = ask().chosen
    assert chosen is not None
    assert chosen.open().platform.text == "linux/amd64"


def test_layers_of_several_images_are_fetched_once(ask: Ask, client: FakeClient) -> None:
    other = ImageSpec(layers=[*ONE.layers, [file("c", "three")]])
    client.push_image(ONE, "1")
    client.push_image(other, "2")
    for tag in (":1", ":2"):
        chosen = ask(tag).chosen
        assert chosen is not None
        for layer in chosen.open().layers:
            assert layer.content is not None
            read_layer(layer.content)
    assert client.streamed() == 3


def test_referrers_are_asked_for_only_when_they_are_wanted(ask: Ask, client: FakeClient) -> None:
    described = client.push_image(ONE, "1")[1]
    signature = {**descriptor(b"x", OCI_MANIFEST), "artifactType": "application/vnd.dev.cosign.artifact.sig.v1+json"}
    client.refers = to_json({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [signature]})
    source = ask().source
    assert isinstance(source, module.RegistrySource)
    assert not any(line.startswith("referrers") for line in client.asked)
    entries = source.referrers()
    assert client.asked[-1] == f"referrers {described['digest']}"
    assert [(entry.kind, entry.digest) for entry in entries] == [("artifact", signature["digest"])]
    with pytest.raises(DamagedError, match="cosign"):
        entries[0].open()
    client.refers = None
    assert source.referrers() == ()


@pytest.mark.parametrize("problem", [NotFoundError("No such tag.", "Is it private?"), UnreachableError("Down.")])
def test_a_failure_says_what_other_tools_mean_by_it(
    problem: LayertuiError, ask: Ask, client: FakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise problem

    monkeypatch.setattr(client, "document", fail)
    with pytest.raises(type(problem)) as caught:
        ask()
    assert caught.value.message == problem.message
    assert caught.value.hint.startswith(problem.hint)
    assert f"layertui docker-daemon:{client.label}:1" in caught.value.hint


def test_a_file_of_credentials_and_a_wish_to_stop_reach_the_registry(
    client: FakeClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[object] = []

    def connect(name: object, environ: object, *, authfile: Path | None) -> FakeClient:
        given.append(authfile)
        return client

    def document(reference: str, *, tick: Callable[[int], None]) -> None:
        tick(0)

    monkeypatch.setattr(module, "connect", connect)
    monkeypatch.setattr(client, "document", document)
    with pytest.raises(Cancelled):
        open_reference(f"docker://{client.label}:1", authfile=tmp_path / "auth.json", cancelled=lambda: True)
    assert given == [tmp_path / "auth.json"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("alpine", "alpine:latest"),
        ("docker.io/team/api:2", "team/api:2"),
        ("docker.io/my.team/api:2", "docker.io/my.team/api:2"),
        ("localhost:5000/api", "localhost:5000/api:latest"),
    ],
)
def test_names_are_said_as_docker_does(text: str, said: str) -> None:
    assert module.familiar(module.parse_name(text)) == said
