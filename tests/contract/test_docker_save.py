"""What a real Docker engine saves, next to what other tools make of it."""

import io
import json
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from layertui.present.marks import outcome_mark, state_mark
from layertui.stack.squash import Squash
from tests.contract import expected_polite
from tests.contract.dockerd import Dockerd, why_not
from tests.contract.forms import load
from tests.contract.listing import diff_lines, merged_lines
from tests.contract.test_oracles import needs_skopeo, needs_umoci, run, walk, without_links
from tests.kit.docker import docker_archive
from tests.kit.entries import directory, file, hardlink, symlink
from tests.kit.polite import polite_image
from tests.kit.tar import tar_bytes
from tests.tui.screen import opened_file, running

pytestmark = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))

BUSYBOX = shutil.which("busybox")

DOCKERFILE = """
FROM base:1
COPY files /app
RUN chmod 4750 /app/server && echo changed > /etc/motd && rm -r /srv/old
RUN mkdir /srv/new && ln -s /app/server /srv/new/s
RUN rm /app/cache && mv /srv/turn /srv/turned && mkdir /srv/turn && echo 1 > /srv/turn/inside && touch /app/server
ENV MODE=production
RUN rm -r /var/cache && mkdir /var/cache && echo 4 > /var/cache/four && mkfifo /var/pipe && chown 1001:1002 /etc/hosts
CMD ["/bin/sh"]
"""
"""Steps that replace, remove, change modes and owners, recreate a directory, and turn a file into a directory."""


@pytest.fixture(scope="module")
def engine() -> Iterator[Dockerd]:
    try:
        docker = Dockerd()
    except RuntimeError as error:
        pytest.skip(f"dockerd does not start here: {error}")
    with docker:
        yield docker


