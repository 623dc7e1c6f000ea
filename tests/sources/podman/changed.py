"""A container of the polite image that was changed by hand in every way, and what Podman and we make of it."""

from pathlib import Path

from layertui.image.image import Image
from layertui.sources.resolve import open_reference
from tests.contract.podman_store import PodmanStore

EDIT = """
M=$($P mount c)
echo more >> "$M/etc/motd"
chmod 600 "$M/etc/shadow"
rm "$M/srv/data/b"
rm -r "$M/home" && mkdir "$M/home" && echo again > "$M/home/new"
rm -r "$M/long"
echo changed >> "$M/srv/one"
chown 5:6 "$M/srv/empty"
touch "$M/usr"
mkdir -p "$M/opt/new" && echo added > "$M/opt/new/file" && ln -s new "$M/opt/link" && ln "$M/opt/new/file" "$M/opt/hard"
rm "$M/srv/swap" && mkdir "$M/srv/swap" && echo in > "$M/srv/swap/in"
$P umount c > /dev/null
$P commit -q c committed:1
$P image save -q -o committed.tar committed:1
"""
"""A container changed by hand in every way, and what Podman makes of it. The hard link srv/two is copied up."""

CHANGED = [
    "  *  d etc",
    "~ *  f etc/motd",
    "? *  f etc/shadow",
    "O *  d home",
    "+    f home/new",
    "-    w long",
    "+    d opt",
    "+    f opt/hard",
    "+    l opt/link",
    "+    d opt/new",
    "+    h opt/new/file",
    "  *  d srv",
    "  *  d srv/data",
    "-    w srv/data/b",
    "m *  d srv/empty",
    "~ *  f srv/one",
    "T *  d srv/swap",
    "+    f srv/swap/in",
    "m *  d usr",
]
"""What the container's own layer did; whether the copy of etc/shadow differs only a look at its bytes tells."""


def filled(store: PodmanStore, archive: bytes) -> PodmanStore:
    """Load the polite image, change a container of it, and commit that."""
    store.load(archive)
    store.podman("create", "--name", "c", "polite:1")
    store.inside(EDIT)
    return store


def saved(path: Path) -> Image:
    chosen = open_reference(str(path), "linux/amd64").chosen
    assert chosen is not None
    return chosen.open()
