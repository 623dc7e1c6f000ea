"""Read all layers of an image and fold them, for what has no screen."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Event

from layertui.errors import Cancelled, DamagedError, LayertuiError, PartialResultError
from layertui.image.image import Image, Layer
from layertui.layer.build import build
from layertui.layer.columns import Columns
from layertui.layer.read import read_layer
from layertui.layer.tar import Damage
from layertui.layer.tree import LayerTree
from layertui.stack.content import Contents
from layertui.stack.fold import fold
from layertui.stack.squash import Squash

WORKERS = 2
"""Compressed layers read at a time: inflating and hashing let go of the interpreter, scanning headers does not."""

UNREAD = Damage("nothing of it could be read", 0)
"""The damage of a layer that stands as an empty one in a squash."""

LayerProgress = Callable[[int, int], None]
"""Called with a layer's number and the stored bytes of it that are done."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """An image's layers, read and folded."""

    image: Image
    squash: Squash
    numbers: range
    """The layers that were read."""
    found: Mapping[int, tuple[LayertuiError, ...]]
    """By layer what could not be read or did not match; what could be read is in `squash` all the same."""

    @property
    def problems(self) -> tuple[LayertuiError, ...]:
        """All that could not be read or did not match, base to top."""
        return tuple(problem for number in self.numbers for problem in self.found[number])

    @property
    def unread(self) -> frozenset[int]:
        """Layers of which nothing could be read: they stand in `squash` as empty ones, which says nothing of them."""
        trees = zip(self.numbers, self.squash.trees, strict=True)
        return frozenset(number for number, tree in trees if tree.damage == UNREAD)

    @property
    def is_partial(self) -> bool:
        """Whether something of the layers could not be read, so that totals say too little."""
        return bool(self.unread) or any(tree.damage or tree.columns.refused_count for tree in self.squash.trees)


def load(
    image: Image,
    numbers: range | None = None,
    *,
    verify_digests: bool = False,
    verify_content: bool = False,
    progress: LayerProgress | None = None,
    known: Mapping[int, LayerTree] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Loaded:
    """Read an image's layers, all or those in `numbers`, and fold them.

    `verify_digests` reads plain layers whole to check them; compressed ones always are. `verify_content` compares
    every rewritten file. A layer that cannot be read counts as empty, and is among the problems. Layers that are
    `known`, by number, were read before and are not read again.

    Raises Cancelled once `cancelled` says so.
    """
    numbers = range(len(image.layers)) if numbers is None else numbers
    known = known or {}
    stop = Event()
    layers = [image.layers[number] for number in numbers]

    def stopped() -> bool:
        return stop.is_set() or (cancelled is not None and cancelled())

    def read(layer: Layer) -> tuple[LayerTree, list[LayertuiError]]:
        if (tree := known.get(layer.index)) is not None:
            return tree, layer_problems(image, layer, tree)
        return read_one(image, layer, stopped, verify_digests, progress)

    if sum(layer.compressed_bytes is not None and layer.index not in known for layer in layers) < WORKERS:
        # Scanning headers holds the interpreter: beside each other, threads would only hinder one another.
        results = [read(layer) for layer in layers]
    else:
        pool = ThreadPoolExecutor(WORKERS)
        try:
            results = list(pool.map(read, layers))
        except BaseException:
            stop.set()
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    if stopped():
        raise Cancelled
    squash = fold([tree for tree, _ in results], layer_count=len(image.layers), first=numbers.start)
    if verify_content:
        Contents([layer.content for layer in image.layers]).settle(squash, squash.rewritten(), stopped)
    found = {number: tuple(problems) for number, (_, problems) in zip(numbers, results, strict=True)}
    return Loaded(image, squash, numbers, found)


def needs_lower(squash: Squash) -> bool:
    """Whether contents of these layers lie in layers below them, by hard links or metadata-only copies."""
    return squash.first > 0 and any(tree.lower_links or tree.columns.metacopies for tree in squash.trees)


def read_one(
    image: Image,
    layer: Layer,
    cancelled: Callable[[], bool] | None = None,
    verify: bool = False,
    progress: LayerProgress | None = None,
) -> tuple[LayerTree, list[LayertuiError]]:
    """Read one layer of an image; what is wrong with it comes as sentences that say which layer it is."""
    if layer.content is None:
        problem = layer.problem or DamagedError(f"layer {layer.index} has no content.")
        return _nothing(), [problem]
    try:
        tree = read_layer(
            layer.content,
            progress=None if progress is None else lambda done: progress(layer.index, done),
            cancelled=cancelled,
            digest=layer.digest,
            diff_id=layer.diff_id,
            verify=verify,
        )
    except Cancelled:
        raise
    except LayertuiError as error:
        which = f"layer {layer.index} of {len(image.layers)}"
        return _nothing(), [type(error)(f"{which}: {error.message}", error.hint)]
    return tree, layer_problems(image, layer, tree)


def _nothing() -> LayerTree:
    """The tree of a layer of which nothing could be read: empty, and damaged from its start."""
    return replace(build(Columns()), damage=UNREAD)


def layer_problems(image: Image, layer: Layer, tree: LayerTree) -> list[LayertuiError]:
    """What is wrong with a layer that was read: damage, digests that do not match, members that were refused."""
    which = f"layer {layer.index} of {len(image.layers)}"
    label = layer.content.label if layer.content is not None else which
    problems: list[LayertuiError] = []
    if tree.damage is not None:
        message = tree.damage.message.removeprefix(f"{label}: ").rstrip(".")
        # Where it is no place in a file, it is of the layer as a whole.
        start = which if tree.damage.offset_bytes is None else f"{label}: {tree.damage.where} in {which}"
        problems.append(DamagedError(f"{start}: {message}.", "What was read before it is shown; totals are partial."))
    problems += [DamagedError(f"{which}: {problem}", "Do not trust this image.") for problem in tree.problems]
    if tree.columns.refused_count:
        first = next(iter(tree.columns.warnings), "")
        count = tree.columns.refused_count
        problems.append(
            PartialResultError(f"{which}: {count:,} {'entry was' if count == 1 else 'entries were'} refused: {first}")
        )
    return problems