@pytest.fixture(scope="module")
def built(engine: Dockerd, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An image that Docker built itself, as `docker save` writes it."""
    if BUSYBOX is None:
        pytest.skip("busybox is not installed (Debian: busybox-static)")
    if subprocess.run(["ldd", BUSYBOX], capture_output=True).returncode == 0:
        pytest.skip("busybox is not static (Debian: busybox-static)")
    where = tmp_path_factory.mktemp("built")
    applets = ("sh", "chmod", "rm", "mkdir", "ln", "mv", "touch", "mkfifo", "chown")
    (where / "base.tar").write_bytes(
        tar_bytes(
            [
                directory("bin"),
                file("bin/busybox", Path(BUSYBOX).read_bytes(), mode=0o755),
                *(hardlink(f"bin/{name}", "bin/busybox", mode=0o755) for name in applets),
                directory("etc"),
                file("etc/motd", "Welcome.\n"),
                file("etc/hosts", "127.0.0.1 localhost\n"),
                directory("srv"),
                directory("srv/old"),
                file("srv/old/one", "1"),
                file("srv/turn", "a file first"),
                file("srv/größe", "UTF-8"),
                symlink("srv/link", "turn"),
                directory("tmp", mode=0o1777),
                directory("var"),
                directory("var/cache"),
                file("var/cache/one", "1"),
            ]
        )
    )
    files = where / "context" / "files"
    files.mkdir(parents=True)
    (files / "server").write_bytes(b"listens" * 1000)
    (files / "cache").write_bytes(b"c" * 500)
    (where / "context" / "Dockerfile").write_text(DOCKERFILE)
    engine.docker("import", where / "base.tar", "base:1")
    engine.build(where / "context", "built:1")
    engine.docker("save", "-o", where / "built.tar", "built:1")
    return where / "built.tar"


@pytest.fixture(scope="module")
def polite(engine: Dockerd, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The polite image, loaded into the engine and saved again."""
    where = tmp_path_factory.mktemp("polite")
    (where / "from.tar").write_bytes(docker_archive([polite_image()]))
    engine.docker("load", "-i", where / "from.tar")
    engine.docker("save", "-o", where / "saved.tar", "polite:1")
    return where / "saved.tar"


def test_what_docker_loads_and_saves_shows_the_same(polite: Path) -> None:
    image, _, squash = load(f"{polite}")
    assert image.tags == ("polite:1",)
    assert [diff_lines(squash, layer) for layer in range(5)] == expected_polite.DIFFS
    assert merged_lines(squash) == expected_polite.MERGED


def unpacked(archive: Path, tag: str, where: Path) -> tuple[list[str], list[set[str]]]:
    """What umoci unpacks of skopeo's copy: lines, and groups of hard links."""
    origin = f"docker-archive:{archive}:{tag}"
    run("skopeo", "--insecure-policy", "copy", origin, f"oci:{where}/layout:copy")
    run("umoci", "unpack", "--image", f"{where}/layout:copy", where / "bundle")
    return walk(where / "bundle" / "rootfs")


@needs_skopeo
@needs_umoci
@pytest.mark.parametrize("which", ["polite", "built"])
def test_umoci_unpacks_what_we_list(which: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    archive: Path = request.getfixturevalue(which)
    lines, groups = unpacked(archive, f"{which}:1", tmp_path)
    _, _, squash = load(f"{archive}")
    assert lines == without_links(merged_lines(squash))
    if which == "built":
        assert [len(group) for group in groups] == [10]
        assert any(line.startswith("f 4750 0:0 7000 ") for line in lines)  # the image has what it should
        assert any(line.startswith("p ") for line in lines)


def exported(data: bytes) -> set[tuple[str, str, int, int, int, int, str]]:
    """Members of `docker export`: name, type, mode, owners, size and target; every name of a hard link as a file."""
    found = set()
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        members = {member.name: member for member in archive}
        for name, member in members.items():
            meant = members[member.linkname] if member.islnk() else member
            kind = {tarfile.DIRTYPE: "d", tarfile.SYMTYPE: "l", tarfile.FIFOTYPE: "p"}.get(meant.type, "f")
            target = meant.linkname if meant.issym() else ""
            found.add((name.rstrip("/"), kind, meant.mode & 0o7777, meant.uid, meant.gid, meant.size, target))
    return found


def listed(squash: Squash) -> set[tuple[str, str, int, int, int, int, str]]:
    """The merged tree in the same form."""
    ours = set()
    for position, shown in enumerate(squash.merged_mask(squash.top)):
        entry = squash.entry(position)
        name = entry.path.decode()
        if not shown or name in INIT_LAYER or name == ".":
            continue
        kind = {"DIRECTORY": "d", "SYMLINK": "l", "FIFO": "p"}.get(entry.kind.name, "f")
        target = (entry.link_target or b"").decode() if kind == "l" else ""
        size = entry.size_bytes or 0 if kind == "f" else 0
        ours.add((name, kind, entry.mode, entry.uid, entry.gid, size, target))
    return ours


INIT_LAYER = {
    *("dev", "dev/console", "dev/pts", "dev/shm", "proc", "sys", "etc", ".dockerenv"),
    *("etc/hostname", "etc/hosts", "etc/mtab", "etc/resolv.conf"),
}
"""What Docker puts over every image when it makes a container."""


def test_a_container_exports_what_we_list(engine: Dockerd, built: Path, tmp_path: Path) -> None:
    container = engine.docker("create", "built:1").strip()
    engine.docker("export", "-o", tmp_path / "export.tar", container)
    engine.docker("rm", container)
    theirs = {entry for entry in exported((tmp_path / "export.tar").read_bytes()) if entry[0] not in INIT_LAYER}
    _, _, squash = load(f"{built}")
    assert listed(squash) == theirs


PATHS = (
    "app/server",
    "app/cache",
    "etc/motd",
    "etc/hosts",
    "srv/old/one",
    "srv/turn",
    "srv/turn/inside",
    "var/cache/one",
)
"""Replaced, changed in mode and owner, removed, removed with a parent, turned into a directory, hidden."""


async def test_the_screen_and_the_command_say_the_same_about_a_path(built: Path) -> None:
    async with running(opened_file(built), (120, 36)) as seen:
        for path in PATHS:
            command = [sys.executable, "-m", "layertui", "which", str(built), path, "--json"]
            said = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
            await seen.press("f", "ctrl+u")  # the last query stands there
            await seen.type(path)
            await seen.press("enter")
            squash = seen.main.files.squash
            assert squash is not None
            assert seen.main.files.path == path.encode()
            chain = seen.line_with("Chain:")
            positions = list(squash.history(path.encode()))
            assert [squash.layer(at) for at in positions] == [version["layer"] for version in said["history"]]
            for at, version in zip(positions, said["history"], strict=True):
                state = squash.state(at)
                assert state is not None
                assert state.name.lower() == version["state"]
                assert f"L{version['layer']} {state_mark(state)} " in f"{chain} "
                if version["by_layer"] is not None:
                    mark = outcome_mark(squash.outcome(at), squash.by_layer(at))
                    assert mark.endswith(str(version["by_layer"]))
                    assert mark in chain
            if said["winner"] is None:
                assert "wins" not in chain
            else:
                assert f"[L{said['winner']} " in chain
                assert "wins]" in chain
