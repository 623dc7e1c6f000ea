"""The layers of an image of real packages: installed with pip, changed as a Dockerfile would, packed by GNU tar.

Only what a step changed goes into its layer, with every parent directory, whiteouts for what it removed, and an opaque
marker where it removed a directory and made it again, as Docker writes them.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

SITE = "usr/local/lib/python3.11/site-packages"
"""Where packages are installed in the image."""

FIRST_MTIME_S = 1_735_689_600
"""When the first layer was made, 2025-01-01; each further layer an hour later, its files spread over a minute."""

OPAQUE_MARKER = ".wh..wh..opq"
"""What a directory holds that a layer removed and made again."""

Snapshot = dict[str, tuple[int, int, int, int]]
"""Inode, mode, size and mtime of every path below a root."""


@dataclass(frozen=True, slots=True)
class Step:
    """One build step, which makes one layer."""

    command: str
    packages: tuple[str, ...] = ()
    """What pip installs, as it would be typed."""
    action: Callable[[Path], None] | None = None
    """What else is done to the root."""
    opaque: tuple[str, ...] = field(default=())
    """Directories below SITE that are removed first, and made again by `packages`."""


def _copy_stdlib(root: Path) -> None:
    target = root / "usr/local/lib/python3.11"
    ignore = shutil.ignore_patterns("site-packages", "*.so", "*.a", "config-3*")
    shutil.copytree(sysconfig.get_path("stdlib"), target, symlinks=True, ignore=ignore, dirs_exist_ok=True)
    for name in ("etc", "tmp", "usr/local/bin", "root"):
        (root / name).mkdir(parents=True, exist_ok=True)
    (root / "etc/motd").write_text("Welcome.\n")


def _open_to_group(root: Path) -> None:
    for package in ("scipy", "django", "babel", "pandas"):
        for path in [root / SITE / package, *(root / SITE / package).rglob("*")]:
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | 0o020)


def _remove_tests(root: Path) -> None:
    for package in ("numpy", "sympy", "statsmodels", "sklearn", "matplotlib"):
        for path in sorted((root / SITE / package).rglob("tests")):
            shutil.rmtree(path, ignore_errors=True)


def _application(root: Path) -> None:
    app = root / "app"
    (app / "conf").mkdir(parents=True)
    for number in range(200):
        (app / f"module_{number:03}.py").write_text(f'"""Module {number}."""\n' * 20)
    (app / "conf/settings.toml").write_text("debug = false\n")
    (root / "etc/motd").write_text("Welcome to the application.\n")
    shutil.rmtree(root / "usr/local/lib/python3.11/idlelib", ignore_errors=True)
    for path in (root / SITE / "django").rglob("*.po"):
        path.write_bytes(path.read_bytes())


STEPS = (
    Step("apt-get install python3", action=_copy_stdlib),
    Step("pip install numpy scipy", ("numpy", "scipy")),
    Step("pip install pandas matplotlib", ("pandas", "matplotlib")),
    Step("pip install 'sympy<1.14' statsmodels scikit-learn", ("sympy<1.14", "statsmodels", "scikit-learn")),
    Step("pip install 'ansible<12' ansible-core", ("ansible<12", "ansible-core")),
    Step("pip install 'awscli<1.43' botocore", ("awscli<1.43", "botocore")),
    Step("pip install 'oci<2.170'", ("oci<2.170",)),
    Step("pip install django babel", ("django", "babel")),
    Step("pip install plotly bokeh", ("plotly", "bokeh")),
    Step("pip install kubernetes google-api-python-client", ("kubernetes", "google-api-python-client")),
    Step("pip install jupyterlab", ("jupyterlab",)),
    Step("pip install azure-mgmt-network", ("azure-mgmt-network", "azure-mgmt-compute")),
    Step("pip install --upgrade ansible", ("ansible<13",)),
    Step("rm -rf oci && pip install --upgrade oci", ("oci<2.190",), opaque=("oci",)),
    Step("pip install --upgrade awscli sympy", ("awscli<1.47", "sympy<1.15")),
    Step("chmod -R g+w scipy django babel pandas", action=_open_to_group),
    Step("find -name tests | xargs rm -r", action=_remove_tests),
    Step("cp -r app /app", action=_application),
)
"""Base to top: 18 layers."""


def _pip(arguments: list[str]) -> None:
    subprocess.run([sys.executable, "-m", "pip", *arguments, "-q", "--disable-pip-version-check"], check=True)


def fetch_wheels(wheels: Path) -> None:
    """Download the packages that are not in `wheels` yet (about 400 MB, with the ordinary pip configuration)."""
    wheels.mkdir(parents=True, exist_ok=True)
    for step in STEPS:
        if step.packages:
            _pip(["download", "--no-deps", "-d", str(wheels), "--find-links", str(wheels), *step.packages])


def _snapshot(root: Path) -> Snapshot:
    found: Snapshot = {}
    stack = [str(root)]
    while stack:
        with os.scandir(stack.pop()) as directory:
            for item in directory:
                status = item.stat(follow_symlinks=False)
                path = item.path[len(str(root)) + 1 :]
                found[path] = (status.st_ino, status.st_mode, status.st_size, status.st_mtime_ns)
                if item.is_dir(follow_symlinks=False):
                    stack.append(item.path)
    return found


def _parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:length]) for length in range(1, len(parts))]


def _is_below(path: str, directories: set[str]) -> bool:
    return any(parent in directories for parent in _parents(path))


def _pack(root: Path, before: Snapshot, target: Path, opaque: set[str], number: int) -> None:
    """Write what changed since `before` as one layer; markers stand in the root only while tar runs."""
    after = _snapshot(root)
    changed = {path for path, status in after.items() if before.get(path) != status and not path.endswith(".pyc")}
    changed |= {path for path in after if _is_below(path, opaque)} | opaque
    mtime_s = FIRST_MTIME_S + number * 3600
    for path in sorted(changed):
        second = sum(path.encode()) % 60
        os.utime(root / path, (mtime_s + second, mtime_s + second), follow_symlinks=False)
    removed = {path for path in before if path not in after and not _is_below(path, opaque)}
    removed = {path for path in removed if not _is_below(path, removed)}
    markers = {str(Path(path).parent / f".wh.{Path(path).name}") for path in removed}
    markers |= {f"{path}/{OPAQUE_MARKER}" for path in opaque}
    members = changed | markers
    members |= {parent for path in members for parent in _parents(path)}
    for marker in markers:
        (root / marker).touch()
        os.utime(root / marker, (mtime_s, mtime_s))
    # The order of a depth-first walk with sorted names, as engines write it.
    listing = b"\0".join(path.encode() for path in sorted(members, key=lambda path: path.split("/"))) + b"\0"
    command = ["tar", "-c", "-f", str(target), "-C", str(root), "--no-recursion", "--null", "--verbatim-files-from"]
    command += ["-T", "-", "--format=posix", "--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime"]
    command += ["--owner=0", "--group=0", "--numeric-owner", f"--mtime=@{mtime_s + 59}", "--clamp-mtime"]
    subprocess.run(command, input=listing, check=True)
    for marker in markers:
        (root / marker).unlink()


def build_layers(directory: Path, layers: Path) -> list[str]:
    """Install and pack all steps into `layers` as NN.tar; returns their commands, base to top."""
    wheels, root = directory / "wheels", directory / "root"
    fetch_wheels(wheels)
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    layers.mkdir(parents=True, exist_ok=True)
    for number, step in enumerate(STEPS):
        before = _snapshot(root)
        opaque = {f"{SITE}/{name}" for name in step.opaque}
        for name in opaque:
            shutil.rmtree(root / name)
        if step.packages:
            options = ["--no-deps", "--no-index", "--no-compile", "--upgrade", "--find-links", str(wheels)]
            _pip(["install", *options, "--target", str(root / SITE), *step.packages])
        if step.action is not None:
            step.action(root)
        _pack(root, before, layers / f"{number:02}.tar", opaque, number)
        print(f"  layer {number}: {step.command}", file=sys.stderr, flush=True)
    shutil.rmtree(root)
    return [step.command for step in STEPS]
