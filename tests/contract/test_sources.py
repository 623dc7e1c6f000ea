"""The contract: every source shows the same image alike."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from layertui.sources.host import FINDERS
from layertui.sources.resolve import SOURCES, StorageKind, open_reference
from layertui.stack.state import State
from tests.contract import expected_polite
from tests.contract.expected_odd import EXPECTED, OUTSIDE, WARNED
from tests.contract.forms import FORMS, LEGACY, Form, load
from tests.contract.listing import diff_lines, merged_lines
from tests.contract.test_engines import EXACT
from tests.contract.test_oracles import needs_root
from tests.kit.docker import docker_archive
from tests.kit.docker_root import DockerRoot
from tests.kit.images import ImageSpec, build
from tests.kit.oci import oci_layout
from tests.kit.odd import ODD_CASES, empty_image, odd_image, opaque_root_image, scratch_image
from tests.kit.polite import POLITE_TAG, polite_image

every_form = pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)


def test_every_source_is_in_the_contract() -> None:
    kinds = {kind.__name__.rpartition(".")[2] for kind in SOURCES if isinstance(kind, ModuleType)}
    assert {form.kind for form in FORMS} == kinds
    stores = {kind.SCHEME for kind in SOURCES if isinstance(kind, StorageKind)}
    assert len(kinds) + len(stores) == len(SOURCES)
    by_engines = {way.partition(":")[0] for way in EXACT}
    assert stores == (by_engines & stores) | set(MADE)
    assert {finder.scheme for finder in FINDERS} <= by_engines


MADE = ("overlay2", "aufs")
"""Storage directories that can be made without an engine; no kernel of today has aufs."""


@needs_root
@pytest.mark.parametrize("scheme", MADE)
def test_polite_image_in_a_data_root_of_docker(scheme: str, tmp_path: Path) -> None:
    DockerRoot(tmp_path / "root", scheme).add_image(polite_image())
    image, trees, squash = load(f"{scheme}:{tmp_path}/root:{POLITE_TAG}")
    assert merged_lines(squash) == expected_polite.MERGED
    for layer, expected in enumerate(expected_polite.DIFFS):
        # A checksum in the books can prove what sizes leave open.
        found = [line.replace("~", "?", 1) if line not in expected else line for line in diff_lines(squash, layer)]
        assert found == expected
    assert all(tree.columns.warning_count == 0 for tree in trees)
    assert image.tags == (POLITE_TAG,)
    assert str(image.image_id) == build(polite_image()).image_id
    assert [layer.command for layer in image.layers] == expected_polite.COMMANDS


@every_form
def test_polite_image(form: Form, tmp_path: Path) -> None:
    reference = form.make(tmp_path, polite_image())
    image, trees, squash = load(reference)
    assert [diff_lines(squash, layer) for layer in range(5)] == expected_polite.DIFFS
    assert merged_lines(squash) == expected_polite.MERGED
    assert all(tree.columns.warning_count == 0 for tree in trees)
    assert image.tags == (POLITE_TAG,)
    assert image.platform.text == "linux/amd64"
    assert [layer.command for layer in image.layers] == expected_polite.COMMANDS
    assert open_reference(reference).source.scheme == form.scheme


@every_form
def test_polite_image_s_config_and_digests(form: Form, tmp_path: Path) -> None:
    image, trees, _ = load(form.make(tmp_path, polite_image()))
    built = build(polite_image())
    settings = image.config.config
    assert settings.user == "1001:1001"
    assert list(settings.cmd or ()) == ["/usr/bin/tool"]
    if form is LEGACY:
        assert all(layer.diff_id is None for layer in image.layers)
        return
    assert str(image.image_id) == built.image_id
    assert [str(layer.diff_id) for layer in image.layers] == [layer.diff_id for layer in built.layers]
    chain = built.layers[0].diff_id
    for layer, made in zip(image.layers[1:], built.layers[1:], strict=True):
        chain = "sha256:" + hashlib.sha256(f"{chain} {made.diff_id}".encode()).hexdigest()
        assert str(layer.chain_id) == chain
    assert [(step.command, step.layer) for step in image.steps] == [
        ("ADD rootfs.tar /", 0),
        ("ENV PATH=/usr/bin:/bin", None),
        ("RUN change", 1),
        ("RUN remove", 2),
        ("RUN true", 3),
        ("COPY again /", 4),
        ('CMD ["/usr/bin/tool"]', None),
    ]
    if form.compressed:
        assert all("diff ID" in tree.verified for tree in trees)


def rooted(case: str, line: str) -> str:
    """A stated line with its path below the case's directory."""
    mark, kind, path = line[:4], line[5], line[7:]
    return f"{mark} {kind} {case}" if path == "." else f"{mark} {kind} {case}/{path}"


def of_case(lines: list[str], case: str) -> list[str]:
    return [line for line in lines if line[7:].partition("/")[0] == case]


