"""The commands on a small image whose every number can be counted by hand: tables, and the documented JSON shapes."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from layertui.cli import main
from tests.kit.docker import docker_archive
from tests.kit.entries import directory, file, hardlink, opaque, symlink, whiteout
from tests.kit.images import CREATED, ImageSpec, build
from tests.kit.oci import oci_layout

COUNTED = ImageSpec(
    layers=(
        (
            directory("app"),
            file("app/data", "d" * 5000),
            hardlink("app/again", "app/data"),
            file("app/run.sh", "#!/bin/sh\n", mode=0o755),
            symlink("bin", "usr/bin"),
            directory("etc"),
            file("etc/motd", "hello\n"),
            file("etc/same", "same\n"),
        ),
        (
            directory("app"),
            whiteout("app/data"),
            file("app/run.sh", "#!/bin/sh\n", mode=0o644),
            directory("etc"),
            file("etc/motd", "changed\n"),
            file("etc/same", "same\n"),
        ),
        (
            whiteout("etc"),
            file("bin", "now a file"),
            directory("app"),
            opaque("app"),
            file("app/only", "x"),
        ),
    ),
    tags=("counted:1", "counted:latest"),
    history=(
        {"created": CREATED, "created_by": "ADD rootfs / # buildkit"},
        {"created": CREATED, "created_by": "ENV A=b", "empty_layer": True},
        {"created": CREATED, "created_by": "RUN /bin/sh -c change # buildkit"},
        {"created_by": "RUN /bin/sh -c remove # buildkit"},
    ),
    config={
        "User": "app",
        "Env": ["A=b"],
        "Cmd": ["/app/run.sh"],
        "Labels": {"k": "v"},
        "ExposedPorts": {"80/tcp": {}},
    },
)
"""Three layers that show nearly every state; sizes: 5,021 + 23 + 11 bytes of content, 5,044 of them seen by no one."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command printed and how it ended."""

    code: int
    out: bytes
    err: bytes

    @property
    def json(self) -> Any:
        """Its one JSON object."""
        assert self.out.endswith(b"}\n")
        return json.loads(self.out)

    @property
    def lines(self) -> list[str]:
        """Its lines."""
        return self.out.decode().splitlines()


def run(capture: pytest.CaptureFixture[bytes], *arguments: str) -> Ran:
    """Run the command line in this process."""
    capture.readouterr()
    try:
        main(list(arguments))
        code: object = 0
    except SystemExit as end:
        code = end.code or 0
    out, err = capture.readouterr()
    assert isinstance(code, int)
    return Ran(code, out, err)


@pytest.fixture
def counted(tmp_path: Path) -> str:
    path = tmp_path / "counted.tar"
    path.write_bytes(docker_archive([COUNTED]))
    return str(path)


LAYER_KEYS = [
    *("index", "diff_id", "digest", "chain_id", "media_type", "command", "created", "content_bytes", "tar_bytes"),
    *("compressed_bytes", "entries", "added", "modified", "metadata", "identical", "rewritten", "removed"),
]


