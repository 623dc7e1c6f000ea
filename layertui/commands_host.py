"""The commands about this host and what it holds, each from a module of its own when it is called."""

from typing import Annotated

from cyclopts import Parameter

from layertui.commands import AllTagsFlag, AuthfileOption, JsonFlag, app


@app.command
def ls(
    source: Annotated[
        str | None,
        Parameter(
            help="Only this source: docker-daemon:, containers-storage:, containerd:, overlay2:DIR, an archive, "
            "docker://NAME in a registry. Or only images of this name, such as api or api:1.4."
        ),
    ] = None,
    /,
    *,
    filters: Annotated[
        list[str] | None,
        Parameter(
            name=["--filter", "-f"],
            negative="",
            help="Only images that match; may be repeated: dangling=true, reference=PATTERN, label=KEY[=VALUE], "
            "before=IMAGE, since=IMAGE.",
        ),
    ] = None,
    digests: Annotated[bool, Parameter(negative="", help="A column with digests of manifests.")] = False,
    no_trunc: Annotated[bool, Parameter(name="--no-trunc", negative="", help="Whole IDs.")] = False,
    quiet: Annotated[bool, Parameter(name=["--quiet", "-q"], negative="", help="Only IDs.")] = False,
    tree: Annotated[
        bool, Parameter(negative="", help="By ancestry: base layers as roots, shared layers once, containers too.")
    ] = False,
    all_tags: AllTagsFlag = False,
    json: JsonFlag = False,
    authfile: AuthfileOption = None,
) -> None:
    """List the images of this host, in all engines and stores that answer, in docker's columns."""
    from layertui.listing import list_images

    list_images(
        source,
        filters or (),
        digests=digests,
        no_trunc=no_trunc,
        quiet=quiet,
        tree=tree,
        all_tags=all_tags,
        as_json=json,
        authfile=authfile,
    )


@app.command
def doctor(*, json: JsonFlag = False) -> None:
    """Say which engines and stores were looked for, what answered, and what is in the way; always exits with 0."""
    from layertui.doctoring import diagnose

    diagnose(as_json=json)
