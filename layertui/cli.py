"""The command line: what is asked, what is printed, and the exit code. The screen is imported only where it opens."""

import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Annotated, Any

import cyclopts
from cyclopts import App, Parameter

from layertui import __version__
from layertui.console import drop_stdout, fail, print_error, print_json, print_lines, write
from layertui.errors import (
    Cancelled,
    DamagedError,
    LayertuiError,
    NotFoundError,
    PartialResultError,
    UnreachableError,
    UsageError,
)
from layertui.image.image import Image
from layertui.image.platform import Platform
from layertui.layer.names import path_of
from layertui.present import report, table
from layertui.present.selection import GROUPS, view_states
from layertui.present.view import ADDED, MODIFIED, REMOVED, View
from layertui.progress import ProgressLine
from layertui.sources.base import ImageEntry
from layertui.sources.demo import demo_source
from layertui.sources.reference import parse_reference
from layertui.sources.resolve import Opened, open_reference, pick
from layertui.stack.load import Loaded, load

INTERRUPTED, BUG = 130, 70
"""Exit codes of what is no LayertuiError."""

GRAVEST_FIRST = (DamagedError, UnreachableError, PartialResultError)
"""Which of several problems decides how the process ends."""

CHANGED_GROUPS = {"a": GROUPS[ADDED], "m": GROUPS[MODIFIED], "r": GROUPS[REMOVED]}
"""Letters of `--changed`."""

EXIT_CODES = """Exit codes: 0 ok; 2 usage; 3 not found; 4 unreachable or denied; 5 damaged or unsupported input;
7 partial result; 70 a bug; 130 interrupted."""

Reference = Annotated[
    str,
    Parameter(
        allow_leading_hyphen=True,  # for `-`, standard input; _open refuses the rest
        help="IMAGE.tar, a directory with an OCI layout, docker-archive:PATH[:TAG], oci:PATH[:TAG], "
        "oci-archive:PATH[:TAG], demo, or - for standard input. REF#4 is a layer, REF#0..4 a range.",
    ),
]
JsonFlag = Annotated[bool, Parameter(name="--json", negative="", help="Print one JSON object.")]
PlatformOption = Annotated[
    str | None, Parameter(name="--platform", help="Which of several platforms, such as linux/arm64.")
]
VerifyFlag = Annotated[
    bool, Parameter(name="--verify-digests", negative="", help="Read plain layers whole to check their digests too.")
]
ContentFlag = Annotated[
    bool,
    Parameter(name="--verify-content", negative="", help="Compare files that were written again with the same size."),
]

app = App(
    name="layertui",
    help="See what is inside a container image: which layer changed what, and which layer's version of a file wins.",
    help_epilogue=EXIT_CODES,
    help_format="plaintext",
    default_parameter=Parameter(show_default=False),
    version=f"layertui {__version__}",
    help_flags=["--help", "-h"],
    version_flags=["--version"],
)


@app.default
def open_screen(
    ref: Reference | None = None,
    /,
    *,
    platform: PlatformOption = None,
    theme: Annotated[str | None, Parameter(help="A theme's name; told by the terminal otherwise.")] = None,
    low_bandwidth: Annotated[bool | None, Parameter(help="Send less; the default where SSH_CONNECTION is set.")] = None,
    mouse: Annotated[bool, Parameter(help="Take mouse events.")] = True,
) -> None:
    """Open an image on the screen; print its layers where the output is no terminal."""
    if ref is None:
        raise UsageError(
            "Say which image to open.",
            "Try: layertui image.tar, or layertui demo. An engine's image: docker save NAME -o image.tar",
        )
    _show(_open(ref, platform), theme=theme, low_bandwidth=low_bandwidth, mouse=mouse)


@app.command
def demo(
    *,
    theme: Annotated[str | None, Parameter(help="A theme's name; told by the terminal otherwise.")] = None,
    low_bandwidth: Annotated[bool | None, Parameter(help="Send less; the default where SSH_CONNECTION is set.")] = None,
    mouse: Annotated[bool, Parameter(help="Take mouse events.")] = True,
) -> None:
    """Open a built-in image that shows every mark."""
    _show(pick(demo_source()), theme=theme, low_bandwidth=low_bandwidth, mouse=mouse)


def _show(opened: Opened, *, theme: str | None, low_bandwidth: bool | None, mouse: bool) -> None:
    if sys.stdout.isatty() and sys.stdin.isatty():
        from layertui.tui.app import run

        code = run(opened, theme=theme, low_bandwidth=low_bandwidth, mouse=mouse)
        if code:
            sys.exit(code)
        return
    images = [entry for entry in opened.entries if entry.kind == "image"]
    for entry in [opened.chosen] if opened.chosen is not None else images or [_only_entry(opened)]:
        _finish(_load(entry.open()), table.layers_table)


