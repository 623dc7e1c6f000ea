"""What `files` and references choose: layers, merged trees, changes, overlaps, platforms, standard input."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit.docker import docker_archive
from tests.kit.entries import directory, file
from tests.kit.images import ImageSpec, build
from tests.kit.oci import oci_layout
from tests.test_cli import COUNTED, Ran, counted, run

__all__ = ["counted"]

ROOT = Path(__file__).resolve().parent.parent

Capture = pytest.CaptureFixture[bytes]


def paths(ran: Ran) -> list[str]:
    assert ran.code == 0, ran.err
    return [each["path"] for each in ran.json["files"]]


def states(ran: Ran) -> list[tuple[str, str]]:
    return [(each["path"], each["state"]) for each in ran.json["files"]]


def test_one_layer_by_number_option_and_digest(counted: str, capfdbinary: Capture) -> None:
    diff = run(capfdbinary, "files", counted, "--layer", "1", "--json")
    assert paths(diff) == ["app", "app/data", "app/run.sh", "etc", "etc/motd", "etc/same"]
    assert run(capfdbinary, "files", f"{counted}#1", "--json").out == diff.out
    prefix = build(COUNTED).layers[1].diff_id[:20]
    assert run(capfdbinary, "files", f"{counted}#{prefix}", "--json").out == diff.out


def test_merged_up_to_a_layer(counted: str, capfdbinary: Capture) -> None:
    merged = run(capfdbinary, "files", counted, "--layer", "1", "--merged", "--json")
    assert states(merged) == [
        ("app", "unchanged"),
        ("app/again", "unchanged"),
        ("app/run.sh", "rewritten"),
        ("bin", "unchanged"),
        ("etc", "unchanged"),
        ("etc/motd", "modified"),
        ("etc/same", "rewritten"),
    ]
    assert run(capfdbinary, "files", f"{counted}#0..1", "--json").out == merged.out
    assert all(each["outcome"] in ("shadowed", "deleted") for each in merged.json["files"]), "seen from the top"


def test_a_range_above_the_base_knows_no_states(counted: str, capfdbinary: Capture) -> None:
    ran = run(capfdbinary, "files", f"{counted}#1..2", "--json")
    assert [(each["path"], each["state"], each["outcome"]) for each in ran.json["files"]] == [
        ("app", None, "wins"),
        ("app/only", None, "only"),
        ("bin", None, "only"),
    ]
    assert [line[0] for line in run(capfdbinary, "files", f"{counted}#1..2").lines[1:]] == [".", ".", "."]
    ran = run(capfdbinary, "files", f"{counted}#1..2", "--changed", "a")
    assert (ran.code, ran.out) == (2, b""), "a filter on what is not known is refused"


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        ("a", []),
        ("m", ["app/run.sh", "etc/motd", "etc/same"]),
        ("r", ["app/data"]),
        ("rm", ["app/data", "app/run.sh", "etc/motd", "etc/same"]),
    ],
)
def test_changed(counted: str, capfdbinary: Capture, letters: str, expected: list[str]) -> None:
    assert paths(run(capfdbinary, "files", counted, "--layer", "1", "--changed", letters, "--json")) == expected


def test_changed_in_a_merged_tree_is_what_its_top_layer_did(counted: str, capfdbinary: Capture) -> None:
    assert paths(run(capfdbinary, "files", counted, "--changed", "am", "--json")) == ["app/only", "bin"]
    assert paths(run(capfdbinary, "files", counted, "--changed", "r", "--json")) == ["app"], "an opaque directory"


def test_changed_takes_only_its_letters(counted: str, capfdbinary: Capture) -> None:
    ran = run(capfdbinary, "files", counted, "--changed", "ax")
    assert (ran.code, ran.out) == (2, b"")
    assert b"--changed takes letters of amr" in ran.err


def test_overlaps(counted: str, capfdbinary: Capture) -> None:
    assert paths(run(capfdbinary, "files", counted, "--layer", "0", "--overlaps", "--json")) == [
        *("app", "app/run.sh", "bin", "etc", "etc/motd", "etc/same"),
    ]
    assert paths(run(capfdbinary, "files", counted, "--overlaps", "--json")) == ["app", "bin"]


def test_null_gives_bare_paths_as_they_are(tmp_path: Path, capfdbinary: Capture) -> None:
    path = tmp_path / "bytes.tar"
    path.write_bytes(
        docker_archive([ImageSpec(layers=[[directory("d"), file(b"d/\xff\n \x1b", "1"), file("e", "2")]])])
    )
    assert run(capfdbinary, "files", str(path), "-0").out == b"d\0d/\xff\n \x1b\0e\0"
    assert run(capfdbinary, "files", str(path), "--null", "--changed", "r").out == b""
    assert run(capfdbinary, "files", str(path), "-0", "--json").code == 2


@pytest.mark.parametrize(
    ("suffix", "code", "says"),
    [
        ("#3", 3, "has layers 0 to 2, so there is no layer 3"),
        ("#1..7", 3, "there is no layer 7"),
        ("#sha256:00000000", 3, "No layer of counted:1 begins with sha256:00000000"),
        ("#2..1", 2, "ends before it begins"),
        ("#x", 2, "'#x' is no layer"),
    ],
)
def test_layers_that_are_not_there(counted: str, capfdbinary: Capture, suffix: str, code: int, says: str) -> None:
    ran = run(capfdbinary, "files", counted + suffix)
    assert (ran.code, ran.out) == (code, b"")
    assert says in ran.err.decode()


def test_the_layer_option_is_checked_too(counted: str, capfdbinary: Capture) -> None:
    for number in ("3", "-1"):
        ran = run(capfdbinary, "files", counted, "--layer", number)
        assert (ran.code, ran.out) == (3, b"")
    assert run(capfdbinary, "files", counted, "--layer", "one").code == 2


def test_platform(tmp_path: Path, capfdbinary: Capture) -> None:
    specs = [
        ImageSpec(layers=[[file(architecture, "1")]], architecture=architecture) for architecture in ("amd64", "arm64")
    ]
    layout = str(oci_layout(tmp_path / "layout", specs, nested=True))
    for architecture in ("amd64", "arm64"):
        platform = f"linux/{architecture}"
        assert paths(run(capfdbinary, "files", layout, "--platform", platform, "--json")) == [architecture]
        assert (
            run(capfdbinary, "inspect", layout, "--platform", platform, "--json").json["image"]["platform"] == platform
        )
    ran = run(capfdbinary, "layers", layout, "--platform", "linux/s390x")
    assert ran.code == 3
    assert b"linux/amd64, linux/arm64" in ran.err
    assert run(capfdbinary, "layers", layout, "--platform", "a/b/c/d/e").code == 2


def test_the_demo_takes_what_every_reference_takes(capfdbinary: Capture) -> None:
    assert paths(run(capfdbinary, "files", "demo:api:1.4#4", "--json"))[-1] == "etc/app/config.yaml"
    assert run(capfdbinary, "layers", "demo:api:1.4", "--platform", "linux/arm64").code == 3
    assert run(capfdbinary, "files", "demo:api:1.4#99").code == 3
    assert run(capfdbinary, "layers", "demo:absent").code == 3
    ran = run(capfdbinary, "layers", "demo")
    assert ran.code == 2
    assert b"api:1.3" in ran.err


def test_of_several_images_one_has_to_be_named(tmp_path: Path, capfdbinary: Capture) -> None:
    path = tmp_path / "two.tar"
    specs = [
        ImageSpec(layers=[[file("one", "1")]], tags=("a:1",)),
        ImageSpec(layers=[[file("two", "2")]], tags=("b:1",)),
    ]
    path.write_bytes(docker_archive(specs))
    ran = run(capfdbinary, "files", str(path))
    assert (ran.code, ran.out) == (2, b"")
    assert b"say which one: a:1 (linux/amd64), b:1 (linux/amd64)." in ran.err
    assert f"{path}:a:1".encode() in ran.err, "the hint can be typed"
    assert paths(run(capfdbinary, "files", f"{path}:b:1", "--json")) == ["two"]
    assert paths(run(capfdbinary, "files", f"docker-archive:{path}:a:1", "--json")) == ["one"]


def test_standard_input(counted: str, capfdbinary: Capture) -> None:
    expected = run(capfdbinary, "files", counted, "--json").out
    command = [sys.executable, "-m", "layertui", "files", "-", "--json"]
    with open(counted, "rb") as archive:
        from_file = subprocess.run(command, stdin=archive, capture_output=True, cwd=ROOT, check=True)
    piped = subprocess.run(command, input=Path(counted).read_bytes(), capture_output=True, cwd=ROOT, check=True)
    assert (from_file.stdout, from_file.stderr) == (expected, b"")
    assert (piped.stdout, piped.stderr) == (expected, b"")
    selected = subprocess.run(
        [*command[:-2], "-:counted:latest#1", "-0"], input=Path(counted).read_bytes(), capture_output=True, cwd=ROOT
    )
    assert selected.stdout == b"app\0app/data\0app/run.sh\0etc\0etc/motd\0etc/same\0"
