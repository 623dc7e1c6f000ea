"""`files` and `which` on an image whose every path is known: states, outcomes, and paths that are not UTF-8."""

import base64
from pathlib import Path

import pytest

from tests.kit.docker import docker_archive
from tests.kit.entries import directory, file, opaque, symlink
from tests.kit.images import ImageSpec
from tests.test_cli import Ran, counted, run

__all__ = ["counted"]

FILE_KEYS = [
    *("path", "kind", "size_bytes", "mode", "uid", "gid", "mtime", "link_target", "layer", "state", "outcome"),
    *("by_layer", "opaque", "implied"),
]


def marks(ran: Ran) -> list[tuple[str, str, int | None, str, str | None, int | None]]:
    return [
        (each["path"], each["kind"], each["layer"], each["state"], each["outcome"], each["by_layer"])
        for each in ran.json["files"]
    ]


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
