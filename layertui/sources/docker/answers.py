"""What an engine answers, as far as it is used (Docker Engine API, docs.docker.com/engine/api)."""

import re
from datetime import UTC, datetime
from typing import Any

import msgspec

from layertui.image.digest import Digest

IMAGE_ID = re.compile(r"sha256:[0-9a-f]{64}")
"""What an image's ID is, so that it can stand in a path."""

CONTAINER_ID = re.compile(r"[0-9a-f]{64}")
"""The same of a container."""


class ImageSummary(msgspec.Struct, rename="pascal"):
    """One image of `/images/json`."""

    id: str
    repo_tags: list[str] | None = None
    repo_digests: list[str] | None = None
    created: int | None = None
    size: int | None = None
    labels: dict[str, str | None] | None = None


class ContainerSummary(msgspec.Struct, rename="pascal"):
    """One container of `/containers/json`."""

    id: str
    names: list[str] | None = None
    image_i_d: str | None = msgspec.field(default=None, name="ImageID")
    created: int | None = None
    state: str | None = None
    status: str | None = None


class RootFS(msgspec.Struct, rename="pascal"):
    """The layers of an image."""

    layers: list[str] | None = None


class ImageDetails(msgspec.Struct, rename="pascal"):
    """`/images/ID/json`."""

    created: str | None = None
    author: str | None = None
    architecture: str | None = None
    variant: str | None = None
    os: str | None = None
    os_version: str | None = None
    size: int | None = None
    config: dict[str, Any] | None = None
    root_f_s: RootFS | None = msgspec.field(default=None, name="RootFS")


class PastStep(msgspec.Struct, rename="pascal"):
    """One step of `/images/ID/history`, which begins with the newest."""

    created: int | None = None
    created_by: str | None = None
    comment: str | None = None
    size: int | None = None


class ContainerState(msgspec.Struct, rename="pascal"):
    """How a container is."""

    status: str | None = None
    running: bool | None = None
    exit_code: int | None = None


class ContainerDetails(msgspec.Struct, rename="pascal"):
    """`/containers/ID/json`."""

    name: str | None = None
    created: str | None = None
    image: str | None = None
    state: ContainerState | None = None


class Change(msgspec.Struct, rename="pascal"):
    """One line of `/containers/ID/changes`: 0 modified, 1 added, 2 deleted."""

    path: str
    kind: int


class Info(msgspec.Struct, rename="pascal"):
    """`/info`."""

    docker_root_dir: str | None = None
    driver: str | None = None
    driver_status: list[list[str]] | None = None

    @property
    def uses_containerd(self) -> bool:
        """Whether its images are in containerd's content store, and not in Docker's own books."""
        kinds = {tuple(pair) for pair in self.driver_status or ()}
        return ("driver-type", "io.containerd.snapshotter.v1") in kinds


def moment_of(seconds: int | None) -> str | None:
    """A time in seconds since 1970 in ISO 8601; None where it was never set (Go's year 1), or is out of any range."""
    if seconds is None or seconds <= -62_135_596_800:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, OSError, ValueError):
        return None


def image_id_of(text: str | None) -> Digest | None:
    """An image's ID; None where there is none, or something else in its place."""
    if text is not None and re.fullmatch(r"[0-9a-f]{64}", text):
        text = f"sha256:{text}"
    return Digest(text) if text and IMAGE_ID.fullmatch(text) else None


_EXITED = re.compile(r"Exited \((-?\d+)\)")


def status_of(state: str | None, status: str | None) -> str:
    """How a container is, in the engine's words but without its age: `running`, `exited (0)`."""
    state = (state or "").lower()
    if state == "exited" and (found := _EXITED.match(status or "")):
        return f"exited ({found[1]})"
    return state


def is_running(state: str | None) -> bool | None:
    """Whether a container's processes exist, be they paused; None where the engine does not tell."""
    return state.lower() in ("running", "paused", "restarting") if state else None


def name_of(names: list[str] | None) -> str:
    """A container's own name: what links call it has two slashes."""
    own = [name[1:] for name in names or () if name.startswith("/") and "/" not in name[1:]]
    return (own or [name.lstrip("/") for name in names or ()] or [""])[0]
