"""Layers out of an engine's export: whatever its order, and however it ends."""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping

import pytest

from layertui.errors import Cancelled, DamagedError, LayertuiError, NotFoundError, UnreachableError
from layertui.image.image import Image
from layertui.layer import spool
from layertui.layer.read import layer_window, read_layer
from layertui.sources.docker.endpoint import Endpoint
from layertui.sources.docker.engine import open_engine
from layertui.sources.docker.export import ExportedLayer
from layertui.stack.load import load
from tests.contract import expected_polite
from tests.contract.listing import diff_lines, merged_lines
from tests.kit.docker import docker_archive, docker_files
from tests.kit.entries import directory, file
from tests.kit.hostile_engine import Answer, HostileEngine, answer, chunked, hang, raw
from tests.kit.images import BuiltImage, ImageSpec, build, outer_tar
from tests.kit.polite import polite_image
from tests.kit.tar import tar_bytes

POLITE = polite_image()


def script_of(image: BuiltImage, get: Answer, sizes: list[int] | None = None) -> dict[str, Answer]:
    """What an engine answers that has this one image."""
    config = json.loads(image.config)
    diff_ids = [layer.diff_id for layer in image.layers]
    made = iter(sizes or [1] * len(diff_ids))
    history = [
        {
            "CreatedBy": step["created_by"],
            "Comment": step.get("comment", ""),
            "Created": 0,
            "Size": 0 if step.get("empty_layer") else next(made),
        }
        for step in image.history
    ]
    details = {"Id": image.image_id, "Os": "linux", "Architecture": "amd64", "Size": 4_000_000}
    details |= {"Config": {"Env": ["A=b"], **config.get("config", {})}, "RootFS": {"Layers": diff_ids}}
    return {
        "/images/json": answer([{"Id": image.image_id, "RepoTags": list(image.spec.tags), "Size": 4_000_000}]),
        "/containers/json": answer([]),
        f"/images/{image.image_id}/json": answer(details),
        f"/images/{image.image_id}/history": answer(history[::-1]),
        f"/images/{image.image_id}/get": get,
    }


def stream(data: bytes, *, whole: bool = True, step: int = 32 << 10) -> Answer:
    """A tar as an engine streams it."""
    return chunked(lambda: (data[at : at + step] for at in range(0, len(data), step)), whole=whole)


def opened(engine: HostileEngine) -> Image:
    return open_engine(Endpoint(engine.host)).entries()[0].open()


def exported(image: Image, number: int) -> ExportedLayer:
    content = image.layers[number].content
    assert isinstance(content, ExportedLayer)
    return content


def no_tick(done: int) -> None:
    """Nobody waits."""


def blobs_last(files: Mapping[str, object]) -> dict[str, object]:
    """The documents at the end, the layers before them in another order."""
    return dict(sorted(files.items(), key=lambda item: (not item[0].startswith("blobs"), item[0])))


@pytest.mark.parametrize("compression", ["plain", "gzip", "zstd"])
@pytest.mark.parametrize("style", ["docker", "docker25", "podman"])
@pytest.mark.parametrize("order", [dict, blobs_last, lambda files: dict(reversed(files.items()))])
def test_every_engine_streams_the_same_image(
    style: str, compression: str, order: Callable[[Mapping[str, object]], dict[str, object]]
) -> None:
    files = order(docker_files([POLITE], compression=compression, style=style))
    with HostileEngine(script_of(build(POLITE), stream(outer_tar(files)))) as engine:
        loaded = load(opened(engine))
        assert [request for request in engine.requests if "/get" in request] == [
            f"GET /v1.41/images/{build(POLITE).image_id}/get HTTP/1.1"
        ]
    assert loaded.problems == ()
    assert [diff_lines(loaded.squash, layer) for layer in range(5)] == expected_polite.DIFFS
    assert merged_lines(loaded.squash) == expected_polite.MERGED
    assert all(tree.verified == ("diff ID",) for tree in loaded.squash.trees)


def test_contents_can_be_read_again_in_any_order() -> None:
    spec = ImageSpec(layers=[[file("a", "first"), file("b", "second" * 1000)], [file("c", "third")]])
    with HostileEngine(script_of(build(spec), stream(docker_archive([spec], compression="gzip")))) as engine:
        image = opened(engine)
        trees = [read_layer(exported(image, number)) for number in (1, 0)]
    windows = [layer_window(exported(image, number), tree) for number, tree in zip((1, 0), trees, strict=True)]
    offsets = trees[1].columns.offsets
    assert windows[1].fetch(offsets[1], 6000) == b"second" * 1000
    assert windows[1].fetch(offsets[0], 5)[:5] == b"first"
    assert windows[0].fetch(trees[0].columns.offsets[0], 5)[:5] == b"third"


