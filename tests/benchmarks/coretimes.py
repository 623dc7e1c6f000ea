"""Rows about reading: indexing and folding, whole commands, gzip layers, against GNU tar, dive and a bare loop."""

import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

from tests.benchmarks.build_archive import BenchImage
from tests.benchmarks.measure import Cost, alternate, report, run, run_each, warm
from tests.benchmarks.results import Result, ratio_result

ROUNDS = {"real": 7, "1m": 5, "3m": 3}
"""How often each image is measured."""

TAR = "`tar -tv` of the layers' tars"
"""What reading is measured against."""


def _tar(image: BenchImage) -> Cost:
    """GNU tar lists the layers' tars one after another."""
    return run_each([["tar", "-tvf", layer] for layer in image.layers])


def _layertui(*arguments: str | Path) -> Cost:
    return run([sys.executable, "-m", "layertui", *arguments])


def entries(image: BenchImage) -> str:
    """How an image is called in the table."""
    return {"real": "152,000 entries", "1m": "1 M entries", "3m": "3 M entries"}[image.name]


def entry_count(image: BenchImage) -> int:
    """How many members the layers' tars have."""
    command = [sys.executable, "-m", "tests.benchmarks.indexfold", str(image.archive)]
    return int(subprocess.run(command, capture_output=True, check=True, text=True).stdout.split()[2])


def index_and_fold(image: BenchImage) -> list[Result]:
    """Index and fold a plain archive."""
    warm([image.archive, *image.layers])
    ratio = alternate(
        lambda: report(["tests.benchmarks.indexfold", image.archive]), lambda: _tar(image), ROUNDS[image.name]
    )
    return [ratio_result(f"index and fold, plain, {entries(image)}", ratio, 1.8 if image.name == "3m" else 1.3, TAR)]


def whole_commands(image: BenchImage) -> list[Result]:
    """`layers` and `files --merged`, from the start of Python to its end."""
    made = []
    for command, options in (("layers", []), ("files", ["--merged"])):
        warm([image.archive, *image.layers])
        ours = partial(_layertui, command, image.archive, *options)
        ratio = alternate(ours, lambda: _tar(image), ROUNDS[image.name])
        shown = " ".join(["layertui", command, "REF", *options])
        made.append(ratio_result(f"`{shown}`, whole command, {entries(image)}", ratio, 2, TAR))
    return made


def gzip_layers(image: BenchImage) -> list[Result]:
    """The same image with gzip layers, both digests of each verified."""
    if image.layout is None:
        return []
    layout = image.layout
    warm([layout])
    ratio = alternate(
        lambda: report(["tests.benchmarks.indexfold", layout]),
        lambda: report(["tests.benchmarks.barefloor", layout]),
        5,
    )
    what = "two threads of isal inflate and sha256 of both sides"
    return [ratio_result(f"index and fold, gzip layers, digests verified, {entries(image)}", ratio, 1.3, what)]


def dive(image: BenchImage, program: Path) -> list[Result]:
    """dive's analysis of the same archive, once, and our `layers` before and after it."""
    warm([image.archive])
    before = _layertui("layers", image.archive)
    with tempfile.TemporaryDirectory() as home:
        variables = {"CI": "true", "HOME": home}
        theirs = run(["nice", "-n", "19", program, f"docker-archive://{image.archive}"], variables, may_fail=True)
    ours = min(before, _layertui("layers", image.archive), key=lambda cost: cost.wall_s)
    times = theirs.cpu_s / ours.cpu_s
    return [
        Result(
            f"`layertui layers REF`, {entries(image)}",
            f"{ours.wall_s:.2f} s, CPU {ours.cpu_s:.2f} s",
            f"dive 0.13.1: {theirs.wall_s:,.0f} s, CPU {theirs.cpu_s:,.0f} s, {theirs.rss_bytes / 1e6:.0f} MB",
            f"1 : {theirs.wall_s / ours.wall_s:,.0f}, CPU 1 : {times:,.0f}",
            "1 : 500",
            "met" if times >= 500 else f"missed: {times:,.0f} of 500",
            "dive with CI=true, once, with nice 19",
        )
    ]
