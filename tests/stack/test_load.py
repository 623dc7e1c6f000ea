"""Loading an image without a screen: which layers are read, what is wrong with them, and stopping."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from layertui.errors import Cancelled, DamagedError, PartialResultError, UnreachableError
from layertui.image.blob import BytesBlob
from layertui.image.image import Image
from layertui.sources.resolve import open_reference
from layertui.stack.load import load
from layertui.stack.state import Outcome, State
from tests.kit.docker import docker_archive
from tests.kit.entries import file, whiteout
from tests.kit.images import ImageSpec
from tests.kit.oci import oci_layout

THREE = ImageSpec(layers=[[file("a", "1"), file("b", "1")], [file("a", "2")], [whiteout("b"), file("c", "3")]])


@pytest.fixture
def image(tmp_path: Path) -> Image:
    path = tmp_path / "image.tar"
    path.write_bytes(docker_archive([THREE]))
    chosen = open_reference(str(path)).chosen
    assert chosen is not None
    return chosen.open()


def without(image: Image, number: int, error: type[DamagedError] | type[UnreachableError] = DamagedError) -> Image:
    layers = list(image.layers)
    layers[number] = replace(layers[number], content=None, problem=error(f"layer {number}: it is gone."))
    return replace(image, layers=tuple(layers))


def test_all_layers(image: Image) -> None:
    loaded = load(image)
    assert loaded.numbers == range(3)
    assert loaded.problems == ()
    assert (loaded.unread, loaded.is_partial) == (frozenset(), False)
    assert loaded.squash.is_complete
    assert loaded.squash.states_known_to == 3


def test_a_range_of_layers(image: Image) -> None:
    loaded = load(image, range(1, 2))
    assert len(loaded.squash.trees) == 1
    position = loaded.squash.run(b"a")[0]
    assert (loaded.squash.layer(position), loaded.squash.state(position)) == (1, None)
    assert loaded.squash.outcome(position) is Outcome.UNKNOWN


def test_verify_content_and_digests(image: Image) -> None:
    loaded = load(image, verify_content=True, verify_digests=True)
    assert loaded.squash.state(loaded.squash.run(b"a")[1]) is State.MODIFIED
    assert all(tree.verified == ("diff ID",) for tree in loaded.squash.trees)


def test_progress_names_the_layer_and_what_is_done(image: Image) -> None:
    told: dict[int, int] = {}
    lock = threading.Lock()

    def progress(layer: int, done: int) -> None:
        with lock:
            assert done >= told.get(layer, 0)
            told[layer] = done

    load(image, verify_digests=True, progress=progress)
    sizes = {layer.index: layer.content.size_bytes for layer in image.layers if layer.content is not None}
    assert told == sizes


def test_layers_that_are_known_are_not_read_again(image: Image) -> None:
    trees = dict(enumerate(load(image).squash.trees))
    told: list[int] = []
    loaded = load(image, known={0: trees[0], 2: trees[2]}, progress=lambda layer, done: told.append(layer))
    assert set(told) == {1}
    assert [loaded.squash.trees[number] is trees[number] for number in range(3)] == [True, False, True]
    assert loaded.problems == ()


def test_a_known_layer_keeps_what_is_wrong_with_it(image: Image) -> None:
    tree = replace(load(image).squash.trees[1], problems=("the diff ID does not match.",))
    loaded = load(image, known={1: tree})
    assert [problem.message for problem in loaded.problems] == ["layer 1 of 3: the diff ID does not match."]


@pytest.mark.parametrize("after", [0, 1])
def test_reading_is_cancelled(image: Image, after: int) -> None:
    asked: list[int] = []

    def cancelled() -> bool:
        asked.append(0)
        return len(asked) > after

    with pytest.raises(Cancelled):
        load(image, cancelled=cancelled)


@pytest.mark.parametrize("number", range(3))
@pytest.mark.parametrize("error", [DamagedError, UnreachableError])
def test_a_layer_without_a_blob_is_a_problem_of_its_kind(
    image: Image, number: int, error: type[DamagedError] | type[UnreachableError]
) -> None:
    loaded = load(without(image, number, error))
    assert [type(problem) for problem in loaded.problems] == [error]
    assert loaded.unread == {number}
    assert loaded.is_partial
    assert len(loaded.squash.trees) == 3


def test_what_a_blob_raises_says_which_layer_it_was(image: Image) -> None:
    class Unreadable(BytesBlob):
        def read_at(self, offset: int, length: int) -> bytes:
            raise UnreachableError("the disk says no.", "Ask it again.")

    layers = list(image.layers)
    layers[1] = replace(layers[1], content=Unreadable(b"x" * 1024, "image.tar: two"))
    loaded = load(replace(image, layers=tuple(layers)))
    (problem,) = loaded.problems
    assert isinstance(problem, UnreachableError)
    assert (problem.message, problem.hint) == ("layer 1 of 3: the disk says no.", "Ask it again.")
    assert loaded.unread == {1}


def test_damage_names_offset_layer_and_reason(image: Image) -> None:
    blob = image.layers[0].content
    assert blob is not None
    layers = list(image.layers)
    cut = BytesBlob(blob.read_at(0, 1_200), blob.label)
    layers[0] = replace(layers[0], content=cut)
    loaded = load(replace(image, layers=tuple(layers)))
    (problem,) = loaded.problems
    assert isinstance(problem, DamagedError)
    assert problem.message == f"{blob.label}: damaged at byte 1,024 in layer 0 of 3: the tar ends inside a header."
    assert loaded.is_partial
    assert loaded.unread == frozenset(), "its beginning is shown"
    assert loaded.squash.history(b"a") != []


def test_refused_members_are_a_partial_result(tmp_path: Path) -> None:
    path = tmp_path / "refused.tar"
    path.write_bytes(docker_archive([ImageSpec(layers=[[file(".wh.", "1"), file(".wh.", "2"), file("f", "3")]])]))
    chosen = open_reference(str(path)).chosen
    assert chosen is not None
    loaded = load(chosen.open())
    (problem,) = loaded.problems
    assert isinstance(problem, PartialResultError)
    assert problem.message.startswith("layer 0 of 1: 2 entries were refused: ")
    assert loaded.is_partial


def test_problems_come_base_to_top(tmp_path: Path) -> None:
    layout = oci_layout(tmp_path / "layout", [ImageSpec(layers=[[file(str(n), "1")] for n in range(6)])])
    for number, blob in enumerate(sorted((layout / "blobs" / "sha256").iterdir())):
        if blob.read_bytes()[:2] == b"\x1f\x8b" and number % 2:
            blob.unlink()
    chosen = open_reference(str(layout)).chosen
    assert chosen is not None
    loaded = load(chosen.open())
    named = [int(problem.message.split()[1].rstrip(":")) for problem in loaded.problems]
    assert named == sorted(loaded.unread)


def test_an_error_of_ours_stops_the_other_layers(image: Image) -> None:
    class Broken(BytesBlob):
        def read_at(self, offset: int, length: int) -> bytes:
            raise RuntimeError("a bug")

    layers = list(image.layers)
    layers[0] = replace(layers[0], content=Broken(b"x" * 1024, "broken"))
    with pytest.raises(RuntimeError):
        load(replace(image, layers=tuple(layers)))
    assert not any("ThreadPool" in thread.name for thread in threading.enumerate())


def test_what_lies_across_a_layer_that_is_gone_is_not_known(image: Image) -> None:
    squash = load(without(image, 1)).squash
    (a,), (b, _), (c,) = (squash.run(path) for path in (b"a", b"b", b"c"))
    assert squash.state(a) is State.ADDED, "nothing is unknown beneath it"
    assert squash.outcome(a) is Outcome.UNKNOWN, "the layer that is gone may hold another"
    assert (squash.outcome(b), squash.by_layer(b)) == (Outcome.DELETED, 2)
    assert squash.state(c) is None, "the layer that is gone may hold one"
    assert squash.outcome(c) is Outcome.ONLY, "nothing above is unknown"
