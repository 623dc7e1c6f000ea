"""Rows about comparing: two images that are indexed, the keys of the compare screen without drawing, and `diff`."""

import subprocess
import sys

from tests.benchmarks.build_archive import BenchImage
from tests.benchmarks.measure import alternate, run, warm
from tests.benchmarks.results import Result, over, ratio_result

COMPARED_MS = 300
"""What comparing may take once both sides are indexed, so that the screen is there within half a second."""

KEY_MS = 50
"""What a key of the compare screen may take."""


def steps(image: BenchImage) -> list[Result]:
    """Comparing the image's lower layers with the whole of it, and each key, inside the process."""
    warm([image.archive])
    count = len(image.layers)
    command = [sys.executable, "-m", "tests.benchmarks.comparing", f"{image.archive}#0..{count * 2 // 3 - 1}"]
    said = subprocess.run([*command, str(image.archive)], capture_output=True, check=True, text=True).stdout
    lines = [line.split("\t") for line in said.splitlines()]
    _, rows, entries = lines.pop()
    made = []
    for name, wall_ms, cpu_ms in lines:
        budget = COMPARED_MS if name == "compare" else KEY_MS
        made.append(
            Result(
                f"comparing two images, {name}, {int(rows):,} rows",
                f"{float(wall_ms):.0f} ms, CPU {float(cpu_ms):.0f} ms",
                "",
                "",
                f"{budget} ms",
                over(float(cpu_ms), budget),
                f"{int(entries):,} entries in both, indexed before",
            )
        )
    return made


def whole_command(image: BenchImage) -> list[Result]:
    """`diff` of an image with itself under another compression, against reading each of the two."""
    if image.layout is None:
        return []
    warm([image.archive, image.layout])
    layout, archive = f"oci:{image.layout}", str(image.archive)
    ratio = alternate(
        lambda: run([sys.executable, "-m", "layertui", "diff", layout, archive, "--stat"], may_fail=True),
        lambda: run([sys.executable, "-m", "layertui", "layers", layout]),
        3,
    )
    return [
        ratio_result("`layertui diff`, gzip layers against plain ones", ratio, 2, "`layertui layers` of the former")
    ]
