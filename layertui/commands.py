"""The commands: what each is asked, and what it prints."""

import os
from typing import Annotated, Literal

from cyclopts import App, Parameter

from layertui import __version__
from layertui.console import print_json, print_lines, write
from layertui.errors import (
    NotFoundError,
    UsageError,
)
from layertui.headless import finish, read_image, report_problems
from layertui.image.image import Image
from layertui.layer.names import path_of
from layertui.opening import check_layer, open_image
from layertui.present import report, table
from layertui.present.selection import GROUPS, view_states
from layertui.present.view import ADDED, MODIFIED, REMOVED, View
from layertui.showing import ScreenLook, show, show_host, show_two

CHANGED_GROUPS = {"a": GROUPS[ADDED], "m": GROUPS[MODIFIED], "r": GROUPS[REMOVED]}
"""Letters of `--changed`."""

EXIT_CODES = """Exit codes: 0 ok; 1 differences, or nothing found; 2 usage; 3 not found; 4 unreachable or denied;
5 damaged or unsupported input; 6 authentication; 7 partial result; 70 a bug; 130 interrupted."""

Reference = Annotated[
    str,
    Parameter(
        allow_leading_hyphen=True,  # for `-`, standard input; _open refuses the rest
        help="A file or a directory (an archive, an OCI layout, an engine's storage), else the name or ID of an image "
        "or a container on this host. With a scheme: docker-archive:, oci:, oci-archive:PATH[:TAG]; docker-daemon:, "
        "docker-container:, containers-storage:, podman-container:NAME; containerd:[NAMESPACE/]NAME; overlay2:, "
        "aufs:DIR[:NAME]; docker://[HOST/]NAME[:TAG] in a registry. Also demo, or - for standard input. REF#4 is a "
        "layer, REF#0..4 a range.",
    ),
]
JsonFlag = Annotated[bool, Parameter(name="--json", negative="", help="Print one JSON object.")]
PlatformOption = Annotated[
    str | None, Parameter(name="--platform", help="Which of several platforms, such as linux/arm64.")
]
AuthfileOption = Annotated[
    str | None, Parameter(name="--authfile", help="A file of credentials for registries, instead of the usual ones.")
]
ThemeOption = Annotated[str | None, Parameter(help="A theme's name; told by the terminal otherwise.")]
BandwidthOption = Annotated[bool | None, Parameter(help="Send less; the default where SSH_CONNECTION is set.")]
MouseOption = Annotated[bool | None, Parameter(help="Take mouse events; the default but in GNU screen.")]
GlyphsOption = Annotated[
    Literal["auto", "unicode", "ascii"] | None,
    Parameter(help="Draw with ASCII alone, or not; told by the locale otherwise."),
]
VerifyFlag = Annotated[
    bool, Parameter(name="--verify-digests", negative="", help="Read plain layers whole to check their digests too.")
]
ContentFlag = Annotated[
    bool,
    Parameter(name="--verify-content", negative="", help="Compare files that were written again with the same size."),
]

AllTagsFlag = Annotated[
    bool,
    Parameter(name=["--all-tags", "-a"], negative="", help="All tags of docker://NAME, versions newest first."),
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
    other: Reference | None = None,
    /,
    *,
    platform: PlatformOption = None,
    all_tags: AllTagsFlag = False,
    authfile: AuthfileOption = None,
    theme: ThemeOption = None,
    low_bandwidth: BandwidthOption = None,
    mouse: MouseOption = None,
    glyphs: GlyphsOption = None,
) -> None:
    """Open an image on the screen, compare two, or show all that this host holds.

    Without a terminal, print the image's layers, how the two differ, or the list.
    """
    if all_tags and (ref is None or other is not None):
        raise UsageError("--all-tags is for one repository in a registry.", "Such as: layertui docker://alpine -a")
    look = ScreenLook(theme=theme, low_bandwidth=low_bandwidth, mouse=mouse, glyphs=glyphs)
    if ref is None:
        show_host(**look)
    elif other is None:
        show(ref, platform=platform, authfile=authfile, all_tags=all_tags, **look)
    else:
        show_two(ref, other, platform=platform, authfile=authfile, **look)


@app.command
def demo(
    *,
    theme: ThemeOption = None,
    low_bandwidth: BandwidthOption = None,
    mouse: MouseOption = None,
    glyphs: GlyphsOption = None,
) -> None:
    """Open a built-in image that shows every mark."""
    show("demo", theme=theme, low_bandwidth=low_bandwidth, mouse=mouse, glyphs=glyphs)


@app.command
def layers(
    ref: Reference,
    /,
    *,
    json: JsonFlag = False,
    platform: PlatformOption = None,
    authfile: AuthfileOption = None,
    verify_content: ContentFlag = False,
    verify_digests: VerifyFlag = False,
) -> None:
    """List an image's layers, base to top: what each did, and what it costs."""
    loaded = read_image(
        _image(ref, platform, authfile)[0], verify_content=verify_content, verify_digests=verify_digests
    )
    finish(loaded, table.layers_table, report.layers_json if json else None)


@app.command
def inspect(
    ref: Reference,
    /,
    *,
    json: JsonFlag = False,
    platform: PlatformOption = None,
    authfile: AuthfileOption = None,
) -> None:
    """Show an image's config, history and digests; no layer is read."""
    image = _image(ref, platform, authfile)[0]
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
    authfile: AuthfileOption = None,
    verify_content: ContentFlag = False,
    verify_digests: VerifyFlag = False,
) -> None:
    """List files: a layer's diff with its markers, or what layers give together."""
    image, chosen = _image(ref, platform, authfile)
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
    loaded = read_image(image, numbers, verify_content=verify_content, verify_digests=verify_digests)
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
        report_problems(loaded)
        return
    finish(
        loaded,
        lambda loaded: table.files_table(loaded.squash, view, positions),
        (lambda loaded: report.files_json(loaded, view, positions)) if json else None,
    )


def _view(image: Image, chosen: "range | None", layer: int | None, merged: bool) -> tuple[View, range | None]:
    """What `files` is asked to list, and which layers have to be read for it."""
    count = len(image.layers)
    if layer is not None:
        check_layer("", image, None, layer)
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
    authfile: AuthfileOption = None,
    verify_content: ContentFlag = False,
) -> None:
    """Show every layer that holds a path or a whiteout of it, base to top, and which one wins."""
    image = _image(ref, platform, authfile)[0]
    loaded = read_image(image, verify_content=verify_content)
    name = os.fsencode(path)
    run = loaded.squash.run(name)
    if not loaded.squash.history(name) and loaded.squash.winner(name) is None:
        report_problems(loaded, quiet_exit=True)
        if image.container is not None and name.strip(b"/") in image.container.engine_files:
            raise NotFoundError(
                f"No layer of {image.reference} holds {path}: it is one of the engine's own files.",
                f"The engine puts them over every container. List them with: layertui inspect {ref}",
            )
        raise NotFoundError(
            f"No layer of {image.reference} holds {path}.", f"List what there is with: layertui files {ref}"
        )
    name = path_of(loaded.squash.key(run[0]))
    finish(
        loaded,
        lambda loaded: table.which_table(loaded, name),
        (lambda loaded: report.which_json(loaded, name)) if json else None,
    )


def _image(ref: str, platform: str | None, authfile: str | None) -> "tuple[Image, range | None]":
    """The one image that a reference means, and the layers of it."""
    image, selector = open_image(ref, platform, authfile=authfile)
    return image, selector.resolve(image) if selector is not None else None
