"""The commands on a small image whose every number can be counted by hand: tables, and the documented JSON shapes."""

import base64
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


def marks(ran: Ran) -> list[tuple[str, str, int | None, str, str | None, int | None]]:
    return [
        (each["path"], each["kind"], each["layer"], each["state"], each["outcome"], each["by_layer"])
        for each in ran.json["files"]
    ]


LAYER_KEYS = [
    *("index", "diff_id", "digest", "chain_id", "media_type", "command", "created", "content_bytes", "tar_bytes"),
    *("compressed_bytes", "entries", "added", "modified", "metadata", "identical", "rewritten", "removed"),
]
FILE_KEYS = [
    *("path", "kind", "size_bytes", "mode", "uid", "gid", "mtime", "link_target", "layer", "state", "outcome"),
    *("by_layer", "opaque", "implied"),
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
    found = marks(run(capfdbinary, "files", counted, "--layer", "1", "--json", "--verify-content"))
    states = {path: state for path, _, _, state, _, _ in found}
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


def test_files_as_json(counted: str, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    ran = run(capfdbinary, "files", counted, "--json")
    assert next(iter(ran.json)) == "schema_version"
    assert [list(each)[: len(FILE_KEYS)] for each in ran.json["files"]] == [FILE_KEYS] * 3
    assert ran.json["files"][1] == {
        "path": "app/only",
        "kind": "file",
        "size_bytes": 1,
        "mode": "0644",
        "uid": 0,
        "gid": 0,
        "mtime": "2023-11-14T22:13:20Z",
        "link_target": None,
        "layer": 2,
        "state": "added",
        "outcome": "only",
        "by_layer": None,
        "opaque": False,
        "implied": False,
    }
    assert marks(ran) == [
        ("app", "directory", 2, "opaque", "wins", None),
        ("app/only", "file", 2, "added", "only", None),
        ("bin", "file", 2, "type", "wins", None),
    ]


def test_files_of_each_layer(counted: str, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert marks(run(capfdbinary, "files", counted, "--layer", "0", "--json")) == [
        ("app", "directory", 0, "added", "shadowed", 1),
        ("app/again", "hardlink", 0, "added", "deleted", 2),
        ("app/data", "file", 0, "added", "deleted", 1),
        ("app/run.sh", "file", 0, "added", "shadowed", 1),
        ("bin", "symlink", 0, "added", "shadowed", 2),
        ("etc", "directory", 0, "added", "shadowed", 1),
        ("etc/motd", "file", 0, "added", "shadowed", 1),
        ("etc/same", "file", 0, "added", "shadowed", 1),
    ]
    assert marks(run(capfdbinary, "files", counted, "--layer", "1", "--json")) == [
        ("app", "directory", 1, "unchanged", "shadowed", 2),
        ("app/data", "whiteout", 1, "removed", None, None),
        ("app/run.sh", "file", 1, "rewritten", "deleted", 2),
        ("etc", "directory", 1, "unchanged", "deleted", 2),
        ("etc/motd", "file", 1, "modified", "deleted", 2),
        ("etc/same", "file", 1, "rewritten", "deleted", 2),
    ]
    found = run(capfdbinary, "files", counted, "--layer", "0", "--json").json["files"]
    assert found[1]["size_bytes"] == 5000, "a hard link's size is its target's"
    assert found[1]["link_target"] == "app/data"
    assert found[4]["link_target"] == "usr/bin"
    whiteout_row = run(capfdbinary, "files", counted, "--layer", "1", "--json").json["files"][1]
    unknown = ("size_bytes", "mode", "uid", "gid", "mtime", "link_target")
    assert [whiteout_row[key] for key in unknown] == [None] * 6


def test_files_as_a_table(counted: str, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run(capfdbinary, "files", counted, "--layer", "1").lines == [
        "S Out  Layer  Mode        Owner              Size  Path",
        "  >2   L1     drwxr-xr-x  0:0                      app/",
        "-      L1                                          app/data",
        "? x2   L1     -rw-r--r--  0:0                  10  app/run.sh",
        "  x2   L1     drwxr-xr-x  0:0                      etc/",
        "~ x2   L1     -rw-r--r--  0:0                   8  etc/motd",
        "? x2   L1     -rw-r--r--  0:0                   5  etc/same",
    ]
    first = run(capfdbinary, "files", counted, "--layer", "0").lines
    assert first[2].endswith("        5000  app/again link to app/data")
    assert first[5].endswith("  bin -> usr/bin")


def test_which_as_json(counted: str, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    ran = run(capfdbinary, "which", counted, "/app/data", "--json")
    assert next(iter(ran.json)) == "schema_version"
    assert ran.json["path"] == "app/data"
    assert ran.json["winner"] is None
    assert ran.json["history"] == [
        {
            "layer": 0,
            "kind": "file",
            "state": "added",
            "outcome": "deleted",
            "by_layer": 1,
            "size_bytes": 5000,
            "mode": "0644",
        },
        {
            "layer": 1,
            "kind": "whiteout",
            "state": "removed",
            "outcome": None,
            "by_layer": None,
            "size_bytes": None,
            "mode": None,
        },
    ]
    assert ran.json["removed_with"] is None
    assert run(capfdbinary, "which", counted, "bin", "--json").json["winner"] == 2


def test_which_names_the_parent_that_a_path_went_with(counted: str, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    ran = run(capfdbinary, "which", counted, "etc/motd", "--json")
    assert ran.json["removed_with"] == {"layer": 2, "path": "etc"}
    lines = run(capfdbinary, "which", counted, "etc/motd").lines
    assert lines[-1] == "winner: none, a container does not see this path (L2 removed it with etc/)"


def test_which_as_a_table(counted: str, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    ran = run(capfdbinary, "which", counted, "etc/")
    assert [" ".join(line.split()) for line in ran.lines] == [
        "etc",
        "LAYER S SIZE MODE OUTCOME WHAT IT DID COMMAND",
        "L0 + directory 0755 shadowed by L1 added ADD rootfs /",
        "L1 directory 0755 deleted by L2 unchanged, or a parent directory that the layer only repeats RUN change",
        "L2 - whiteout removed by a whiteout RUN remove",
        "winner: none, a container does not see this path (removed)",
    ]
    assert ran.lines[1].index("LAYER") == ran.lines[2].index("L0") == 2
    lines = run(capfdbinary, "which", counted, "bin").lines
    assert lines[-2].startswith("*  L2     T     10 B  0644  wins  ")
    assert lines[-1] == "winner: L2"


def test_which_of_a_directory_that_no_layer_holds(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    path = tmp_path / "implied.tar"
    path.write_bytes(docker_archive([ImageSpec(layers=[[file("deep/down/f", "1")]])]))
    ran = run(capfdbinary, "which", str(path), "deep/down", "--json")
    assert (ran.code, ran.json["winner"], ran.json["history"]) == (0, None, [])
    assert "A directory that no layer holds itself" in run(capfdbinary, "which", str(path), "deep").lines[-1]
    listed = run(capfdbinary, "files", str(path), "--json").json["files"]
    implied = [(each["path"], each["layer"], each["implied"], each["mode"], each["mtime"]) for each in listed]
    assert implied[:2] == [("deep", None, True, None, None), ("deep/down", None, True, None, None)]
    assert implied[2][:3] == ("deep/down/f", 0, False)


def test_paths_that_are_not_utf8_come_with_their_bytes(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    path = tmp_path / "bytes.tar"
    layer = [file(b"f\xff\n", "1"), symlink("l", b"\xfe"), file("plain\n", "2")]
    path.write_bytes(docker_archive([ImageSpec(layers=[layer])]))
    found = run(capfdbinary, "files", str(path), "--json").json["files"]
    assert found[0]["path"] == "f\\xff\\n"
    assert base64.b64decode(found[0]["path_base64"]) == b"f\xff\n"
    assert list(found[0])[:2] == ["path", "path_base64"]
    assert (found[1]["link_target"], base64.b64decode(found[1]["link_target_base64"])) == ("\\xfe", b"\xfe")
    assert found[2]["path"] == "plain\n"
    assert "path_base64" not in found[2]
    ran = run(capfdbinary, "which", str(path), "f\udcff\n", "--json")
    assert ran.json["path"] == "f\\xff\\n"
    assert base64.b64decode(ran.json["path_base64"]) == b"f\xff\n"


def test_an_opaque_root_is_listed(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    path = tmp_path / "root.tar"
    path.write_bytes(docker_archive([ImageSpec(layers=[[file("hidden", "1")], [opaque(""), file("seen", "2")]])]))
    assert run(capfdbinary, "files", str(path), "--layer", "1").lines[1:] == [
        "O                                                  ./",
        "+      L1     -rw-r--r--  0:0                   1  seen",
    ]
    assert [each["path"] for each in run(capfdbinary, "files", str(path), "--json").json["files"]] == ["seen"]


def test_a_root_with_an_entry_is_a_dot(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    path = tmp_path / "dot.tar"
    path.write_bytes(docker_archive([ImageSpec(layers=[[directory("."), file("./f", "1")]])]))
    found = run(capfdbinary, "files", str(path), "--json").json["files"]
    assert [(each["path"], each["layer"]) for each in found] == [(".", 0), ("f", 0)]


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
