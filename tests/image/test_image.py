"""What completes an image from the little that a source knows."""

import json
from typing import Any

import pytest

from layertui.errors import DamagedError
from layertui.image.blob import BytesBlob
from layertui.image.digest import ChainID, DiffID, Digest
from layertui.image.image import Image, Naming, StoredLayer, complete
from layertui.image.platform import Platform
from layertui.image.verify import check_size, read_document

DIFF_IDS = [f"sha256:{digit * 64}" for digit in "123"]


def stored(**more: Any) -> StoredLayer:
    fields: dict[str, Any] = {
        "content": BytesBlob(b"data", "blob"),
        "media_type": "application/vnd.oci.image.layer.v1.tar",
        "compressed": False,
        "stored_bytes": 4,
        **more,
    }
    return StoredLayer(**fields)


def image(layers: int | list[StoredLayer], naming: Naming | None = None, **config: Any) -> Image:
    given = [stored() for _ in range(layers)] if isinstance(layers, int) else layers
    document = {"os": "linux", "architecture": "amd64", **config}
    return complete(naming or Naming("a:1", ("a:1",)), json.dumps(document).encode(), given, where="here")


def rootfs(count: int) -> dict[str, Any]:
    return {"type": "layers", "diff_ids": DIFF_IDS[:count]}


def test_layers_get_their_ids_and_commands() -> None:
    history = [{"created_by": "ADD a"}, {"created_by": "ENV b", "empty_layer": True}, {"created_by": "COPY c"}]
    found = image(2, rootfs=rootfs(2), history=history)
    assert [layer.index for layer in found.layers] == [0, 1]
    assert [layer.diff_id for layer in found.layers] == DIFF_IDS[:2]
    assert found.layers[1].chain_id == ChainID.of([DiffID(text) for text in DIFF_IDS[:2]])
    assert [layer.command for layer in found.layers] == ["ADD a", "COPY c"]
    assert [step.layer for step in found.steps] == [0, None, 1]
    assert found.warnings == ()
    assert found.image_id == Digest.of(found.raw_config)
    assert found.platform.text == "linux/amd64"


def test_no_layers_open_empty() -> None:
    found = image(0, rootfs=rootfs(0), history=[{"created_by": "CMD x", "empty_layer": True}])
    assert (found.layers, found.warnings) == ((), ())
    assert [step.command for step in found.steps] == ["CMD x"]


def test_a_compressed_layer_tells_its_compressed_size() -> None:
    found = image([stored(compressed=True, stored_bytes=9), stored()])
    assert [(layer.compressed_bytes, layer.stored_bytes) for layer in found.layers] == [(9, 9), (None, 4)]


def test_a_layer_that_is_missing_keeps_its_place_and_says_why() -> None:
    problem = DamagedError("blob sha256:x is missing from a.tar.", "hint")
    found = image([stored(), stored(content=None, problem=problem)], rootfs=rootfs(2))
    assert found.layers[0].problem is None
    assert found.layers[1].content is None
    assert found.layers[1].problem is not None
    assert found.layers[1].problem.message == "layer 1: blob sha256:x is missing from a.tar."
    assert found.layers[1].problem.hint == "hint"


def test_more_layers_than_diff_ids_open_with_a_warning() -> None:
    found = image(3, rootfs=rootfs(2))
    assert [layer.diff_id for layer in found.layers] == [None, None, None]
    assert "names 2 layers, the manifest 3" in found.warnings[0]
    assert "names no layers" in image(1).warnings[0]


def test_fewer_layers_than_diff_ids_are_refused_since_numbers_would_be_wrong() -> None:
    with pytest.raises(DamagedError, match="names 3 layers, its manifest only 2"):
        image(2, rootfs=rootfs(3))


def test_many_layers_warn_and_too_many_are_refused() -> None:
    assert "129 layers" in image(129).warnings[0]
    assert not [text for text in image(128).warnings if "engines refuse" in text]
    with pytest.raises(DamagedError, match="1,024 layers") as caught:
        image(1025)
    assert "LAYERTUI_MAX_LAYERS" in caught.value.hint


def test_a_history_that_does_not_match_is_a_warning() -> None:
    found = image(2, rootfs=rootfs(2), history=[{"created_by": "ADD a"}])
    assert [layer.command for layer in found.layers] == [None, None]
    assert "unknown" in found.warnings[0]


def test_a_layers_warning_names_the_layer() -> None:
    assert image([stored(), stored(warning="is odd.")], rootfs=rootfs(2)).warnings == ("layer 1: is odd.",)


@pytest.mark.parametrize(
    ("config", "promised", "text", "warned"),
    [
        ({}, Platform("linux", "amd64", "v2"), "linux/amd64/v2", False),
        ({}, Platform("linux", "arm64"), "linux/amd64", True),
        ({}, Platform("unknown", "unknown"), "linux/amd64", False),
        ({"os": "", "architecture": ""}, Platform("linux", "arm64"), "linux/arm64", False),
        ({}, None, "linux/amd64", False),
    ],
)
def test_the_config_is_believed_before_the_index(
    config: dict[str, Any], promised: Platform | None, text: str, warned: bool
) -> None:
    found = image(0, Naming("a", platform=promised), **config)
    assert found.platform.text == text
    assert bool(found.warnings) is warned


def test_size_is_checked_before_the_digest() -> None:
    blob = BytesBlob(b"data", "content")
    assert read_document(blob, digest=Digest.of(b"data"), size_bytes=4) == b"data"
    with pytest.raises(DamagedError, match="5 bytes were promised, it has 4"):
        read_document(blob, digest=Digest.of(b"other"), size_bytes=5)
    with pytest.raises(DamagedError, match="does not match its digest"):
        read_document(blob, digest=Digest.of(b"othe"), size_bytes=4)
    with pytest.raises(DamagedError, match="promised"):
        check_size(blob, 3)


def test_a_large_document_is_not_read_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    class Huge(BytesBlob):
        @property
        def size_bytes(self) -> int:
            return 1 << 40

        def read_at(self, offset: int, length: int) -> bytes:
            raise AssertionError("read")

    with pytest.raises(DamagedError, match="exceeds the bound of 4,194,304 bytes"):
        read_document(Huge(b"", "huge"))
