"""What `layertui diff` says of two images that a real tool made, against diff(1), stat(2), git and patch(1)."""

import json
import os
import shutil
import stat
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.contract.test_oracles import needs_root, needs_umoci, run

PACKAGES = ("email", "json", "unittest", "html", "wsgiref")
"""Of Python's own library: some hundred real files."""

pytestmark = [
    needs_umoci,
    needs_root,
    pytest.mark.skipif(shutil.which("diff") is None, reason="diff is not installed"),
]


@dataclass(frozen=True, slots=True)
class Images:
    """Two images, what a tool unpacks of them, and what we say of them."""

    a: Path
    """Root directory as unpacked."""
    b: Path
    references: tuple[str, str]
    rows: dict[str, Any]
    """`diff --json`, by path."""


def diff(*words: str) -> bytes:
    command = [sys.executable, "-m", "layertui", "diff", *words]
    ran = subprocess.run(command, capture_output=True, timeout=120)
    assert ran.returncode == 1, ran.stderr
    return ran.stdout


def fill(root: Path) -> None:
    """The first image: real files, and some that are odd."""
    library = root / "usr" / "lib" / "python 3"
    library.mkdir(parents=True)
    for package in PACKAGES:
        source = Path(sysconfig.get_paths()["stdlib"]) / package
        shutil.copytree(source, library / package, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    (root / "etc").mkdir()
    (root / "etc" / "motd").write_text("hello\n")
    (root / "etc" / "no end").write_text("one\ntwo")
    (root / "etc" / 'quo"te').write_text("1\n")
    (root / "etc" / "binary").write_bytes(bytes(range(256)) * 10)
    (root / "etc" / "empty").touch()
    (root / "etc" / "link").symlink_to("motd")
    (root / "etc" / "other").symlink_to("/etc/motd")
    (root / "etc" / "group-a").write_text("linked\n")
    os.link(root / "etc" / "group-a", root / "etc" / "group-b")
    os.mkfifo(root / "etc" / "pipe")


def change(root: Path) -> None:
    """What the second image has otherwise."""
    library = root / "usr" / "lib" / "python 3"
    for number, path in enumerate(sorted(library.rglob("*.py"))):
        text = path.read_text()
        if number % 5 == 0:
            path.write_text(text.replace("self", "this").replace("import", "IMPORT", 3))
        elif number % 5 == 1:
            path.write_text("# first\n" + text + "# last\n")
        elif number % 5 == 2:
            path.chmod(0o755)
        elif number % 17 == 3:
            path.unlink()
    shutil.rmtree(library / "html")
    shutil.move(library / "json", library / "json2")
    os.chown(root / "etc" / "motd", 7, 8)
    (root / "etc" / "no end").write_text("one\nthree")
    (root / "etc" / 'quo"te').write_text("2\n")
    (root / "etc" / "binary").write_bytes(bytes(range(255, -1, -1)) * 10)
    (root / "etc" / "new\tname ").write_text("tab\n")
    (root / "etc" / "empty").unlink()
    (root / "etc" / "also empty").touch()
    (root / "etc" / "link").unlink()
    (root / "etc" / "link").symlink_to("no end")
    (root / "etc" / "other").unlink()
    (root / "etc" / "other").write_text("a file\n")
    os.unlink(root / "etc" / "group-b")
    (root / "etc" / "group-b").write_text("linked\n")
    os.unlink(root / "etc" / "pipe")
    os.utime(root / "etc" / "group-a", (5, 5))


def repack(layout: Path, name: str, bundle: Path) -> None:
    run("umoci", "repack", "--image", f"{layout}:{name}", bundle)


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Images]:
    root = tmp_path_factory.mktemp("diff")
    layout = root / "layout"
    run("umoci", "init", "--layout", layout)
    run("umoci", "new", "--image", f"{layout}:a")
    run("umoci", "unpack", "--image", f"{layout}:a", root / "one")
    fill(root / "one" / "rootfs")
    repack(layout, "a", root / "one")
    run("umoci", "unpack", "--image", f"{layout}:a", root / "two")
    change(root / "two" / "rootfs")
    repack(layout, "b", root / "two")
    for name in ("a", "b"):
        run("umoci", "unpack", "--image", f"{layout}:{name}", root / name)
    references = f"oci:{layout}:a", f"oci:{layout}:b"
    rows = json.loads(diff(*references, "--json", "--all"))["files"]
    yield Images(root / "a" / "rootfs", root / "b" / "rootfs", references, {row["path"]: row for row in rows})
    shutil.rmtree(root)


