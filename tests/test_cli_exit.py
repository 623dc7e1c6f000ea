"""How commands end: the documented exit codes, errors as JSON, closed streams, interruption, and no traceback ever."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from layertui import cli, commands, headless
from tests.hosts import absent, answering, image
from tests.kit.docker import docker_archive
from tests.kit.entries import file
from tests.kit.images import ImageSpec, build
from tests.kit.oci import oci_layout
from tests.test_cli import counted, run

__all__ = ["counted"]

ROOT = Path(__file__).resolve().parent.parent
NOBODY = 65_534

Capture = pytest.CaptureFixture[bytes]


def shell(script: str, **variables: str) -> subprocess.CompletedProcess[bytes]:
    """Run a line of sh with `layertui` as a word in it."""
    script = f'layertui() {{ "{sys.executable}" -m layertui "$@"; }}; {script}'
    environment = {**os.environ, **variables}
    return subprocess.run(["bash", "-c", script], capture_output=True, cwd=ROOT, env=environment, timeout=60)


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["--no-such-option"], 2, "--no-such-option"),
        (["files"], 2, "ref"),
        (["layers", ""], 2, "The reference is empty."),
        (["layers", "docker:x"], 2, "layertui docker-daemon:x"),
        (["layers", "/no/such/image.tar"], 3, "There is no file or directory /no/such/image.tar."),
        (["which", "demo:api:1.4", "no/such/path"], 3, "No layer of api:1.4 holds no/such/path."),
        (["layers", "/dev/null"], 4, "/dev/null is a character device"),
        (["layers", __file__], 5, "not an image archive"),
    ],
)
def test_exit_codes(capfdbinary: Capture, arguments: list[str], code: int, says: str) -> None:
    ran = run(capfdbinary, *arguments)
    assert (ran.code, ran.out) == (code, b"")
    assert ran.err.startswith(b"layertui: ")
    assert says.lower() in ran.err.decode().lower()
    ran = run(capfdbinary, *arguments, "--json")
    found = json.loads(ran.err)
    assert (ran.code, ran.out, ran.err.count(b"\n")) == (code, b"", 1)
    assert list(found) == ["schema_version", "error"]
    assert list(found["error"]) == ["message", "hint", "exit_code"]
    assert found["error"]["exit_code"] == code


def test_a_name_that_is_not_utf8_in_an_error(capfdbinary: Capture) -> None:
    ran = run(capfdbinary, "layers", "no\udcff\x1b\n.tar", "--json")
    assert ran.code == 3
    assert json.loads(ran.err)["error"]["message"] == "There is no file or directory no\\xff\x1b\n.tar."
    assert b"\x1b" not in ran.err


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="needs to become another user")
def test_permission_denied_is_4(counted: str, tmp_path: Path) -> None:
    program = f"setpriv --reuid {NOBODY} --regid {NOBODY} --clear-groups {sys.executable} -m layertui layers"
    for above in (tmp_path, *tmp_path.parents):
        if above.stat().st_uid == 0 and len(above.parts) > 2:
            above.chmod(0o755)
    os.chmod(counted, 0)
    ran = shell(f"{program} {counted}; exit $?")
    if b"No module named" in ran.stderr or b"ModuleNotFoundError" in ran.stderr or ran.returncode in (126, 127):
        pytest.skip("another user cannot read the interpreter's packages")
    assert (ran.returncode, ran.stdout) == (4, b"")
    assert f"layertui: {counted}: permission denied.\n".encode() in ran.stderr
    layout = oci_layout(tmp_path / "layout", [ImageSpec(layers=[[file("a", "1")], [file("b", "2")]])])
    secret = layout / "blobs" / "sha256" / build(ImageSpec(layers=[[file("b", "2")]]), "gzip").layers[0].digest[7:]
    secret.chmod(0)
    ran = shell(f"{program} {layout}; exit $?")
    assert ran.returncode == 4, "the gravest thing that is wrong with it"
    assert b"layer 1: " in ran.stderr
    assert b"permission denied" in ran.stderr


def test_refused_members_are_a_partial_result(tmp_path: Path, capfdbinary: Capture) -> None:
    path = tmp_path / "refused.tar"
    path.write_bytes(docker_archive([ImageSpec(layers=[[file("dir/.wh.", "1"), file("kept", "2")]])]))
    ran = run(capfdbinary, "files", str(path))
    assert (ran.code, ran.lines[-1].split()[-1]) == (7, "kept")
    assert b"layer 0 of 1: 1 entry was refused: " in ran.err
    ran = run(capfdbinary, "layers", str(path), "--json")
    assert ran.code == 7
    assert ran.json["layers"][0]["added"] == 1
    assert (ran.json["content_bytes"], ran.json["reclaimable_bytes"]) == (None, None)
    assert json.loads(ran.err)["error"]["exit_code"] == 7
    assert run(capfdbinary, "layers", str(path)).lines[-1] == "total >= 1 B, reclaimable >= 0 B"


def test_a_bug_prints_no_traceback(counted: str, capfdbinary: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object, **options: object) -> None:
        raise RuntimeError("secret\x1b[31m text out of a file")

    monkeypatch.setattr(headless, "load", broken)
    ran = run(capfdbinary, "layers", counted)
    assert (ran.code, ran.out) == (70, b"")
    assert b"This is a bug in layertui" in ran.err
    assert b"RuntimeError at test_cli_exit.py:" in ran.err
    assert b"Traceback" not in ran.err
    assert b"secret" not in ran.err
    ran = run(capfdbinary, "layers", counted, "--json")
    assert (ran.code, json.loads(ran.err)["error"]["exit_code"]) == (70, 70)


def test_the_gravest_of_several_problems_decides(tmp_path: Path, capfdbinary: Capture) -> None:
    spec = ImageSpec(layers=[[file("dir/.wh.", "1")], [file("b", "2")]])
    layout = oci_layout(tmp_path / "layout", [spec])
    (layout / "blobs" / "sha256" / build(spec, "gzip").layers[1].digest[7:]).unlink()
    ran = run(capfdbinary, "layers", str(layout))
    assert ran.code == 5
    assert ran.err.count(b"layertui: layer ") == 2
    ran = run(capfdbinary, "layers", str(layout), "--json")
    assert json.loads(ran.err)["error"]["exit_code"] == 5
    assert len(ran.json["problems"]) == 2


@pytest.mark.parametrize(
    "command", ["layers REF", "files REF", "files REF --json", "which REF app", "inspect REF", "REF"]
)
def test_a_reader_that_goes_away_is_no_error(counted: str, command: str) -> None:
    ran = shell(f"layertui {command.replace('REF', counted)} | true; exit ${{PIPESTATUS[0]}}")
    assert (ran.returncode, ran.stderr) == (0, b"")


def test_head_of_many_files_and_of_the_help(tmp_path: Path) -> None:
    path = tmp_path / "many.tar"
    path.write_bytes(docker_archive([ImageSpec(layers=[[file(f"f{n:05}" + "x" * 60, "") for n in range(9_000)]])]))
    ran = shell(f"layertui files {path} | head -1; exit ${{PIPESTATUS[0]}}")
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert ran.stdout.startswith(b"S Out")
    ran = shell("layertui --help | true; exit ${PIPESTATUS[0]}")
    assert (ran.returncode, ran.stderr) == (0, b"")


def test_closed_streams(counted: str) -> None:
    ran = shell(f"layertui layers {counted} >&-")
    assert (ran.returncode, ran.stderr) == (0, b"")
    ran = shell(f"layertui layers {counted} 2>&-")
    assert ran.returncode == 0
    assert ran.stdout.startswith(b"counted:1 ")
    ran = shell("layertui layers absent.tar 2>&-")
    assert (ran.returncode, ran.stdout) == (3, b""), "an error never lands among the data"
    assert shell(f"layertui layers {counted} <&-").returncode == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_no_bug(counted: str) -> None:
    ran = shell(f"layertui files {counted} >/dev/full")
    assert ran.returncode == 7
    assert ran.stderr == b"layertui: The output cannot be written: No space left on device.\n"


def test_interrupted_is_130(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    process = subprocess.Popen(
        [sys.executable, "-m", "layertui", "layers", str(pipe)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background jobs ignore it
    )
    with open(pipe, "wb"):  # opening waits until the program reads
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, b"")
    assert b"Traceback" not in err


def test_help_and_version(capfdbinary: Capture) -> None:
    ran = run(capfdbinary, "--help")
    assert ran.code == 0
    for word in (b"layers", b"inspect", b"files", b"which", b"demo", b"130"):
        assert word in ran.out
    assert run(capfdbinary, "-h").out == ran.out
    assert b"--changed" in run(capfdbinary, "files", "--help").out
    assert run(capfdbinary, "--version").out.startswith(b"layertui 0.")


def test_progress_is_for_terminals_only(counted: str, capfdbinary: Capture) -> None:
    assert run(capfdbinary, "layers", counted, "--verify-digests").err == b""


def test_every_command_is_known_to_the_entry_point() -> None:
    registered = {name for name in commands.app if not name.startswith("-")}
    assert registered - {"demo"} == cli.COMMANDS


def test_without_arguments_and_without_a_screen_the_host_is_listed(
    capfdbinary: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("layertui.listing.look", lambda _: [answering("docker", [image("api", ["api:1.4"])])])
    ran = run(capfdbinary)
    assert (ran.code, ran.err) == (0, b"")
    assert ran.out.splitlines()[1].split()[:2] == [b"api", b"1.4"]
    monkeypatch.setattr("layertui.listing.look", lambda _: [absent("docker")])
    ran = run(capfdbinary)
    assert (ran.code, ran.out) == (4, b"")
    assert b"Tried /run/docker.sock (absent)" in ran.err
