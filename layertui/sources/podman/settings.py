"""Where Podman keeps its images on this host: storage.conf, else the defaults (containers-storage.conf(5))."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from layertui.errors import DamagedError, LayertuiError
from layertui.image.blob import FileBlob
from layertui.image.verify import read_document
from layertui.sources.accounts import home_of
from layertui.sources.place import Environ

_SYSTEM_FILES = (Path("/etc/containers/storage.conf"), Path("/usr/share/containers/storage.conf"))
"""The administrator's file replaces the distribution's as a whole."""

_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))", re.ASCII)


@dataclass(frozen=True, slots=True)
class Settings:
    """What is configured for one user's store."""

    graph_root: Path
    """The directory with images, layers and containers."""
    driver: str
    """As configured; empty where nothing says it, then the store's own directories tell."""
    additional: tuple[Path, ...] = ()
    """Further stores that are only read: `additionalimagestores`, and where images are kept apart, `imagestore`."""
    configured: str = ""
    """The file that says so; empty where the defaults hold."""
    problem: LayertuiError | None = None
    """Why that file could not be read; then the defaults hold."""


def settings_for(environ: Environ, uid: int, *, system_files: tuple[Path, ...] = _SYSTEM_FILES) -> Settings:
    """What holds for a user, root being 0: the first file that exists decides alone.

    CONTAINERS_STORAGE_CONF, for others than root `$XDG_CONFIG_HOME/containers/storage.conf`, then the system's files.
    STORAGE_DRIVER and STORAGE_OPTS come before what a file says. Opens these files and nothing else.
    """
    named = environ.get("CONTAINERS_STORAGE_CONF", "")
    files = [Path(named)] if named else [] if uid == 0 else [_config_home(environ, uid) / "containers/storage.conf"]
    found = next((file for file in (*files, *system_files) if file.is_file() or str(file) == named), None)
    storage: dict[str, Any] = {}
    problem = None
    if found is not None:
        try:
            storage = _table(_read(found), "storage")
        except LayertuiError as error:
            problem = error
    own = found is not None and found not in system_files
    return _settings(storage, environ, uid, own=own, configured=str(found or ""), problem=problem)


def _settings(
    storage: dict[str, Any],
    environ: Environ,
    uid: int,
    *,
    own: bool,
    configured: str,
    problem: LayertuiError | None,
) -> Settings:
    options = _table(storage, "options")
    # Of the system's files, graphroot is root's alone.
    root = _text(storage, "graphroot") if uid == 0 or own else ""
    if not root and uid != 0:
        root = _text(storage, "rootless_storage_path")
    graph_root = Path(_expanded(root, environ, uid)) if root else default_root(environ, uid)
    additional = [_expanded(text, environ, uid) for text in _texts(options, "additionalimagestores")]
    additional += [_expanded(text, environ, uid) for text in (_text(storage, "imagestore"),) if text]
    for option in environ.get("STORAGE_OPTS", "").split(","):
        name, _, value = option.strip().partition("=")
        if name.rpartition(".")[2] in ("imagestore", "additionalimagestore") and value:
            additional.append(value)
    driver = environ.get("STORAGE_DRIVER", "") or _text(storage, "driver")
    return Settings(graph_root, driver, tuple(map(Path, dict.fromkeys(additional))), configured, problem)


def default_root(environ: Environ, uid: int) -> Path:
    """Where the store is when nothing is configured."""
    if uid == 0:
        return Path("/var/lib/containers/storage")
    data_home = environ.get("XDG_DATA_HOME", "")
    return (Path(data_home) if data_home else _home(environ, uid) / ".local/share") / "containers/storage"


def _config_home(environ: Environ, uid: int) -> Path:
    named = environ.get("XDG_CONFIG_HOME", "")
    return Path(named) if named else _home(environ, uid) / ".config"


def _home(environ: Environ, uid: int) -> Path:
    named = environ.get("HOME", "")
    if named:
        return Path(named)
    return home_of(uid) or Path("/")


def _expanded(text: str, environ: Environ, uid: int) -> str:
    """`$HOME`, `$UID`, `$USER` and other variables, which storage.conf may use in paths."""
    own = {"UID": str(uid), "HOME": str(_home(environ, uid))}
    return _VARIABLE.sub(lambda found: own.get(found[1] or found[2]) or environ.get(found[1] or found[2], ""), text)


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(read_document(FileBlob.open(file, str(file))).decode())
    except ValueError as problem:  # TOML or UTF-8
        raise DamagedError(
            f"{file} is no valid TOML: {problem}.", "Correct it; until then the default places are looked at."
        ) from problem


def _table(of: dict[str, Any], key: str) -> dict[str, Any]:
    value = of.get(key)
    return value if isinstance(value, dict) else {}


def _text(of: dict[str, Any], key: str) -> str:
    value = of.get(key)
    return value if isinstance(value, str) else ""


def _texts(of: dict[str, Any], key: str) -> list[str]:
    value = of.get(key)
    return [text for text in value if isinstance(text, str) and text] if isinstance(value, list) else []


def runtime_directory(environ: Environ, uid: int) -> Path:
    """Where a user's sockets are: XDG_RUNTIME_DIR, else what systemd makes."""
    named = environ.get("XDG_RUNTIME_DIR", "")
    return Path(named) if named else Path("/run/user", str(uid))
