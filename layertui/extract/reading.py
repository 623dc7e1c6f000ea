"""One file's content in order, holes included, without keeping any of it."""

from collections.abc import Iterator

from layertui.errors import DamagedError, NotFoundError
from layertui.extract.contents import Work, open_window, stored_parts, whole_content
from layertui.extract.plan import Plan
from layertui.image.image import Image


def file_chunks(image: Image, plan: Plan, work: Work) -> Iterator[bytes]:
    """Yield the content of the one file of a plan. Raises LayertuiError, and what `work` raises.

    A compressed layer is inflated up to the file's end; of a plain one nothing else is read.
    """
    item = plan.files[0]
    layer, row = item.content
    tree, content = plan.trees[layer], image.layers[layer].content
    if content is None:
        raise image.layers[layer].problem or NotFoundError(f"layer {layer} cannot be read.")
    stored = stored_parts(open_window(content, tree, work), tree, row, work)
    try:
        yield from whole_content(stored, tree.columns.sizes[row], work)
    except DamagedError as problem:
        raise DamagedError(f"layer {layer}: {problem.message}", problem.hint) from problem
