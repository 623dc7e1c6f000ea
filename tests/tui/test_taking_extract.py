"""`x` and `X`: what is under the cursor on the disk, whole or not at all."""

import os
import resource
import signal
import stat
import time
from pathlib import Path

import pytest

from layertui.tui.loading import extracting
from tests.extract.helpers import IS_ROOT, names
from tests.extract.test_whole import small_disk as small_disk
from tests.kit.docker import docker_archive
from tests.kit.entries import char, directory, file, symlink, whiteout
from tests.kit.images import ImageSpec, build
from tests.tui.screen import Seen, demo, opened, opened_bytes, opened_file, running
from tests.tui.test_hostile import assert_safe, hostile_image

SPEC = ImageSpec(
    layers=(
        [
            directory("app"),
            file("app/run.sh", "old", mode=0o755),
            file("app/models.bin", b"m" * 70_000),
            file("etc/motd", "hello"),
        ],
        [
            file("app/run.sh", "new", mode=0o755),
            file("app/sub/deep", "deep"),
            symlink("app/link", "run.sh"),
            whiteout("etc/motd"),
        ],
    ),
    tags=("api:1.4",),
)
FILES = ["2", "equals_sign"]
"""Keys to the files of the layer."""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory that the program is started in, with nothing in it."""
    place = tmp_path / "here"
    place.mkdir()
    monkeypatch.chdir(place)
    return place


async def to_path(seen: Seen, path: str) -> None:
    """Put the cursor on a path of the files."""
    await seen.press("2")
    assert seen.main.files.stand_at(path.encode()), path
    await seen.settle()


async def typed(seen: Seen, text: str) -> None:
    """Replace what is proposed by another destination, and go."""
    await seen.press("ctrl+e", "ctrl+u", *text, "enter")


async def test_a_file_as_this_layer_has_it(here: Path) -> None:
    async with running(opened(SPEC), keys=FILES) as seen:
        await to_path(seen, "app/models.bin")
        await seen.press("x")
        assert seen.footer.startswith(" extract to: ./models.bin")
        assert seen.footer.endswith("1 file, 70.0 kB")
        await seen.press("enter")
        assert seen.footer.startswith(" Extracted 1 file, 70.0 kB to ./models.bin")
        assert (here / "models.bin").read_bytes() == b"m" * 70_000
        assert os.listdir(here) == ["models.bin"]
        assert seen.main.focused is seen.main.files
        await to_path(seen, "app/run.sh")
        await seen.press("x", "enter", "full_stop", "x")
        assert seen.footer.startswith(" extract to: ./run-2.sh"), "the version of the layer above, under a free name"
        await seen.press("enter")
        assert [(here / name).read_text() for name in ("run.sh", "run-2.sh")] == ["old", "new"]
        assert os.access(here / "run.sh", os.X_OK)


async def test_a_directory_as_the_layer_or_all_layers_have_it(here: Path) -> None:
    async with running(opened(SPEC), keys=["full_stop", *FILES]) as seen:
        await to_path(seen, "app")
        await seen.press("x", "enter")
        assert seen.footer.startswith(" Extracted 2 files, 7 B to ./app")
        assert names(here / "app") == ["link", "run.sh", "sub/", "sub/deep"]
        assert os.readlink(here / "app/link") == "run.sh"
        await seen.press("v")
        await to_path(seen, "app")
        await seen.press("x")
        await typed(seen, "merged")
        assert names(here / "merged") == ["link", "models.bin", "run.sh", "sub/", "sub/deep"]
        assert (here / "merged/run.sh").read_text() == "new"


async def test_a_layer_and_the_image_from_the_tree(here: Path) -> None:
    async with running(opened(SPEC), keys=["full_stop", "1"]) as seen:
        await seen.press("x")
        assert seen.footer.startswith(" extract to: ./api-1.4-L1")
        await seen.press("enter")
        assert seen.footer.startswith(" Extracted 2 files, 7 B to ./api-1.4-L1, without 1 whiteout")
        assert names(here / "api-1.4-L1") == ["app/", "app/link", "app/run.sh", "app/sub/", "app/sub/deep"]
        assert seen.main.focused is seen.main.images
        await seen.press("g", "x")
        assert seen.footer.startswith(" extract to: ./api-1.4 ")
        assert seen.footer.endswith("3 files, 70.0 kB")
        await seen.press("enter")
        assert names(here / "api-1.4") == [
            *("app/", "app/link", "app/models.bin", "app/run.sh", "app/sub/", "app/sub/deep", "etc/"),
        ]


@pytest.mark.parametrize("compression", ["plain", "gzip"])
async def test_the_tar_of_a_layer(compression: str, here: Path) -> None:
    async with running(opened(SPEC, compression=compression), keys=["full_stop"]) as seen:
        await seen.press("X")
        assert seen.footer.startswith(" tar of L1 to: ./api-1.4-L1.tar")
        await seen.press("enter")
        assert seen.footer.startswith(" Extracted the tar of L1, ")
        assert (here / "api-1.4-L1.tar").read_bytes() == build(SPEC).layers[1].tar
        await to_path(seen, "app")
        await seen.press("v")
        await to_path(seen, "app/models.bin")
        await seen.press("X")
        assert seen.footer.startswith(" tar of L0 to: "), "in the merged view the layer that holds the file"
        await seen.press("enter", "1", "g", "X")
        assert "each layer is a tar" in seen.footer
        assert (here / "api-1.4-L0.tar").read_bytes() == build(SPEC).layers[0].tar
        assert sorted(os.listdir(here)) == ["api-1.4-L0.tar", "api-1.4-L1.tar"]


async def test_into_a_directory_with_a_slash_and_at_home(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "sub").mkdir()
    (here / "real").mkdir()
    (here / "link").symlink_to("real")
    monkeypatch.setenv("HOME", str(here / "sub"))
    async with running(opened(SPEC), keys=FILES) as seen:
        await to_path(seen, "etc/motd")
        for text in ("sub/", "~/again", "link/linked", "sub/../third"):
            await seen.press("x")
            await typed(seen, text)
            assert seen.footer.startswith(" Extracted 1 file, 5 B to "), seen.footer
        assert names(here) == ["link", "real/", "real/linked", "sub/", "sub/again", "sub/motd", "third"]


async def test_esc_drops_it(here: Path) -> None:
    async with running(opened(SPEC), keys=FILES) as seen:
        for key in ("escape", "ctrl+c"):
            await seen.press("x", key)
            assert "extract to" not in seen.footer
            assert "Nothing is running" not in seen.footer
        await seen.press("x")
        await typed(seen, "")
        assert "No destination was given. Nothing was written." in seen.footer
        assert os.listdir(here) == []


async def test_what_is_there_is_not_touched(here: Path) -> None:
    (here / "file").write_text("mine")
    (here / "dir").mkdir()
    (here / "dir/mine").write_text("mine")
    (here / "link").symlink_to("file")
    (here / "dirlink").symlink_to("dir")
    (here / "dangling").symlink_to("nowhere")
    before = {name: os.lstat(name).st_ino for name in os.listdir(here)}
    async with running(opened(SPEC), keys=FILES) as seen:
        for path, key in (("app", "x"), ("app/run.sh", "x"), ("app/run.sh", "X")):
            for name in before:
                await to_path(seen, path)
                await seen.press(key)
                await typed(seen, name)
                said = seen.text if "NOT EXTRACTED" in seen.text else seen.footer
                assert "Extracted" not in said, (path, name, said)
                assert any(word in said for word in ("exists", "is a", "which is not replaced", "leads")), said
                if seen.app.screen is not seen.main:
                    await seen.press("q")
        await to_path(seen, "app/run.sh")
        await seen.press("x")
        await typed(seen, "nowhere/run.sh")
        assert "nowhere is no directory that is there" in seen.text
    assert {name: os.lstat(name).st_ino for name in os.listdir(here)} == before
    assert (here / "file").read_text() == "mine"
    assert names(here / "dir") == ["mine"]


async def test_a_layer_without_files(here: Path) -> None:
    spec = ImageSpec(layers=([file("a", "a")], []), tags=("empty:1",))
    async with running(opened(spec), keys=["full_stop"]) as seen:
        await seen.press("x", "enter")
        assert "Extracted an empty directory to ./empty-1-L1" in seen.footer
        assert os.listdir(here / "empty-1-L1") == []


async def test_what_holds_nothing_is_said(here: Path) -> None:
    spec = ImageSpec(layers=([char("dev/null", 1, 3), file("gone", "x")], [whiteout("gone"), symlink("l", "x")]))
    async with running(opened(spec), keys=FILES) as seen:
        await to_path(seen, "dev/null")
        await seen.press("x")
        assert "This is a device" in seen.footer
        await seen.press("full_stop")
        await to_path(seen, "gone")
        await seen.press("x")
        assert "This is a whiteout" in seen.footer
        await to_path(seen, "l")
        await seen.press("x", "enter")
        assert "Extracted 1 link to ./l" in seen.footer
        assert os.readlink(here / "l") == "x"


SPECIAL = ImageSpec(
    layers=(
        [
            file("bin/su", "su", mode=0o4755),
            file("bin/ping", "ping", xattrs=((b"security.capability", b"x"),)),
            char("dev/null", 1, 3),
            file("etc/shadow", "x", gid=42),
        ],
    ),
    tags=("special:1",),
)


async def test_what_is_left_out_is_counted_and_read_in_full(here: Path) -> None:
    async with running(opened(SPECIAL), (80, 24)) as seen:
        await seen.press("x", "enter")
        assert "EXTRACTED" in seen.text
        assert "Extracted 3 files, 7 B to ./special-1-L0." in seen.text
        assert "1 device or pipe is left out: only --as-root-filesystem makes them." in seen.text
        assert "1 file has no setuid or setgid bit any more" in seen.text
        assert "1 entry has no extended attributes any more" in seen.text
        assert ("1 entry has another owner than in the image" in seen.text) == IS_ROOT
        await seen.press("q")
        assert seen.app.screen is seen.main
        assert "to ./special-1-L0, without 1 device or pipe" in seen.footer
        assert stat.S_IMODE((here / "special-1-L0/bin/su").stat().st_mode) & 0o7000 == 0
    async with running(opened(SPECIAL), (200, 50)) as seen:
        await seen.press("x", "enter")
        assert seen.app.screen is seen.main, "the footer has room for all of it"
        assert "to ./special-1-L0-2, without 1 device or pipe, 1 setuid bit, 1 xattr" in seen.footer


async def test_hostile_names_become_safe_proposals(here: Path) -> None:
    async with running(opened(hostile_image()), keys=FILES) as seen:
        for _ in range(20):
            await seen.press("x")
            assert_safe(seen)
            await seen.press("enter")
            assert_safe(seen)
            if seen.app.screen is not seen.main:
                await seen.press("q")
            await seen.press("j")
        assert all(name.isprintable() and "/" not in name for name in os.listdir(here))
        assert not [name for name in os.listdir(here) if name.startswith(".layertui")]


# While it runs


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Extracting that says each step, and takes a while for it."""
    real = extracting.extracted

    def slowly(request, target, shown, progress, cancelled):  # type: ignore[no-untyped-def]
        def step(done: int, total: int) -> None:
            time.sleep(0.02)
            progress(done, total)

        return real(request, target, shown, step, cancelled)

    monkeypatch.setattr(extracting, "extracted", slowly)
    monkeypatch.setattr("layertui.tui.loading.reading.PROGRESS_S", 0.02)


