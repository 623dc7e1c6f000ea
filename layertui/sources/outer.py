"""The tar around an image: its members found by name, links between them followed, nothing outside reached."""

from collections.abc import Callable, Iterable

from layertui.errors import DamagedError, LayertuiError
from layertui.image.blob import Blob, CutBlob, SliceableBlob
from layertui.layer.archive import Member, scan_archive
from layertui.layer.columns import Kind
from layertui.layer.compression import Compression, decompress, sniff
from layertui.layer.names import clean, parent_of, path_of
from layertui.layer.spool import spool
from layertui.sources.looks import describe, looks_like_tar

_LINK_LIMIT = 40
"""Links followed from one name: what Linux allows (MAXSYMLINKS)."""

_HINT = "Make one with: docker save NAME -o image.tar"


class Outer:
    """An image archive's members by name."""

    def __init__(self, blob: SliceableBlob, label: str, tick: Callable[[int], None] | None = None) -> None:
        """Read the member list of a plain tar; raises DamagedError when there is none to read."""
        archive = scan_archive(blob, tick)
        self.label = label
        """What messages call the archive."""
        self.damage = ""
        """Where reading ended early, as a clause; empty where it did not."""
        self._blob = blob
        self._members = archive.members
        if archive.damage is not None:
            self.damage = f"{archive.damage.where}: {archive.damage.message}"

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a source says about an archive that is still read."""
        return (f"{self.damage}; whatever lies behind it is missing.",) if self.damage else ()

    def names(self) -> Iterable[str]:
        """The cleaned names of all members, in the order of the tar; bytes that are not UTF-8 as surrogates."""
        return (name.decode("utf-8", "surrogateescape") for name in self._members)

    def __contains__(self, name: str) -> bool:
        return self._follow(_key(name)) is not None

    def file(self, name: str) -> Blob:
        """The content of a member, links followed within the archive.

        A member that is cut short by damage is given as far as it goes. Raises DamagedError when it is not there.
        """
        member = self._follow(_key(name))
        if member is None:
            raise DamagedError(f"{name} is missing from {self.label}.", "It was not saved or copied completely.")
        there = max(0, min(member.size_bytes, self._blob.size_bytes - member.offset))
        blob = self._blob.slice(min(member.offset, self._blob.size_bytes), there, f"{self.label}: {name}")
        return CutBlob(blob, member.size_bytes - there) if there < member.size_bytes else blob

    def _follow(self, key: bytes) -> Member | None:
        """The file that a name leads to; None when it leads nowhere, out of the archive, or round in a circle."""
        for _ in range(_LINK_LIMIT):
            member = self._members.get(path_of(key))
            if member is None or member.kind is Kind.FILE:
                return member
            if member.link_target is None or member.kind not in (Kind.SYMLINK, Kind.HARDLINK):
                return None
            target = member.link_target
            if member.kind is Kind.SYMLINK and not target.startswith(b"/"):
                target = path_of(parent_of(key)) + b"/" + target
            key, escaped = clean(target)
            if escaped:
                return None
        return None


def _key(name: str) -> bytes:
    try:
        return clean(name.encode("utf-8", "surrogateescape").replace(b"\0", b""))[0]
    except UnicodeEncodeError:  # a surrogate that stands for no byte: no member can have that name
        return b"\0"


def open_outer(blob: SliceableBlob, label: str, tick: Callable[[int], None]) -> Outer:
    """Read the tar in a file, whatever its compression; a compressed one is uncompressed to disk, once.

    Raises DamagedError, saying what the file looks like, when there is no tar in it.
    """
    head = blob.read_at(0, 4096)
    compression = sniff(head[:16])
    if compression is not Compression.PLAIN:
        blob = _unpack(blob, label, compression, tick)
        head = blob.read_at(0, 4096)
    if not looks_like_tar(head):
        looks = describe(head)
        if compression is not Compression.PLAIN:
            looks = f"{compression.value} data around something that is {looks}"
        raise DamagedError(f"{label} is {looks}, not an image archive.", _hint(label))
    return Outer(blob, label, tick)


def _hint(label: str) -> str:
    directory, _, name = label.rpartition("/")
    if name in ("index.json", "oci-layout", "manifest.json"):
        return f"It may be part of an OCI layout. Open the directory it is in: layertui {directory or '.'}"
    return _HINT


def _unpack(blob: Blob, label: str, compression: Compression, tick: Callable[[int], None]) -> SliceableBlob:
    done = 0

    def on_input(data: bytes) -> None:
        nonlocal done
        done += len(data)
        tick(done)

    chunks = decompress(blob, compression, on_input=on_input)
    first = next(chunks, b"")
    while 0 < len(first) < 512 and (more := next(chunks, b"")):
        first += more
    if not looks_like_tar(first):
        # What is no tar is not worth gigabytes of disk: its beginning tells as much.
        return spool([first], label)

    def all_chunks() -> Iterable[bytes]:
        yield first
        yield from chunks

    return spool(all_chunks(), label)


def no_image(outer: Outer) -> LayertuiError:
    """The error for a tar without any of the files that make one an image archive."""
    if outer.damage:
        return DamagedError(
            f"{outer.label} is {outer.damage}; no manifest.json, index.json or repositories stands before that.",
            "It was not saved or copied completely. Do it again.",
        )
    names = [name for name in outer.names() if name != "."]
    if not names:
        return DamagedError(f"{outer.label} is an empty tar, not an image archive.", _HINT)
    inner = next((name for name in names if name.endswith(("/index.json", "/manifest.json"))), None)
    if inner is not None:
        hint = f"It holds {inner}, so an image may be inside: unpack it, and open that directory."
    elif any(name.partition("/")[0] in ("etc", "usr", "bin") for name in names):
        hint = "It looks like a root filesystem, or one layer. docker import makes an image of it."
    else:
        hint = _HINT
    return DamagedError(
        f"{outer.label} is a tar of files, not an image archive; it has no manifest.json, index.json or repositories.",
        hint,
    )
