"""What may be imported where: the screen's libraries come with the screen, and with nothing else."""

import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import layertui
from tests.kit.docker import docker_archive
from tests.kit.entries import file
from tests.kit.images import ImageSpec

ROOT = Path(__file__).resolve().parent.parent


def modules_below_the_screen() -> list[str]:
    found = [module.name for module in pkgutil.walk_packages(layertui.__path__, "layertui.")]
    above = ("layertui.tui", "layertui.cli", "layertui.__main__")
    return [name for name in found if not name.startswith(above)]


def python(code: str, *arguments: str) -> str:
    """What a fresh interpreter prints."""
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True, timeout=60).stdout


LOADED = "print(sorted({'textual', 'rich'} & set(sys.modules)))"


def test_nothing_below_the_screen_imports_a_screen_library() -> None:
    names = modules_below_the_screen()
    assert {"layertui.present.rows", "layertui.stack.fold", "layertui.sources.resolve", "layertui.errors"} <= set(names)
    code = f"import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)\n{LOADED}"
    assert python(code, *names) == "[]\n"


def test_this_test_would_see_it() -> None:
    assert "textual" in python(f"import layertui.tui.app, sys\n{LOADED}")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["files", "--help"],
        ["--version"],
        ["demo"],
        ["layers", "demo:api:1.4"],
        ["inspect", "demo:api:1.4", "--json"],
        ["files", "demo:api:1.4", "--verify-content"],
        ["which", "demo:api:1.4", "etc/motd"],
        ["layers", "/no/such/image"],
        ["ls", "demo"],
        ["doctor"],
    ],
    ids=" ".join,
)
def test_commands_without_a_screen_do_not_import_textual(arguments: list[str]) -> None:
    code = (
        "import sys\n"
        "from layertui.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "print('\\n' + str([name for name in sys.modules if name.startswith(('textual', 'layertui.tui'))]))"
    )
    assert python(code, *arguments).splitlines()[-1] == "[]"


def test_opening_a_file_imports_no_engine(tmp_path: Path) -> None:
    (tmp_path / "image.tar").write_bytes(docker_archive([ImageSpec(layers=[[file("a")]])]))
    code = (
        "import sys\n"
        "from layertui.sources.resolve import open_reference\n"
        "open_reference(sys.argv[1])\n"
        "words = ('podman', 'containerd', 'overlay2', 'sources.docker.', 'docker.api', 'requests')\n"
        "print([name for name in sys.modules if any(word in name for word in words)])"
    )
    assert python(code, str(tmp_path / "image.tar")) == "[]\n"
