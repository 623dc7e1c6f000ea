"""What the layers of the built-in image hold: a small story in which every kind of change happens once.

All of it is made up here, the same bytes each time.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

DAY = 86_400
"""Seconds."""

BASE_TIME = 1_714_521_600
"""When the base was made: 2024-05-01 in UTC, in seconds since 1970. Layer n is made so many days later."""

DIRECTORY_MODES = {"root": 0o700, "tmp": 0o1777, "var/tmp": 0o1777}
"""Directories that are not 0755."""


@dataclass(frozen=True, slots=True)
class Item:
    """One member of a layer's tar."""

    path: str
    type: bytes = b"0"
    """The tar's type flag."""
    data: bytes = b""
    mode: int = 0o644
    uid: int = 0
    """Owner and group."""
    link: str = ""
    mtime: int | None = None
    """Seconds since 1970; None means when the layer was made."""


def _file(path: str, data: bytes | str, mode: int = 0o644, *, uid: int = 0, mtime: int | None = None) -> Item:
    return Item(path, b"0", data.encode() if isinstance(data, str) else data, mode, uid, "", mtime)


def _directory(path: str) -> Item:
    return Item(path, b"5", mode=DIRECTORY_MODES.get(path, 0o755))


def _symlink(path: str, target: str) -> Item:
    return Item(path, b"2", mode=0o777, link=target)


def _hardlink(path: str, target: str, mode: int) -> Item:
    return Item(path, b"1", mode=mode, link=target)


def _removed(path: str) -> Item:
    parent, slash, name = path.rpartition("/")
    return Item(f"{parent}{slash}.wh.{name}", mode=0)


def _opaque(path: str) -> Item:
    return Item(f"{path}/.wh..wh..opq", mode=0)


