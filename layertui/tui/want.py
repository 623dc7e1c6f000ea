"""Want: one side of a comparison as the person chose it, before anything of it is read."""

from dataclasses import dataclass, replace

from layertui.image.image import Image
from layertui.present.safetext import safe
from layertui.sources.reference import LayerSelector
from layertui.tui.state import ImageState


@dataclass(frozen=True, slots=True)
class Want:
    """An image or a container, all of it or some of its layers."""

    state: ImageState
    """Whose layers are meant; they may be unread."""
    selector: LayerSelector | None = None
    """Which of its layers; None for all of them, merged."""

    def numbers(self, image: Image) -> range:
        """The layers that are meant, base to top; raises NotFoundError where there are none such."""
        return range(len(image.layers)) if self.selector is None else self.selector.resolve(image)

    @property
    def merged(self) -> bool:
        """Whether these layers are meant together, not the diff of one."""
        return self.selector is None or self.selector.merged

    @property
    def is_whole(self) -> bool:
        """Whether the whole image is meant, its config too."""
        return self.selector is None

    @property
    def title(self) -> str:
        """What it is called: `api:1.3`, `api:1.3 L4`, `api:1.3 L0..L4 merged`; safe."""
        name = safe(next(iter(self.state.entry.tags), self.state.entry.reference))
        if self.selector is None:
            return name
        if self.selector.merged:
            return f"{name} L{self.selector.first}..L{self.selector.last} merged"
        return f"{name} {'' if self.selector.first is None else 'L'}{self.selector.text}"

    def of_layer(self, layer: int, *, merged: bool = False, first: int = 0) -> "Want":
        """The diff of one layer of the same image, or what the layers from `first` up to it give together."""
        selector = LayerSelector(first, layer, merged=True) if merged else LayerSelector(layer, layer)
        return replace(self, selector=selector)
