"""Where Podman is looked for: storage.conf, variables, the usual places, and the service's socket."""

import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from layertui.errors import UnreachableError
from layertui.sources.place import Place
from layertui.sources.podman import places as podman
from layertui.sources.podman.settings import Settings, settings_for
from tests.contract import expected_polite
from tests.contract.listing import diff_lines, merged_lines
from tests.contract.podman_store import PodmanStore, why_not
from tests.kit.docker import docker_archive
from tests.kit.polite import polite_image
from tests.sources.podman.made import SPEC, MadeStore
from tests.sources.podman.reading import read

ROOT, USER = 0, 1000


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def system(tmp_path: Path) -> Path:
    """The administrator's storage.conf, not there yet."""
    return tmp_path / "storage.conf"


def settings(environ: dict[str, str], uid: int, system: Path) -> Settings:
    return settings_for(environ, uid, system_files=(system,))


def test_defaults(home: Path, system: Path) -> None:
    assert settings({}, ROOT, system).graph_root == Path("/var/lib/containers/storage")
    own = {"HOME": str(home)}
    assert settings(own, USER, system).graph_root == home / ".local/share/containers/storage"
    data_home = {**own, "XDG_DATA_HOME": "/srv/data"}
    assert settings(data_home, USER, system).graph_root == Path("/srv/data/containers/storage")


def test_the_systems_file_is_roots_and_gives_others_a_pattern(home: Path, system: Path) -> None:
    system.write_text(
        '[storage]\ndriver = "overlay"\ngraphroot = "/srv/root"\nrootless_storage_path = "/srv/$USER/$UID"\n'
        '[storage.options]\nadditionalimagestores = ["/srv/shared", "/srv/more"]\n'
    )
    roots = settings({}, ROOT, system)
    assert (roots.graph_root, roots.driver) == (Path("/srv/root"), "overlay")
    assert roots.additional == (Path("/srv/shared"), Path("/srv/more"))
    assert roots.configured == str(system)
    own = {"HOME": str(home), "USER": "ann"}
    assert settings(own, USER, system).graph_root == Path("/srv/ann/1000")
    assert settings({**own, "STORAGE_DRIVER": "vfs"}, USER, system).driver == "vfs"


def test_a_users_own_file_replaces_the_systems(home: Path, system: Path) -> None:
    system.write_text('[storage]\nrootless_storage_path = "/srv/pattern"\n')
    own = home / ".config/containers/storage.conf"
    own.parent.mkdir(parents=True)
    own.write_text('[storage]\ngraphroot = "$HOME/store"\nimagestore = "/srv/images"\n')
    found = settings({"HOME": str(home)}, USER, system)
    assert (found.graph_root, found.additional) == (home / "store", (Path("/srv/images"),))
    other = home / "other.conf"
    other.write_text('[storage]\ngraphroot = "/srv/other"\n')
    environ = {"HOME": str(home), "CONTAINERS_STORAGE_CONF": str(other), "STORAGE_OPTS": "overlay.imagestore=/srv/ro"}
    found = settings(environ, USER, system)
    assert (found.graph_root, found.additional) == (Path("/srv/other"), (Path("/srv/ro"),))


@pytest.mark.parametrize("text", [b"[storage", b"\xff\xfe", b"storage = 1\n[options]\nx = 2\n"])
def test_a_broken_file_leaves_the_defaults(text: bytes, home: Path, system: Path) -> None:
    system.write_bytes(text)
    found = settings({"HOME": str(home)}, ROOT, system)
    assert found.graph_root == Path("/var/lib/containers/storage")
    if text.startswith(b"storage"):
        return  # nothing is said of a store, and that is no fault
    assert found.problem is not None
    assert "is no valid TOML" in found.problem.message


@pytest.fixture
def environ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A user's variables on a host whose root has no Podman."""
    monkeypatch.setattr(podman, "ROOT_SOCKET", tmp_path / "run/podman/podman.sock")
    monkeypatch.setattr(podman, "settings_for", lambda env, uid: settings(env, uid, tmp_path / "storage.conf"))
    (tmp_path / "storage.conf").write_text(
        f'[storage]\ngraphroot = "{tmp_path}/root"\nrootless_storage_path = "{tmp_path}/store"\n'
    )
    return {"HOME": str(tmp_path / "home"), "XDG_RUNTIME_DIR": str(tmp_path / "user"), "_CONTAINERS_ROOTLESS_UID": "7"}


def told(places: tuple[Place, ...]) -> dict[str, tuple[bool, str]]:
    return {place.name: (place.found, place.said) for place in places}


def test_what_was_tried_on_a_host_without_podman(environ: dict[str, str], tmp_path: Path) -> None:
    places = podman.find(environ)
    assert told(places) == {
        "Podman (rootless)": (False, "absent"),
        "Podman (root)": (False, "absent"),
        "Podman (CONTAINER_HOST)": (False, "unset"),
        "Podman (rootless), its socket": (False, "absent"),
        "Podman (root), its socket": (False, "absent"),
    }
    assert all(place.hint for place in places)
    (tmp_path / "store").mkdir()
    assert told(podman.find(environ))["Podman (rootless)"] == (False, "empty")


