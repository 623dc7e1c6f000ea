"""Whole or not at all: cancels, full disks, what is in the way, what vanishes, and who is not root."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from layertui.errors import Cancelled, LayertuiError, UsageError
from layertui.extract.attributes import Options
from layertui.extract.lookup import layer_version
from layertui.extract.plan import plan_of
from layertui.extract.tree import extract
from layertui.image.blob import Blob, BytesBlob
from tests.contract.test_oracles import needs_root, run
from tests.extract.helpers import extracted, fingerprint, names, opened, whole
from tests.extract.test_tree import TWO, mode
from tests.kit.entries import Layer, directory, file


@pytest.fixture
def depth(tmp_path: Path) -> Iterator[Path]:
    """A directory whose trees may be too deep for shutil, which removes what tests leave."""
    yield tmp_path
    run("rm", "-rf", tmp_path)


def test_paths_deeper_than_any_path_may_be_long(depth: Path) -> None:
    deep = "/".join(["d" * 3] * 1000)
    extracted(depth / "image", [[file(deep + "/f", "far down")]], depth / "out", preserve=True)
    assert run("sh", "-c", f"cd {depth}/out && find . -type f | wc -l").strip() == "1"
    run("rm", "-rf", depth / "out")
    deeper = [file("/".join(["e" * 2] * 1000) + "/f", "x"), file("n" * 256, "y")]
    with pytest.raises(LayertuiError):
        extracted(depth / "image", [deeper], depth / "no" / "such", preserve=True)
    (depth / "out").mkdir()
    with pytest.raises(Cancelled):
        extracted(depth / "image", [deeper], depth / "out", progress=cancelling(1))
    assert os.listdir(depth / "out") == [], "what was made aside is gone, however deep"


def cancelling(after: int) -> Callable[[int, int], None]:
    """A progress callback that cancels at its n-th call."""
    calls = iter(range(after))

    def progress(done: int, total: int) -> None:
        if next(calls, None) is None or after == 1:
            raise Cancelled

    return progress


MANY: list[Layer] = [[file(f"d{number % 9}/{number}", b"x" * 900, mode=0o400) for number in range(900)]]


@pytest.mark.parametrize("existing", [False, True])
@pytest.mark.parametrize("after", [1, 400, 899])
def test_after_a_cancel_all_is_as_it_was(after: int, existing: bool, tmp_path: Path) -> None:
    around = tmp_path / "around"
    (around / "out/d1").mkdir(parents=True)
    (around / "out/d1/mine").write_text("mine")
    if not existing:
        shutil.rmtree(around / "out")
    before = fingerprint(around)
    with pytest.raises(Cancelled):
        extracted(tmp_path / "image", MANY, around / "out", preserve=True, progress=cancelling(after))
    after_it = fingerprint(around)
    assert {name: facts[:4] for name, facts in after_it.items()} == {name: facts[:4] for name, facts in before.items()}


def test_a_compressed_layer_is_passed_over_with_a_cancel_in_half_a_second(tmp_path: Path) -> None:
    layers: list[Layer] = [[file("zeros", bytes(150_000_000)), file("last", "x")]]
    image, squash = opened(tmp_path / "image", layers, compression="gzip")
    asked: list[float] = []

    def cancelled() -> bool:
        asked.append(time.monotonic())
        return False

    plan = plan_of(squash, [layer_version(squash, b"last", 0)], layer=0, merged=False)
    extract(image, plan, tmp_path / "out", Options(), cancelled=cancelled)
    assert (tmp_path / "out/last").read_text() == "x"
    assert len(asked) > 100, "it is asked all the while the layer is inflated"
    assert max(later - earlier for earlier, later in pairwise(asked)) < 0.5


def test_existing_files_are_kept_unless_told(tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / "d").mkdir(parents=True)
    (out / "d/a").write_text("mine")
    (out / "d/other").write_text("mine too")
    before = fingerprint(out)
    with pytest.raises(UsageError, match=r"d/a exists already\. Nothing was written\."):
        extracted(tmp_path / "image", TWO, out)
    assert {name: facts[:4] for name, facts in fingerprint(out).items()} == {
        name: facts[:4] for name, facts in before.items()
    }
    extracted(tmp_path / "image", TWO, out, force=True)
    assert (out / "d/a").read_text() == "second, longer\n"
    assert (out / "d/other").read_text() == "mine too"
    assert names(out) == ["d/", "d/a", "d/other", "e/", "e/z", "l"]


def test_a_failure_halfway_gives_replaced_files_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    out.mkdir()
    for name in ("a", "b", "c"):
        (out / name).write_text(f"my {name}")
    layers: list[Layer] = [[file("a", "A"), file("b", "B"), file("c", "C"), directory("d", mode=0o500), file("d/x")]]
    before = fingerprint(out)
    rename, calls = os.rename, []

    def failing(source: object, target: object, **places: int) -> None:
        calls.append(target)
        if len(calls) == 3:
            raise OSError(28, "No space left on device")
        rename(source, target, **places)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "rename", failing)
    with pytest.raises(LayertuiError, match="no space is left"):
        extracted(tmp_path / "image", layers, out, force=True, preserve=True)
    assert len(calls) > 3
    after = fingerprint(out)
    assert {name: facts[:4] + facts[5:] for name, facts in after.items() if name != "."} == {
        name: facts[:4] + facts[5:] for name, facts in before.items() if name != "."
    }


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    place = tmp_path / "small"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)], capture_output=True).returncode:
        pytest.skip("nothing can be mounted here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


@needs_root
@pytest.mark.parametrize("existing", [False, True])
def test_a_disk_that_fills_up_is_left_as_it_was(existing: bool, small_disk: Path, tmp_path: Path) -> None:
    out = small_disk / "out"
    if existing:
        (out / "d0").mkdir(parents=True)
        (out / "d0/mine").write_text("mine")
    before = fingerprint(small_disk)
    layers: list[Layer] = [[file(f"d{number}/f", b"x" * 50_000) for number in range(40)]]
    with pytest.raises(LayertuiError, match="no space is left") as raised:
        extracted(tmp_path / "image", layers, out)
    assert raised.value.hint
    after = fingerprint(small_disk)
    assert {name: facts[:4] for name, facts in after.items()} == {name: facts[:4] for name, facts in before.items()}


@needs_root
def test_a_read_only_destination_is_a_sentence(small_disk: Path, tmp_path: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    for target in (small_disk, small_disk / "new"):
        with pytest.raises(LayertuiError, match="read-only file system"):
            extracted(tmp_path / "image", TWO, target)


def test_destinations_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("f")
    (tmp_path / "link").symlink_to("image")
    for target, said in (
        (tmp_path / "file", "is a file, not a directory"),
        (tmp_path / "link", "is a symlink, not a directory"),
        (tmp_path / "no/such", "is not there"),
        (tmp_path / "file/below", "cannot be written"),
        (tmp_path / ("n" * 300), "longer than this file system takes"),
    ):
        with pytest.raises(LayertuiError, match=said):
            extracted(tmp_path / "image", TWO, target)
    assert sorted(os.listdir(tmp_path)) == ["file", "image", "link"]


def test_a_destination_that_vanishes_is_a_sentence(tmp_path: Path) -> None:
    around = tmp_path / "around"
    around.mkdir()

    def vanish(done: int, total: int) -> None:
        subprocess.run(["rm", "-rf", str(around)], check=True)

    with pytest.raises(LayertuiError, match="moved, removed or replaced"):
        extracted(tmp_path / "image", MANY, around / "out", progress=vanish)


WIDE: list[Layer] = [[directory("shut", mode=0), *(directory(f"shut/{number}", mode=0) for number in range(100))]]
"""More directories in one that cannot be entered than are kept open."""

AS_NOBODY = """
import os, sys
from pathlib import Path
from layertui.errors import Cancelled, LayertuiError
from layertui.extract.attributes import Options
from layertui.extract.tree import extract
from tests.extract.helpers import names, opened, whole
from tests.extract.test_tree import KEPT
from tests.extract.test_whole import WIDE
where = Path(sys.argv[1])
opened(where / "image", [])
os.chown(where / "image", 65534, 65534); os.chown(where / "image/image.tar", 65534, 65534)
(where / "wide").mkdir(mode=0o777); (where / "wide").chmod(0o777)
os.setgroups([]); os.setgid(65534); os.setuid(65534)
image, squash = opened(where / "image", KEPT)
extract(image, whole(squash), where / "out", Options(preserve=True))
(where / "there").mkdir(); (where / "there/locked").mkdir()
extract(image, whole(squash), where / "there", Options(preserve=True))
(where / "kept/locked").mkdir(parents=True)
(where / "kept/l").write_text("mine")
for target in ("cancelled", "kept"):
    for number in range(60):
        asked = iter(range(number))
        options = Options(preserve=True, force=True)
        cancelled = lambda: next(asked, None) is None
        try: extract(image, whole(squash), where / target, options, cancelled=cancelled)
        except Cancelled: pass
        else: break
        assert not (where / "cancelled").exists()
        assert names(where / "kept") == ["l", "locked/"], (number, names(where / "kept"))
        assert (where / "kept/l").read_text() == "mine"
    assert number > 20
    os.system(f"chmod -R u+rwx {where}/cancelled; rm -rf {where}/cancelled")
