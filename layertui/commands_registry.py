"""The commands about registries, each from a module of its own when it is called."""

from typing import Annotated

from cyclopts import Parameter

from layertui.commands import AuthfileOption, JsonFlag, app


@app.command
def pull(
    ref: Annotated[str, Parameter(help="An image in a registry: [docker://][HOST[:PORT]/]NAME[:TAG][@DIGEST].")],
    /,
    *,
    output: Annotated[
        str,
        Parameter(
            name=["--output", "-o"],
            help="An OCI layout that the image is added to: a directory that is one, is empty, or is not there yet.",
        ),
    ],
    all_tags: Annotated[
        bool, Parameter(name=["--all-tags", "-a"], negative="", help="All tags of the repository.")
    ] = False,
    platform: Annotated[
        str | None,
        Parameter(help="Of several platforms this one, such as linux/arm64, or all; the host's otherwise."),
    ] = None,
    authfile: AuthfileOption = None,
    json: JsonFlag = False,
) -> None:
    """Bring an image from a registry into an OCI layout, each blob verified; goes on where it was interrupted.

    No engine is needed. What is in the directory or in the cache already is not fetched.
    """
    from layertui import pulling

    pulling.pull(ref, output=output, all_tags=all_tags, platform=platform, authfile=authfile, as_json=json)
