"""Owners on disk and in a container: where users are shifted, recorded ranges lead back.

user_namespaces(7), "User and group ID mappings"; subuid(5).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self

from layertui.errors import NotFoundError
from layertui.image.blob import FileBlob
from layertui.image.bounds import DOCUMENT_BYTES

_LARGEST_ID = (1 << 32) - 1


class IdRange(NamedTuple):
    """Consecutive IDs of a container, and those of the host that stand for them."""

    container_id: int
    host_id: int
    size: int


@dataclass(frozen=True, slots=True)
class OwnerMap:
    """From owners on disk to owners in the container."""

    uids: tuple[IdRange, ...]
    gids: tuple[IdRange, ...]

    @classmethod
    def of(cls, uids: Iterable[tuple[int, int, int]], gids: Iterable[tuple[int, int, int]]) -> Self:
        """A map of recorded ranges: container ID, host ID, count, as engines and `/proc/PID/uid_map` write them."""
        return cls(tuple(IdRange(*part) for part in uids), tuple(IdRange(*part) for part in gids))

    @classmethod
    def from_subid(cls, user: str, uid: int, *, own: tuple[int, int] | None = None, etc: Path = Path("/etc")) -> Self:
        """The map that /etc/subuid and /etc/subgid give a user, who stands there by name or by number.

        With `own`, a user's uid and gid, these are root in the container and the ranges begin at 1, as rootless
        engines have it; without, the ranges begin at 0, as Docker's `userns-remap` has it. Files that are not there
        give no ranges. Raises LayertuiError where one cannot be read.
        """
        names = {user.encode(), b"%d" % uid}
        uids = _ranges(etc / "subuid", names, own[0] if own else None)
        return cls(uids, _ranges(etc / "subgid", names, own[1] if own else None))

    def inside(self, uid: int, gid: int) -> tuple[int | None, int | None]:
        """An owner's uid and gid in the container, None for one that no range holds."""
        return _inside(self.uids, uid), _inside(self.gids, gid)

    def capability(self, value: bytes) -> bytes:
        """A `security.capability` as the container has it.

        In a user namespace the kernel notes whose root may use it (revision 3 of `struct vfs_ns_cap_data`,
        linux/capability.h); for that root itself it is an ordinary one (revision 2).
        """
        if len(value) == _CAPABILITY_3_BYTES and value[3] == 3:
            root = int.from_bytes(value[20:], "little")
            if _inside(self.uids, root) == 0:
                return value[:3] + b"\2" + value[4:20]
        return value


_CAPABILITY_3_BYTES = 24
"""Revision 3: magic and revision, two pairs of sets, and the ID of the namespace's root."""


def _inside(ranges: tuple[IdRange, ...], host_id: int) -> int | None:
    for container_id, first, size in ranges:
        if first <= host_id < first + size:
            return container_id + host_id - first
    return None


def _ranges(path: Path, names: set[bytes], own: int | None) -> tuple[IdRange, ...]:
    """A user's ranges in the order of the file, one after the other in the container; lines that are none are left."""
    ranges = [] if own is None else [IdRange(0, own, 1)]
    for line in _lines(path):
        fields = line.split(b":")
        if len(fields) == 3 and fields[0] in names and fields[1].isdigit() and fields[2].isdigit():
            first, size = int(fields[1][:20]), int(fields[2][:20])
            if first + size <= _LARGEST_ID:
                ranges.append(IdRange(sum(part.size for part in ranges), first, size))
    return tuple(ranges)


def _lines(path: Path) -> list[bytes]:
    try:
        blob = FileBlob.open(path, str(path))
    except NotFoundError:
        return []
    if blob.size_bytes > DOCUMENT_BYTES.value:
        raise DOCUMENT_BYTES.exceeded(f"{path} has {blob.size_bytes:,} bytes and")
    return blob.read_at(0, blob.size_bytes).split(b"\n")