NAMES = {"file": "regular file", "hardlink": "regular file", "directory": "directory", "symlink": "symbolic link"}


def in_words(images: Images, row: Any) -> str | None:
    """A row as `diff -rq --no-dereference` says it; None where it says nothing, as metadata is not compared."""
    a, b = images.a / row["path"], images.b / row["path"]
    if row["change"] in ("only-a", "only-b"):
        path = a if row["b"] is None else b
        parent = images.rows.get(str(Path(row["path"]).parent))
        if parent is not None and parent["change"] == row["change"]:
            return None  # said with its directory
        return f"Only in {path.parent}: {path.name}"
    if row["change"] == "type":
        return f"File {a} is a {NAMES[row['a']['kind']]} while file {b} is a {NAMES[row['b']['kind']]}"
    if row["change"] == "content":
        return f"{'Symbolic links' if row['a']['kind'] == 'symlink' else 'Files'} {a} and {b} differ"
    return None


def test_agrees_with_diff(images: Images) -> None:
    ran = subprocess.run(
        ["diff", "-rq", "--no-dereference", images.a, images.b],
        capture_output=True,
        text=True,
        env={**os.environ, "LC_ALL": "C"},
    )
    assert ran.returncode == 1
    said = {line for row in images.rows.values() if (line := in_words(images, row)) is not None}
    assert said == set(ran.stdout.splitlines())
    assert len(said) > 40
    assert {row["change"] for row in images.rows.values()} == {
        "only-a",
        "only-b",
        "content",
        "metadata",
        "type",
        "identical",
    }


def entries(root: Path) -> dict[str, os.stat_result]:
    found = {"."} | {str(path.relative_to(root)) for path in root.rglob("*")}
    return {path: (root / path).lstat() for path in found}


def test_metadata_and_link_targets_are_those_of_the_unpacked_trees(images: Images) -> None:
    a, b = entries(images.a), entries(images.b)
    assert set(images.rows) == {*a, *b}
    for path in a.keys() & b.keys():
        one, other, row = a[path], b[path], images.rows[path]
        differing = {
            "mode": stat.S_IMODE(one.st_mode) != stat.S_IMODE(other.st_mode),
            "uid": one.st_uid != other.st_uid,
            "gid": one.st_gid != other.st_gid,
        }
        if stat.S_ISREG(one.st_mode):
            differing["mtime"] = one.st_mtime_ns != other.st_mtime_ns
        if stat.S_ISLNK(one.st_mode) and stat.S_ISLNK(other.st_mode):
            differing["link_target"] = os.readlink(images.a / path) != os.readlink(images.b / path)
        for name, differs in differing.items():
            assert (name in row["fields"]) == differs, f"{name} of {path}"
    assert images.rows["etc/motd"]["fields"] == ["uid", "gid"]
    assert "link_target" in images.rows["etc/group-a"]["fields"], "it lost its other name"


def files(root: Path) -> dict[str, tuple[bytes, bool]]:
    """Text files and links beneath a directory: content, and whether they may be run."""
    found = {}
    for path in root.rglob("*"):
        name = str(path.relative_to(root))
        if path.is_symlink():
            found[name] = os.fsencode(os.readlink(path)), False
        elif path.is_file() and b"\0" not in (data := path.read_bytes()):
            found[name] = data, bool(path.stat().st_mode & 0o100)
    return found


@pytest.mark.parametrize(
    "command",
    [["git", "apply", "--whitespace=nowarn"], ["patch", "-sp1", "--no-backup-if-mismatch", "--force"]],
    ids=["git", "patch"],
)
def test_a_patch_makes_the_second_of_the_first(images: Images, command: list[str], tmp_path: Path) -> None:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    copy = tmp_path / "copy"
    shutil.copytree(images.a, copy, symlinks=True, ignore=shutil.ignore_patterns("pipe"))
    patch = diff(*images.references, "--patch")
    environment = {"PATH": "/usr/bin:/bin", "GIT_CEILING_DIRECTORIES": "/"}
    ran = subprocess.run(command, input=patch, cwd=copy, capture_output=True, env=environment)
    assert ran.returncode == 0, (ran.stdout + ran.stderr).decode()
    assert files(copy) == files(images.b)
    assert not (copy / "etc" / "empty").exists()
    assert (copy / "etc" / "also empty").read_bytes() == b""
    assert b"\nBinary files a/etc/binary and b/etc/binary differ\n" in patch
