"""Where Docker is looked for: variables before contexts before the usual sockets, and no socket twice."""

import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from layertui.errors import LayertuiError
from layertui.sources.docker.finding import find
from layertui.sources.place import Place


@pytest.fixture
def home() -> Iterator[Path]:
    """A home directory whose paths are short enough for sockets."""
    with tempfile.TemporaryDirectory(prefix="lt-home-", dir="/tmp") as directory:
        yield Path(directory)


def listen(path: Path) -> Path:
    """A socket's file, as one is left there; nobody answers."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))
    return path


def write_context(config: Path, name: str, host: object, *, tls: bool = False, skip: bool = False) -> Path:
    key = hashlib.sha256(name.encode()).hexdigest()
    meta = config / "contexts" / "meta" / key / "meta.json"
    meta.parent.mkdir(parents=True)
    endpoint = {"Host": host, "SkipTLSVerify": skip}
    meta.write_text(json.dumps({"Name": name, "Metadata": {}, "Endpoints": {"docker": endpoint}}))
    if tls:
        kept = config / "contexts" / "tls" / key / "docker"
        kept.mkdir(parents=True)
        (kept / "ca.pem").write_text("")
    return meta


def looked(home: Path, **variables: str) -> tuple[Place, ...]:
    return find({"HOME": str(home), **variables}, default_socket=home / "run" / "docker.sock")


def lines(places: tuple[Place, ...]) -> list[tuple[str, str, bool, str]]:
    return [(place.name, place.where, place.found, place.said) for place in places]


def test_without_anything_it_says_what_was_tried(home: Path) -> None:
    (place,) = looked(home)
    assert f"{place.where} ({place.said})" == (
        f"DOCKER_HOST (unset), context default -> {home}/run/docker.sock (absent)"
    )
    assert not place.found
    assert "systemctl start docker" in place.hint
    with pytest.raises(LayertuiError, match="is not there, so Docker does not listen"):
        place.open()


def test_the_default_socket_is_found(home: Path) -> None:
    listen(home / "run" / "docker.sock")
    assert lines(looked(home)) == [
        ("Docker", f"DOCKER_HOST (unset), context default -> {home}/run/docker.sock", True, "present")
    ]


def test_docker_host_goes_before_the_context_and_both_are_places(home: Path) -> None:
    listen(home / "mine.sock")
    listen(home / "other.sock")
    write_context(home / ".docker", "other", f"unix://{home}/other.sock")
    (home / ".docker" / "config.json").write_text('{"currentContext": "other"}')
    places = looked(home, DOCKER_HOST=f"unix://{home}/mine.sock", DOCKER_CONTEXT="nowhere")
    assert lines(places)[:2] == [
        ("Docker", f"DOCKER_HOST=unix://{home}/mine.sock", True, "present"),
        ("Docker (context other)", f"{home}/other.sock", True, "present"),
    ]
    assert places[2].where == f"{home}/run/docker.sock"


def test_docker_context_goes_before_the_current_context(home: Path) -> None:
    config = home / "config"
    write_context(config, "a", "ssh://me@build")
    write_context(config, "b", f"unix://{home}/b.sock")
    (config / "config.json").write_text('{"currentContext": "b"}')
    where = [place.where for place in looked(home, DOCKER_CONFIG=str(config), DOCKER_CONTEXT="a")]
    assert where[0] == "DOCKER_HOST (unset), DOCKER_CONTEXT, context a -> ssh://me@build"
    where = [place.where for place in looked(home, DOCKER_CONFIG=str(config))]
    assert where[0] == f"DOCKER_HOST (unset), context b -> {home}/b.sock"
    where = [place.where for place in looked(home, DOCKER_CONFIG=str(config), DOCKER_CONTEXT="default")]
    assert where[0] == f"DOCKER_HOST (unset), context default -> {home}/run/docker.sock"


def test_what_is_far_away_counts_as_found_unasked(home: Path) -> None:
    for host in ("tcp://10.0.0.1:2376", "ssh://me@build", "10.0.0.1:2375"):
        place = looked(home, DOCKER_HOST=host)[0]
        assert (place.found, place.said) == (True, "asked when opened")


def test_a_context_that_does_not_exist_is_said_and_the_sockets_are_found_all_the_same(home: Path) -> None:
    listen(home / "run" / "docker.sock")
    chosen, default = looked(home, DOCKER_CONTEXT="gone")
    assert (chosen.found, chosen.said, chosen.hint) == (
        False,
        "no such context",
        "List them with: docker context ls",
    )
    assert default.found


@pytest.mark.parametrize("text", ["{", "[]", '{"Name": 3}', '{"Endpoints": {"docker": {"Host": []}}}', ""])
def test_a_broken_context_is_a_sentence_and_hides_no_other(home: Path, text: str) -> None:
    config = home / ".docker"
    write_context(config, "good", "tcp://10.0.0.1:2376")
    write_context(config, "bad", "unix:///x").write_text(text)
    by_found = {place.found: place for place in looked(home) if "context" in place.name}
    assert by_found[True].name == "Docker (context good)"
    assert by_found[False].said == "cannot be read"
    with pytest.raises(LayertuiError) as caught:
        by_found[False].open()
    assert "Remove the context" in caught.value.hint or text.startswith('{"Endpoints')


def test_the_current_context_is_known_though_it_is_broken(home: Path) -> None:
    write_context(home / ".docker", "bad", "unix:///x").write_text("{")
    chosen, default = looked(home, DOCKER_CONTEXT="bad")
    assert (chosen.found, chosen.said) == (False, "cannot be read")
    assert "Remove the context" in chosen.hint
    assert default.where == f"{home}/run/docker.sock"


@pytest.mark.parametrize("text", ["{", "[1]", '{"currentContext": 4}', "null", "<html>"])
def test_a_broken_config_is_said_and_the_default_is_used(home: Path, text: str) -> None:
    (home / ".docker").mkdir()
    (home / ".docker" / "config.json").write_text(text)
    (place,) = looked(home)
    assert place.where == (
        f"DOCKER_HOST (unset), config.json (cannot be read), context default -> {home}/run/docker.sock"
    )


def test_the_same_socket_stands_once(home: Path) -> None:
    """Docker Desktop's default socket is a link to its own, and it has a context for it too."""
    desktop = listen(home / ".docker" / "run" / "docker.sock")
    (home / "run").mkdir()
    (home / "run" / "docker.sock").symlink_to(desktop)
    write_context(home / ".docker", "desktop-linux", f"unix://{desktop}")
    assert [place.name for place in looked(home)] == ["Docker"]


