"""Settle the rows of a comparison whose content has to be read."""

from collections.abc import Iterable, Iterator, Mapping

from layertui.image.blob import Content
from layertui.layer.tree import LayerTree
from layertui.stack.compare import Comparison
from layertui.stack.content import Cancel, Progress, Spot, SpotComparer


class ContentComparer:
    """Compares contents of two sides, and keeps digests of compressed layers for the next time."""

    def __init__(self) -> None:
        self._comparer = SpotComparer()

    def settle(
        self,
        comparison: Comparison,
        rows: Iterable[int],
        cancelled: Cancel | None = None,
        progress: Progress | None = None,
    ) -> list[int]:
        """Settle the unknown ones among `rows`; returns all rows that were settled.

        A compressed layer is inflated in one pass, so every unknown row that lies in such layers on both sides is
        settled with the first. What cannot be read stays unknown.

        Raises Cancelled.
        """
        settled = []
        for row, same in self.compared(comparison, rows, cancelled, progress):
            comparison.settle(row, same)
            settled.append(row)
        return settled

    def compared(
        self,
        comparison: Comparison,
        rows: Iterable[int],
        cancelled: Cancel | None = None,
        progress: Progress | None = None,
    ) -> Iterator[tuple[int, bool]]:
        """Yield what `settle` would settle, one by one, and whether the contents are the same; nothing is settled."""
        unknown = set(comparison.unknown())
        asked = spot_pairs(comparison, (row for row in rows if row in unknown))

        def every() -> dict[int, tuple[Spot, Spot]]:
            return spot_pairs(comparison, sorted(unknown))

        return self._comparer.same(asked, every, kept_in(comparison), cancelled, progress)

    def known_digest(self, spot: Spot) -> bytes | None:
        """SHA-256 of a content, if it was made already; nothing is read."""
        return self._comparer.known_digest(spot)

    def digests(
        self, comparison: Comparison, spots: Iterable[Spot], cancelled: Cancel | None = None
    ) -> dict[Spot, bytes]:
        """SHA-256 of contents on either side, by where they lie; what cannot be read is left out. Raises Cancelled."""
        return self._comparer.digests(spots, kept_in(comparison), cancelled)


def spot_pairs(comparison: Comparison, rows: Iterable[int]) -> dict[int, tuple[Spot, Spot]]:
    """For every row that both sides hold as files, where the contents lie."""
    pairs = {}
    for row in rows:
        at_a, at_b = comparison.a(row), comparison.b(row)
        if at_a is None or at_b is None:
            continue
        one, other = comparison.side_a.spot(at_a), comparison.side_b.spot(at_b)
        if one is not None and other is not None:
            pairs[row] = (one, other)
    return pairs


def kept_in(comparison: Comparison) -> Mapping[LayerTree, Content | None]:
    """What the layers of both sides are kept in."""
    kept: dict[LayerTree, Content | None] = {}
    for side in (comparison.side_a, comparison.side_b):
        layers = side.image.layers[side.squash.first :]
        kept.update((tree, layer.content) for tree, layer in zip(side.squash.trees, layers, strict=False))
    return kept
