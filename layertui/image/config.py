"""Image configs: how a container starts, which layers it has, and the steps that made them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from layertui.errors import DamagedError
from layertui.image.digest import DiffID
from layertui.image.document import decode


@dataclass(frozen=True, slots=True)
class RunConfig:
    """What a container of the image starts with (config.md, *config*); everything as recorded."""

    user: str = ""
    """User and group, by name or number."""
    env: tuple[str, ...] = ()
    """`NAME=value` each."""
    entrypoint: tuple[str, ...] = ()
    """The command's beginning, one word each."""
    cmd: tuple[str, ...] = ()
    """The command's default arguments."""
    working_dir: str = ""
    """Where the command starts."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Name to text."""
    exposed_ports: tuple[str, ...] = ()
    """Such as `80/tcp`."""
    volumes: tuple[str, ...] = ()
    """Paths that get a volume."""
    stop_signal: str = ""
    """Such as `SIGTERM`."""
    shell: tuple[str, ...] = ()
    """What shell-form instructions were run with."""
    on_build: tuple[str, ...] = ()
    """Instructions for images built on this one."""
    healthcheck: tuple[str, ...] = ()
    """The test command of a health check."""


@dataclass(frozen=True, slots=True)
class History:
    """One step of the build (config.md, *history*)."""

    created: str | None
    """When, in ISO 8601, as recorded."""
    created_by: str
    """The command, as recorded; `layertui.image.history` has it for reading."""
    author: str
    """Who; empty where unknown."""
    comment: str
    """Free text, such as the builder's name."""
    empty_layer: bool
    """Whether the step made no layer."""


@dataclass(frozen=True, slots=True)
class Rootfs:
    """Which layers make the filesystem."""

    diff_ids: tuple[DiffID, ...]
    """Base to top."""


@dataclass(frozen=True, slots=True)
class ImageConfig:
    """The config of an image (config.md)."""

    architecture: str
    """GOARCH; empty where unknown."""
    os: str
    """GOOS; empty where unknown."""
    variant: str
    """Of the architecture."""
    os_version: str
    """Of Windows mostly."""
    created: str | None
    """When, in ISO 8601, as recorded; None where unknown."""
    author: str
    """Who; empty where unknown."""
    config: RunConfig
    """How a container starts."""
    rootfs: Rootfs
    """Which layers there are."""
    history: tuple[History, ...]
    """Base to top; it need not match the layers."""


class _RawHealthcheck(msgspec.Struct):
    test: list[str] | str | None = msgspec.field(default=None, name="Test")


class _RawRunConfig(msgspec.Struct, rename="pascal"):
    user: str | None = None
    env: list[str] | None = None
    entrypoint: list[str] | str | None = None
    cmd: list[str] | str | None = None
    working_dir: str | None = None
    labels: dict[str, str | None] | None = None
    exposed_ports: dict[str, object] | list[str] | None = None
    volumes: dict[str, object] | list[str] | None = None
    stop_signal: str | None = None
    shell: list[str] | str | None = None
    on_build: list[str] | None = None
    healthcheck: _RawHealthcheck | None = None


class _RawHistory(msgspec.Struct):
    created: str | None = None
    created_by: str | None = None
    author: str | None = None
    comment: str | None = None
    empty_layer: bool | None = None


class _RawRootfs(msgspec.Struct):
    type: str | None = None
    diff_ids: list[str] | None = None


class _RawImageConfig(msgspec.Struct):
    architecture: str | None = None
    os: str | None = None
    variant: str | None = None
    os_version: str | None = msgspec.field(default=None, name="os.version")
    created: str | None = None
    author: str | None = None
    config: _RawRunConfig | None = None
    rootfs: _RawRootfs | None = None
    history: list[_RawHistory | None] | None = None


def parse_config(data: bytes, where: str) -> ImageConfig:
    """Read an image's config; raises DamagedError, beginning with `where`.

    A null stands for what is not there, as Docker writes it. `rootfs.type` has to be `layers`.
    """
    raw = decode(data, _RawImageConfig, where)
    rootfs = raw.rootfs or _RawRootfs()
    if rootfs.type not in (None, "", "layers"):
        raise DamagedError(f"{where}: rootfs.type is '{rootfs.type}'; only layers are known.")
    diff_ids: list[DiffID] = []
    for number, text in enumerate(rootfs.diff_ids or ()):
        try:
            diff_ids.append(DiffID.parse(text))
        except DamagedError as problem:
            raise DamagedError(f"{where}: layer {number}: {problem.message}", problem.hint) from problem
    return ImageConfig(
        architecture=raw.architecture or "",
        os=raw.os or "",
        variant=raw.variant or "",
        os_version=raw.os_version or "",
        created=moment(raw.created),
        author=raw.author or "",
        config=_run_config(raw.config or _RawRunConfig()),
        rootfs=Rootfs(tuple(diff_ids)),
        history=tuple(_history(step) for step in raw.history or () if step is not None),
    )


_YEAR_ONE = re.compile(r"0001-01-01T00:00:00(\.0+)?(Z|[+-]00:00)")


def moment(text: str | None) -> str | None:
    """A time as recorded, or None where there is none: Go writes a time that was never set as the year 1."""
    return None if not text or _YEAR_ONE.fullmatch(text) else text


def _history(raw: _RawHistory) -> History:
    return History(
        created=moment(raw.created),
        created_by=raw.created_by or "",
        author=raw.author or "",
        comment=raw.comment or "",
        empty_layer=bool(raw.empty_layer),
    )


def _run_config(raw: _RawRunConfig) -> RunConfig:
    return RunConfig(
        user=raw.user or "",
        env=tuple(raw.env or ()),
        entrypoint=_words(raw.entrypoint),
        cmd=_words(raw.cmd),
        working_dir=raw.working_dir or "",
        labels={name: text or "" for name, text in (raw.labels or {}).items()},
        exposed_ports=tuple(raw.exposed_ports or ()),
        volumes=tuple(raw.volumes or ()),
        stop_signal=raw.stop_signal or "",
        shell=_words(raw.shell),
        on_build=tuple(raw.on_build or ()),
        healthcheck=_words(raw.healthcheck.test if raw.healthcheck else None),
    )


def _words(raw: list[str] | str | None) -> tuple[str, ...]:
    """A command's words; old Docker wrote a command of one word as plain text."""
    return (raw,) if isinstance(raw, str) and raw else tuple(raw or ())