def test_sockets_of_other_programs_are_found(home: Path) -> None:
    listen(home / "run" / "user" / "docker.sock")
    listen(home / ".docker" / "desktop" / "docker.sock")
    listen(home / ".colima" / "default" / "docker.sock")
    (home / ".colima" / "arm").mkdir()
    (home / ".colima" / "arm" / "colima.yaml").write_text("")
    (home / ".colima" / "_lima").mkdir()
    listen(home / ".rd" / "docker.sock")
    listen(home / ".lima" / "docker" / "sock" / "docker.sock")
    (home / ".lima" / "other").mkdir()
    places = looked(home, XDG_RUNTIME_DIR=f"{home}/run/user")
    assert [(place.name, place.said) for place in places[1:]] == [
        ("Docker (rootless)", "present"),
        ("Docker Desktop", "present"),
        ("Colima (arm)", "absent"),
        ("Colima (default)", "present"),
        ("Rancher Desktop", "present"),
        ("Lima (docker)", "present"),
    ]
    assert places[3].hint == "Start it: colima start arm"


def test_on_windows_the_named_pipe_is_the_default(home: Path) -> None:
    (place,) = find({"USERPROFILE": str(home)}, windows=True)
    assert place.where == "DOCKER_HOST (unset), context default -> npipe:////./pipe/docker_engine"
    assert (place.found, place.said) == (False, "a named pipe of Windows")  # as this is no Windows


def test_an_address_of_no_known_kind_is_said(home: Path) -> None:
    place = looked(home, DOCKER_HOST="fd://3")[0]
    assert (place.found, place.said) == (False, "fd:// is not known")
    with pytest.raises(LayertuiError, match="no address of an engine"):
        place.open()


def test_a_directory_in_the_sockets_place_is_said(home: Path) -> None:
    """What Docker leaves when a socket that is not there is mounted into a container."""
    (home / "run" / "docker.sock").mkdir(parents=True)
    (place,) = looked(home)
    assert (place.found, place.said) == (False, "a directory, not a socket")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.parametrize("group", ["root", "docker"])
def test_a_socket_without_permission_is_said_with_owner_and_mode(group: str, home: Path) -> None:
    path = listen(home / "docker.sock")
    path.chmod(0o660)
    try:
        shutil.chown(path, "root", group)
    except LookupError:
        pytest.skip(f"there is no group {group} here")
    home.chmod(0o755)
    program = (
        "from layertui.sources.docker.finding import find; from layertui.errors import LayertuiError\n"
        "import layertui.sources.docker.engine, layertui.sources.docker.transport  # while they can be read\n"
        "import os; os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        f"place = find({{'DOCKER_HOST': 'unix://{path}', 'HOME': '/nonexistent'}})[0]\n"
        "print(place.found, place.said, '|', place.hint)\n"
        "try: place.open()\n"
        "except LayertuiError as error: print(error.message, '|', error.hint)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    hint = "Use sudo, rootless podman, or DOCKER_HOST=ssh://..."
    if group == "docker":
        hint = "Join group docker, or: use sudo, rootless podman, or DOCKER_HOST=ssh://..."
    assert done.stdout.splitlines() == [
        f"True permission denied (root:{group} 0660) | {hint}",
        f"Permission denied: {path} (root:{group} 0660). | {hint}",
    ], done.stderr


def test_a_look_imports_no_sdk(home: Path) -> None:
    program = (
        "import sys; from layertui.sources.docker.finding import find\n"
        f"find({{'HOME': {str(home)!r}, 'DOCKER_HOST': 'tcp://a:1'}})\n"
        "print({'docker', 'requests', 'urllib3'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize(
    "host", ["tcp://me:secret@127.0.0.1:1", "http://me:secret@127.0.0.1:1", "me:secret@127.0.0.1:1"]
)
def test_a_password_is_shown_nowhere(host: str) -> None:
    for place in find({"DOCKER_HOST": host, "HOME": "/nowhere"}):
        said = f"{place.where} {place.said} {place.hint}"
        if place.found:
            with pytest.raises(LayertuiError) as caught:
                place.open()
            said += f"{caught.value.message} {caught.value.hint}"
        assert "secret" not in said


def test_what_starts_an_engine_is_said_when_its_socket_refuses(home: Path) -> None:
    """The socket's file is left when a machine is stopped; a context may lead to it too."""
    socket_path = listen(home / ".colima" / "work" / "docker.sock")
    write_context(home / ".docker", "colima-work", f"unix://{socket_path}")
    write_context(home / ".docker", "far", "tcp://127.0.0.1:1")
    places = {place.name: place for place in find({"HOME": str(home)})}
    for name, hint in (("Docker (context colima-work)", "colima start work"), ("Docker (context far)", "address")):
        with pytest.raises(LayertuiError) as caught:
            places[name].open()
        assert hint in places[name].hint
        assert hint in caught.value.hint
