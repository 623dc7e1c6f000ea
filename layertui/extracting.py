"""`layertui extract` and `layertui cat`: files out of an image, to a directory or to standard output."""

import codecs
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from layertui.console import fail, print_error, print_json, print_lines, write
from layertui.errors import LayertuiError, NotFoundError, PartialResultError, UsageError
from layertui.extract.attributes import Options
from layertui.extract.contents import Progress, Work
from layertui.extract.layertar import layer_tar
from layertui.extract.lookup import layer_version, merged_version
from layertui.extract.outcome import Outcome
from layertui.extract.plan import Plan, plan_of
from layertui.extract.reading import file_chunks
from layertui.extract.saving import save
from layertui.extract.tree import extract as extract_tree
from layertui.headless import GRAVEST_FIRST, read_image, report_problems
from layertui.image.image import Image
from layertui.layer.columns import Kind
from layertui.opening import check_layer, open_image
from layertui.present.report import SCHEMA_VERSION
from layertui.present.safetext import safe
from layertui.present.units import size_text
from layertui.progress import ProgressLine
from layertui.stack.load import Loaded

STDOUT = "-"
"""The name of standard output for `--tar -o`."""

_SPECIAL = {
    Kind.SYMLINK: "a symlink",
    Kind.CHAR: "a character device",
    Kind.BLOCK: "a block device",
    Kind.FIFO: "a named pipe",
}
"""What has no content, in words."""


@dataclass(frozen=True, slots=True)
class _Meant:
    """Which layers of an image a command is about."""

    image: Image
    layer: int
    """One layer, or the highest one of those that are merged."""
    merged: bool
    """Whether what layers give together is meant, not one layer's diff."""
    first: int = 0
    """The lowest layer of those that are merged."""


def extract(
    ref: str,
    paths: Sequence[str],
    *,
    output: str,
    layer: int | None = None,
    merged: bool = False,
    tar: bool = False,
    preserve: bool = False,
    as_root_filesystem: bool = False,
    force: bool = False,
    as_json: bool = False,
    platform: str | None = None,
    authfile: str | None = None,
) -> None:
    """Write files, directories, a layer's tar or the merged tree beneath `output`; ends with 7 where some could not be.

    `layer` takes versions as that layer has them, whatever became of them; with `merged`, as the layers up to it give
    them together. Raises LayertuiError, and then the destination is as it was.
    """
    meant = _meant(ref, platform, layer, merged=merged, authfile=authfile)
    if tar:
        if paths or meant.merged:
            raise UsageError("--tar writes the tar of one layer as a whole.", "Say which: layertui extract REF#4 --tar")
        _extract_tar(meant, output, force=force, as_json=as_json)
        return
    options = Options(preserve, as_root_filesystem, force)
    options.check()
    loaded, plan = _planned(meant, [os.fsencode(path) for path in paths] or [b""])
    with _progress() as progress:
        outcome = extract_tree(meant.image, plan, Path(output), options, progress=progress)
    _report(output, outcome, loaded, as_json=as_json)


def cat(
    ref: str,
    path: str,
    *,
    layer: int | None = None,
    raw: bool = False,
    platform: str | None = None,
    authfile: str | None = None,
) -> None:
    """Write a file's content to stdout; a symlink is followed within the image, and never outside.

    A terminal gets control characters escaped, unless `raw` is said: contents come from anyone. Raises LayertuiError.
    """
    meant = _meant(ref, platform, layer, merged=False, authfile=authfile)
    loaded, plan = _planned(meant, [os.fsencode(path)], follow=True)
    if plan.directories or not plan.files:
        raise _no_content(ref, path, plan)
    chunks = file_chunks(meant.image, plan, Work())
    for chunk in chunks if raw or not sys.stdout.isatty() else _safe_chunks(chunks):
        write(chunk)
    report_problems(loaded)


def _meant(ref: str, platform: str | None, layer: int | None, *, merged: bool, authfile: str | None) -> _Meant:
    """The one image that a reference means, and the layers that the reference or the options choose."""
    image, selector = open_image(ref, platform, authfile=authfile)
    count = len(image.layers)
    if layer is not None:
        check_layer(ref, image, selector, layer)
    if not count:
        raise NotFoundError(f"{image.reference} has no layers, so it holds no files.")
    if layer is not None:
        return _Meant(image, layer, merged)
    if selector is None:
        return _Meant(image, count - 1, merged=True)
    numbers = selector.resolve(image)
    if len(numbers) == 1:
        return _Meant(image, numbers.start, merged)
    return _Meant(image, numbers.stop - 1, merged=True, first=numbers.start)


