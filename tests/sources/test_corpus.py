"""Real archives, layouts and documents: what the corpus' index says a correct reader must do with each."""

import csv
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from layertui.errors import DamagedError
from layertui.image.blob import FileBlob
from layertui.image.config import parse_config
from layertui.image.image import Image
from layertui.image.manifest import Index, Manifest, parse_document
from layertui.layer.compression import decompress, sniff
from layertui.layer.read import read_layer
from layertui.sources.resolve import Opened, open_reference

CORPUS = Path(os.environ.get("LAYERTUI_CORPUS") or Path(__file__).parents[3] / "shared" / "corpus")
"""Where the real files are; its INDEX.tsv says what each is and what a correct reader must do."""

INDEX = CORPUS / "INDEX.tsv"

pytestmark = pytest.mark.skipif(not INDEX.exists(), reason="no corpus here: set LAYERTUI_CORPUS to its directory")

MISJUDGED = {
    "oras-project__oras/test/e2e/testdata/zot/command/artifacts/": "its index.json is there and proper",
}
"""Rows whose verdict is wrong, and why; they are tested for what is right below."""


def rows(*kinds: str) -> list[dict[str, str]]:
    if not INDEX.exists():
        return []
    with INDEX.open(encoding="utf-8", newline="") as stream:
        table = list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [row for row in table if row["kind"] in kinds]


def paths(*kinds: str, verdict: str = "") -> list[str]:
    found = [row["path"] for row in rows(*kinds) if verdict in row["correct_reader_must"]]
    return [path for path in found if path not in MISJUDGED]


def must(path: str) -> str:
    return next(row["correct_reader_must"] for row in rows(*ALL) if row["path"] == path)


ARCHIVES = ("docker-archive", "docker-archive+legacy-repositories", "legacy-repositories", "oci-archive")
LAYOUTS = ("oci-layout-dir",)
ALL = (*ARCHIVES, *LAYOUTS, "json/blob")


def opened(path: str) -> Opened:
    return open_reference(str(CORPUS / path))


def images(found: Opened) -> Iterator[Image]:
    for entry in found.entries:
        if entry.kind == "image":
            yield entry.open()


def verify(image: Image) -> None:
    """Read every layer; all that the image promises about it has to hold."""
    for layer in image.layers:
        assert layer.problem is None
        assert layer.content is not None
        tree = read_layer(layer.content, digest=layer.digest, diff_id=layer.diff_id, verify=True)
        assert tree.problems == ()
        assert tree.damage is None
        assert ("diff ID" in tree.verified) == (layer.diff_id is not None)


@pytest.mark.parametrize("path", paths(*ARCHIVES, verdict="OPEN"))
def test_archives_open_with_their_layers_and_verify(path: str) -> None:
    verdict = must(path)
    found = opened(path)
    seen = list(images(found))
    assert seen
    assert len(seen) == len(found.entries)
    if count := re.search(r"OPEN (\d+) images?", verdict):
        assert len(seen) == int(count[1])
    elif count := re.search(r"OPEN (\d+) layers?", verdict):
        assert [len(image.layers) for image in seen] == [int(count[1])]
    for image in seen:
        verify(image)
    if "history lines up" in verdict:
        assert [layer.command for layer in seen[0].layers] == ["bazel build ..."]
        assert len(seen[0].steps) > len(seen[0].layers)


def test_an_old_archive_opens_by_its_repositories() -> None:
    (path,) = paths("legacy-repositories")
    found = opened(path)
    assert found.chosen is not None
    assert found.chosen.tags == ("bazel/v1/tarball:test_image",)
    image = found.chosen.open()
    assert len(image.layers) == 1
    verify(image)


@pytest.mark.parametrize("path", paths(*ARCHIVES, *LAYOUTS, verdict="REJECT clear error"))
def test_what_is_to_be_rejected_is_named(path: str) -> None:
    with pytest.raises(DamagedError) as caught:
        opened(path)
    assert re.search(r"(manifest|index)\.json is (null|empty|not JSON)", caught.value.message)
    assert caught.value.hint


@pytest.mark.parametrize("path", paths(*LAYOUTS, verdict="OPEN, list"))
def test_layouts_list_what_is_in_them(path: str) -> None:
    """The index counts a manifest once for each way to it; here it is listed once, with all its names."""
    expected = re.search(r"list (\d+) images / (\d+) artifacts", must(path))
    assert expected is not None
    found = opened(path)
    ways = ways_to_manifests(CORPUS / path)
    images_listed = [entry for entry in found.entries if entry.kind == "image"]
    listed = {str(entry.digest) for entry in found.entries}
    assert not [entry for entry in found.entries if entry.kind == "broken"]
    assert len(ways) == int(expected[1]) + int(expected[2])
    assert set(ways) <= listed
    assert len(listed) == len(found.entries)
    assert {str(entry.digest) for entry in images_listed} <= set(ways)