@app.command
def layers(
    ref: Reference,
    /,
    *,
    json: JsonFlag = False,
    platform: PlatformOption = None,
    verify_content: ContentFlag = False,
    verify_digests: VerifyFlag = False,
) -> None:
    """List an image's layers, base to top: what each did, and what it costs."""
    loaded = _load(_image(ref, platform)[0], verify_content=verify_content, verify_digests=verify_digests)
    _finish(loaded, table.layers_table, report.layers_json if json else None)


@app.command
def inspect(ref: Reference, /, *, json: JsonFlag = False, platform: PlatformOption = None) -> None:
    """Show an image's config, history and digests; no layer is read."""
    image = _image(ref, platform)[0]
    if json:
        print_json(report.inspect_json(image))
    else:
        print_lines(table.inspect_table(image))


@app.command
def files(
    ref: Reference,
    /,
    *,
    layer: Annotated[int | None, Parameter(help="This layer's diff; with --merged, all layers up to it.")] = None,
    merged: Annotated[bool, Parameter(negative="", help="The merged tree; the default without --layer.")] = False,
    changed: Annotated[str | None, Parameter(help="Only added, modified, removed: letters of amr.")] = None,
    overlaps: Annotated[bool, Parameter(negative="", help="Only paths that more than one layer holds.")] = False,
    null: Annotated[
        bool, Parameter(name=["-0", "--null"], negative="", help="Bare paths, a NUL after each, for xargs -0.")
    ] = False,
    json: JsonFlag = False,
    platform: PlatformOption = None,
    verify_content: ContentFlag = False,
    verify_digests: VerifyFlag = False,
) -> None:
    """List files: a layer's diff with its markers, or what layers give together."""
    image, chosen = _image(ref, platform)
    letters = set(changed or "")
    if not letters <= set(CHANGED_GROUPS):
        raise UsageError(f"--changed takes letters of amr, not '{changed}'.", "Try: --changed am")
    view, numbers = _view(image, chosen, layer, merged)
    if letters and numbers is not None:
        raise UsageError(
            f"What layers {numbers.start} to {numbers.stop - 1} changed is not known without those below them.",
            f"Ask for one layer, or begin at the base: #0..{numbers.stop - 1}",
        )
    if null and json:
        raise UsageError("--null and --json are two forms of one listing.", "Leave one of them out.")
    loaded = _load(image, numbers, verify_content=verify_content, verify_digests=verify_digests)
    squash = loaded.squash
    mask = squash.merged_mask(view.layer) if view.merged else squash.diff_mask(view.layer)
    positions = report.listed_positions(squash, mask) if len(image.layers) else []
    if overlaps:
        shared = squash.overlap_mask()
        positions = [position for position in positions if shared[position]]
    if letters:
        wanted = frozenset().union(*(CHANGED_GROUPS[letter] for letter in letters))
        states = view_states(squash, view)
        positions = [position for position in positions if states[position] in wanted]
    if null:
        paths = b"".join(path_of(squash.key(position)) + b"\0" for position in positions)
        write(paths)
        _report_problems(loaded)
        return
    _finish(
        loaded,
        lambda loaded: table.files_table(loaded.squash, view, positions),
        (lambda loaded: report.files_json(loaded, view, positions)) if json else None,
    )


def _view(image: Image, chosen: "range | None", layer: int | None, merged: bool) -> tuple[View, range | None]:
    """What `files` is asked to list, and which layers have to be read for it."""
    count = len(image.layers)
    if layer is not None and not 0 <= layer < count:
        has = f"has layers 0 to {count - 1}" if count else "has no layers"
        raise NotFoundError(f"{image.reference} {has}, so there is no layer {layer}.")
    if layer is not None:
        return View(layer, merged=merged), None
    if chosen is None:
        return View(max(count - 1, 0), merged=True), None
    if len(chosen) == 1 and not merged:
        return View(chosen.start), None
    return View(chosen.stop - 1, merged=True), None if chosen.start == 0 else chosen


@app.command
def which(
    ref: Reference,
    path: Annotated[str, Parameter(help="A path in the image, with or without the leading slash.")],
    /,
    *,
    json: JsonFlag = False,
    platform: PlatformOption = None,
    verify_content: ContentFlag = False,
) -> None:
    """Show every layer that holds a path or a whiteout of it, base to top, and which one wins."""
    image = _image(ref, platform)[0]
    loaded = _load(image, verify_content=verify_content)
    name = os.fsencode(path)
    run = loaded.squash.run(name)
    if not loaded.squash.history(name) and loaded.squash.winner(name) is None:
        _report_problems(loaded, quiet_exit=True)
        raise NotFoundError(
            f"No layer of {image.reference} holds {path}.", f"List what there is with: layertui files {ref}"
        )
    name = path_of(loaded.squash.key(run[0]))
    _finish(
        loaded,
        lambda loaded: table.which_table(loaded, name),
        (lambda loaded: report.which_json(loaded, name)) if json else None,
    )


