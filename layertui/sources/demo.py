"""The built-in image: two versions of a small program, made in memory in a moment."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from layertui.image.blob import BytesBlob
from layertui.sources import demo_layers as layers
from layertui.sources import docker_archive
from layertui.sources.base import Source
from layertui.sources.demo_layers import BASE_TIME, DAY, Item, with_parents
from layertui.sources.target import Target

SCHEME = "demo"
"""What the source is called; `layertui demo` opens it."""

_BLOCK = 512
_SHELL = "/bin/sh -c "
_PATH = "PATH=/opt/venv/bin:/usr/bin:/usr/sbin"


@dataclass(frozen=True, slots=True)
class _Step:
    """One line of the Dockerfile."""

    command: str
    day: int
    """How many days after the base was made."""
    items: Sequence[Item] | None = None
    """What its layer holds; None for a step that makes none."""


def _base_steps() -> list[_Step]:
    """The part that both versions share."""
    install = f"RUN {_SHELL}apt-get update && apt-get install -y --no-install-recommends curl python3 # buildkit"
    pip = f"RUN {_SHELL}python3 -m venv /opt/venv && pip install -r requirements.txt # buildkit"
    return [
        _Step("ADD rootfs.tar.xz / # buildkit", 0, layers.base_layer()),
        _Step('CMD ["sh"]', 0),
        _Step("LABEL org.opencontainers.image.title=api", 1),
        _Step(f"ENV {_PATH}", 1),
        _Step(install, 1, layers.packages_layer()),
        _Step(pip, 2, layers.dependencies_layer()),
        _Step("WORKDIR /app", 2),
    ]


def _older_steps() -> list[_Step]:
    """What api:1.3 adds to the shared part."""
    return [
        _Step("COPY app /app # buildkit", 3, layers.app_layer("1.3")),
        _Step("COPY config.yaml /etc/app/config.yaml # buildkit", 4, layers.config_layer()),
        _Step("COPY overlay / # buildkit", 5, layers.production_layer("1.3")),
        _Step("EXPOSE map[8080/tcp:{}]", 5),
        _Step('CMD ["/app/run.sh"]', 5),
    ]


def _newer_steps() -> list[_Step]:
    """What api:1.4 adds to the shared part."""
    tune = (
        f"RUN {_SHELL}chmod 644 /app/models.bin && chmod 755 /app/run.sh && "
        "sed -i 's/workers: 2/workers: 8/; s/level: debug/level: info/' /etc/app/config.yaml # buildkit"
    )
    clean = (
        f"RUN {_SHELL}rm -rf /app/.cache /root/.cache /root/.netrc /etc/motd /var/lib/apt/lists /var/cache/apt && "
        "mkdir -p /var/cache/apt/archives # buildkit"
    )
    finish = (
        f"RUN {_SHELL}ls /app/plugins | sed 's/.so//' > /tmp/p && rm -r /app/plugins && mv /tmp/p /app/plugins && "
        "useradd -m app && install -d -o app /var/lib/app # buildkit"
    )
    return [
        _Step("COPY app /app # buildkit", 3, layers.app_layer("1.4")),
        _Step("COPY config.yaml /etc/app/config.yaml # buildkit", 4, layers.config_layer()),
        _Step(tune, 5, layers.permissions_layer()),
        _Step(clean, 6, layers.cleaning_layer()),
        _Step("COPY overlay / # buildkit", 7, layers.production_layer("1.4")),
        _Step(finish, 8, layers.last_layer()),
        _Step("ENV APP_ENV=production", 8),
        _Step("EXPOSE map[8080/tcp:{}]", 8),
        _Step("USER app", 8),
        _Step('CMD ["/app/run.sh"]', 8),
    ]


def build_demo() -> bytes:
    """A docker-archive of `api:1.4`, which is `api:latest` too, and of `api:1.3`; the same bytes each time."""
    times: dict[str, int] = {}
    base, older_steps, newer_steps = _base_steps(), _older_steps(), _newer_steps()
    shared = _tars(base, times)
    older = shared + _tars(older_steps, dict(times))
    newer = shared + _tars(newer_steps, dict(times))
    files: dict[str, bytes] = {}
    manifest = [
        _add_image(files, "1.4", ["api:1.4", "api:latest"], newer, base + newer_steps, user="app"),
        _add_image(files, "1.3", ["api:1.3"], older, base + older_steps, user=""),
    ]
    files["manifest.json"] = _json(manifest)
    return _tar(Item(name, data=data, mtime=BASE_TIME + 9 * DAY) for name, data in files.items())


def demo_source() -> Source:
    """The built-in images as a source, the newer one first."""
    target = Target.of_blob(BytesBlob(build_demo(), SCHEME), SCHEME, lambda _: None)
    return replace(docker_archive.open_source(target), scheme=SCHEME)


def _tars(steps: Iterable[_Step], times: dict[str, int]) -> list[bytes]:
    """The tar of each step that makes a layer; `times` as in `with_parents`."""
    return [
        _tar(with_parents(step.items, BASE_TIME + step.day * DAY, times)) for step in steps if step.items is not None
    ]


def _add_image(
    files: dict[str, bytes], version: str, tags: list[str], tars: Sequence[bytes], steps: Sequence[_Step], *, user: str
) -> dict[str, Any]:
    """Put one image's layers and config into the archive, and return what its manifest.json says of it."""
    digests = [hashlib.sha256(tar).hexdigest() for tar in tars]
    for digest, tar in zip(digests, tars, strict=True):
        files.setdefault(f"{digest}/layer.tar", tar)
    settings: dict[str, Any] = {
        "User": user,
        "ExposedPorts": {"8080/tcp": {}},
        "Env": [_PATH, "APP_ENV=production"] if user else [_PATH],
        "Cmd": ["/app/run.sh"],
        "WorkingDir": "/app",
        "Labels": {"org.opencontainers.image.title": "api", "org.opencontainers.image.version": version},
    }
    config = _json(
        {
            "architecture": "amd64",
            "os": "linux",
            "created": _time(steps[-1].day),
            "config": settings,
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}" for digest in digests]},
            "history": [_history(step) for step in steps],
        }
    )
    name = f"{hashlib.sha256(config).hexdigest()}.json"
    files[name] = config
    return {"Config": name, "RepoTags": tags, "Layers": [f"{digest}/layer.tar" for digest in digests]}


def _history(step: _Step) -> dict[str, Any]:
    entry: dict[str, Any] = {"created": _time(step.day), "created_by": step.command}
    if step.items is None:
        entry["empty_layer"] = True
    return {**entry, "comment": "buildkit.dockerfile.v0"}


def _time(day: int) -> str:
    return datetime.fromtimestamp(BASE_TIME + day * DAY, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _json(document: object) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()


def _tar(items: Iterable[Item]) -> bytes:
    """A ustar archive; every name here is short and plain."""
    written = bytearray()
    for item in items:
        written += _header(item)
        written += item.data
        written += bytes(-len(item.data) % _BLOCK)
    written += bytes(2 * _BLOCK)
    return bytes(written)


def _header(item: Item) -> bytes:
    name = item.path + "/" if item.type == b"5" else item.path
    header = bytearray(_BLOCK)
    header[0:100] = name.encode().ljust(100, b"\0")
    header[100:148] = b"%07o\0%07o\0%07o\0%011o\0%011o\0" % (
        item.mode,
        item.uid,
        item.uid,
        len(item.data),
        item.mtime or 0,
    )
    header[148:157] = b"        " + item.type
    header[157:257] = item.link.encode().ljust(100, b"\0")
    header[257:265] = b"ustar\x0000"
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header)
