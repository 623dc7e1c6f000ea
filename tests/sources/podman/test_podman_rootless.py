"""Users' own stores, and fuse-overlayfs, which users' Podman mounts with on older kernels."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.listing import diff_lines
from tests.contract.podman_store import PodmanStore, User, why_not, why_not_rootless
from tests.sources.podman.changed import CHANGED, filled, saved
from tests.sources.podman.reading import as_committed, listing, named, read, same_layers

pytestmark = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))

LINKED = (" srv/one", " srv/two")
"""Names of one file: fuse-overlayfs copies up under either."""

FUSE_CHANGED = ["m *  d etc" if line == "  *  d etc" else line for line in CHANGED if not line.endswith(LINKED)]
"""The same on fuse-overlayfs, which does not copy a directory's mtime up."""


@pytest.fixture(scope="module")
def user() -> Iterator[User]:
    if why_not_rootless() is not None:
        pytest.skip(str(why_not_rootless()))
    try:
        made = User()
    except RuntimeError as error:
        pytest.skip(f"no user can be made here: {error}")
    with made:
        yield made


FUSE = "overlay.mount_program=/usr/bin/fuse-overlayfs"


def why_not_fuse(owner: str) -> str:
    """Why root or a user cannot mount with fuse-overlayfs; empty where that can be tried."""
    if not os.path.exists("/usr/bin/fuse-overlayfs"):
        return "fuse-overlayfs is not installed"
    try:
        mode = os.stat("/dev/fuse").st_mode
    except OSError:
        return "there is no /dev/fuse"
    open_to_all = mode & stat.S_IROTH and mode & stat.S_IWOTH
    return "" if owner == "root" or open_to_all else "/dev/fuse is not open to every user"


def rootless(store: PodmanStore, archive: bytes) -> None:
    """Fill a user's store; skips where a user's Podman cannot do that here."""
    try:
        filled(store, archive)
    except AssertionError as error:
        pytest.skip(f"a user's Podman does not work here: {error}")


def test_a_users_container_shows_owners_as_they_are_in_it(user: User, archive: bytes, tmp_path: Path) -> None:
    (tmp_path / "polite.tar").write_bytes(archive)
    store = PodmanStore(user=user)
    rootless(store, archive)
    source = listing(store)
    same_layers(named(source, "localhost/polite:1").open(), saved(tmp_path / "polite.tar"))
    image, committed = named(source, "c").open(), saved(store.directory / "committed.tar")
    trees, squash = read(image)
    of_commit, _ = read(committed)
    assert as_committed(trees[5]) == as_committed(of_commit[5])
    assert diff_lines(squash, 5) == CHANGED
    owners = {entry.path: (entry.uid, entry.gid) for entry in trees[5].entries()}
    assert owners[b"etc/shadow"] == (0, 42)
    assert owners[b"srv/empty"] == (5, 6)


@pytest.mark.parametrize("owner", ["root", "user"])
def test_a_container_on_fuse_overlayfs_shows_what_was_done(
    owner: str, archive: bytes, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if reason := why_not_fuse(owner):
        pytest.skip(reason)
    (tmp_path / "polite.tar").write_bytes(archive)
    user: User | None = request.getfixturevalue("user") if owner == "user" else None
    with PodmanStore(options=[FUSE], user=user) as store:
        (rootless if user is not None else filled)(store, archive)
        source = listing(store)
        same_layers(named(source, "localhost/polite:1").open(), saved(tmp_path / "polite.tar"))
        # A commit is no oracle here: Podman 4.3 loses opaque directories of fuse-overlayfs.
        trees, squash = read(named(source, "c").open())
        lines = [line for line in diff_lines(squash, 5) if not line.endswith(LINKED)]
        assert lines == FUSE_CHANGED
        owners = {entry.path: (entry.uid, entry.gid) for entry in trees[5].entries()}
        assert owners[b"etc/shadow"] == (0, 42)
        assert owners[b"srv/empty"] == (5, 6)
