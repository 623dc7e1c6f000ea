"""Whose files a store's are on disk, and whose they are in a container (user_namespaces(7), subuid(5))."""

from collections.abc import Sequence
from pathlib import Path

from layertui.layer.owners import IdRange, OwnerMap
from layertui.sources.accounts import user_name
from layertui.sources.podman.books import IdMap, RawContainer, RawLayer

_KERNEL_RANGES = 340
"""How many ranges a user namespace can have (user_namespaces(7))."""


def owner_map(owner: tuple[int, int], *recorded: RawLayer | RawContainer, etc: Path = Path("/etc")) -> OwnerMap | None:
    """How a layer's owners on disk lead back to those in the container; None where they are the same.

    `owner` are uid and gid of the store's directory: a rootless user's store is written in a user namespace, where
    they are root and /etc/subuid and /etc/subgid give the rest. Onto that comes the map of a container with `--userns`,
    from the first of `recorded` that has one: the layer has it where its files were shifted, else the container.
    Raises LayertuiError where /etc/subuid cannot be read.
    """
    uids = next((_ranges(record.uidmap) for record in recorded if record.uidmap), ())
    gids = next((_ranges(record.gidmap) for record in recorded if record.gidmap), ())
    if owner[0] == 0:
        return OwnerMap(uids, gids) if uids or gids else None
    user = OwnerMap.from_subid(_name(owner[0]), owner[0], own=owner, etc=etc)
    return OwnerMap(_composed(uids, user.uids), _composed(gids, user.gids))


def in_user_namespace(proc: Path = Path("/proc/self")) -> bool:
    """Whether this process sees IDs shifted, as under `podman unshare`: then what is root's there is a user's."""
    try:
        return (proc / "uid_map").read_bytes().split() != [b"0", b"0", b"4294967295"]
    except OSError:
        return False  # not Linux


def _ranges(recorded: Sequence[IdMap]) -> tuple[IdRange, ...]:
    # Every file is looked up in them, and IDs are shown: a list that no kernel takes may not make that long.
    fitting = (part for part in recorded[:_KERNEL_RANGES] if _fits(part.container_id) and _fits(part.host_id))
    return tuple(IdRange(part.container_id, part.host_id, part.size) for part in fitting)


def _fits(number: int) -> bool:
    return 0 <= number < 1 << 32


def _composed(inner: tuple[IdRange, ...], outer: tuple[IdRange, ...]) -> tuple[IdRange, ...]:
    """A map within a map: what `inner` calls host IDs are the container IDs of `outer`."""
    if not inner:
        return outer
    found = []
    for own in inner:
        for part in outer:
            first = max(own.host_id, part.container_id)
            end = min(own.host_id + own.size, part.container_id + part.size)
            if first < end:
                found.append(
                    IdRange(
                        own.container_id + first - own.host_id, part.host_id + first - part.container_id, end - first
                    )
                )
    return tuple(found)


def _name(uid: int) -> str:
    return user_name(uid) or str(uid)
