"""`cat`: a file's content out of any layer, links followed inside the image, a terminal kept safe."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit.docker import docker_archive
from tests.kit.entries import char, directory, file, hardlink, sparse, symlink, whiteout
from tests.kit.images import ImageSpec
from tests.test_cli import run

ESCAPES = b"plain\ttext\n\x1b]0;title\x07\x9b31m \xff \xe2\x80\xae end\n"
BIG = bytes(range(256)) * 12_000

SPARSE = bytes(700_000) + b"here" + bytes(299_996)

SPEC = ImageSpec(
    layers=(
        (
            directory("etc"),
            file("etc/conf", "first\n"),
            file("etc/gone", "secret\n"),
            file("big", BIG),
            symlink("link", "/etc/conf"),
            symlink("up", "../../../../etc/conf"),
            symlink("loop", "loop"),
            symlink("dir", "etc"),
            hardlink("hard", "etc/conf"),
            file("escapes", ESCAPES),
            sparse("sparse", 1_000_000, [(700_000, b"here")], form="1.0"),
            char("null", 1, 3),
        ),
        (file("etc/conf", "second\n"), whiteout("etc/gone"), hardlink("lower", "big"), symlink("top", "etc/conf")),
    ),
    tags=("cat:1",),
)


CONTENTS = {
    "first": b"first\n",
    "second": b"second\n",
    "secret": b"secret\n",
    "big": BIG,
    "escapes": ESCAPES,
    "sparse": SPARSE,
}


@pytest.fixture(params=["plain", "gzip"])
def image(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    (tmp_path / "image.tar").write_bytes(docker_archive([SPEC], compression=request.param))
    return str(tmp_path / "image.tar")


@pytest.mark.parametrize(
    ("arguments", "which"),
    [
        (("etc/conf",), "second"),
        (("/etc/conf", "--layer", "0"), "first"),
        (("link",), "second"),
        (("link", "--layer", "0"), "first"),
        (("up",), "second"),
        (("dir/conf", "--layer", "0"), "first"),
        (("dir/conf", "--layer", "1"), "second"),
        (("top", "--layer", "1"), "second"),
        (("hard",), "first"),
        (("etc/gone", "--layer", "0"), "secret"),
        (("big",), "big"),
        (("lower",), "big"),
        (("lower", "--layer", "1"), "big"),
        (("escapes",), "escapes"),
        (("sparse",), "sparse"),
    ],
)
def test_content(arguments: tuple[str, ...], which: str, image: str, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    ran = run(capfdbinary, "cat", image, *arguments)
    assert (ran.code, ran.err) == (0, b"")
    assert ran.out == CONTENTS[which]


def test_a_layer_in_the_reference(image: str, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run(capfdbinary, "cat", f"{image}#0", "etc/gone").out == b"secret\n"
    assert run(capfdbinary, "cat", f"{image}#0..1", "etc/conf").out == b"second\n"
    assert run(capfdbinary, "cat", f"{image}#0", "etc/gone", "--layer", "0").code == 2


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("etc",), 2, "etc is a directory."),
        (("null",), 2, "null is a character device: it has no content."),
        (("etc/gone",), 3, "does not show etc/gone."),
        (("etc/gone",), 3, "Layer 0 holds a version of it: --layer 0"),
        (("etc/gone", "--layer", "1"), 3, "holds a whiteout there"),
        (("nothing",), 3, "does not show nothing."),
        (("loop",), 5, "more than 40 symlinks"),
        (("etc/conf", "--layer", "9"), 3, "has layers 0 to 1"),
    ],
)
def test_what_has_no_content_is_a_sentence(
    arguments: tuple[str, ...], code: int, said: str, image: str, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    ran = run(capfdbinary, "cat", image, *arguments)
    assert ran.code == code
    assert ran.out == b""
    assert said in ran.err.decode()


def on_a_terminal(*arguments: str) -> bytes:
    """What a command writes where stdout is a terminal."""
    ours, theirs = pty.openpty()
    try:
        command = [sys.executable, "-m", "layertui", *arguments]
        process = subprocess.Popen(command, stdout=theirs, stderr=subprocess.DEVNULL)
        os.close(theirs)
        seen = b""
        while True:
            try:
                data = os.read(ours, 65_536)
            except OSError:  # the other side is closed
                break
            if not data:
                break
            seen += data
        assert process.wait(30) == 0
        return seen.replace(b"\r\n", b"\n")
    finally:
        os.close(ours)


def test_a_terminal_gets_no_controls_unless_it_is_asked(image: str) -> None:
    seen = on_a_terminal("cat", image, "escapes")
    assert seen == b"plain\ttext\n\\x1b]0;title\\x07\\x9b31m \\xff \\u202e end\n"
    assert on_a_terminal("cat", image, "escapes", "--raw") == ESCAPES


def test_a_closed_reader_ends_it_quietly(image: str) -> None:
    command = f"{sys.executable} -m layertui cat {image} big | head -c 10 | wc -c"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "10", "")


def test_only_what_is_needed_is_read(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """A damaged layer above does not stand in the way of one layer's own version."""
    data = docker_archive([SPEC])
    damaged = data.replace(b"second\n", b"second!").replace(b".wh.gone", b".wh.g\xff\xff\xff")
    (tmp_path / "image.tar").write_bytes(damaged)
    ran = run(capfdbinary, "cat", str(tmp_path / "image.tar"), "etc/conf", "--layer", "0")
    assert (ran.code, ran.out, ran.err) == (0, b"first\n", b"")
    ran = run(capfdbinary, "cat", str(tmp_path / "image.tar"), "etc/conf")
    assert ran.code == 5
    assert b"layer 1 of 2" in ran.err