wide, wide_squash = opened(where / "wide/image", WIDE)
outcome = extract(wide, whole(wide_squash), where / "wide/out", Options(preserve=True))
assert (outcome.directories, outcome.problems) == (101, []), outcome.problems
try: extract(image, whole(squash), where / "rootfs", Options(as_root_filesystem=True))
except LayertuiError as error: print(error.message)
try: extract(image, whole(squash), Path("/root/lt-denied"), Options())
except LayertuiError as error: print(error.message)
print(sorted(os.listdir(where)))
"""


@needs_root
def test_without_root_unwritable_directories_are_no_hindrance(tmp_path: Path) -> None:
    where = Path(subprocess.run(["mktemp", "-d"], capture_output=True, text=True, check=True).stdout.strip())
    try:
        where.chmod(0o777)
        environment = {**os.environ, "PYTHONPATH": os.getcwd(), "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(
            [sys.executable, "-c", AS_NOBODY, str(where)], capture_output=True, text=True, timeout=60, env=environment
        )
        assert done.returncode == 0, done.stderr
        lines = done.stdout.splitlines()
        assert "only root can make them" in lines[0]
        assert "permission denied" in lines[1]
        assert ".layertui" not in lines[2]
        for name in ("out", "there"):
            assert names(where / name) == [
                *("cap", "l", "locked/", "locked/closed/", "locked/closed/g", "locked/f"),
                *("shut/", "shut/implied/", "shut/implied/f", "sticky/"),
            ]
        assert mode(where / "out/locked") == 0o555
        assert mode(where / "out/locked/closed") == 0
        assert mode(where / "there/locked") & 0o700 == 0o700, "a directory that was there keeps its mode"
        assert mode(where / "there/locked/closed") == 0
    finally:
        subprocess.run(["rm", "-rf", str(where)], check=True)


class Breaking:
    """A blob whose file gets damaged after some reads."""

    def __init__(self, blob: Blob, good_reads: int) -> None:
        self._blob, self._left = blob, good_reads
        self.size_bytes, self.label = blob.size_bytes, "layer.tar"

    def read_at(self, offset: int, length: int) -> bytes:
        self._left -= 1
        if self._left < 0:
            raise UsageError("layer.tar is gone.")
        return self._blob.read_at(offset, length)


def test_a_source_that_goes_away_leaves_whole_files_only(tmp_path: Path) -> None:
    image, squash = opened(tmp_path / "image", [[file(f"f{number}", b"x" * 1_000_000) for number in range(5)]])
    blob = image.layers[0].content
    assert isinstance(blob, BytesBlob) or hasattr(blob, "read_at")
    layer = replace(image.layers[0], content=Breaking(blob, 10))  # type: ignore[arg-type]
    outcome = extract(replace(image, layers=(layer,)), whole(squash), tmp_path / "out", Options())
    assert names(tmp_path / "out") == ["f0", "f1"]
    assert all(path.stat().st_size == 1_000_000 for path in (tmp_path / "out").iterdir())
    assert outcome.problem_count == 3
    layer = replace(layer, content=Breaking(blob, 1))  # type: ignore[arg-type]
    with pytest.raises(LayertuiError, match=r"layer\.tar is gone"):
        extract(replace(image, layers=(layer,)), whole(squash), tmp_path / "none", Options())
    assert sorted(os.listdir(tmp_path)) == ["image", "out"]