@pytest.fixture
def listening(environ: dict[str, str], tmp_path: Path) -> Iterator[Path]:
    """A socket where the user's service would listen; its path must be short."""
    path = Path(environ["XDG_RUNTIME_DIR"]) / "podman/podman.sock"
    path.parent.mkdir(parents=True)
    at = os.open(path.parent, os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(f"/proc/self/fd/{at}/podman.sock")
        yield path
    os.close(at)


def test_a_store_is_read_and_its_socket_is_not_asked(environ: dict[str, str], listening: Path, tmp_path: Path) -> None:
    assert told(podman.find(environ))["Podman (rootless), its socket"] == (True, "present")
    made = MadeStore(tmp_path / "store")
    made.container("c", made.add(SPEC))
    places = podman.find(environ)
    assert told(places)["Podman (rootless)"] == (True, "present")
    assert told(places)["Podman (rootless), its socket"] == (False, "present; its store is read instead")
    assert [entry.reference for entry in places[0].open().entries()] == ["localhost/made:1", "c"]
    assert places[0].scheme == "containers-storage"


def test_container_host_is_asked_unless_its_store_is_read(
    environ: dict[str, str], listening: Path, tmp_path: Path
) -> None:
    environ["CONTAINER_HOST"] = f"unix://{listening}"
    assert [place.name for place in podman.find(environ) if place.found] == ["Podman (CONTAINER_HOST)"]
    MadeStore(tmp_path / "store").add(SPEC)
    assert [place.name for place in podman.find(environ) if place.found] == ["Podman (rootless)"]
    environ["CONTAINER_HOST"] = "tcp://127.0.0.1:1"
    found = [place.name for place in podman.find(environ) if place.found]
    assert found == ["Podman (rootless)", "Podman (CONTAINER_HOST)"]
    environ["CONTAINER_HOST"] = "gopher://x"
    assert told(podman.find(environ))["Podman (CONTAINER_HOST)"] == (False, "gopher:// is not known")


def test_a_broken_configuration_is_said(environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "storage.conf").write_text("[storage")
    place = podman.find(environ)[0]
    assert place.said.endswith(f"; {tmp_path}/storage.conf cannot be read")
    assert place.hint.startswith("Correct it")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a directory that another user may not read")
def test_a_store_without_permission_says_whose_it_is(environ: dict[str, str], tmp_path: Path) -> None:
    # Not below pytest's own directory, which nobody else may even pass.
    with tempfile.TemporaryDirectory(prefix="lt-closed-", dir="/tmp") as closed:
        (tmp_path / "storage.conf").write_text(f'[storage]\ngraphroot = "{closed}/store"\n')
        MadeStore(Path(closed) / "store").add(SPEC)
        assert podman.find(environ)[1].found
        found = settings(environ, ROOT, tmp_path / "storage.conf")
        os.seteuid(65534)
        try:
            place = podman._store("Podman (root)", found)
        finally:
            os.seteuid(0)
    assert (place.found, place.said) == (False, f"permission denied ({closed} root:root 0700)")
    assert "sudo" in place.hint


@pytest.mark.skipif(why_not() is not None, reason=str(why_not()))
def test_the_service_shows_what_the_store_holds() -> None:
    with PodmanStore() as store:
        store.load(docker_archive([polite_image()]))
        store.podman("create", "--name", "c", "polite:1")
        store.inside('M=$($P mount c); echo more >> "$M/etc/motd"; rm "$M/srv/one"; $P umount c')
        host = store.serve()
        (place,) = [place for place in podman.find({"CONTAINER_HOST": host}) if place.where.endswith(host)]
        assert (place.found, place.scheme) == (True, "podman")
        source = place.open()
        kinds = [(entry.kind, entry.reference) for entry in source.entries()]
        assert kinds == [("image", "localhost/polite:1"), ("container", "c")]
        _, squash = read(source.entries()[0].open())
        assert [diff_lines(squash, layer) for layer in range(5)] == expected_polite.DIFFS
        assert merged_lines(squash) == expected_polite.MERGED
        container = source.entries()[1].open()
        assert container.container is not None
        assert container.container.running is False
        _, squash = read(container)
        assert [line for line in diff_lines(squash, 5) if "one" in line] == ["-    w srv/one"]
    with pytest.raises(UnreachableError):
        place.open()


def test_a_read_only_store_is_found_where_the_own_one_has_nothing_yet(environ: dict[str, str], tmp_path: Path) -> None:
    MadeStore(tmp_path / "shared").add(SPEC)
    with (tmp_path / "storage.conf").open("a") as file:
        file.write(f'[storage.options]\nadditionalimagestores = ["{tmp_path}/gone", "{tmp_path}/shared"]\n')
    place = podman.find(environ)[0]
    assert (place.found, place.said) == (True, f"present; {tmp_path}/store (absent)")
    assert [entry.reference for entry in place.open().entries()] == ["localhost/made:1"]