def _open(ref: str, platform: str | None) -> Opened:
    if ref.startswith("-") and ref[1:2] not in ("", ":", "#"):
        raise UsageError(f"Unknown option: {ref}.", "Try: layertui --help")
    reference = parse_reference(ref)
    scheme, _, name = reference.name.partition(":")
    if scheme == "demo" and reference.scheme is None and not os.path.lexists(ref):
        return pick(demo_source(), name or None, Platform.parse(platform) if platform else None, reference.layers)
    with ProgressLine() as progress:
        return open_reference(ref, platform, progress=lambda done: progress.show(f"unpacking {done / 1e6:,.0f} MB"))


def _image(ref: str, platform: str | None) -> "tuple[Image, range | None]":
    """The one image that a reference means, and the layers of it."""
    opened = _open(ref, platform)
    entry = opened.chosen or _only_entry(opened)
    image = entry.open()
    image = replace(image, warnings=(*opened.source.warnings, *image.warnings))
    return image, opened.layers.resolve(image) if opened.layers is not None else None


def _only_entry(opened: Opened) -> ImageEntry:
    if not opened.entries:
        raise DamagedError(f"{opened.source.label} holds no image.", "It is an empty archive or layout.")
    images = [entry for entry in opened.entries if entry.kind == "image"]
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
        f"{opened.source.label} holds {len(images)} images; say which one: {names}{more}.",
        "Write its name behind a colon, such as "
        f"{opened.source.label}:{images[0].tags[0] if images[0].tags else images[0].reference}",
    )


def _load(
    image: Image, numbers: range | None = None, *, verify_content: bool = False, verify_digests: bool = False
) -> Loaded:
    with ProgressLine() as progress:
        sizes = {layer.index: layer.blob.size_bytes for layer in image.layers if layer.blob is not None}

        def show(layer: int, done: int) -> None:
            progress.show(f"reading L{layer}  {100 * done // max(sizes[layer], 1)}%")

        return load(image, numbers, verify_content=verify_content, verify_digests=verify_digests, progress=show)


def _finish(
    loaded: Loaded,
    lines: Callable[[Loaded], Iterable[str]],
    shape: Callable[[Loaded], dict[str, Any]] | None = None,
) -> None:
    """Print what was asked for, then what is wrong with it, and end with the exit code that says so."""
    if shape is not None:
        print_json(shape(loaded))
    else:
        print_lines(lines(loaded))
    _report_problems(loaded, as_json=shape is not None)


def _report_problems(loaded: Loaded, *, as_json: bool = False, quiet_exit: bool = False) -> None:
    """Say on stderr what is wrong with an image of which something was shown, and end with the gravest one's code."""
    if not loaded.problems:
        return
    gravest = next(
        (problem for kind in GRAVEST_FIRST for problem in loaded.problems if isinstance(problem, kind)),
        loaded.problems[0],
    )
    if as_json:
        fail(gravest, as_json)
    for problem in loaded.problems:
        print_error(problem)
    if not quiet_exit:
        sys.exit(gravest.exit_code)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and end the process with one of the documented exit codes."""
    given = sys.argv[1:] if arguments is None else arguments
    as_json = "--json" in given
    # A stream that was closed before we started is None, and a file opened later would take its place.
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115
    try:
        app(given, exit_on_error=False, print_error=False)
    except cyclopts.CycloptsError as error:
        text = " ".join(str(error).split())
        fail(UsageError(text, "Try: layertui --help"), as_json)
    except LayertuiError as error:
        fail(error, as_json)
    except (KeyboardInterrupt, Cancelled):
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        # The reader went away, as head(1) does: nothing is wrong.
        drop_stdout()
        sys.exit(0)
    except SystemExit as end:
        # What prints the help ends the process itself when its reader has gone.
        sys.exit(0 if isinstance(end.__context__, BrokenPipeError) else end.code)
    except Exception as error:  # the last line of defence: a traceback would print what came out of a file
        frame = error.__traceback__
        while frame is not None and frame.tb_next is not None:
            frame = frame.tb_next
        where = f"{os.path.basename(frame.tb_frame.f_code.co_filename)}:{frame.tb_lineno}" if frame else "?"
        fail(
            LayertuiError(
                f"This is a bug in layertui {__version__}: {type(error).__name__} at {where}.",
                "Please report it with the command that you ran.",
            ),
            as_json,
        )
