"""The commands for what is inside files, each from a module of its own when it is called."""

from typing import Annotated

from cyclopts import Parameter

from layertui.commands import AuthfileOption, JsonFlag, PlatformOption, Reference, app


@app.command
def extract(
    ref: Reference,
    /,
    *paths: Annotated[str, Parameter(help="Paths in the image; none means everything.")],
    output: Annotated[
        str,
        Parameter(
            name=["--output", "-o"],
            allow_leading_hyphen=True,
            help="The directory to write to, made if need be; with --tar a file, or -.",
        ),
    ],
    layer: Annotated[
        int | None, Parameter(help="As this layer has it, deleted and shadowed versions too; with --merged, up to it.")
    ] = None,
    merged: Annotated[bool, Parameter(negative="", help="The merged tree; the default without --layer.")] = False,
    tar: Annotated[bool, Parameter(negative="", help="The layer's tar, byte for byte.")] = False,
    preserve: Annotated[bool, Parameter(negative="", help="Keep permissions and times.")] = False,
    as_root_filesystem: Annotated[
        bool,
        Parameter(
            name="--as-root-filesystem", negative="", help="Owners, setuid, devices and attributes too; for root."
        ),
    ] = False,
    force: Annotated[bool, Parameter(negative="", help="Replace files that exist.")] = False,
    json: JsonFlag = False,
    platform: PlatformOption = None,
    authfile: AuthfileOption = None,
) -> None:
    """Write files, directories, a layer's tar or the merged tree to a directory; nothing shows before it is whole."""
    from layertui import extracting

    extracting.extract(
        ref,
        paths,
        output=output,
        layer=layer,
        merged=merged,
        tar=tar,
        preserve=preserve,
        as_root_filesystem=as_root_filesystem,
        force=force,
        as_json=json,
        platform=platform,
        authfile=authfile,
    )


@app.command
def cat(
    ref: Reference,
    path: Annotated[str, Parameter(help="A path in the image; symlinks are followed within it.")],
    /,
    *,
    layer: Annotated[int | None, Parameter(help="The version that this layer has.")] = None,
    raw: Annotated[bool, Parameter(negative="", help="Unescaped on a terminal too.")] = False,
    platform: PlatformOption = None,
    authfile: AuthfileOption = None,
) -> None:
    """Write a file's content to stdout, out of any layer; a terminal gets control characters escaped."""
    from layertui import extracting

    extracting.cat(ref, path, layer=layer, raw=raw, platform=platform, authfile=authfile)


@app.command
def diff(
    a: Reference,
    b: Reference,
    /,
    *,
    stat: Annotated[bool, Parameter(negative="", help="Bytes more or less for each path, and in all.")] = False,
    name_status: Annotated[bool, Parameter(negative="", help="A letter and a path on each line.")] = False,
    patch: Annotated[
        bool,
        Parameter(name=["--patch", "-p"], negative="", help="A patch that git apply and patch -p1 take, for text."),
    ] = False,
    unified: Annotated[
        int | None, Parameter(name=["--unified", "-U"], help="Lines of context in a patch; alone it asks for one.")
    ] = None,
    all: Annotated[bool, Parameter(negative="", help="Identical paths too.")] = False,
    renames: Annotated[
        bool, Parameter(name=["--renames", "-M"], negative="", help="Pair what is gone with what is new by content.")
    ] = False,
    json: JsonFlag = False,
    platform: PlatformOption = None,
    authfile: AuthfileOption = None,
) -> None:
    """Compare two images, containers, layers or ranges of layers, contents too; exit code 1 where they differ."""
    from layertui.diffing import diff as compare

    compare(
        a,
        b,
        stat=stat,
        name_status=name_status,
        patch=patch,
        context_lines=unified,
        identical=all,
        find_renames=renames,
        as_json=json,
        platform=platform,
        authfile=authfile,
    )


@app.command
def find(
    ref: Reference,
    pattern: Annotated[
        str | None,
        Parameter(help="Words of a path as the filter on the screen takes them; a glob where it has * ? or [."),
    ] = None,
    /,
    *,
    name: Annotated[str | None, Parameter(help="A glob that a name or a path has to match.")] = None,
    regex: Annotated[bool, Parameter(negative="", help="PATTERN is a regular expression.")] = False,
    fuzzy: Annotated[
        bool, Parameter(negative="", help="PATTERN is letters in their order, best matches first.")
    ] = False,
    content: Annotated[str | None, Parameter(help="A text that the file holds.")] = None,
    content_regex: Annotated[
        str | None, Parameter(name=["--content-regex", "-e"], help="A regular expression that a line of it matches.")
    ] = None,
    ignore_case: Annotated[
        bool, Parameter(name=["--ignore-case", "-i"], negative="", help="In names and contents.")
    ] = False,
    layer: Annotated[int | None, Parameter(help="Only what this layer holds.")] = None,
    null: Annotated[bool, Parameter(name=["-0", "--null"], negative="", help="Bare paths, a NUL after each.")] = False,
    json: JsonFlag = False,
    platform: PlatformOption = None,
    authfile: AuthfileOption = None,
) -> None:
    """Find names and contents in all layers, deleted and shadowed versions too; exit code 1 where there is nothing."""
    from layertui.finding import Wanted
    from layertui.finding import find as search

    wanted = Wanted(pattern, regex, fuzzy, name, content, content_regex, ignore_case)
    search(ref, wanted, layer=layer, null=null, as_json=json, platform=platform, authfile=authfile)
