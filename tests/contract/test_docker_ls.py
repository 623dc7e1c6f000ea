"""`layertui ls` beside `docker images`, on a real engine."""

from collections.abc import Iterator

import pytest

from layertui.sources.docker.ondisk import NoDisk
from layertui.sources.host import look
from layertui.sources.place import Environ, Place
from tests.contract.dockerd import Dockerd, why_not
from tests.kit.docker import docker_archive
from tests.kit.entries import Layer, file
from tests.kit.images import ImageSpec
from tests.test_cli import run

pytestmark = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))

BASE: Layer = (file("base", "b" * 1_234_567),)


def spec(day: int, *tags: str, name: str = "", stage: str = "") -> ImageSpec:
    """An image made on a day of January 2024, with one layer of its own where it has a name."""
    return ImageSpec(
        layers=(BASE, (file(name, name * 500),)) if name else (BASE,),
        tags=tags,
        config={"Labels": {"stage": stage}} if stage else {},
        extra={"created": f"2024-01-{day:02}T00:00:00Z"},
    )


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dockerd]:
    """An engine with images of one and of several tags, one that lost its tag, and two containers."""
    try:
        docker = Dockerd()
    except RuntimeError as error:
        pytest.skip(f"dockerd does not start here: {error}")
    first = [spec(1, "base:1"), spec(2, "api:1", name="old"), spec(3, "registry.example.com:5000/team/job:latest")]
    second = [spec(9, "api:1", "team/api:1.4", name="new", stage="live"), spec(5, "tool:1", name="tool", stage="test")]
    with docker:
        for number, images in enumerate((first, second)):
            archive = tmp_path_factory.mktemp("images") / f"{number}.tar"
            archive.write_bytes(docker_archive(images))
            docker.docker("load", "-i", archive)
        docker.docker("create", "--name", "web", "api:1", "/new")
        docker.docker("create", "--name", "shell", "base:1", "/base")
        yield docker


@pytest.fixture
def here(engine: Dockerd, monkeypatch: pytest.MonkeyPatch) -> Dockerd:
    """The engine as the only one of this host."""

    def look_there(environ: Environ) -> tuple[Place, ...]:
        return tuple(place for place in look({"DOCKER_HOST": engine.host}) if engine.host in place.where)

    monkeypatch.setattr("layertui.listing.look", look_there)
    return engine


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--digests"],
        ["--no-trunc"],
        ["-q"],
        ["-q", "--no-trunc"],
        ["--filter", "dangling=true"],
        ["--filter", "dangling=false"],
        ["--filter", "reference=api"],
        ["--filter", "reference=*/api:1*"],
        ["--filter", "reference=*/*/*"],
        ["--filter", "label=stage"],
        ["--filter", "label=stage=live", "--filter", "reference=team/*"],
        ["--filter", "before=api:1"],
        ["--filter", "since=base:1", "--filter", "before=team/api:1.4"],
        ["tool"],
        ["api:1"],
        ["nothing"],
    ],
    ids=lambda options: " ".join(options) or "plain",
)
def test_it_prints_what_docker_prints(
    here: Dockerd, options: list[str], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    theirs = here.docker("images", *options).splitlines()
    ours = run(capfdbinary, "ls", *options)
    assert (ours.code, ours.err) == (0, b"")
    # Docker draws the names of one image in an order that changes from call to call.
    assert ours.lines[:1] == theirs[:1]
    assert sorted(ours.lines) == sorted(theirs)


def test_containers_stand_under_their_images(here: Dockerd, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    lines = run(capfdbinary, "ls", "--tree").lines
    assert len([line for line in lines if "Tags: base:1" in line and line.startswith("└─")]) == 1
    assert [line.rpartition("container ")[2] for line in lines if "Writable" in line] == [
        "shell (created)",
        "web (created)",
    ]
    shape = run(capfdbinary, "ls", "--json").json
    told = {name: each for each in shape["images"] for name in each["tags"]}
    assert [each["name"] for each in told["api:1"]["containers"]] == ["web"]
    assert told["api:1"]["unique_bytes"] == 1_500
    assert told["api:1"]["shared_bytes"] == 1_234_567
    assert told["base:1"]["unique_bytes"] == 0


@pytest.mark.parametrize("form", ["--tree", "--json"])
def test_what_is_shared_is_asked_where_the_engine_s_files_cannot_be_read(
    form: str, here: Dockerd, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    by_books = run(capfdbinary, "ls", form)
    monkeypatch.setattr("layertui.sources.docker.engine.disk_of", lambda *_: NoDisk())
    by_questions = run(capfdbinary, "ls", form)
    assert (by_questions.code, sorted(by_questions.out.splitlines())) == (0, sorted(by_books.out.splitlines()))
    assert b"unknown" not in by_books.out