def test_a_layer_that_comes_twice_stands_twice() -> None:
    same = [file("a", "1")]
    spec = ImageSpec(layers=[same, [file("b", "2")], same, []])
    with HostileEngine(script_of(build(spec), stream(docker_archive([spec])))) as engine:
        loaded = load(opened(engine))
    assert [tree.entry_count for tree in loaded.squash.trees] == [1, 1, 1, 0]
    assert loaded.problems == ()


def test_an_image_without_layers_asks_for_no_export() -> None:
    spec = ImageSpec(layers=[])
    with HostileEngine(script_of(build(spec), raw(b""))) as engine:
        loaded = load(opened(engine))
        assert not any("/get" in request for request in engine.requests)
    assert loaded.problems == ()


def test_progress_is_said_in_bytes_of_the_whole_export() -> None:
    data = docker_archive([POLITE])
    with HostileEngine(script_of(build(POLITE), stream(data))) as engine:
        image = opened(engine)
        transfer = exported(image, 0).transfer
        assert transfer is not None
        assert transfer is exported(image, 4).transfer
        assert (transfer.verb, transfer.total_bytes, transfer.done_bytes) == ("export", 4_000_000, 0)
        load(image)
    assert transfer.ended
    assert 0 < transfer.done_bytes <= len(data)


