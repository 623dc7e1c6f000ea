"""Every command on an image that is in a real registry: what it says is what it says of the archive it came from."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.contract.registry_daemon import PASSWORD, USER, Registry, why_not
from tests.kit.docker import docker_archive
from tests.kit.entries import Entry, directory, file
from tests.kit.estargz import estargz
from tests.kit.images import ImageSpec, build
from tests.kit.oci import oci_layout
from tests.kit.seekable import seekable_layout
from tests.test_cli import COUNTED, run

pytestmark = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))

Capture = pytest.CaptureFixture[bytes]

LARGE: list[Entry] = [
    directory("big"),
    file("big/noise", random.Random(1).randbytes(300_000)),
    file("big/word", "aloud\n"),
]
PLATFORMS = [ImageSpec(layers=COUNTED.layers, tags=("many",), architecture=name) for name in ("s390x", "riscv64")]


@dataclass(frozen=True, slots=True)
class Filled:
    """A registry that wants a password, and the archive that filled it."""

    registry: Registry
    archive: str
    authfile: str

    def name(self, rest: str) -> str:
        return f"docker://{self.registry.host}/{rest}"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    root = tmp_path_factory.mktemp("commands")
    (root / "image.tar").write_bytes(docker_archive([COUNTED]))
    layout = oci_layout(root / "many", PLATFORMS, nested=True)
    large = seekable_layout(root / "large", [estargz(LARGE)], "gzip")
    with Registry("htpasswd") as registry:
        for tag in ("1.9", "1.10", "latest"):
            registry.push(f"docker-archive:{root}/image.tar:counted:1", f"team/api:{tag}", "--dest-decompress")
        registry.push(f"oci:{layout}:many", "team/many:1", "--all")
        registry.push(large, "team/large:1")
        (root / "auth.json").write_text(json.dumps(registry.credentials))
        yield Filled(registry, str(root / "image.tar"), str(root / "auth.json"))


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XDG_CACHE_HOME", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.delenv("REGISTRY_AUTH_FILE", raising=False)


@pytest.mark.parametrize(
    "words",
    [
        ("files", "REF", "-0"),
        ("files", "REF#1", "-0"),
        ("which", "REF", "etc/motd"),
        ("find", "REF", "--content", "hello"),
        ("cat", "REF", "etc/motd", "--layer", "1"),
        ("cat", "REF", "app/run.sh", "--layer", "0"),
        ("extract", "REF#0", "--tar", "-o", "-"),
        ("extract", "REF", "--layer", "1", "--tar", "-o", "-"),
        ("diff", "REF#0", "REF#1", "--name-status"),
        ("diff", "REF#0", "REF#1", "--patch"),
    ],
    ids=" ".join,
)
def test_a_command_says_the_same(words: tuple[str, ...], filled: Filled, capfdbinary: Capture) -> None:
    def said(ref: str, *more: str) -> tuple[int, bytes, bytes]:
        ran = run(capfdbinary, *(word.replace("REF", ref) for word in words), *more)
        return ran.code, ran.out, ran.err

    here, there = said(filled.archive), said(filled.name("team/api:1.9"), "--authfile", filled.authfile)
    assert here == there
    assert here[1]


def test_layers_and_inspect_say_the_same_but_for_names(filled: Filled, capfdbinary: Capture) -> None:
    login = ("--authfile", filled.authfile, "--json")
    for command in ("layers", "inspect"):
        here = run(capfdbinary, command, filled.archive, "--json").json
        ran = run(capfdbinary, command, filled.name("team/api:latest"), *login)
        assert (ran.code, ran.err) == (0, b"")
        assert [layer["diff_id"] for layer in ran.json["layers"]] == [layer["diff_id"] for layer in here["layers"]]
        assert ran.json["history"] == here["history"]
    # As the screen would open it, but without a terminal.
    ran = run(capfdbinary, filled.name("team/api:latest"), *login[:2])
    assert ran.code == 0
    assert b"reclaimable 5.0 kB" in ran.out


def test_two_images_are_compared(filled: Filled, capfdbinary: Capture) -> None:
    ran = run(capfdbinary, filled.archive, filled.name("team/api:1.9"), "--authfile", filled.authfile)
    assert ran.code == 0
    assert ran.out.count(b"same diff ID") == 3
    assert b"No path differs" in ran.out


def test_files_come_out(filled: Filled, tmp_path: Path, capfdbinary: Capture) -> None:
    target = tmp_path / "out"
    ran = run(
        capfdbinary, "extract", filled.name("team/api:1.9"), "etc", "--layer", "0", "-o", str(target),
        "--authfile", filled.authfile,
    )  # fmt: skip
    assert (ran.code, (target / "etc/motd").read_text()) == (0, "hello\n")


def test_a_layer_that_is_listed_by_its_table_gives_its_tar_and_its_words(filled: Filled, capfdbinary: Capture) -> None:
    ref, login = filled.name("team/large:1"), ("--authfile", filled.authfile)
    assert run(capfdbinary, "find", ref, "--content", "aloud", *login).out.startswith(b"L0")
    assert run(capfdbinary, "cat", ref, "big/word", *login).out == b"aloud\n"
    ran = run(capfdbinary, "extract", f"{ref}#0", "--tar", "-o", "-", *login)
    assert (ran.code, ran.err) == (0, b"")
    assert LARGE[1].data in ran.out
    assert b"stargz.index.json" in ran.out  # byte for byte: its diff ID was verified
    # Now that all of it is here, it is read as the tar that it is.
    assert run(capfdbinary, "cat", ref, "big/noise", *login).out == LARGE[1].data


def test_all_tags_are_listed_newest_version_first(filled: Filled, capfdbinary: Capture) -> None:
    sent = filled.registry.sent_bytes()
    ran = run(capfdbinary, "ls", filled.name("team/api"), "--all-tags", "--authfile", filled.authfile)
    lines = [line.split() for line in ran.out.decode().splitlines()]
    assert lines[0] == ["REPOSITORY", "TAG", "IMAGE", "ID", "CREATED", "SIZE"]
    assert [line[:2] for line in lines[1:]] == [
        [f"{filled.registry.host}/team/api", tag] for tag in ("latest", "1.10", "1.9")
    ]
    assert filled.registry.sent_bytes() == sent
    told = run(capfdbinary, "ls", filled.name("team/api"), "-a", "--json", "--authfile", filled.authfile).json
    assert [image["tags"][0].rpartition(":")[2] for image in told["images"]] == ["latest", "1.10", "1.9"]
    ran = run(capfdbinary, "ls", filled.name("team/api:1.9"), "--authfile", filled.authfile)
    assert build(COUNTED).image_id[7:19].encode() in ran.out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("ls", "-a"), 2, b"--all-tags is for a repository in a registry."),
        (("ls", "-a", "-q", "REF/team/api"), 2, b"--all-tags lists names alone"),
        (("ls", "-a", "REF/team/api:1.9"), 2, b"names one image, and all tags were asked for"),
        (("layers", "REF/team/api:1.8", "--authfile", "LOGIN"), 3, b"Near it: 1.9"),
        (("layers", "REF/team/nothing", "--authfile", "LOGIN"), 3, b"does not exist, or is private"),
        (("layers", "REF/team/api"), 6, b"no credentials"),
        (("pull", "REF/team/api", "-o", "OUT"), 6, b"no credentials"),
        (("layers", "REF/team/many:1", "--authfile", "LOGIN"), 2, b"Choose one: --platform linux/s390x"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_is_wrong_is_said(
    words: tuple[str, ...], code: int, said: bytes, filled: Filled, tmp_path: Path, capfdbinary: Capture
) -> None:
    place = {"REF": filled.name("")[:-1], "LOGIN": filled.authfile, "OUT": str(tmp_path / "out")}
    for name, text in place.items():
        words = tuple(word.replace(name, text) for word in words)
    ran = run(capfdbinary, *words)
    assert (ran.code, said in ran.err) == (code, True), ran.err
    assert PASSWORD.encode() not in ran.err
    assert not (tmp_path / "out").exists()


def test_a_platform_is_chosen(filled: Filled, capfdbinary: Capture) -> None:
    login = ("--authfile", filled.authfile)
    ran = run(capfdbinary, "inspect", filled.name("team/many:1"), "--platform", "linux/riscv64", "--json", *login)
    assert ran.json["image"]["platform"] == "linux/riscv64"


def test_credentials_of_another_do_not_let_in(filled: Filled, tmp_path: Path, capfdbinary: Capture) -> None:
    (tmp_path / "wrong.json").write_text(json.dumps({"auths": {filled.registry.host: {"auth": "amFuZTp3cm9uZw=="}}}))
    ran = run(capfdbinary, "layers", filled.name("team/api:1.9"), "--authfile", str(tmp_path / "wrong.json"))
    assert ran.code == 6
    assert b"wrong.json" in ran.err
    assert USER.encode() not in ran.err