MANY = ImageSpec(layers=([file(f"d/{number}", bytes(40_000)) for number in range(500)],), tags=("many:1",))


async def until_extracting(seen: Seen) -> None:
    """Wait until the footer says how far it is."""
    for _ in range(200):
        await seen.pilot.pause(0.02)
        if "MB/s" in seen.footer:
            return
    raise AssertionError(seen.footer)


async def test_progress_and_cancel(here: Path, slow: None) -> None:
    async with running(opened(MANY), (100, 24)) as seen:
        await seen.pilot.press("x", "enter")
        await until_extracting(seen)
        assert "extracting " in seen.footer
        assert " of 20.0 MB" in seen.footer
        assert "Ctrl+C cancels" in seen.footer
        await seen.pilot.press("j", "x")
        assert "Something is being extracted already." in seen.footer
        begun_s = time.monotonic()
        await seen.press("ctrl+c")
        assert time.monotonic() - begun_s < 0.5
        await seen.settle()
        assert "Cancelled. Nothing was written." in seen.footer
        assert os.listdir(here) == []
        await seen.press("ctrl+c")
        assert "Nothing is running" in seen.footer


@pytest.mark.parametrize("key", ["x", "X"])
async def test_leaving_the_program_leaves_nothing_behind(key: str, here: Path, slow: None) -> None:
    async with running(opened(MANY), (100, 24)) as seen:
        await seen.pilot.press(key, "enter")
        if key == "x":
            await until_extracting(seen)
            assert len(os.listdir(here)) == 1, "it is being made under a hidden name"
        await seen.pilot.press("q")
    end_s = time.monotonic() + 2
    while any(name.startswith(".layertui-") for name in os.listdir(here)) and time.monotonic() < end_s:
        time.sleep(0.01)  # Python waits for the thread at its end, which this is not
    assert [name for name in os.listdir(here) if name != "many-1-L0.tar"] == []