@every_form
def test_odd_image(form: Form, tmp_path: Path) -> None:
    _, trees, squash = load(form.make(tmp_path, odd_image()))
    lower, upper, merged = diff_lines(squash, 0), diff_lines(squash, 1), merged_lines(squash)
    for case in EXPECTED:
        stated = EXPECTED[case]
        assert of_case(lower, case) == [rooted(case, line) for line in stated.lower], case
        assert of_case(upper, case) == [rooted(case, line) for line in stated.upper], case
        assert [short(line) for line in merged if of_merged(line) == case] == expected_merged(case), case
    assert [line for line in upper if "clamped" in line] == OUTSIDE
    counted = sum(len(stated.lower) + len(stated.upper) for stated in EXPECTED.values())
    assert len(lower) + len(upper) == counted + len(OUTSIDE) + 1  # the root's own entry is the last
    warnings = "\n".join(trees[1].columns.warnings)
    assert all(f"{path}: " in warnings for path in WARNED)


def short(line: str) -> str:
    """A merged line without mode, owner and mtime."""
    if line.split()[1] == "implied":
        return line
    kind, _, _, size, _, rest = line.split(" ", 5)
    return f"{kind} {size} {rest}"


def of_merged(line: str) -> str:
    return short(line).split(" ", 2)[2].partition("/")[0].partition(" ")[0]


def expected_merged(case: str) -> list[str]:
    """The case's merged lines with its own directory in front, implied unless the case has an entry of it."""
    rows = [f"d implied {case}"]
    for line in EXPECTED[case].merged:
        kind, size, path = line.split(" ", 2)
        if path == ".":
            rows[0] = f"{kind} {size} {case}"
        else:
            rows.append(f"{kind} {size} {case}/{path}")
    return rows


def test_every_case_is_stated() -> None:
    assert {case.name for case in ODD_CASES} == set(EXPECTED)
    assert len(ODD_CASES) == len(EXPECTED)


def test_what_rewritten_files_turn_out_to_be(tmp_path: Path) -> None:
    image, _, squash = load(FORMS[0].make(tmp_path, odd_image()))
    found = {}
    for name in ("identical", "mode", "mtime", "owner", "xattr"):
        contents = []
        below, above = squash.history(b"metadata/" + name.encode())
        for position in (below, above):
            tree, row = squash.data_position(position)
            blob = image.layers[squash.layer(position)].content
            assert blob is not None
            contents.append(blob.read_at(tree.columns.offsets[row], tree.columns.sizes[row]))
        found[name] = squash.settle(above, contents[0] == contents[1])
    assert found.pop("identical") is State.IDENTICAL
    assert set(found.values()) == {State.METADATA}


@every_form
def test_opaque_root(form: Form, tmp_path: Path) -> None:
    _, _, squash = load(form.make(tmp_path, opaque_root_image()))
    assert diff_lines(squash, 0) == ["+ x1 d d", "+ x1 f d/hidden", "+ x1 f hidden"]
    assert merged_lines(squash) == ["f 0644 0:0 0 +0 seen"]


@every_form
def test_layers_that_hold_nothing(form: Form, tmp_path: Path) -> None:
    image, _, squash = load(form.make(tmp_path, empty_image()))
    assert len(image.layers) == 2
    assert diff_lines(squash, 0) == diff_lines(squash, 1) == merged_lines(squash) == []


@pytest.mark.parametrize("form", [form for form in FORMS if form is not LEGACY], ids=lambda form: form.name)
def test_no_layers(form: Form, tmp_path: Path) -> None:
    image, _, squash = load(form.make(tmp_path, scratch_image()))
    assert image.layers == ()
    assert merged_lines(squash) == []


@pytest.fixture
def standard_input(tmp_path: Path) -> Iterator[Path]:
    """A file whose content is what standard input gives."""
    path = tmp_path / "stdin"
    path.write_bytes(docker_archive([polite_image()]))
    kept = os.dup(0)
    with path.open("rb") as stream:
        os.dup2(stream.fileno(), 0)
    yield path
    os.dup2(kept, 0)
    os.close(kept)


@pytest.mark.usefixtures("standard_input")
def test_standard_input() -> None:
    _, _, squash = load("-")
    assert merged_lines(squash) == expected_polite.MERGED


@pytest.mark.parametrize("style", ["docker", "docker25", "podman", "kaniko", "legacy"])
def test_several_images_in_one_archive(style: str, tmp_path: Path) -> None:
    (tmp_path / "two.tar").write_bytes(docker_archive([polite_image(), odd_image()], style=style))
    opened = open_reference(f"{tmp_path}/two.tar")
    assert opened.chosen is None
    assert [entry.reference for entry in opened.entries] == ["polite:1", "odd:1"]
    _, _, squash = load(f"{tmp_path}/two.tar:polite:1")
    assert merged_lines(squash) == expected_polite.MERGED


def test_platforms_of_one_index(tmp_path: Path) -> None:
    specs = [
        ImageSpec(layers=polite_image().layers, architecture=architecture, tags=("many:1",))
        for architecture in ("s390x", "amd64", "arm64")
    ]
    layout = oci_layout(tmp_path, specs, nested=True)
    entries = open_reference(f"oci:{layout}").entries
    texts = [entry.platform.text for entry in entries if entry.platform]
    assert sorted(texts) == ["linux/amd64", "linux/arm64", "linux/s390x"]
    for text in texts:
        chosen = open_reference(f"oci:{layout}", text).chosen
        assert chosen is not None
        assert chosen.open().platform.text == text


def test_attestations_stand_apart(tmp_path: Path) -> None:
    layout = oci_layout(tmp_path, [polite_image()], attestations=True)
    opened = open_reference(f"oci:{layout}")
    assert [entry.kind for entry in opened.entries] == ["image", "attestation"]
    assert opened.chosen is opened.entries[0]
