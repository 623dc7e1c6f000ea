"""`extract`: files, directories, a layer's tar and the merged tree, as a person asks for them."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.extract.helpers import IS_ROOT, names
from tests.kit.docker import docker_archive
from tests.kit.entries import char, directory, file, hardlink, symlink, whiteout
from tests.kit.images import ImageSpec, build
from tests.test_cli import run

SPEC = ImageSpec(
    layers=(
        (
            directory("bin"),
            file("bin/tool", "#!/bin/sh\n", mode=0o4755),
            directory("etc"),
            file("etc/conf", "first\n", mode=0o640),
            file("etc/gone", "secret\n"),
            symlink("sbin", "bin"),
        ),
        (file("etc/conf", "second\n"), whiteout("etc/gone"), char("null", 1, 3), hardlink("tool", "bin/tool")),
    ),
    tags=("extract:1",),
)


@pytest.fixture(params=["plain", "gzip"])
def image(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    (tmp_path / "image.tar").write_bytes(docker_archive([SPEC], compression=request.param))
    return str(tmp_path / "image.tar")


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ((), ["bin/", "bin/tool", "etc/", "etc/conf", "sbin", "tool"]),
        (("--merged",), ["bin/", "bin/tool", "etc/", "etc/conf", "sbin", "tool"]),
        (("/",), ["bin/", "bin/tool", "etc/", "etc/conf", "sbin", "tool"]),
        (("--merged", "--layer", "0"), ["bin/", "bin/tool", "etc/", "etc/conf", "etc/gone", "sbin"]),
        (("--layer", "1"), ["etc/", "etc/conf", "tool"]),
        (("etc", "sbin/tool", "sbin"), ["etc/", "etc/conf", "sbin", "tool"]),
        (("etc/gone", "sbin/tool", "--layer", "0"), ["gone", "tool"]),
        (("tool", "--layer", "1"), ["tool"]),
    ],
)
def test_what_is_asked_for_comes_out(
    arguments: tuple[str, ...],
    found: list[str],
    image: str,
    tmp_path: Path,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    out = tmp_path / "out"
    ran = run(capfdbinary, "extract", image, *arguments, "-o", str(out))
    assert ran.code == 0
    assert names(out) == found
    assert sorted(os.listdir(tmp_path)) == ["image.tar", "out"]
    assert ran.lines[0].startswith(f"{out}: ")
    for path in out.rglob("tool"):
        assert path.read_text() == "#!/bin/sh\n"
        assert path.stat().st_mode & 0o7777 == 0o755


def test_layers_in_the_reference_and_as_json(
    image: str, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    ran = run(capfdbinary, "extract", f"{image}#0", "-o", str(tmp_path / "out"), "--json")
    assert ran.json == {
        "schema_version": 1,
        "destination": str(tmp_path / "out"),
        "files": 3,
        "directories": 2,
        "others": 1,
        "content_bytes": 23,
        "notes": ["1 file has no setuid or setgid bit any more: only --as-root-filesystem keeps them."],
        "problems": [],
    }
    assert run(capfdbinary, "extract", f"{image}#0..1", "etc/conf", "-o", str(tmp_path / "two")).code == 0
    assert (tmp_path / "two/conf").read_text() == "second\n"
    left_out = run(capfdbinary, "extract", image, "-o", str(tmp_path / "three"))
    assert b"1 device or pipe is left out: only --as-root-filesystem makes them." in left_out.err


def test_preserve_and_root_filesystem(image: str, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run(capfdbinary, "extract", image, "-o", str(tmp_path / "kept"), "--preserve").code == 0
    assert (tmp_path / "kept/bin/tool").stat().st_mode & 0o7777 == 0o755
    assert (tmp_path / "kept/bin/tool").stat().st_mtime == 1_700_000_000
    ran = run(capfdbinary, "extract", image, "-o", str(tmp_path / "root"), "--as-root-filesystem")
    if IS_ROOT:
        assert ran.code == 0
        assert (tmp_path / "root/bin/tool").stat().st_mode & 0o7777 == 0o4755
        assert (tmp_path / "root/null").is_char_device()
    else:
        assert ran.code == 2


@pytest.mark.parametrize("number", [0, 1])
def test_a_layers_tar(number: int, image: str, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    tar = build(SPEC).layers[number].tar
    target = tmp_path / "layer.tar"
    ran = run(capfdbinary, "extract", f"{image}#{number}", "--tar", "-o", str(target))
    assert (ran.code, ran.err) == (0, b"")
    assert target.read_bytes() == tar
    assert run(capfdbinary, "extract", image, "--layer", str(number), "--tar", "-o", "-").out == tar
    again = run(capfdbinary, "extract", f"{image}#{number}", "--tar", "-o", str(target))
    assert again.code == 2
    assert b"exists already. Nothing was written." in again.err
    ran = run(capfdbinary, "extract", f"{image}#{number}", "--tar", "-o", str(target), "--force", "--json")
    assert (ran.json["bytes"], ran.json["layer"]) == (len(tar), number)
    assert hashlib.sha256(target.read_bytes()).digest() == hashlib.sha256(tar).digest()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--tar",), 2, "--tar writes the tar of one layer"),
        (("etc", "--tar", "--layer", "0"), 2, "--tar writes the tar of one layer"),
        (("etc/nothing",), 3, "does not show etc/nothing"),
        (("etc/gone",), 3, "Layer 0 holds a version of it: --layer 0"),
        (("etc/conf", "bin/nothing"), 3, "bin/nothing"),
        (("tool", "bin/tool"), 2, "Two things would stand at tool"),
        (("--layer", "7"), 3, "has layers 0 to 1"),
        (("etc/gone", "--layer", "1"), 3, "holds a whiteout there"),
    ],
)
def test_what_cannot_be_meant_writes_nothing(
    arguments: tuple[str, ...],
    code: int,
    said: str,
    image: str,
    tmp_path: Path,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    ran = run(capfdbinary, "extract", image, *arguments, "-o", str(tmp_path / "out"))
    assert (ran.code, ran.out) == (code, b"")
    assert said in ran.err.decode()
    assert os.listdir(tmp_path) == ["image.tar"]


def test_names_that_cannot_be_made_end_with_seven(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    spec = ImageSpec(layers=[[file("ok", "1"), *(file("n" * 256 + str(number)) for number in range(60))]])
    (tmp_path / "image.tar").write_bytes(docker_archive([spec]))
    ran = run(capfdbinary, "extract", str(tmp_path / "image.tar"), "-o", str(tmp_path / "out"))
    assert ran.code == 7
    assert names(tmp_path / "out") == ["ok"]
    assert ran.err.count(b"longer than this file system takes") == 50
    assert b"10 more entries could not be made." in ran.err


def test_names_with_escapes_are_safe_in_messages(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    spec = ImageSpec(layers=[[symlink(b"\x1b[31m\n", ""), file("ok")]])
    (tmp_path / "image.tar").write_bytes(docker_archive([spec]))
    ran = run(capfdbinary, "extract", str(tmp_path / "image.tar"), "-o", str(tmp_path / "\x1b]0;x"))
    assert ran.code == 7
    assert b"\x1b" not in ran.out + ran.err
    assert b"\\x1b[31m\\n: a symlink without a target." in ran.err


def test_an_interrupt_leaves_nothing(tmp_path: Path) -> None:
    spec = ImageSpec(layers=[[file(f"f{number}", bytes(1_000_000)) for number in range(200)]])
    (tmp_path / "image.tar").write_bytes(docker_archive([spec], compression="gzip"))
    command = [sys.executable, "-m", "layertui", "extract", str(tmp_path / "image.tar"), "-o", str(tmp_path / "out")]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background jobs ignore it
    )
    end_s = time.monotonic() + 20
    while process.poll() is None and not any(name.startswith(".layertui-") for name in os.listdir(tmp_path)):
        assert time.monotonic() < end_s
    process.send_signal(signal.SIGINT)
    asked_s = time.monotonic()
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (130, b"", b"")
    assert time.monotonic() - asked_s < 5
    assert os.listdir(tmp_path) == ["image.tar"]
