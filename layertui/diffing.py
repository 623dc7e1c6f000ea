"""`layertui diff`: two of a layer, layers merged, an image or a container compared, without a screen."""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from layertui.console import fail, print_error, print_json, print_lines, write
from layertui.errors import LayertuiError, PartialResultError, UsageError
from layertui.headless import read_image
from layertui.image.image import Image
from layertui.layer.tree import LayerTree
from layertui.opening import open_image
from layertui.present import comparing
from layertui.present.comparing_json import diff_json
from layertui.present.comparing_patch import CONTEXT_LINES
from layertui.present.comparing_patchset import LeftOut, patch_parts, patch_rows, patch_spots
from layertui.present.safetext import safe
from layertui.progress import ProgressLine
from layertui.sources.reference import LayerSelector, parse_reference
from layertui.stack.align import align, compare_configs, same_up_to
from layertui.stack.compare import Comparison, Side, compare
from layertui.stack.compare_reading import Contents
from layertui.stack.comparing_content import ContentComparer, kept_in
from layertui.stack.load import Loaded, needs_lower
from layertui.stack.renames import renames

DIFFERENT = 1
"""What the process ends with where the two sides differ."""


@dataclass(frozen=True, slots=True)
class Meant:
    """What a reference means, before any layer is read."""

    image: Image
    selector: LayerSelector | None
    """Which of its layers; None for all, merged."""

    @property
    def is_whole(self) -> bool:
        """Whether a whole image is meant, config and all."""
        return self.selector is None


def diff(
    a: str,
    b: str,
    *,
    stat: bool = False,
    name_status: bool = False,
    patch: bool = False,
    context_lines: int | None = None,
    identical: bool = False,
    find_renames: bool = False,
    as_json: bool = False,
    platform: str | None = None,
    authfile: str | None = None,
) -> None:
    """Print how two references differ; ends with exit code 1 where they do, 7 where something could not be told.

    Contents are always compared. `context_lines` asks for a patch; `identical` lists what is the same too. Configs
    count as a difference where two whole images are compared in full, not by a list or a patch of files alone. Raises
    LayertuiError.
    """
    patch = patch or context_lines is not None
    if stat + name_status + patch + as_json > 1:
        raise UsageError("--stat, --name-status, --patch and --json are four forms of one answer.", "Choose one.")
    if context_lines is not None and context_lines < 0:
        raise UsageError(f"-U takes how many lines to show around a change, not {context_lines}.")
    meant_a, meant_b = meant(a, b, platform, authfile)
    (side_a, loaded_a), (side_b, loaded_b) = read_side(meant_a), read_side(meant_b)
    comparison = compare(side_a, side_b)
    comparer = ContentComparer()
    with ProgressLine() as progress:
        comparer.settle(
            comparison,
            comparison.unknown(),
            progress=lambda done: progress.show(f"comparing contents  {done:,} files"),
        )
        renamed = renames(comparison, comparer) if find_renames else []
    problems = _problems(loaded_a, loaded_b, comparison)
    rows = comparing.reported_rows(comparison, identical=identical)
    config_differs = False
    if name_status:
        print_lines(comparing.name_status_lines(comparison, rows, renamed))
    elif stat:
        print_lines(comparing.stat_lines(comparison, rows))
    elif patch:
        unread = _print_patch(comparison, CONTEXT_LINES if context_lines is None else context_lines)
        problems += _unread(unread)
    else:
        is_whole = meant_a.is_whole and meant_b.is_whole
        pairs = align(side_a.image, side_b.image, _trees(side_a), _trees(side_b)) if is_whole else None
        shared = same_up_to(side_a.image, side_b.image) if is_whole else None
        config = compare_configs(side_a.image, side_b.image) if is_whole else []
        config_differs = any(row.differs for row in config)
        if as_json:
            print_json(
                diff_json(
                    comparison,
                    rows,
                    renamed=renamed if find_renames else None,
                    problems=problems,
                    pairs=pairs,
                    shared=shared,
                    config=config,
                )
            )
        else:
            print_lines(_sides(comparison))
            print_lines(_block(comparing.pair_lines(side_a.image, side_b.image, pairs or (), shared)))
            print_lines(_block(comparing.config_lines(config)))
            print_lines(_block(comparing.difference_lines(comparison, rows) if rows else ()))
            print_lines(_block(comparing.rename_lines(comparison, renamed)))
            print_lines(_block([comparing.summary_line(comparison)]))
    _end(problems, different=bool(comparison.summary().differences) or config_differs, as_json=as_json)