def ways_to_manifests(root: Path) -> list[str]:
    """The digest of a manifest for each way through the indexes to it, by a walk that shares no code."""
    found: list[str] = []

    def walk(name: Path) -> None:
        for entry in json.loads(name.read_bytes())["manifests"]:
            blob = root / "blobs" / entry["digest"].replace(":", "/")
            if "index" in entry["mediaType"] or "manifest.list" in entry["mediaType"]:
                walk(blob)
            elif "manifest" in entry["mediaType"]:
                found.append(entry["digest"])

    walk(root / "index.json")
    return found


@pytest.mark.parametrize("path", paths(*LAYOUTS, verdict="OPEN, list"))
def test_every_layer_of_a_whole_layout_verifies(path: str) -> None:
    for image in images(opened(path)):
        verify(image)


@pytest.mark.parametrize("path", paths(*LAYOUTS, verdict="blob missing"))
def test_missing_blobs_are_named(path: str) -> None:
    row = next(row for row in rows(*LAYOUTS) if row["path"] == path)
    missing = set(re.findall(r"missing:([0-9a-f]{12})", row["python3.11_tarfile"]))
    found = opened(path)
    said = {entry.digest.short: entry for entry in found.entries if entry.digest and entry.kind == "broken"}
    assert missing
    assert set(said) == missing
    for short, entry in said.items():
        with pytest.raises(DamagedError, match=rf"sha256:{short}[0-9a-f]{{52}} is missing"):
            entry.open()


def test_a_size_that_does_not_match_is_visible_and_not_trusted() -> None:
    (path,) = paths(*LAYOUTS, verdict="does not match")
    found = opened(path)
    (broken,) = [entry for entry in found.entries if entry.kind == "broken"]
    with pytest.raises(DamagedError, match="does not match its descriptor: 585 bytes were promised, it has 584"):
        broken.open()
    assert len(list(images(found))) == 5


def test_the_layout_that_the_index_misjudges_is_sound() -> None:
    (path,) = MISJUDGED
    found = opened(path)
    assert found.source.warnings == ()
    assert {entry.kind for entry in found.entries} == {"image", "artifact"}
    ways = ways_to_manifests(CORPUS / path)
    assert set(ways) <= {str(entry.digest) for entry in found.entries}
    for image in images(found):
        # Their configs are empty, so there are no diff IDs; the layers' digests still hold.
        assert all(layer.problem is None for layer in image.layers)


REFUSED = {
    "non-json.manifest.json": "not JSON",
    "unknown-version.manifest.json": "unknown schema version 99999",
    "v2s1.everything.json": "schema 1",
    "v2s1-invalid-signatures.manifest.json": "schema 1",
    "v2s1-unsigned.manifest.json": "schema 1",
    "schema1-for-oci-config.json": "schema 1",
    "schema1-to-schema2.json": "its size is -1",
    "oci1-to-schema1.json": "schema 1",
    "schema2-to-schema1-by-docker.json": "schema 1",
    "uncompressed-image-s1/manifest.json": "schema 1",
    "cert.cert": "not JSON",
    "160d823fdc48e62f97ba62df31e55424f8f5eb6b679c865eec6e59adfe304710": "not JSON",
}
"""Documents that are no manifest, by the end of their path, and what is said of them."""

CONFIGS = ("-config.json", "config-extra-fields.json", "/json")
"""Ends of paths whose document is a config."""

ARTIFACTS = ("oci1-artifact.json", "ociv1.artifact.json")

INDEXES = ("index", "list")


@pytest.mark.parametrize("path", paths("json/blob"))
def test_documents_are_read_or_refused_in_a_sentence(path: str) -> None:
    data = (CORPUS / path).read_bytes()
    name = path.rpartition("/")[2]
    said = next((text for end, text in REFUSED.items() if path.endswith(end)), None)
    if said is not None:
        with pytest.raises(DamagedError, match=said):
            parse_document(data, name)
        return
    if path.endswith(CONFIGS) and "schema1-for" not in name:
        config = parse_config(data, name)
        assert config.architecture == "amd64"
        assert all(step.created_by or step.comment for step in config.history)
        return
    document = parse_document(data, name)
    if any(word in name for word in INDEXES):
        assert isinstance(document, Index)
        assert document.manifests
        assert document.problems == ()
    else:
        assert isinstance(document, Manifest)
        assert document.kind == ("artifact" if name in ARTIFACTS else "image")
        assert document.layers or name in ARTIFACTS


@pytest.mark.parametrize("path", [row["path"] for row in rows("tar")])
def test_a_tar_of_files_is_never_taken_for_an_image(path: str) -> None:
    with pytest.raises(DamagedError) as caught:
        opened(path)
    assert caught.value.message


def test_the_compressed_archive_is_what_it_unpacks_to(tmp_path: Path) -> None:
    (path,) = [path for path in paths(*ARCHIVES) if path.endswith(".tar.xz")]
    blob = FileBlob.open(CORPUS / path, "x")
    plain = tmp_path / "plain.tar"
    plain.write_bytes(b"".join(decompress(blob, sniff(blob.read_at(0, 16)))))
    expected = [(entry.tags, entry.digest) for entry in open_reference(str(plain)).entries]
    assert [(entry.tags, entry.digest) for entry in opened(path).entries] == expected