def _filler(seed: str, size_bytes: int) -> bytes:
    """Bytes that look like a program's and cost next to nothing to make."""
    block = hashlib.shake_128(seed.encode()).digest(4_096)
    return (b"\x7fELF\x02\x01\x01\x00" + block * (size_bytes // len(block) + 1))[:size_bytes]


def _listing(seed: str, lines: int) -> str:
    """Readable lines, each with a checksum of its own."""
    return "".join(f"{hashlib.md5(f'{seed}{n}'.encode()).hexdigest()}  {seed}/{n:04d}\n" for n in range(lines))


CERTIFICATES = _listing("certificate", 900)
MODEL = _filler("model", 270_000)

PASSWD = """root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
"""

MOTD = """Welcome to Demo Linux.
This image is built into layertui, so that there is something to look at.
"""

CONFIG = """# How the api runs.
server:
  listen: 0.0.0.0:8080
  workers: 2
  timeout_s: 30
log:
  level: debug
  format: text
database:
  url: postgres://localhost/api
  pool: 5
features:
  search: false
  export: true
"""

CONFIG_TUNED = CONFIG.replace("workers: 2", "workers: 8").replace("level: debug", "level: info")
CONFIG_PRODUCTION = CONFIG_TUNED.replace("localhost/api", "db.internal/api").replace("search: false", "search: true")
CONFIG_PRODUCTION_OLDER = (
    CONFIG_PRODUCTION.replace("workers: 8", "workers: 4")
    .replace("timeout_s: 30", "timeout_s: 5")
    .replace("search: true", "search: false")
)

RUN_SH = """#!/bin/sh
set -eu
cd /app
exec ./server --config /etc/app/config.yaml "$@"
"""

NETRC = "machine pypi.example.com login builder password this-was-a-secret\n"


def base_layer() -> list[Item]:
    """ADD rootfs: a small distribution."""
    programs = [_file(f"usr/bin/{name}", _filler(name, size), 0o755) for name, size in _PROGRAMS]
    tool = [_file("usr/bin/bunzip2", _filler("bzip2", 39_000), 0o755)]
    tool += [_hardlink(f"usr/bin/{name}", "usr/bin/bunzip2", 0o755) for name in ("bzcat", "bzip2")]
    empty = [_directory(name) for name in ("boot", "dev", "home", "proc", "run", "srv", "sys", "tmp", "var/tmp")]
    return [
        _symlink("bin", "usr/bin"),
        _symlink("lib", "usr/lib"),
        *empty,
        _file("etc/hostname", "demo\n"),
        _file("etc/hosts", "127.0.0.1 localhost\n::1 localhost\n"),
        _file("etc/motd", MOTD),
        _symlink("etc/os-release", "../usr/lib/os-release"),
        _file("etc/passwd", PASSWD),
        _file("etc/shadow", "root:*:19844:0:99999:7:::\n", 0o640),
        _file("etc/ssl/certs/ca-certificates.crt", CERTIFICATES, mtime=BASE_TIME),
        _file("root/.profile", "umask 022\n"),
        *programs,
        *tool,
        _symlink("usr/bin/sh", "dash"),
        _file("usr/lib/os-release", 'NAME="Demo Linux"\nID=demo\nVERSION_ID=12\n'),
        _file("usr/lib/x86_64-linux-gnu/libc.so.6", _filler("libc", 150_000), 0o755),
        _symlink("usr/lib/x86_64-linux-gnu/libz.so.1", "libz.so.1.2.13"),
        _file("usr/lib/x86_64-linux-gnu/libz.so.1.2.13", _filler("libz", 60_000)),
        *[_file(f"usr/share/doc/{name}/copyright", f"{name} is free software.\n") for name in _PACKAGES],
        *[_file(f"usr/share/zoneinfo/{name}", _filler(name, 900)) for name in _ZONES],
        _file("var/cache/apt/pkgcache.bin", _filler("pkgcache", 48_000)),
        _directory("var/cache/apt/archives"),
        _file("var/lib/dpkg/status", _status(_PACKAGES)),
        _file("var/log/dpkg.log", "2024-05-01 00:00:00 startup archives unpack\n"),
    ]


def packages_layer() -> list[Item]:
    """RUN apt-get install: two packages, and the lists and archives that nobody cleaned up."""
    new = ("curl", "python3")
    return [
        _file("usr/bin/curl", _filler("curl", 96_000), 0o755),
        _file("usr/bin/python3.11", _filler("python", 150_000), 0o755),
        _symlink("usr/bin/python3", "python3.11"),
        _symlink("usr/lib/x86_64-linux-gnu/libcurl.so.4", "libcurl.so.4.8.0"),
        _file("usr/lib/x86_64-linux-gnu/libcurl.so.4.8.0", _filler("libcurl", 82_000)),
        *[_file(f"usr/lib/python3.11/{name}.py", f'"""The module {name}."""\n') for name in _MODULES],
        *[_file(f"usr/share/doc/{name}/copyright", f"{name} is free software.\n") for name in new],
        _file("var/cache/apt/archives/curl_7.88.1_amd64.deb", _filler("curl.deb", 62_000)),
        _file("var/cache/apt/archives/python3.11_3.11.2_amd64.deb", _filler("python.deb", 80_000)),
        _file("var/cache/apt/pkgcache.bin", _filler("pkgcache again", 52_000)),
        _file("var/lib/apt/lists/main_binary-amd64_Packages", _listing("pool/main", 1_500)),
        _file("var/lib/dpkg/status", _status((*_PACKAGES, *new))),
        _file("var/log/dpkg.log", "2024-05-01 00:00:00 startup archives unpack\n2024-05-02 install curl python3\n"),
    ]


def dependencies_layer() -> list[Item]:
    """RUN pip install: modules, a download cache, and a password."""
    home = "opt/venv/lib/python3.11/site-packages"
    modules = [
        _file(f"{home}/{package}/{name}.py", f"# {package}.{name}\n" + "value = 1\n" * 40)
        for package in ("falcon", "orm", "yamlite")
        for name in ("__init__", "api", "errors", "types", "util")
    ]
    return [
        *modules,
        _symlink("opt/venv/bin/python", "/usr/bin/python3"),
        _file("opt/venv/pyvenv.cfg", "home = /usr/bin\nversion = 3.11.2\n"),
        _file("root/.cache/pip/http/3/a/3a9f", _filler("pip a", 70_000), 0o600),
        _file("root/.cache/pip/http/c/0/c04e", _filler("pip b", 45_000), 0o600),
        _file("root/.netrc", NETRC, 0o600),
    ]


def app_layer(version: str) -> list[Item]:
    """COPY app: the program in version 1.3 or 1.4."""
    newer = version == "1.4"
    shared = [
        _file("app/README.md", f"# api {version}\n\nStart it with run.sh.\n"),
        _file("app/models.bin", MODEL, 0o600),
        _file("app/plugins/csv.so", _filler("csv", 22_000), 0o755),
        _file("app/plugins/json.so", _filler("json", 18_000), 0o755),
        _file("app/run.sh", RUN_SH, 0o644 if newer else 0o755),
        _file("app/server", _filler(f"server {version}", 124_000 if newer else 116_000), 0o755),
        *[_file(f"app/static/{name}", f"/* {name} */\n" * 30) for name in ("app.css", "app.js", "index.html")],
        _file("app/static/version.txt", version + "\n"),
    ]
    if newer:
        own = [_file("app/.cache/pip.tgz", _filler("pip.tgz", 58_000)), _file("app/static/search.js", "// new\n" * 50)]
    else:
        own = [_file("app/old.cfg", "[server]\nport = 8080\n"), _file("app/static/legacy.css", "/* old */\n" * 20)]
    return shared + own


def config_layer() -> list[Item]:
    """COPY config.yaml: the first version of the file that later layers write over."""
    return [_file("etc/app/config.yaml", CONFIG)]


def permissions_layer() -> list[Item]:
    """RUN chmod and sed: the model is copied up whole for one bit of its mode."""
    return [
        _file("app/models.bin", MODEL, 0o644, mtime=BASE_TIME + 3 * DAY),
        _file("app/run.sh", RUN_SH, 0o755, mtime=BASE_TIME + 3 * DAY),
        _file("etc/app/config.yaml", CONFIG_TUNED),
    ]


def cleaning_layer() -> list[Item]:
    """RUN rm: too late, the bytes stay in the layers below."""
    return [
        _removed("app/.cache"),
        _removed("etc/motd"),
        _removed("root/.cache"),
        _removed("root/.netrc"),
        _directory("var/cache/apt"),
        _opaque("var/cache/apt"),
        _directory("var/cache/apt/archives"),
        _removed("var/lib/apt/lists"),
    ]


def production_layer(version: str) -> list[Item]:
    """COPY overlay: the config of version 1.3 or 1.4 in production, and certificates that are the same as before."""
    return [
        _file("etc/app/config.yaml", CONFIG_PRODUCTION if version == "1.4" else CONFIG_PRODUCTION_OLDER),
        _file("etc/ssl/certs/ca-certificates.crt", CERTIFICATES, mtime=BASE_TIME),
    ]


def last_layer() -> list[Item]:
    """RUN useradd and more: a directory becomes a file, an empty directory comes, and a user."""
    return [
        _file("app/plugins", "csv\njson\n"),
        _file("etc/passwd", PASSWD + "app:x:1000:1000::/home/app:/bin/sh\n"),
        Item("home/app", b"5", mode=0o750, uid=1_000),
        Item("var/lib/app", b"5", mode=0o755, uid=1_000),
    ]


def with_parents(items: Iterable[Item], made: int, times: dict[str, int]) -> list[Item]:
    """A layer as Docker writes it: in tree order, and every parent directory of a change named too.

    `made` is the layer's time; `times` holds the mtime of each path below this layer, and is brought up to date. A
    directory gets the layer's time when a direct child comes or goes, and keeps its own otherwise.
    """
    found = {item.path: item for item in items}
    touched = {path.rpartition("/")[0] for path, item in found.items() if _removes(path, item, times)}
    for path in list(found):
        while path:
            parent = path.rpartition("/")[0]
            if path not in times:
                touched.add(parent)
            if parent:
                found.setdefault(parent, _directory(parent))
            path = parent
    for path, item in found.items():
        if item.type != b"5" or path in touched or path not in times:
            times[path] = made
    ordered = sorted(found.values(), key=lambda item: item.path.replace("/", "\0"))
    return [replace(item, mtime=times[item.path] if item.mtime is None else item.mtime) for item in ordered]


def _removes(path: str, item: Item, times: dict[str, int]) -> bool:
    """Whether the item takes away something below it, which `times` then forgets."""
    parent, slash, name = path.rpartition("/")
    if name == ".wh..wh..opq":
        gone = parent
    elif name.startswith(".wh."):
        gone = f"{parent}{slash}{name.removeprefix('.wh.')}"
    elif item.type != b"5":
        gone = path
    else:
        return False
    below = [known for known in times if known.startswith(gone + "/")]
    for known in below:
        del times[known]
    if gone == path:
        return bool(below)
    return times.pop(gone, None) is not None


def _status(packages: Sequence[str]) -> str:
    return "".join(f"Package: {name}\nStatus: install ok installed\nArchitecture: amd64\n\n" for name in packages)


_PROGRAMS = (("cat", 34_000), ("chmod", 42_000), ("dash", 98_000), ("ls", 108_000), ("rm", 50_000), ("sed", 88_000))
_PACKAGES = ("base-files", "bzip2", "ca-certificates", "coreutils", "dash", "libc6", "sed", "tzdata", "zlib1g")
_ZONES = ("Africa/Nairobi", "America/Lima", "Asia/Tokyo", "Europe/Zurich", "Pacific/Auckland", "UTC")
_MODULES = ("abc", "ast", "base64", "codecs", "datetime", "enum", "io", "os", "pathlib", "re", "socket", "typing")
