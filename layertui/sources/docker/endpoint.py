"""Where an engine listens and what it is called: what the finder learns, and the client needs."""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from layertui.image.address import without_secrets
from layertui.image.blob import file_kind
from layertui.sources.accounts import group_name, user_name


@dataclass(frozen=True, slots=True)
class Flavour:
    """An engine that speaks Docker's API, and what is particular to it in words."""

    scheme: str
    """What stands before the colon in a reference to its images."""
    name: str
    """What messages call it."""
    stopped_hint: str
    """What to do when nothing listens."""
    denied_hint: str
    """What to do when its socket may not be opened."""
    group: str = ""
    """The group that its socket belongs to where users may be let in; empty where there is none."""
    engine_files: tuple[bytes, ...] = ()
    """Paths that it puts over the image for every container, where that is always the same."""
    keeps_books: bool = False
    """Whether its data root holds Docker's own books."""

    def hint_when_denied(self, said: str) -> str:
        """What to do about a socket that may not be opened; `said` has its owner and group, as a look shows them."""
        if self.group and f":{self.group} " in said:
            return f"Join group {self.group}, or: {self.denied_hint[0].lower()}{self.denied_hint[1:]}"
        return self.denied_hint


DOCKER = Flavour(
    scheme="docker-daemon",
    name="Docker",
    stopped_hint="Start it (systemctl start docker), or set DOCKER_HOST to where it listens.",
    denied_hint="Use sudo, rootless podman, or DOCKER_HOST=ssh://...",
    group="docker",
    engine_files=(
        *(b".dockerenv", b"dev/console", b"dev/pts", b"dev/shm"),
        *(b"etc/hostname", b"etc/hosts", b"etc/mtab", b"etc/resolv.conf", b"proc", b"sys"),
    ),
    keeps_books=True,
)
"""Docker, whose containers all have the same init layer (moby, daemon/initlayer)."""


@dataclass(frozen=True, slots=True)
class Tls:
    """How a connection is secured; a path is None where there is no such file."""

    ca: Path | None
    """Certificates that the engine's own must lead to."""
    cert: Path | None
    """Ours."""
    key: Path | None
    """To ours."""
    verify: bool
    """Whether the engine's certificate is checked."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where an engine listens."""

    host: str
    """As DOCKER_HOST has it: `unix:///PATH`, `tcp://HOST:PORT`, `ssh://[USER@]HOST[:PORT][PATH]`, `npipe://PIPE`."""
    tls: Tls | None = None
    """For `tcp://`; None where nothing is encrypted."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """What config.json's HttpHeaders adds to every request."""

    @property
    def protocol(self) -> str:
        """What stands before `://`; a bare `host:port` is tcp, as Docker's client takes it."""
        return self.host.partition("://")[0] if "://" in self.host else "tcp"

    @property
    def address(self) -> str:
        """What stands behind `://`."""
        return self.host.partition("://")[2] if "://" in self.host else self.host

    @property
    def socket(self) -> Path | None:
        """The socket's path; None where it does not listen on one of this host."""
        return Path(self.address or DEFAULT_SOCKET) if self.protocol == "unix" else None

    @property
    def shown(self) -> str:
        """How a person reads it: a socket by its path, everything else as it is, without a password."""
        return str(self.socket) if self.socket is not None else without_secrets(self.host)


DEFAULT_SOCKET = Path("/var/run/docker.sock")
"""Where Docker listens when nothing else is said."""

DEFAULT_PIPE = "npipe:////./pipe/docker_engine"
"""The same on Windows."""


@dataclass(frozen=True, slots=True)
class SocketLook:
    """What a look at a socket's path shows, without connecting."""

    found: bool
    """Whether there is a socket, be it one that may not be opened."""
    said: str
    """`present`, `absent`, `permission denied (root:docker 0660)`, `a directory, not a socket`."""
    denied: bool = False
    """Whether it may not be opened."""


def look_at_socket(path: Path) -> SocketLook:
    """What is at a path where an engine may listen."""
    try:
        status = os.stat(path)
    except PermissionError:
        return SocketLook(False, f"permission denied on the way to it{_owner_of(path.parent)}", denied=True)
    except (OSError, ValueError):
        dangling = os.path.islink(path)
        return SocketLook(False, "absent: a symlink that leads nowhere" if dangling else "absent")
    if not stat.S_ISSOCK(status.st_mode):
        return SocketLook(False, f"{file_kind(status.st_mode)}, not a socket")
    if not os.access(path, os.R_OK | os.W_OK):
        return SocketLook(True, f"permission denied ({owner_and_mode(status)})", denied=True)
    return SocketLook(True, "present")


def owner_and_mode(status: os.stat_result) -> str:
    """Owner, group and permission bits as a person writes them: `root:docker 0660`."""
    owner = user_name(status.st_uid) or str(status.st_uid)
    group = group_name(status.st_gid) or str(status.st_gid)
    return f"{owner}:{group} {stat.S_IMODE(status.st_mode):04o}"


def _owner_of(path: Path) -> str:
    try:
        return f" ({owner_and_mode(os.stat(path))})"
    except OSError:
        return ""
