"""The content of one version of a path: of any layer, shadowed and deleted ones too."""

from layertui.errors import NotFoundError
from layertui.image.blob import Blob
from layertui.image.image import Image
from layertui.layer.member import shown
from layertui.layer.version import open_version
from layertui.layer.window import Tick
from layertui.stack.squash import Squash


def version_of(image: Image, squash: Squash, position: int, tick: Tick | None = None) -> Blob:
    """The content of the version at a position; hard links and metadata-only copies are followed into lower layers.

    A symlink's is the text of its target. `tick` is called with the stored bytes of the layer that are done, where it
    has to be inflated, and raises Cancelled to stop the work.

    Raises NotFoundError for what has no content (directories, devices, whiteouts, broken hard links), and LayertuiError
    where the layer cannot be read.
    """
    tree, row = squash.content_position(position)
    layer = image.layers[squash.first + squash.trees.index(tree)]
    if layer.content is None:
        raise layer.problem or NotFoundError(f"Layer {layer.index} of {image.reference} has no content.")
    label = f"{image.reference}#{layer.index}: {shown(squash.key(position))}"
    return open_version(layer.content, tree, row, tick, label)