def meant(a: str, b: str, platform: str | None = None, authfile: str | None = None) -> tuple[Meant, Meant]:
    """The images that two references mean; one that both mean is opened once. Raises LayertuiError."""
    one = Meant(*open_image(a, platform, authfile=authfile))
    reference, other = parse_reference(a), parse_reference(b)
    if (reference.scheme, reference.name) == (other.scheme, other.name) and one.selector == reference.layers:
        return one, replace(one, selector=other.layers)
    return one, Meant(*open_image(b, platform, authfile=authfile))


def read_side(what: Meant) -> tuple[Side, Loaded]:
    """Read the layers that are meant: all of an image, a range, or one layer. Raises LayertuiError.

    What lies below one layer is read too where the layer's hard links or metadata-only copies lead there.
    """
    image = what.image
    numbers = range(len(image.layers)) if what.selector is None else what.selector.resolve(image)
    merged = what.selector is None or what.selector.merged
    loaded = read_image(image, numbers)
    if not merged and needs_lower(loaded.squash):
        loaded = read_image(image, range(numbers.stop))
    if loaded.problems and not set(numbers) - loaded.unread:
        raise loaded.problems[0]
    return Side(image, loaded.squash, numbers.stop - 1, merged), loaded


def _trees(side: Side) -> dict[int, LayerTree]:
    return dict(enumerate(side.squash.trees, side.squash.first))


def _sides(comparison: Comparison) -> Iterator[str]:
    yield f"A  {comparing.side_text(comparison.side_a)}"
    yield f"B  {comparing.side_text(comparison.side_b)}"


def _block(lines: Iterable[str]) -> Iterator[str]:
    """Lines behind an empty one; nothing where there are none."""
    for number, line in enumerate(lines):
        if not number:
            yield ""
        yield line


def _print_patch(comparison: Comparison, context: int) -> int:
    """Print the patch, and on stderr what is not in it; returns how many files could not be read.

    A terminal gets control characters escaped: contents come from anyone.
    """
    rows = patch_rows(comparison)
    contents = Contents(kept_in(comparison), patch_spots(comparison, rows))
    left_out = LeftOut()
    on_terminal = sys.stdout.isatty()
    for part in patch_parts(comparison, rows, contents.read, left_out, context):
        write(safe(part.decode("utf-8", "backslashreplace"), keep="\n\t").encode() if on_terminal else part)
    if text := left_out.text():
        print(f"layertui: not in the patch: {text}", file=sys.stderr)
    return left_out.unread


def _problems(loaded_a: Loaded, loaded_b: Loaded, comparison: Comparison) -> list[LayertuiError]:
    """What could not be read of either side, and how many contents could not be compared for it."""
    problems: list[LayertuiError] = []
    for name, loaded in (("A", loaded_a), ("B", loaded_b)):
        problems += [PartialResultError(f"{name}: {problem.message}", problem.hint) for problem in loaded.problems]
    return problems + _unread(len(comparison.unknown()))


def _unread(count: int) -> list[LayertuiError]:
    if not count:
        return []
    files = "the content of 1 file" if count == 1 else f"the contents of {count:,} files"
    return [PartialResultError(f"{files[0].upper()}{files[1:]} cannot be read, so it was not compared.")]


def _end(problems: list[LayertuiError], *, different: bool, as_json: bool) -> None:
    """Say on stderr what is missing, and end with the exit code that says how it went."""
    if problems and as_json:
        fail(problems[0], as_json)
    for problem in problems:
        print_error(problem)
    if problems:
        sys.exit(PartialResultError.exit_code)
    if different:
        sys.exit(DIFFERENT)