def test_layers_as_json(counted: str, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    ran = run(capfdbinary, "layers", counted, "--json")
    built = build(COUNTED)
    assert (ran.code, ran.err) == (0, b"")
    assert list(ran.json)[:2] == ["schema_version", "image"]
    assert ran.json["schema_version"] == 1
    assert ran.json["image"] == {
        "reference": "counted:1",
        "image_id": built.image_id,
        "tags": ["counted:1", "counted:latest"],
        "platform": "linux/amd64",
        "created": CREATED,
        "container": None,
    }
    assert all(set(LAYER_KEYS) <= set(layer) for layer in ran.json["layers"])
    picked = [
        [
            layer[key]
            for key in ("content_bytes", "entries", "added", "modified", "rewritten", "type", "removed", "opaque")
        ]
        for layer in ran.json["layers"]
    ]
    assert picked == [[5021, 8, 8, 0, 0, 0, 0, 0], [23, 6, 0, 1, 2, 0, 1, 0], [11, 5, 1, 0, 0, 1, 1, 1]]
    assert [layer["metadata"] + layer["identical"] for layer in ran.json["layers"]] == [0, 0, 0]
    assert [layer["diff_id"] for layer in ran.json["layers"]] == [layer.diff_id for layer in built.layers]
    assert [layer["tar_bytes"] for layer in ran.json["layers"]] == [len(layer.tar) for layer in built.layers]
    assert [layer["digest"] for layer in ran.json["layers"]] == [None] * 3, "this archive tells none"
    assert [layer["compressed_bytes"] for layer in ran.json["layers"]] == [None] * 3
    assert [layer["command"] for layer in ran.json["layers"]] == ["ADD rootfs /", "RUN change", "RUN remove"]
    assert [layer["created"] for layer in ran.json["layers"]] == [CREATED, CREATED, None]
    assert ran.json["history"] == [
        {"command": "ADD rootfs /", "created": CREATED, "layer": 0},
        {"command": "ENV A=b", "created": CREATED, "layer": None},
        {"command": "RUN change", "created": CREATED, "layer": 1},
        {"command": "RUN remove", "created": None, "layer": 2},
    ]
    assert (ran.json["content_bytes"], ran.json["reclaimable_bytes"]) == (5055, 5044)


def test_layers_of_a_layout_tell_digests_and_compressed_sizes(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    oci_layout(tmp_path / "layout", [COUNTED], compression="gzip")
    built = build(COUNTED, "gzip")
    found = run(capfdbinary, "layers", f"oci:{tmp_path}/layout", "--json").json["layers"]
    assert [layer["digest"] for layer in found] == [layer.digest for layer in built.layers]
    assert [layer["compressed_bytes"] for layer in found] == [len(layer.blob) for layer in built.layers]
    assert [layer["tar_bytes"] for layer in found] == [len(layer.tar) for layer in built.layers]
    assert found[0]["chain_id"] == found[0]["diff_id"]
    assert found[1]["chain_id"] not in (found[0]["chain_id"], found[1]["diff_id"], None)


def test_layers_as_a_table(counted: str, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    ran = run(capfdbinary, "layers", counted)
    assert ran.code == 0
    assert ran.lines == [
        f"counted:1  linux/amd64  {build(COUNTED).image_id}",
        "tags: counted:1  counted:latest",
        "LAYER    SIZE  ENTRIES  +  ~  m  =  ?  T  -  O  COMMAND",
        "L0     5.0 kB        8  8                       ADD rootfs /",
        "L1       23 B        6     1        2     1     RUN change",
        "L2       11 B        5  1              1  1  1  RUN remove",
        "total 5.1 kB, reclaimable 5.0 kB",
    ]


def test_verify_content_settles_what_was_rewritten(counted: str, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    layer = run(capfdbinary, "layers", counted, "--json", "--verify-content").json["layers"][1]
    assert (layer["rewritten"], layer["metadata"], layer["identical"], layer["modified"]) == (0, 1, 1, 1)
    found = run(capfdbinary, "files", counted, "--layer", "1", "--json", "--verify-content").json["files"]
    states = {each["path"]: each["state"] for each in found}
    assert (states["app/run.sh"], states["etc/same"]) == ("metadata", "identical")
    history = run(capfdbinary, "which", counted, "etc/same", "--json", "--verify-content").json["history"]
    assert [version["state"] for version in history] == ["added", "identical"]


def test_verify_digests_reads_plain_layers_whole(counted: str, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run(capfdbinary, "layers", counted, "--json").json["layers"][0]["verified"] == []
    ran = run(capfdbinary, "layers", counted, "--json", "--verify-digests")
    assert [layer["verified"] for layer in ran.json["layers"]] == [["diff ID"]] * 3
    data = bytearray(Path(counted).read_bytes())
    at = data.index(b"changed\n")
    data[at : at + 8] = b"chAnged\n"
    Path(counted).write_bytes(data)
    assert run(capfdbinary, "layers", counted).code == 0, "a plain layer is skipped through, not verified"
    ran = run(capfdbinary, "files", counted, "--verify-digests")
    assert ran.code == 5
    assert b"layer 1 of 3: " in ran.err
    assert build(COUNTED).layers[1].diff_id.encode() in ran.err


def test_inspect_as_json(counted: str, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    ran = run(capfdbinary, "inspect", counted, "--json")
    assert ran.code == 0
    assert next(iter(ran.json)) == "schema_version"
    assert ran.json["config"]["user"] == "app"
    assert ran.json["config"]["env"] == ["A=b"]
    assert ran.json["config"]["cmd"] == ["/app/run.sh"]
    assert ran.json["config"]["labels"] == {"k": "v"}
    assert ran.json["config"]["exposed_ports"] == ["80/tcp"]
    assert ran.json["image"]["manifest_digest"] is None
    assert [layer["diff_id"] for layer in ran.json["layers"]] == [layer.diff_id for layer in build(COUNTED).layers]
    assert len(ran.json["history"]) == 4


def test_inspect_as_a_table(counted: str, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    lines = run(capfdbinary, "inspect", counted).lines
    assert "user      app" in lines
    assert "command   /app/run.sh" in lines
    assert "env       A=b" in lines
    assert "label     k=v" in lines
    assert "       2024-01-02T03:04:05Z  ENV A=b" in lines
    assert "L1     2024-01-02T03:04:05Z  RUN change" in lines


def test_warnings_are_told(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    path = tmp_path / "warned.tar"
    layers = [[file("f", "1"), file("f", "22")], [whiteout("absent")]]
    path.write_bytes(docker_archive([ImageSpec(layers=layers, history=[{"created_by": "one"}] * 3)]))
    told = run(capfdbinary, "layers", str(path), "--json").json
    assert told["layers"][0]["warnings"] == ["f: stands 2 times in this layer; the last one counts."]
    assert told["layers"][1]["warnings"] == ["absent: a whiteout of a path that no lower layer shows."]
    assert len(told["warnings"]) == 1


def test_an_image_without_layers(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    path = tmp_path / "scratch.tar"
    path.write_bytes(docker_archive([ImageSpec(layers=())]))
    assert "The image has no layers." in run(capfdbinary, "layers", str(path)).lines
    assert run(capfdbinary, "files", str(path), "--json").json["files"] == []
    assert run(capfdbinary, "files", str(path)).code == 0
    assert run(capfdbinary, "files", str(path), "-0").out == b""
    assert run(capfdbinary, "files", str(path), "--layer", "0").code == 3
    assert run(capfdbinary, "which", str(path), "x").code == 3


def test_demo_prints_layers_where_stdout_is_no_terminal(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    ran = run(capfdbinary, "demo")
    assert ran.code == 0
    assert ran.lines[0].startswith("api:1.4  linux/amd64  sha256:")
    assert ran.lines[2].split()[0] == "LAYER"
    assert ran.lines[-1].startswith("total ")


def test_a_reference_prints_layers_where_stdout_is_no_terminal(
    counted: str, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert run(capfdbinary, counted).out == run(capfdbinary, "layers", counted).out
