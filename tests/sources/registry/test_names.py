"""Names of images in registries."""

import pytest

from layertui.errors import UsageError
from layertui.sources.registry.names import bare_name, parse_name

DIGEST = "sha256:" + "ab" * 32


@pytest.mark.parametrize(
    ("text", "full"),
    [
        ("alpine", "docker.io/library/alpine:latest"),
        ("alpine:3.19", "docker.io/library/alpine:3.19"),
        ("team/api", "docker.io/team/api:latest"),
        ("docker.io/alpine", "docker.io/library/alpine:latest"),
        ("index.docker.io/team/api:1", "docker.io/team/api:1"),
        ("registry-1.docker.io/library/alpine", "docker.io/library/alpine:latest"),
        ("localhost/x", "localhost/x:latest"),
        ("localhost:5000/x", "localhost:5000/x:latest"),
        ("127.0.0.1:5000/a/b/c:v1", "127.0.0.1:5000/a/b/c:v1"),
        ("[::1]:5000/x:1", "[::1]:5000/x:1"),
        ("Registry.Example.com/x", "registry.example.com/x:latest"),
        ("quay.io/team/api_server--x.y:1.0_B-c", "quay.io/team/api_server--x.y:1.0_B-c"),
        (f"alpine@{DIGEST}", f"docker.io/library/alpine@{DIGEST}"),
        (f"quay.io/x:1@{DIGEST}", f"quay.io/x:1@{DIGEST}"),
        ("x:5000", "docker.io/library/x:5000"),
        ("x:5000/y", "x:5000/y:latest"),
    ],
)
def test_a_name_is_what_docker_takes_it_for(text: str, full: str) -> None:
    name = parse_name(text)
    assert name.text == full
    assert name.reference == full.removeprefix(name.repository.text).rpartition("@")[2].removeprefix(":")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        (":1", "names no image"),
        ("docker.io/", "names no image"),
        ("Alpine", "capital letters"),
        ("quay.io/Team/api", "capital letters"),
        ("a//b", "is no name"),
        ("/etc/passwd", "is no name"),
        ("../x", "is no name|no valid registry"),
        ("a__b..c", "is no name"),
        ("x:", "no valid tag"),
        ("x:.1", "no valid tag"),
        ("x:" + "a" * 129, "no valid tag"),
        ("x@sha256:12", "no valid digest"),
        ("x@", "no valid digest"),
        ("x@sha256:../../" + "a" * 58, "no valid digest"),
        ("evil.com@x.com/y", "no valid digest"),
        ("host:99999999/x", "no valid registry"),
        ("ho st.com/x", "no valid registry"),
        ("-a.com/x", "no valid registry"),
        ("x\n", "is no name"),
        ("a.com/" + "x" * 300, "255 characters"),
        ("http://a.com/x", "is no name|no valid"),
    ],
)
def test_what_is_no_name(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        parse_name(text)


def test_another_image_of_the_same_repository() -> None:
    name = parse_name("quay.io/x:1")
    assert name.at("2").text == "quay.io/x:2"
    assert name.at(DIGEST).text == f"quay.io/x@{DIGEST}"
    with pytest.raises(UsageError):
        name.at("a/b")


@pytest.mark.parametrize(
    ("typed", "means"),
    [
        ("nginx:9", "docker.io/library/nginx:9"),
        ("nginx#2", "docker.io/library/nginx:latest"),
        ("registry.example.com:5000/team/api:1", "registry.example.com:5000/team/api:1"),
        ("docker://nginx", None),
        ("docker-daemon:nginx", None),
        ("./image", None),
        ("image.tar", None),
        ("Nginx", None),
        ("-", None),
        ("", None),
    ],
)
def test_a_bare_name_may_be_one_in_a_registry(typed: str, means: str | None) -> None:
    name = bare_name(typed)
    assert (name.text if name is not None else None) == means
