"""`layertui diff`: its forms, exit codes and JSON, on images whose every difference can be counted by hand."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.kit.docker import docker_archive
from tests.kit.entries import MTIME, Layer, directory, file, hardlink, symlink, whiteout
from tests.kit.images import ImageSpec
from tests.kit.oci import oci_archive
from tests.test_cli import Ran, run

Capture = pytest.CaptureFixture[bytes]

BASE: Layer = [directory("etc"), file("etc/motd", "hello\n"), file("etc/same", "same\n")]

A = ImageSpec(
    layers=(
        BASE,
        [
            directory("app"),
            file("app/run", "#!/bin/sh\necho 1\n", mode=0o755),
            file("app/old", "old content\n"),
            symlink("l", "x"),
        ],
    ),
    tags=("image:a",),
    history=({"created_by": "ADD base /"}, {"created_by": "COPY app /app"}),
    config={"Env": ["A=1"]},
)
B = ImageSpec(
    layers=(
        BASE,
        [
            directory("app"),
            file("app/run", "#!/bin/sh\necho 2\n", mode=0o755),
            file("app/new", "old content\n"),
            symlink("l", "y"),
        ],
        [directory("etc"), file("etc/motd", "hello\n", mode=0o600, mtime_ns=(MTIME + 9) * 10**9)],
    ),
    tags=("image:b",),
    history=({"created_by": "ADD base /"}, {"created_by": "COPY app /app"}, {"created_by": "RUN chmod"}),
    config={"Env": ["A=2"]},
)


@pytest.fixture
def pair(tmp_path: Path) -> tuple[str, str]:
    """Both images, one as an archive of Docker, the other as a compressed one of OCI."""
    (tmp_path / "a.tar").write_bytes(docker_archive([A]))
    (tmp_path / "b.tar").write_bytes(oci_archive([B], compression="gzip"))
    return str(tmp_path / "a.tar"), str(tmp_path / "b.tar")


def archive(path: Path, *layers: Layer) -> str:
    path.write_bytes(docker_archive([ImageSpec(layers=layers)]))
    return str(path)


def changes(ran: Ran) -> list[tuple[str, str | None, list[str]]]:
    return [(row["path"], row["change"], row["fields"]) for row in ran.json["files"]]


def test_json(pair: tuple[str, str], capfdbinary: Capture) -> None:
    ran = run(capfdbinary, "diff", *pair, "--json")
    assert (ran.code, ran.err) == (1, b"")
    assert changes(ran) == [
        ("app/new", "only-b", []),
        ("app/old", "only-a", []),
        ("app/run", "content", ["content"]),
        ("etc/motd", "metadata", ["mode", "mtime"]),
        ("l", "content", ["link_target"]),
    ]
    shape: Any = ran.json
    assert list(shape) == ["schema_version", "a", "b", "files", "identical", "same_up_to", "layers", "config"]
    assert (shape["a"]["tags"], shape["a"]["last_layer"], shape["a"]["merged"]) == (["image:a"], 1, True)
    assert (shape["identical"], shape["same_up_to"]) == (4, 0)
    assert shape["layers"] == [
        {"a": 0, "b": 0, "how": "same"},
        {"a": 1, "b": 1, "how": "command"},
        {"a": None, "b": 2, "how": "alone"},
    ]
    assert shape["config"] == [{"field": "env A", "a": "1", "b": "2"}]
    new, old, motd = shape["files"][0], shape["files"][1], shape["files"][3]
    assert (new["a"], new["b"]["size_bytes"], new["b"]["layer"]) == (None, 12, 1)
    assert (old["a"]["path"], old["b"]) == ("app/old", None)
    assert (motd["a"]["mode"], motd["b"]["mode"], motd["b"]["layer"]) == ("0644", "0600", 2)


def test_all_lists_what_is_identical_too(pair: tuple[str, str], capfdbinary: Capture) -> None:
    ran = run(capfdbinary, "diff", *pair, "--json", "--all")
    assert [path for path, change, _ in changes(ran) if change == "identical"] == [".", "app", "etc", "etc/same"]


def test_the_table(pair: tuple[str, str], capfdbinary: Capture) -> None:
    ran = run(capfdbinary, "diff", *pair)
    assert ran.code == 1
    text = ran.out.decode()
    assert text.startswith("A  image:a\nB  image:b\n\nThe layers are the same up to L0.\n")
    assert "env A   1  2\n" in text
    assert "m              6             6              mode mtime          etc/motd\n" in text
    assert ">           ----            12       +12 B                      app/new\n" in text
    assert text.endswith("\n5 paths differ: 1 only in A, 1 only in B, 2 in content, 1 in metadata; 4 identical; 40 B\n")


def test_name_status_and_stat(pair: tuple[str, str], capfdbinary: Capture) -> None:
    ran = run(capfdbinary, "diff", *pair, "--name-status")
    assert (ran.code, ran.out) == (1, b"A\tapp/new\nD\tapp/old\nM\tapp/run\nm\tetc/motd\nM\tl\n")
    ran = run(capfdbinary, "diff", *pair, "--name-status", "--renames")
    assert ran.out == b"R\tapp/old\tapp/new\nM\tapp/run\nm\tetc/motd\nM\tl\n"
    ran = run(capfdbinary, "diff", *pair, "--stat")
    assert ran.out.endswith(b"5 paths, +12 B, -12 B; 40 B to 40 B\n")


def test_renames_in_json(pair: tuple[str, str], capfdbinary: Capture) -> None:
    assert run(capfdbinary, "diff", *pair, "--json", "--renames").json["renames"] == [{"a": "app/old", "b": "app/new"}]


def test_patch(pair: tuple[str, str], capfdbinary: Capture) -> None:
    ran = run(capfdbinary, "diff", *pair, "--patch", "-U", "0")
    assert ran.code == 1
    assert b"-echo 1\n+echo 2\n" in ran.out
    assert b" #!/bin/sh\n" not in ran.out
    assert b"diff --git a/l b/l\nindex " in ran.out
    assert ran.err == b"layertui: not in the patch: 1 path where only metadata differs\n"
    assert run(capfdbinary, "diff", *pair, "-U", "0").out == ran.out


def test_the_same_is_exit_code_0(pair: tuple[str, str], capfdbinary: Capture) -> None:
    for form in ([], ["--json"], ["--stat"], ["--name-status"], ["--patch"]):
        assert run(capfdbinary, "diff", pair[0], pair[0], *form).code == 0
    assert run(capfdbinary, "diff", pair[0], f"{pair[0]}#0..1").code == 0
    assert run(capfdbinary, "diff", pair[0], pair[0], "--patch").out == b""


def test_configs_count_where_they_are_shown(tmp_path: Path, capfdbinary: Capture) -> None:
    paths = []
    for number, env in enumerate(("A=1", "A=2")):
        paths.append(str(tmp_path / f"{number}.tar"))
        Path(paths[-1]).write_bytes(docker_archive([ImageSpec(layers=(BASE,), config={"Env": [env]})]))
    assert run(capfdbinary, "diff", *paths).code == 1
    assert run(capfdbinary, "diff", *paths, "--json").code == 1
    assert run(capfdbinary, "diff", *paths, "--name-status").code == 0
    assert run(capfdbinary, "diff", f"{paths[0]}#0", f"{paths[1]}#0").code == 0, "layers have no config"


def test_layers_and_ranges(pair: tuple[str, str], capfdbinary: Capture) -> None:
    a, b = pair
    ran = run(capfdbinary, "diff", f"{b}#1", f"{b}#2", "--name-status")
    assert ran.out == b"D\tapp\nD\tapp/new\nD\tapp/run\nA\tetc\nA\tetc/motd\nD\tl\n"
    assert run(capfdbinary, "diff", f"{a}#0", f"{b}#0..0").code == 0
    ran = run(capfdbinary, "diff", f"{b}#0..1", f"{b}#1..2", "--name-status")
    assert ran.out == b"m\tetc/motd\nD\tetc/same\n"
    ran = run(capfdbinary, "diff", f"{b}#1", b, "--json")
    assert (ran.json["a"]["merged"], ran.json["a"]["first_layer"], ran.json["a"]["last_layer"]) == (False, 1, 1)
    assert "layers" not in ran.json, "a layer is not laid beside an image's"


def test_hard_links_into_a_lower_layer(tmp_path: Path, capfdbinary: Capture) -> None:
    paths = [archive(tmp_path / name, [file("f", name)], [hardlink("l", "f")]) for name in ("a", "b")]
    assert run(capfdbinary, "diff", *(f"{path}#1" for path in paths), "--name-status").out == b"M\tl\n"


def test_standard_input_for_both_sides_is_read_once(tmp_path: Path) -> None:
    path = archive(tmp_path / "image.tar", BASE, [whiteout("etc/same")])
    program = [sys.executable, "-c", "from layertui.diffing import diff; diff('-#0', '-#0..1', name_status=True)"]
    ran = subprocess.run(program, input=Path(path).read_bytes(), capture_output=True)
    assert (ran.returncode, ran.stdout, ran.stderr) == (1, b"D\tetc/same\n", b"")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--stat", "--patch"], 2, b"four forms"),
        (["--json", "-U", "1"], 2, b"four forms"),
        (["-U", "-1"], 2, b""),
    ],
)
def test_wrong_use(pair: tuple[str, str], words: Sequence[str], code: int, said: bytes, capfdbinary: Capture) -> None:
    ran = run(capfdbinary, "diff", *pair, *words)
    assert (ran.code, ran.out) == (code, b"")
    assert said in ran.err


def test_what_is_not_there(pair: tuple[str, str], capfdbinary: Capture) -> None:
    assert run(capfdbinary, "diff", pair[0], "absent.tar").code == 3
    assert run(capfdbinary, "diff", pair[0], f"{pair[1]}#9").code == 3


def test_no_common_path_and_no_layers(tmp_path: Path, capfdbinary: Capture) -> None:
    one, other, scratch = (
        archive(tmp_path / "1", [file("a", "x")]),
        archive(tmp_path / "2", [file("b", "yy")]),
        archive(tmp_path / "3"),
    )
    assert run(capfdbinary, "diff", one, other, "--name-status").out == b"D\ta\nA\tb\n"
    ran = run(capfdbinary, "diff", scratch, other)
    assert ran.code == 1
    assert b"(no layers)" in ran.out
    assert run(capfdbinary, "diff", scratch, scratch, "--json").json["files"] == []


def test_hostile_names_reach_no_terminal(tmp_path: Path, capfdbinary: Capture) -> None:
    evil = b"\x1b]52;c;eA==\x07\n\xff\tx"
    one = archive(tmp_path / "1", [file(evil, "a"), symlink("l", b"\x1b[2J")])
    other = archive(tmp_path / "2", [file(evil, "b"), symlink("l", b"\x1b[3J")])
    for form in ([], ["--stat"], ["--name-status"], ["--json"], ["--renames"]):
        ran = run(capfdbinary, "diff", one, other, *form)
        assert ran.code == 1
        assert not any(byte < 32 and byte not in (9, 10) for byte in ran.out + ran.err)
    row = run(capfdbinary, "diff", one, other, "--json").json["files"][0]
    assert "path_base64" in row
    assert run(capfdbinary, "diff", one, other, "--name-status").out.count(b"\t") == 2


def cut(source: str, target: Path, keep: float) -> str:
    data = Path(source).read_bytes()
    target.write_bytes(data[: int(len(data) * keep)])
    return str(target)


def test_a_damaged_layer_is_a_partial_result(tmp_path: Path, capfdbinary: Capture) -> None:
    layers: list[Layer] = [[file("base", "x")], [file(f"f{number}", "x" * 600) for number in range(40)]]
    whole = archive(tmp_path / "whole.tar", *layers)
    damaged = bytearray(Path(whole).read_bytes())
    at = damaged.index(b"f20\0")
    damaged[at : at + 8] = b"damaged!"
    (tmp_path / "damaged.tar").write_bytes(damaged)
    ran = run(capfdbinary, "diff", str(tmp_path / "damaged.tar"), whole, "--json")
    assert ran.code == 7
    told = {path: change for path, change, _ in changes(ran)}
    assert told["f30"] is None, "it may stand in what could not be read"
    assert told["base"] is None, "it may be replaced there"
    assert "f1" not in told, "what was read is known"
    assert ran.json["problems"]
    assert b'"exit_code":7' in ran.err
    ran = run(capfdbinary, "diff", str(tmp_path / "damaged.tar"), whole)
    assert ran.code == 7
    assert b"cannot be told" in ran.out
    assert ran.err.startswith(b"layertui: A: ")


def test_a_large_file_is_said_and_not_diffed(
    tmp_path: Path, capfdbinary: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAYERTUI_MAX_PATCH_FILE_BYTES", "10")
    one = archive(tmp_path / "1", [file("large", "a" * 11), file("small", "a\n")])
    other = archive(tmp_path / "2", [file("large", "b" * 11), file("small", "b\n")])
    ran = run(capfdbinary, "diff", one, other, "--patch")
    assert b"\nLarge files a/large and b/large differ: above 10 bytes (LAYERTUI_MAX_PATCH_FILE_BYTES)\n" in ran.out
    assert b"-a\n+b\n" in ran.out
    assert ran.err == b"layertui: not in the patch: 1 file above the bound\n"


def test_two_references_without_a_terminal_are_a_diff(pair: tuple[str, str], capfdbinary: Capture) -> None:
    told = run(capfdbinary, "diff", *pair)
    assert run(capfdbinary, *pair) == told
    assert run(capfdbinary, *pair, "--platform", "linux/amd64") == told
    layers = run(capfdbinary, f"{pair[0]}#0", f"{pair[1]}#0..1")
    assert layers.out.startswith(b"A  image:a L0 ADD base /\nB  image:b L0..L1 merged\n")
    assert layers.code == 1
    assert run(capfdbinary, pair[0], pair[0]).code == 0
    missing = run(capfdbinary, pair[0], f"{pair[1]}.not")
    assert (missing.code, missing.out) == (3, b"")