def _planned(meant: _Meant, paths: Sequence[bytes], *, follow: bool = False) -> tuple[Loaded, Plan]:
    """Read what is needed of the layers, and plan to take out what paths mean; the empty one is the root.

    With `follow` a symlink means what it leads to. Raises LayertuiError.
    """
    if meant.merged:
        return _plan(meant, range(meant.first, meant.layer + 1), paths, follow=follow)
    with_lower = range(meant.layer + 1)
    try:
        loaded, plan = _plan(meant, range(meant.layer, meant.layer + 1), paths, follow=False)
    except NotFoundError:
        # The path may lead through a link of a layer below.
        loaded, plan = _plan(meant, with_lower, paths, follow=False)
    is_link = follow and any(plan.kind(item) is Kind.SYMLINK for item in plan.others)
    if plan.broken or is_link or any(tree.columns.metacopies for tree in plan.trees.values()):
        return _plan(meant, with_lower, paths, follow=is_link)
    return loaded, plan


def _plan(meant: _Meant, numbers: range, paths: Sequence[bytes], *, follow: bool) -> tuple[Loaded, Plan]:
    loaded = read_image(meant.image, numbers)
    squash, layer = loaded.squash, meant.layer
    if loaded.unread and not set(numbers) - loaded.unread:
        raise loaded.problems[0]
    merged = meant.merged or follow
    positions = [
        merged_version(squash, path, layer, follow=follow) if merged else layer_version(squash, path, layer)
        for path in paths
    ]
    return loaded, plan_of(squash, positions, layer=layer, merged=merged)


def _no_content(ref: str, path: str, plan: Plan) -> LayertuiError:
    """Why a path that is there has no content to write."""
    if plan.directories:
        return UsageError(f"{path} is a directory.", f"Take it out: layertui extract {ref} {path} -o DIR")
    if plan.broken:
        return NotFoundError(f"{path} is a hard link whose target no layer holds.")
    return UsageError(f"{path} is {_SPECIAL[plan.kind(plan.others[0])]}: it has no content.")


def _safe_chunks(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Contents as a terminal may get them: lines and tabs stay, all else that acts on it is escaped."""
    decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")
    for chunk in chunks:
        yield safe(decoder.decode(chunk), keep="\n\t").encode()
    yield safe(decoder.decode(b"", final=True), keep="\n\t").encode()


def _extract_tar(meant: _Meant, output: str, *, force: bool, as_json: bool) -> None:
    """Write one layer's tar to a file, or to stdout."""
    if output == STDOUT and sys.stdout.isatty():
        raise UsageError("A tar is not for a terminal.", "Name a file: -o layer.tar")
    with _progress() as progress:
        tar = layer_tar(meant.image.layers[meant.layer], Work(progress=progress))
        if output == STDOUT:
            for chunk in tar.chunks:
                write(chunk)
            written = None
        else:
            written = save(tar.chunks, Path(output), force=force)
    if as_json and written is not None:
        print_json(
            {
                "schema_version": SCHEMA_VERSION,
                "destination": output,
                "layer": meant.layer,
                "bytes": written,
                "notes": tar.notes,
                "problems": [problem.message for problem in tar.problems],
            }
        )
    elif written is not None:
        print_lines([f"{safe(output)}: the tar of layer {meant.layer}, {size_text(written)}"])
    _end(tar.notes, tar.problems, as_json=as_json)


def _report(output: str, outcome: Outcome, loaded: Loaded, *, as_json: bool) -> None:
    """Say what was made and what could not be, and end with the exit code for that."""
    more = outcome.problem_count - len(outcome.problems)
    problems = [*loaded.problems, *outcome.problems]
    if more:
        problems.append(PartialResultError(f"{more:,} more entries could not be made."))
    if as_json:
        print_json(
            {
                "schema_version": SCHEMA_VERSION,
                "destination": output,
                "files": outcome.files,
                "directories": outcome.directories,
                "others": outcome.others,
                "content_bytes": outcome.content_bytes,
                "notes": outcome.notes,
                "problems": [problem.message for problem in problems],
            }
        )
    else:
        counts = [(outcome.files, "file", "files"), (outcome.directories, "directory", "directories")]
        counts.append((outcome.others, "link or device", "links and devices"))
        told = ", ".join(f"{count:,} {one if count == 1 else many}" for count, one, many in counts if count)
        print_lines([f"{safe(output)}: {told or 'nothing'}, {size_text(outcome.content_bytes)}"])
    _end(outcome.notes, problems, as_json=as_json)


def _end(notes: Sequence[str], problems: Sequence[LayertuiError], *, as_json: bool) -> None:
    """Say on stderr what was left out, and end with the code of the gravest problem."""
    grave = (problem for kind in GRAVEST_FIRST for problem in problems if isinstance(problem, kind))
    gravest = next(grave, problems[0]) if problems else None
    if not as_json:
        for note in notes:
            print(f"layertui: {safe(note)}", file=sys.stderr)
        for problem in problems:
            print_error(problem)
        if gravest is not None:
            sys.exit(gravest.exit_code)
    elif gravest is not None:
        fail(gravest, as_json)


@contextmanager
def _progress() -> Iterator[Progress]:
    """Progress on stderr, for a person who waits."""
    with ProgressLine() as line:
        yield lambda done, total: line.show(f"extracting {done / 1e6:,.0f} of {total / 1e6:,.0f} MB")
