"""What the two keys of a sort do, in every list that can be sorted."""

from layertui.present.view import Sort


class Sorting:
    """A list with an order; the same key again reverses it."""

    def sort(self, sort: Sort) -> None:
        """Sort; the same again reverses."""
        raise NotImplementedError

    def do_sort_name(self) -> None:
        """By name."""
        self.sort(Sort.NAME)

    def do_sort_size(self) -> None:
        """By size."""
        self.sort(Sort.SIZE)

    def do_sort_count(self) -> None:
        """By number of what it holds: entries, or an image's containers."""
        self.sort(Sort.COUNT)

    def do_sort_mtime(self) -> None:
        """By time, the newest first."""
        self.sort(Sort.MTIME)

    def do_sort_layer(self) -> None:
        """By layer, or number of layers."""
        self.sort(Sort.LAYER)

    def do_sort_reclaimable(self) -> None:
        """By reclaimable bytes, or what removing an image frees."""
        self.sort(Sort.RECLAIMABLE)