@pytest.mark.parametrize("before", [b"", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"])
def test_cancelled_within_half_a_second_while_nothing_comes(before: bytes) -> None:
    with HostileEngine(script_of(build(POLITE), hang(before))) as engine:
        image = opened(engine)
        asked_s = time.monotonic() + 0.5
        with pytest.raises(Cancelled):
            read_layer(exported(image, 0), cancelled=lambda: time.monotonic() > asked_s)
        assert time.monotonic() - asked_s < 0.5
        assert engine.idle_within(1)  # the connection is closed, so the engine stops too


def test_after_a_cancel_it_begins_anew_and_keeps_what_was_read() -> None:
    data = docker_archive([POLITE])
    pieces: list[bytes] = []

    def slowly() -> Iterator[bytes]:
        half = data.find(build(POLITE).layers[1].tar)
        yield data[:half]
        while len(pieces) == 0:
            time.sleep(0.02)
        yield data[half:]

    with HostileEngine(script_of(build(POLITE), chunked(slowly))) as engine:
        image = opened(engine)
        first = read_layer(exported(image, 0))
        end_s = time.monotonic() + 0.3
        with pytest.raises(Cancelled):
            read_layer(exported(image, 1), cancelled=lambda: time.monotonic() > end_s)
        pieces.append(b"go on")
        assert exported(image, 0).read(no_tick) is first
        loaded = load(image)
        assert sum("/get" in request for request in engine.requests) == 2
    assert merged_lines(loaded.squash) == expected_polite.MERGED


def test_a_second_reader_goes_on_where_the_first_was_cancelled() -> None:
    held = threading.Event()

    def waiting() -> Iterator[bytes]:
        held.wait(5)
        yield docker_archive([POLITE])

    with HostileEngine(script_of(build(POLITE), chunked(waiting))) as engine:
        image = opened(engine)
        stop = threading.Event()
        ends: list[str] = []

        def cancelled_one() -> None:
            try:
                read_layer(exported(image, 0), cancelled=stop.is_set)
            except Cancelled:
                ends.append("cancelled")

        first = threading.Thread(target=cancelled_one)
        first.start()
        second = threading.Thread(target=lambda: ends.append(str(read_layer(exported(image, 4)).entry_count)))
        time.sleep(0.2)
        second.start()
        stop.set()
        first.join(2)
        held.set()
        second.join(5)
    assert ends == ["cancelled", str(len(POLITE.layers[4]))]


def test_whoever_waits_for_another_reader_can_be_cancelled_too() -> None:
    with HostileEngine(script_of(build(POLITE), hang())) as engine:
        image = opened(engine)
        stop = threading.Event()

        def first_reader() -> None:
            with contextlib.suppress(Cancelled):
                read_layer(exported(image, 0), cancelled=stop.is_set)

        first = threading.Thread(target=first_reader)
        first.start()
        time.sleep(0.1)
        end_s = time.monotonic() + 0.2
        with pytest.raises(Cancelled):
            read_layer(exported(image, 1), cancelled=lambda: time.monotonic() > end_s)
        assert time.monotonic() - end_s < 0.5
        assert first.is_alive()  # its reading is its own
        stop.set()
        first.join(2)


def test_an_engine_that_dies_keeps_the_layers_before_and_says_so_for_the_rest() -> None:
    data = docker_archive([POLITE])
    half = data.find(build(POLITE).layers[1].tar) + 1000
    with HostileEngine(script_of(build(POLITE), stream(data[:half], whole=False))) as engine:
        image = opened(engine)
        loaded = load(image)
        assert sum("/get" in request for request in engine.requests) == 1  # not once for each layer
        load(image)
        assert sum("/get" in request for request in engine.requests) == 2  # but again when it is asked for again
    assert loaded.unread == {1, 2, 3, 4}
    assert loaded.squash.trees[0].entry_count == len(POLITE.layers[0])
    assert len(loaded.problems) == 4
    assert all("closed the connection before its answer was complete" in p.message for p in loaded.problems)


@pytest.mark.parametrize(
    ("get", "kind", "words"),
    [
        (answer({"message": "No such image: sha256:ab"}, 404), NotFoundError, "No such image: sha256:ab"),
        (answer({"message": "open /x: no space left"}, 500), UnreachableError, "no space left"),
        (answer(b"<html>", kind="text/html"), DamagedError, "the tar ends inside a header"),
        (answer(b"<html>" * 500, kind="text/html"), DamagedError, "damaged at byte 0"),
        (answer(b""), DamagedError, "lacks layers of the image"),
        (answer(bytes(1024)), DamagedError, "lacks layers of the image"),
        (stream(docker_archive([POLITE])[:3000]), DamagedError, "is cut short: "),
        (stream(docker_archive([ImageSpec(layers=[[file("x", "y")]])])), DamagedError, "1 came that are none of it"),
        (raw(b"garbage"), UnreachableError, "does not answer as an engine does"),
    ],
)
def test_every_bad_export_is_a_sentence(get: Answer, kind: type[LayertuiError], words: str) -> None:
    with HostileEngine(script_of(build(POLITE), get)) as engine:
        image = opened(engine)
        with pytest.raises(kind) as caught:
            read_layer(exported(image, 0))
    assert words in caught.value.message
    assert "Docker at " in caught.value.message
    assert caught.value.hint


def test_an_engine_that_falls_silent_and_gives_no_sign_of_life_is_given_up() -> None:
    script = script_of(build(POLITE), hang(b"HTTP/1.1 200 OK\r\n\r\n")) | {"/_ping": hang()}
    with HostileEngine(script) as engine:
        image = open_engine(Endpoint(engine.host), timeout_s=0.3).entries()[0].open()
        with pytest.raises(UnreachableError, match=r"did not answer within 0\.3 s"):
            read_layer(exported(image, 0))


def test_an_engine_that_prepares_longer_than_the_timeout_is_waited_for() -> None:
    """Docker 20.10 writes the whole export to its disk before it sends a byte."""

    def late() -> Iterator[bytes]:
        yield docker_archive([POLITE])

    def answer_late(line: socket.socket) -> None:
        time.sleep(1.2)
        chunked(late)(line)

    with HostileEngine(script_of(build(POLITE), answer_late)) as engine:
        loaded = load(open_engine(Endpoint(engine.host), timeout_s=0.3).entries()[0].open())
        assert sum("_ping" in request for request in engine.requests) >= 2
    assert loaded.problems == ()


def test_a_damaged_layer_is_none_of_the_image_and_the_rest_is_read() -> None:
    good, bad = [file("a", "1")], [file("b", "2" * 5000)]
    image = build(ImageSpec(layers=[good, bad]), "gzip")
    broken = bytearray(image.layers[1].blob)
    broken[len(broken) // 2] ^= 0xFF
    files = {"blobs/1": bytes(broken), "blobs/0": image.layers[0].blob}
    with HostileEngine(script_of(image, stream(outer_tar(files)))) as engine:
        loaded = load(opened(engine))
    assert loaded.unread == {1}
    assert "1 came that are none of it" in loaded.problems[0].message


def test_what_is_none_of_the_image_takes_no_room() -> None:
    stranger = tar_bytes([file("x", "x" * 200_000)])
    mine = build(ImageSpec(layers=[[file("a", "1")], [file("b", "2")]]))
    files = {"1": mine.layers[0].tar, "2": stranger, "3": stranger, "4": mine.layers[1].tar}
    with HostileEngine(script_of(mine, stream(outer_tar(files)))) as engine:
        image = opened(engine)
        loaded = load(image)
    assert loaded.problems == ()
    kept = exported(image, 0).image.kept_bytes
    assert kept == sum(len(layer.tar) for layer in mine.layers)
    window = layer_window(exported(image, 1), loaded.squash.trees[1])
    assert window.fetch(loaded.squash.trees[1].columns.offsets[0], 1)[:1] == b"2"


def test_without_a_disk_layers_are_listed_and_contents_say_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "_in_memory", lambda path: True)
    with HostileEngine(script_of(build(POLITE), stream(docker_archive([POLITE])))) as engine:
        image = opened(engine)
        loaded = load(image)
    assert merged_lines(loaded.squash) == expected_polite.MERGED
    tree = loaded.squash.trees[0]
    with pytest.raises(UnreachableError, match="There is no directory on a disk to keep contents in"):
        layer_window(exported(image, 0), tree).fetch(0, 10)


def test_a_full_disk_costs_the_contents_and_not_the_listing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("layertui.sources.docker.kept.RESERVE_BYTES", 1 << 60)
    with HostileEngine(script_of(build(POLITE), stream(docker_archive([POLITE])))) as engine:
        image = opened(engine)
        loaded = load(image)
    assert loaded.problems == ()
    with pytest.raises(UnreachableError, match="there is no room"):
        layer_window(exported(image, 0), loaded.squash.trees[0]).fetch(0, 10)


def test_an_endless_export_ends_at_its_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAYERTUI_MAX_SPOOL_BYTES", "3000000")
    head = tar_bytes([directory("blobs"), file("blobs/x", bytes(10))])[:1024]

    def endless() -> Iterator[bytes]:
        yield head
        while True:
            yield tar_bytes([file("blobs/y", b"y" * 100_000)])[: 512 + 100_352]

    with HostileEngine(script_of(build(POLITE), chunked(endless))) as engine:
        image = opened(engine)
        with pytest.raises(DamagedError):
            read_layer(exported(image, 0))
        assert engine.idle_within(2)


def test_history_without_flags_is_matched_to_the_layers() -> None:
    steps = ["ADD a", "ENV A=b", "RUN nothing", "WORKDIR /x", "COPY c", "CMD x"]
    history = [{"created_by": step, "empty_layer": step[:3] not in ("ADD", "COP")} for step in steps]
    spec = ImageSpec(layers=[[file("a", "1")], [file("c", "2")]], history=history)
    with HostileEngine(script_of(build(spec), raw(b""))) as engine:
        image = opened(engine)
    assert [(step.command, step.layer) for step in image.steps] == [
        *(("ADD a", 0), ("ENV A=b", None), ("RUN nothing", None)),
        *(("WORKDIR /x", None), ("COPY c", 1), ("CMD x", None)),
    ]
    assert image.warnings == ()
    assert image.image_id == build(spec).image_id
    assert image.config.config.env == ("A=b",)


def test_buildkits_empty_layers_keep_their_commands() -> None:
    steps = ["COPY a # buildkit", "ENV A=b", "RUN true # buildkit"]
    history = [{"created_by": step, "empty_layer": step.startswith("ENV")} for step in steps]
    spec = ImageSpec(layers=[[file("a", "1")], []], history=history)
    with HostileEngine(script_of(build(spec), raw(b""), [1, 0])) as engine:
        image = opened(engine)
    assert [(step.command, step.layer) for step in image.steps] == [("COPY a", 0), ("ENV A=b", None), ("RUN true", 1)]
    assert image.warnings == ()


def test_buildkits_empty_layers_are_told_from_the_classic_builders_empty_steps() -> None:
    """The classic builder records no layer for a step that changed nothing, BuildKit an empty one."""
    history = [
        {"created_by": "ADD a"},
        {"created_by": "RUN nothing", "empty_layer": True},
        {"created_by": "RUN true # buildkit", "comment": "buildkit.dockerfile.v0"},
    ]
    spec = ImageSpec(layers=[[file("a", "1")], []], history=history)
    with HostileEngine(script_of(build(spec), raw(b""), [1, 0])) as engine:
        image = opened(engine)
    assert [(step.command, step.layer) for step in image.steps] == [
        *(("ADD a", 0), ("RUN nothing", None), ("RUN true", 1))
    ]


def test_a_history_that_fits_no_layers_is_said() -> None:
    spec = ImageSpec(layers=[[file("a", "1")], []], history=[{"created_by": "ADD a"}])
    with HostileEngine(script_of(build(spec), raw(b""), [1, 0])) as engine:
        image = opened(engine)
    assert [layer.command for layer in image.layers] == [None, None]
    assert "which command made which layer is unknown" in image.warnings[0]
