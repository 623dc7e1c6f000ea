"""Rows about a local engine: listing one of its images, next to what `docker save` of it takes."""

import sys

from tests.benchmarks.build_archive import BenchImage
from tests.benchmarks.coretimes import entries
from tests.benchmarks.measure import alternate, run
from tests.benchmarks.results import Result, over
from tests.contract.dockerd import Dockerd, why_not

BUDGET = 0.1
"""Listing with read access to Docker's books, over `docker save`: file contents are not read."""


def listing(image: BenchImage) -> list[Result]:
    """`layers` of an image that the engine holds, from Docker's own books, against `docker save` of it.

    Only the clock counts: nearly all of what `docker save` costs is spent in the engine.
    """
    if problem := why_not():
        print(f"no Docker engine: {problem}", file=sys.stderr)
        return []
    with Dockerd() as docker:
        image_id = docker.docker("load", "-q", "-i", image.archive).split()[-1]
        engine = {"DOCKER_HOST": docker.host}
        command = [sys.executable, "-m", "layertui", "layers", f"docker-daemon:{image_id}"]
        ratio = alternate(lambda: run(command, engine), lambda: run(["docker", "save", image_id], engine), 3)
    return [
        Result(
            f"`layertui layers docker-daemon:REF`, from Docker's books, {entries(image)}",
            f"{ratio.ours.wall_s:.2f} s",
            f"`docker save REF > /dev/null`: {ratio.theirs.wall_s:.1f} s",
            f"1 : {1 / ratio.wall:.0f}",
            f"1 : {1 / BUDGET:.0f}",
            over(ratio.wall, BUDGET),
            f"median of {ratio.rounds}",
        )
    ]
