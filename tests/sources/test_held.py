"""What a name means among the engines and stores of a host: who is asked first, and what is said if none has it."""

import pytest

from layertui.errors import LayertuiError, NotFoundError, UnreachableError
from layertui.sources.held import may_be_held, open_held
from layertui.sources.place import Place
from layertui.sources.reference import parse_reference
from tests.hosts import answering, container, failing, image, image_id

DOCKER = answering(
    "docker",
    [
        image("api", ["api:1.4", "api:latest"]),
        container("web", "api"),
        container("api", "api"),
        image("redis", ["redis:7.4"], digests=["redis@sha256:" + "12" * 32]),
    ],
)
PODMAN = answering(
    "podman", [image("tool", ["localhost/tool:1"]), image("other", ["localhost/api:9"])], scheme="containers-storage"
)
CONTAINERD = answering("containerd", [image("redis8", ["docker.io/library/redis:8"])], scheme="containerd")
REFUSED = failing("docker", UnreachableError("Permission denied: /run/docker.sock.", "Join group docker."))
WEB = container("web", "api").container
WEB_ID = WEB.container_id[:12] if WEB is not None else ""
ALL = (DOCKER, PODMAN, CONTAINERD)


def opened(text: str, places: tuple[Place, ...] = ALL) -> tuple[str, str, str | None]:
    """The source's scheme, the kind and the reference of what is meant."""
    found = open_held(parse_reference(text), look=lambda _: places)
    assert found.chosen is not None
    return found.source.scheme, found.chosen.kind, found.chosen.reference


@pytest.mark.parametrize(
    ("text", "scheme", "kind", "reference"),
    [
        ("api", "docker-daemon", "image", "api:1.4"),
        ("api:latest", "docker-daemon", "image", "api:1.4"),
        ("docker.io/library/api:1.4", "docker-daemon", "image", "api:1.4"),
        ("web", "docker-daemon", "container", "web"),
        (WEB_ID, "docker-daemon", "container", "web"),
        ("docker-container:api", "docker-daemon", "container", "api"),
        ("docker-daemon:web", "docker-daemon", "container", "web"),
        ("redis", "docker-daemon", "image", "redis:7.4"),
        ("redis@sha256:" + "12" * 32, "docker-daemon", "image", "redis:7.4"),
        (f"sha256:{image_id('redis').hex[:6]}", "docker-daemon", "image", "redis:7.4"),
        ("tool:1", "containers-storage", "image", "localhost/tool:1"),
        ("containers-storage:api", "containers-storage", "image", "localhost/api:9"),
        ("redis:8", "containerd", "image", "docker.io/library/redis:8"),
        ("containerd:redis", "containerd", "image", "docker.io/library/redis:8"),
    ],
)
def test_the_first_that_has_it(text: str, scheme: str, kind: str, reference: str) -> None:
    assert opened(text) == (scheme, kind, reference)


def test_without_a_name_everything_is_opened() -> None:
    found = open_held(parse_reference("docker-daemon:"), look=lambda _: ALL)
    assert found.chosen is None
    assert len(found.entries) == 4
    found = open_held(parse_reference("docker-container:"), look=lambda _: ALL)
    assert [entry.reference for entry in found.entries] == ["web", "api"]


def test_a_dead_engine_does_not_hide_what_a_store_has() -> None:
    assert opened("tool:1", (REFUSED, PODMAN)) == ("containers-storage", "image", "localhost/tool:1")


@pytest.mark.parametrize(
    ("text", "places", "kind", "said", "hint"),
    [
        ("nginx", ALL, NotFoundError, "None of docker, podman, containerd has", "layertui ls"),
        ("docker-daemon:nginx", ALL, NotFoundError, "docker has nothing called nginx", "redis:7.4"),
        ("docker-container:redis", ALL, NotFoundError, "nothing called redis", "web, api"),
        ("nginx", (REFUSED, PODMAN), UnreachableError, "Permission denied: /run/docker.sock.", "Join group docker."),
        ("nginx", (), NotFoundError, "No engine and no store was found.", "spelling"),
        ("containerd:x", (DOCKER,), UnreachableError, "No engine and no store was found.", ""),
    ],
)
def test_what_nobody_has(text: str, places: tuple[Place, ...], kind: type[LayertuiError], said: str, hint: str) -> None:
    with pytest.raises(LayertuiError) as caught:
        open_held(parse_reference(text), look=lambda _: places)
    assert type(caught.value) is kind
    assert said in caught.value.message
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("nginx", True),
        ("host:5000/team/api:1.4", True),
        ("api@sha256:" + "0" * 64, True),
        ("0123abcd", True),
        ("image.tar", False),
        ("backup.tar.gz", False),
        ("./nginx", False),
        ("/var/lib/x", False),
        ("a b", False),
        ("", False),
    ],
)
def test_an_engine_is_not_asked_for_files(name: str, asked: bool) -> None:
    assert may_be_held(name) is asked