async def test_it_goes_on_beneath_another_screen_and_can_be_cancelled_there(here: Path, slow: None) -> None:
    async with running(opened(MANY), (100, 24), keys=FILES) as seen:
        await to_path(seen, "d")
        await seen.pilot.press("x", "enter", "j", "enter")
        await until_extracting(seen)
        assert seen.app.screen is not seen.main
        await seen.press("ctrl+c")
        assert seen.app.screen is not seen.main
        assert "Cancelled. Nothing was written." in seen.footer
        assert os.listdir(here) == []


async def test_what_a_screen_above_extracts_ends_with_it(here: Path, slow: None) -> None:
    big = ImageSpec(layers=([file("big", b"z" * 80_000_000)],), tags=("big:1",))
    async with running(opened(big), (100, 24), keys=FILES) as seen:
        await seen.press("enter", "x")
        assert "extract to: ./big" in seen.footer
        await seen.pilot.press("enter")
        await until_extracting(seen)
        await seen.press("q")
        assert seen.app.screen is seen.main
        assert "The extraction was cancelled. Nothing was written." in seen.footer
        await seen.settle()
        assert os.listdir(here) == []
        await seen.press("enter", "y", "p", "q")


async def test_tab_completes_directories(here: Path) -> None:
    (here / "somewhere/else").mkdir(parents=True)
    async with running(opened(SPEC), keys=FILES) as seen:
        await to_path(seen, "etc/motd")
        await seen.press("x", "ctrl+u", *"som", "tab")
        await seen.pilot.pause(0.1)
        assert seen.footer.startswith(" extract to: somewhere/ ")
        await seen.press("e", "tab")
        await seen.pilot.pause(0.1)
        await seen.press("enter")
        assert "to somewhere/else/motd" in seen.footer
        assert (here / "somewhere/else/motd").read_text() == "hello"


