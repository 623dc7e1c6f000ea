"""`layertui ls` on hosts of our own: what is printed, what is said beside it, and how the process ends."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from layertui.errors import DamagedError, UnreachableError
from layertui.sources.place import Environ, Place
from tests.hosts import absent, answering, chain_id, container, damaged, failing, image, image_id
from tests.kit.docker import docker_archive
from tests.kit.images import ImageSpec, build
from tests.kit.polite import polite_image
from tests.test_cli import Ran, run

OLD, NEW = "2024-01-01T00:00:00Z", "2024-02-01T00:00:00Z"

DOCKER = [
    image("base", ["base:1"], {"base": 100_000_000}, created=OLD, labels={"role": "base"}),
    container("shell", "base", "exited (0)"),
    image("api", ["api:1.4", "api:latest"], {"base": 100_000_000, "api": 3_000_000}, created=NEW),
    container("web", "api"),
    container("lost", "gone"),
    image("loose", [], {"base": 100_000_000, "loose": 5}, created="2024-01-15T00:00:00Z"),
]
"""Of a store that keeps its images in no order of age."""


class Host:
    """A host whose places a test chooses."""

    def __init__(self, capture: pytest.CaptureFixture[bytes], patch: pytest.MonkeyPatch) -> None:
        self._capture, self._patch = capture, patch

    def ls(self, places: Sequence[Place], *arguments: str) -> Ran:
        """Run `layertui ls` there."""

        def look(environ: Environ) -> tuple[Place, ...]:
            return tuple(places)

        self._patch.setattr("layertui.listing.look", look)
        return run(self._capture, "ls", *arguments)


@pytest.fixture
def host(capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> Host:
    return Host(capfdbinary, monkeypatch)


def first_words(ran: Ran, count: int = 2) -> list[list[str]]:
    return [line.split()[:count] for line in ran.lines]


def test_one_engine_newest_first_a_line_for_each_tag(host: Host) -> None:
    ran = host.ls([answering("Docker", DOCKER), absent("Podman")])
    assert (ran.code, ran.err) == (0, b"")
    assert first_words(ran, 3) == [
        ["REPOSITORY", "TAG", "IMAGE"],
        ["api", "1.4", image_id("api").short],
        ["api", "latest", image_id("api").short],
        ["<none>", "<none>", image_id("loose").short],
        ["base", "1", image_id("base").short],
    ]
    assert [line.split()[-1] for line in ran.lines] == ["SIZE", "103MB", "103MB", "100MB", "100MB"]


def test_several_sources_are_one_table_in_their_order(host: Host) -> None:
    places = [
        answering("Docker", DOCKER[:1]),
        answering("Podman (root)", [image("base", ["localhost/base:1"], created=NEW)], scheme="containers-storage"),
    ]
    ran = host.ls(places)
    assert [line.rsplit("  ", 1)[-1].strip() for line in ran.lines] == ["SOURCE", "Docker", "Podman (root)"]
    assert first_words(ran)[1:] == [["base", "1"], ["localhost/base", "1"]]


def test_two_sources_of_one_name_are_told_apart(host: Host) -> None:
    places = [answering("Docker", DOCKER[:1], where="/run/a"), answering("Docker", DOCKER[:1], where="/run/b")]
    assert [line.rsplit("  ", 1)[-1].strip() for line in host.ls(places).lines[1:]] == [
        "Docker (/run/a)",
        "Docker (/run/b)",
    ]
    assert host.ls(places, "--tree").out.count(b"base:1") == 2


def test_names_of_one_image_are_one_image(host: Host) -> None:
    named_twice = [image("a", ["a:1"], {"base": 5}), image("b", ["b:1"]), image("a", ["mirror/a:1"], {"base": 5})]
    shape = host.ls([answering("containerd", named_twice, scheme="containerd")], "--json").json
    assert [each["tags"] for each in shape["images"]] == [["a:1", "mirror/a:1"], ["b:1"]]


def test_json_says_what_is_shared_and_which_containers_stand_on_what(host: Host) -> None:
    ran = host.ls([answering("Docker", DOCKER)], "--json")
    assert (ran.code, ran.err) == (0, b"")
    told = {(each["tags"] or ["loose"])[0]: each for each in ran.json["images"]}
    assert [(each["shared_bytes"], each["unique_bytes"]) for each in told.values()] == [
        (100_000_000, 3_000_000),
        (100_000_000, 5),
        (100_000_000, 0),
    ]
    assert told["api:1.4"]["image_id"] == str(image_id("api"))
    assert told["api:1.4"]["source"] == "Docker"
    assert [each["name"] for each in told["api:1.4"]["containers"]] == ["web"]
    assert [(each["status"], each["running"]) for each in told["base:1"]["containers"]] == [("exited (0)", False)]
    assert [each["name"] for each in ran.json["containers_without_image"]] == ["lost"]


def test_nothing_is_shared_between_sources(host: Host) -> None:
    places = [answering("Docker", DOCKER[:1]), answering("Podman", DOCKER[:1])]
    assert [each["unique_bytes"] for each in host.ls(places, "--json").json["images"]] == [100_000_000] * 2


def test_a_tree_with_containers(host: Host) -> None:
    ran = host.ls([answering("Docker", DOCKER)], "--tree")
    lost = container("lost", "gone").container
    assert lost is not None
    assert ran.code == 0
    assert ran.lines[0].startswith(f"├─{chain_id('base').short} Virtual Size: 100MB Image: ")
    assert [line.partition("Writable layer ")[2] for line in ran.lines if "Writable" in line] == [
        "of container shell (exited (0))",
        "of container web (running)",
        "of container lost (running), its image is gone",
    ]


@pytest.mark.parametrize(("encoding", "plain"), [("utf-8", False), ("latin-1", True), ("ascii", True)])
def test_a_tree_is_drawn_with_what_the_encoding_has(encoding: str, plain: bool) -> None:
    command = [sys.executable, "-m", "layertui", "ls", "demo", "--tree"]
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run(command, env=environment, capture_output=True, timeout=60, check=True)
    assert done.stdout.isascii() is plain
    assert len(done.stdout.splitlines()) == 12


def test_quiet_digests_and_whole_ids(host: Host) -> None:
    held = [answering("Docker", [image("a", ["a:1"], digests=[f"a@sha256:{'ab' * 32}"])])]
    assert host.ls(held, "-q").lines == [image_id("a").short]
    assert host.ls(held, "--quiet", "--no-trunc").lines == [str(image_id("a"))]
    assert host.ls(held, "--digests").lines[1].split()[2] == f"sha256:{'ab' * 32}"


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["--filter", "dangling=true"], ["<none>"]),
        (["-f", "dangling=false", "-f", "before=api:1.4"], ["base"]),
        (["--filter", "label=role"], ["base"]),
        (["--filter", "since=base:1", "--filter", "reference=a*"], ["api", "api"]),
        (["api"], ["api", "api"]),
        (["api:1.4"], ["api"]),
        (["b*"], ["base"]),
        (["nothing"], []),
    ],
    ids=str,
)
def test_filters(host: Host, arguments: list[str], names: list[str]) -> None:
    ran = host.ls([answering("Docker", DOCKER)], *arguments)
    assert ran.code == 0
    assert [line.split()[0] for line in ran.lines[1:]] == names


def test_what_a_filter_leaves_is_still_shared_with_the_rest(host: Host) -> None:
    ran = host.ls([answering("Docker", DOCKER)], "--json", "--filter", "reference=base")
    assert [(each["shared_bytes"], each["unique_bytes"]) for each in ran.json["images"]] == [(100_000_000, 0)]
    assert ran.json["containers_without_image"] == []


@pytest.mark.parametrize(
    "arguments",
    [["--filter", "until=1h"], ["--json", "--tree"], ["-q", "--json"], ["docker-daemon:api"], ["docker:api"]],
    ids=str,
)
def test_what_cannot_be_understood_is_said_before_anything_is_asked(host: Host, arguments: list[str]) -> None:
    ran = host.ls([failing("Docker", AssertionError())], *arguments)
    assert (ran.code, ran.out) == (2, b"")


def test_one_that_fails_is_said_and_the_rest_is_listed(host: Host) -> None:
    problem = UnreachableError("Docker does not answer\x1b[2J.", "Start it.")
    places = [failing("Docker", problem), answering("Podman", DOCKER)]
    ran = host.ls(places)
    assert ran.code == 7
    assert len(ran.lines) == 5
    assert ran.err == b"layertui: Docker does not answer\\x1b[2J.\n  Start it.\n"
    shape = host.ls(places, "--json")
    assert (shape.code, len(shape.json["images"])) == (7, 3)
    assert shape.json["problems"] == [{"message": problem.message, "hint": "Start it."}]
    assert json.loads(shape.err)["error"]["exit_code"] == 7


def test_one_that_hangs_is_said_and_the_rest_is_listed(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("layertui.sources.host.open_all.__defaults__", (0.3, None))
    ran = host.ls([answering("Docker", after_s=30), answering("Podman", DOCKER)])
    assert (ran.code, len(ran.lines)) == (7, 5)
    assert ran.err.startswith(b"layertui: Docker (/run/Docker.sock) does not answer.\n")


def test_an_image_that_is_damaged_is_said_and_the_rest_is_listed(host: Host) -> None:
    bad = damaged("bad:1", DamagedError("bad:1: its config is not there."))
    ran = host.ls([answering("Docker", [bad, *DOCKER], warnings=["one additional store is not there."])])
    assert (ran.code, len(ran.lines)) == (7, 5)
    assert ran.err == b"layertui: one additional store is not there.\nlayertui: bad:1: its config is not there.\n"


def test_where_all_fail_there_is_no_list(host: Host) -> None:
    one = failing("Docker", UnreachableError("Docker does not answer.", "Start it."))
    ran = host.ls([one, absent("Podman")])
    assert (ran.code, ran.out, ran.err) == (4, b"", b"layertui: Docker does not answer.\n  Start it.\n")
    both = host.ls([one, failing("Podman", UnreachableError("Podman does not either."))])
    assert (both.code, both.out) == (4, b"")
    assert both.err.splitlines()[:2] == [b"layertui: Docker does not answer.", b"layertui: Podman does not either."]
    said = json.loads(host.ls([one, one, failing("Podman", UnreachableError("Podman does not."))], "--json").err)
    assert said["error"]["message"] == "Docker does not answer. Podman does not."


def test_what_is_wrong_with_one_blob_is_said_once_for_all_its_names(host: Host) -> None:
    bad = DamagedError("blob sha256:ab is missing.", "Pull the image again.")
    ran = host.ls([answering("containerd", [damaged("a:1", bad), damaged("b:1", bad), *DOCKER], scheme="containerd")])
    assert (ran.code, ran.err) == (7, b"layertui: blob sha256:ab is missing.\n  Pull the image again.\n")


def test_a_host_without_any_engine_says_what_was_looked_for(host: Host) -> None:
    ran = host.ls([absent("Docker", "permission denied (root:docker 0660)"), absent("Podman")])
    assert (ran.code, ran.out) == (4, b"")
    assert b"/run/Docker.sock (permission denied (root:docker 0660)), /run/Podman.sock (absent)" in ran.err
    assert b"layertui image.tar" in ran.err
    assert json.loads(host.ls([], "--json").err)["error"]["exit_code"] == 4


def test_an_engine_without_images_is_no_failure(host: Host) -> None:
    ran = host.ls([answering("Docker")])
    assert (ran.code, len(ran.lines)) == (0, 1)
    assert host.ls([answering("Docker")], "--tree").out == b""
    assert host.ls([answering("Docker")], "--json").json["images"] == []


def test_only_the_places_of_a_scheme_are_asked(host: Host) -> None:
    places = [
        failing("Docker", UnreachableError("Docker does not answer.")),
        answering("Podman", DOCKER[:1], scheme="containers-storage"),
    ]
    ran = host.ls(places, "containers-storage:")
    assert (ran.code, first_words(ran)[1:]) == (0, [["base", "1"]])


def test_a_socket_of_podman_goes_by_the_scheme_that_is_typed(host: Host) -> None:
    places = [answering("Podman", DOCKER[:1], scheme="podman")]
    ran = host.ls(places, "containers-storage:", "--json")
    assert [each["scheme"] for each in ran.json["images"]] == ["containers-storage"]


def test_an_archive_is_listed_too(host: Host, tmp_path: Path) -> None:
    spec = ImageSpec(layers=(), tags=("empty:1",), config={"Labels": {"k": "v"}})
    (tmp_path / "two.tar").write_bytes(docker_archive([polite_image(), spec]))
    ran = host.ls([], str(tmp_path / "two.tar"), "--json")
    assert ran.code == 0
    built = build(polite_image())
    assert [(each["tags"], each["size_bytes"]) for each in ran.json["images"]] == [
        (["polite:1"], None),
        (["empty:1"], None),
    ]
    assert ran.json["images"][0]["image_id"] == built.image_id
    assert first_words(host.ls([], str(tmp_path / "two.tar"), "-f", "label=k=v"))[1:] == [["empty", "1"]]


def test_a_misspelt_file_is_no_image(host: Host) -> None:
    ran = host.ls([answering("Docker", DOCKER)], "image.tar")
    assert (ran.code, ran.out) == (3, b"")
