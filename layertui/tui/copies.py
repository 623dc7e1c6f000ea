"""What can be copied of what is under the cursor: its path, its digest, the command that made it."""

from dataclasses import dataclass

from layertui.errors import NotFoundError
from layertui.tui.subject import Subject


@dataclass(frozen=True, slots=True)
class Copy:
    """A text that is wanted."""

    text: str | bytes
    """As the image has it; not made safe for a terminal."""
    what: str = ""
    """What it is, where the text does not say that itself, such as `the diff ID of L4`."""


def path_of(subject: Subject) -> Copy:
    """The path in the image, without a leading slash. Raises NotFoundError where no path is meant."""
    version = subject.version
    if version is None:
        raise NotFoundError("No path is under the cursor: the files have paths.")
    return Copy("/" if version.path == b"." else version.path)


def digest_of(subject: Subject) -> Copy:
    """What tells it apart: of a file or a layer the layer's diff ID, of an image or a container its ID.

    Raises NotFoundError where it has none, or none that is known.
    """
    image, number, state = subject.image, subject.holder, subject.state
    if number is None:
        container = image.container if image is not None else state.entry.container if state is not None else None
        if container is not None:
            return Copy(container.container_id, "the container's ID")
        image_id = image.image_id if image is not None else state.image_id if state is not None else None
        if image_id is not None:
            return Copy(str(image_id), "the image's ID")
    if image is None or number is None:
        raise NotFoundError("Its digests are not known before it is opened: Enter opens it.")
    layer = image.layers[number]
    if layer.diff_id is not None:
        return Copy(str(layer.diff_id), f"the diff ID of L{number}")
    if layer.digest is not None:
        return Copy(str(layer.digest), f"the digest of L{number} as stored")
    raise NotFoundError(f"L{number} has no digest" + (": it can still be written to." if layer.writable else "."))


def command_of(subject: Subject) -> Copy:
    """All of the command that made the layer. Raises NotFoundError where no layer is meant, or nothing is recorded."""
    image, number = subject.image, subject.holder
    if image is None or number is None:
        raise NotFoundError("No layer is under the cursor: each layer has a command.")
    command = image.layers[number].command
    if not command:
        raise NotFoundError(f"The image does not tell what made L{number}.")
    return Copy(command, f"the command of L{number}")


def layers_of(subject: Subject) -> str:
    """Which layers are meant, as behind the `#` of a reference; empty for the image as a whole."""
    if subject.layer is None:
        return ""
    if not subject.merged:
        return str(subject.layer)
    first = subject.squash.first if subject.squash is not None else 0
    count = len(subject.image.layers) if subject.image is not None else 0
    return "" if (first, subject.layer) == (0, count - 1) else f"{first}..{subject.layer}"
