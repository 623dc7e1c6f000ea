"""Reading and printing an image without a screen, and how the process ends when something is wrong with it."""

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from layertui.console import fail, print_error, print_json, print_lines
from layertui.errors import DamagedError, LayertuiError, PartialResultError, UnreachableError, UsageError
from layertui.image.image import Image
from layertui.present import table
from layertui.present.details import read_from
from layertui.present.safetext import safe
from layertui.progress import ProgressLine
from layertui.sources.base import ImageEntry
from layertui.sources.reference import HELD, REMOTE
from layertui.sources.resolve import Opened
from layertui.stack.load import Loaded, load

GRAVEST_FIRST = (DamagedError, UnreachableError, PartialResultError)
"""Which of several problems decides how the process ends."""


def only_entry(opened: Opened) -> ImageEntry:
    """The entry of a source of which none was chosen; raises an error that says what there is."""
    if not opened.entries:
        raise DamagedError(f"{opened.source.label} holds no image.", "It is an empty archive or layout.")
    images = [entry for entry in opened.entries if entry.kind == "image"]
    images = images or [entry for entry in opened.entries if entry.kind == "container"]
    if not images:
        broken = next((entry for entry in opened.entries if entry.problem is not None), None)
        if broken is not None and broken.problem is not None:
            raise broken.problem
        raise DamagedError(f"{opened.source.label} holds no image that can run, only artifacts or attestations.")
    names = ", ".join(
        (entry.tags[0] if entry.tags else entry.reference)
        + (f" ({entry.platform.text})" if entry.platform is not None else "")
        for entry in images[:20]
    )
    more = f", and {len(images) - 20} more" if len(images) > 20 else ""
    raise UsageError(
        f"{opened.source.label} holds {len(images)} {images[0].kind}s; say which one: {names}{more}.",
        _how_to_choose(opened, images),
    )


def _how_to_choose(opened: Opened, images: Sequence[ImageEntry]) -> str:
    """What to write for one of several images of a source."""
    if opened.source.scheme in REMOTE:
        platform = next((entry.platform.text for entry in images if entry.platform is not None), None)
        return f"Choose one: --platform {platform}" if platform else "Name one by its digest, behind an @."
    name = images[0].tags[0] if images[0].tags else images[0].reference
    return f"Write its name behind a colon, such as {_before_colon(opened)}:{name}"


def _before_colon(opened: Opened) -> str:
    """What a name inside a source stands behind: its path, or the scheme of an engine or a store."""
    return opened.source.scheme if opened.source.scheme in HELD else opened.source.label


def read_image(
    image: Image, numbers: range | None = None, *, verify_content: bool = False, verify_digests: bool = False
) -> Loaded:
    """Read an image's layers, with progress on stderr."""
    with ProgressLine() as progress:

        def show(layer: int, done: int) -> None:
            content = image.layers[layer].content
            # Asked each time: that of a registry has as many as its table, once it turned out to have one.
            total = content.size_bytes if content is not None else 0
            progress.show(f"reading L{layer}  {100 * done // max(total, done, 1)}%")

        return load(image, numbers, verify_content=verify_content, verify_digests=verify_digests, progress=show)


def finish(
    loaded: Loaded,
    lines: Callable[[Loaded], Iterable[str]],
    shape: Callable[[Loaded], dict[str, Any]] | None = None,
) -> None:
    """Print what was asked for, then what is wrong with it, and end with the exit code that says so."""
    if shape is not None:
        print_json(shape(loaded))
    else:
        print_lines(lines(loaded))
        _print_warnings(loaded.image)
    report_problems(loaded, as_json=shape is not None)


def _print_warnings(image: Image) -> None:
    """Say on stderr what is odd about an image that lies unpacked in an engine or a store.

    Such a listing may be another than that of the layer's tar. Of what a tar holds nothing is different: what is odd
    about an archive is told by `inspect` and `--json`, where it is asked for.
    """
    if any(read_from(layer) is not None for layer in image.layers):
        for warning in image.warnings:
            print(f"layertui: {safe(warning)}", file=sys.stderr)


def report_problems(loaded: Loaded, *, as_json: bool = False, quiet_exit: bool = False) -> None:
    """Say on stderr what is wrong with an image of which something was shown, and end with the gravest one's code."""
    if not loaded.problems:
        return
    gravest = next(
        (problem for kind in GRAVEST_FIRST for problem in loaded.problems if isinstance(problem, kind)),
        loaded.problems[0],
    )
    if as_json:
        fail(gravest, as_json)
    for problem in _alike_once(loaded.problems):
        print_error(problem)
    if not quiet_exit:
        sys.exit(gravest.exit_code)


def _alike_once(problems: Iterable[LayertuiError]) -> Iterator[LayertuiError]:
    """Problems with a sentence that several layers have in common said once: `layers 2 to 6 of 7: ...`."""
    layers: dict[tuple[str, str, str], list[int]] = {}
    for problem in problems:
        found = _OF_A_LAYER.fullmatch(problem.message)
        key = (found["count"] or "", found["said"], problem.hint) if found else ("", problem.message, problem.hint)
        layers.setdefault(key, []).extend([int(found["number"])] if found else ())
    for (count, said, hint), numbers in layers.items():
        start = f"layer{'s' if len(numbers) > 1 else ''} {_runs(numbers)}{count}: " if numbers else ""
        yield LayertuiError(f"{start}{said}", hint)


_OF_A_LAYER = re.compile(r"layer (?P<number>\d{1,9})(?P<count> of \d+)?: (?P<said>.*)", re.ASCII | re.DOTALL)
"""How a sentence about a layer as a whole begins."""


def _runs(numbers: Iterable[int]) -> str:
    """Numbers as a person lists them: `0, 2, 4 to 6`."""
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]} to {run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs)


def print_layers(opened: Opened) -> None:
    """Print the layers of the image that is meant, or of every image where none is."""
    images = [entry for entry in opened.entries if entry.kind == "image"]
    told = opened.source.warnings
    for entry in [opened.chosen] if opened.chosen is not None else images or [only_entry(opened)]:
        image = entry.open()
        finish(read_image(replace(image, warnings=(*told, *image.warnings))), table.layers_table)
        told = ()  # once is enough
