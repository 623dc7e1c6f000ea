"""The members of an outer tar, such as a docker-archive: where each file lies, so that it is read in place."""

from collections.abc import Callable
from dataclasses import dataclass

from layertui.errors import DamagedError
from layertui.image.blob import Blob
from layertui.layer.columns import Columns, Kind
from layertui.layer.member import shown
from layertui.layer.names import path_of
from layertui.layer.tar import Damage, scan
from layertui.layer.window import BlobWindow

MEMBER_LIMIT = 100_000
"""The most members of an image archive: blobs and a few documents; more is no image archive."""


@dataclass(frozen=True, slots=True)
class Member:
    """One member of an archive."""

    name: bytes
    """Cleaned path."""
    offset: int
    """Where its content begins in the archive."""
    size_bytes: int
    kind: Kind
    link_target: bytes | None


@dataclass(frozen=True, slots=True)
class Archive:
    """The members of an outer tar, as far as it could be read."""

    members: dict[bytes, Member]
    """By cleaned path; of a path that stands twice the last one counts."""
    damage: Damage | None
    """Where reading ended early: members after it are not known, and the last one may be cut short."""


def scan_archive(blob: Blob, tick: Callable[[int], None] | None = None) -> Archive:
    """Read the members of a plain tar, and keep those before any damage: earlier layers can still be shown."""
    columns = Columns()
    damage = scan(BlobWindow(blob, tick), columns)
    if columns.member_count > MEMBER_LIMIT:
        raise DamagedError(f"{blob.label}: holds more than {MEMBER_LIMIT:,} members and is no image archive.")
    for row, segments in columns.sparse.items():
        if segments != ((0, columns.sizes[row]),):
            raise DamagedError(
                f"{blob.label}: {shown(columns.keys[row])} is stored as a sparse file, which is not supported here.",
                "Save the image again, or unpack the archive and pack it without --sparse.",
            )
    rows = zip(columns.keys, columns.offsets, columns.sizes, columns.kinds, strict=True)
    members = (
        Member(path_of(key), offset, size, Kind(kind), columns.links.get(row))
        for row, (key, offset, size, kind) in enumerate(rows)
        if kind != Kind.WHITEOUT  # a marker means nothing in an outer tar, least of all that another member is gone
    )
    return Archive({member.name: member for member in members}, damage)


def read_archive(blob: Blob, tick: Callable[[int], None] | None = None) -> dict[bytes, Member]:
    """Read the members of a plain tar by cleaned path; raises DamagedError, with the offset, where it is damaged."""
    archive = scan_archive(blob, tick)
    if archive.damage is not None:
        raise DamagedError(
            f"{blob.label}: {archive.damage.where}: {archive.damage.message}.",
            "The file is incomplete or not a tar: save, copy or download it again.",
        )
    return archive.members