# What goes wrong


@pytest.mark.parametrize("key", ["x", "X"])
async def test_a_disk_that_fills_up(key: str, small_disk: Path) -> None:
    full = ImageSpec(layers=([file(f"d/{number}", b"x" * 40_000) for number in range(60)],), tags=("full:1",))
    async with running(opened(full), (120, 24)) as seen:
        await seen.press(key)
        await typed(seen, f"{small_disk}/out")
        assert "no space is left" in " ".join(seen.text.split())  # the path before it may wrap
        assert os.listdir(small_disk) == []


async def test_a_file_larger_than_may_be_written(here: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    async with running(opened(SPEC), (120, 24), keys=FILES) as seen:
        await to_path(seen, "app/models.bin")
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, limits[1]))
        try:
            await seen.press("x", "enter")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
            signal.signal(signal.SIGXFSZ, before)
        assert "the file is larger than this file system takes" in seen.text
        assert os.listdir(here) == []


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="there is no file system here that nobody can write to")
@pytest.mark.parametrize("key", ["x", "X"])
async def test_a_place_where_nothing_can_be_made(key: str) -> None:
    async with running(opened(SPEC), (120, 24)) as seen:
        await seen.press(key)
        await typed(seen, "/proc/self/out")
        assert "/proc/self" in seen.footer
        assert "Extracted" not in seen.footer
        assert seen.app.is_running


@pytest.mark.parametrize("key", ["x", "X"])
async def test_a_source_that_is_cut_short_meanwhile(key: str, tmp_path: Path, here: Path) -> None:
    archive = tmp_path / "image.tar"
    archive.write_bytes(docker_archive([SPEC]))
    async with running(opened_file(archive), (200, 50), keys=FILES) as seen:
        await to_path(seen, "app/models.bin")
        os.truncate(archive, 2_000)
        await seen.press(key, "enter")
        assert "Extracted" not in seen.footer
        assert "image.tar" in seen.text
        assert os.listdir(here) == []
        assert seen.app.is_running


async def test_a_layer_whose_bytes_are_others(here: Path) -> None:
    tar = docker_archive([SPEC])
    damaged = tar.replace(b"m" * 70_000, b"m" * 69_999 + b"n")
    async with running(opened_bytes(damaged), (200, 50)) as seen:
        await seen.press("X", "enter")
        assert "its bytes are not those of its diff ID" in seen.text
        assert os.listdir(here) == [], "a tar that is not the layer's never gets its name"
        await seen.press("x", "enter")
        assert len(names(here / "api-1.4-L0")) == 5


async def test_a_damaged_layer_gives_what_it_has_and_says_so(here: Path) -> None:
    tar = bytearray(docker_archive([SPEC]))
    at = tar.index(b"etc/motd")
    tar[at + 148 : at + 156] = b"zzzzzzzz"  # the checksum
    async with running(opened_bytes(bytes(tar)), (120, 24)) as seen:
        await seen.press("x", "enter")
        assert "EXTRACTED" in seen.text
        assert "the header's checksum is wrong" in seen.text
        assert names(here / "api-1.4-L0") == ["app/", "app/models.bin", "app/run.sh"]


async def test_layers_that_are_not_read_yet(here: Path) -> None:
    async with running(opened(SPEC, SPEC), (100, 24)) as seen:
        state = seen.main.state
        assert state is not None
        state.squash, state.folded = None, 0
        await seen.press("1", "x")
        assert "extract to" not in seen.footer
        await seen.press("g", "x")
        assert "extract to" not in seen.footer
        assert os.listdir(here) == []
    async with running(demo()) as seen:
        await seen.press("G", "x")
        assert os.listdir(here) == []
