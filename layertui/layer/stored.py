"""Layers that are kept as files in a directory, or that arrive with others in one stream: not a tar at an offset."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from layertui.image.blob import Blob
from layertui.layer.tree import LayerTree
from layertui.layer.window import Tick, Window


@dataclass(slots=True)
class Transfer:
    """What several layers arrive in together, such as an engine's export."""

    verb: str
    """What is done, for a line of progress: `export`."""
    total_bytes: int | None
    """What is expected in all, where the engine says; a hint."""
    done_bytes: int = 0
    """What has arrived."""
    ended: bool = False
    """Whether nothing more will arrive."""


class StoredTree(ABC):
    """A layer that is no tar at an offset, and how it is read."""

    label: str
    """What messages call it; not made safe for a terminal."""
    size_bytes: int
    """Bytes to go through when it is listed, for progress; 0 where that is not known."""
    method: str
    """How it is read, for the person: `Docker's books (tar-split)`, `a walk of its directory`."""
    transfer: Transfer | None = None
    """What it arrives in together with other layers."""
    is_whole: bool = True
    """Whether its listing has all that the layer does; a container's changes as its engine lists them miss some."""
    by_table: bool = False
    """Whether a table of contents lists it, so that a listing takes next to nothing of what there is of it, while each
    content is fetched."""

    @abstractmethod
    def read(self, tick: Tick) -> LayerTree:
        """List it, contents unread; `tick` is called with bytes done, and raises Cancelled to stop the work.

        Raises LayertuiError where nothing can be read at all; other damage is kept in the tree.
        """

    @abstractmethod
    def window(self, tree: LayerTree) -> Window:
        """Contents of the tree's files, at the offsets that its columns name; they may be asked in any order.

        Over a `tar` that is compressed they must rise, as in `read.tar_window`. Fetching raises LayertuiError where a
        file is gone or is not what was listed.
        """

    def to_fetch_bytes(self) -> int:
        """How many bytes of a network its listing takes; 0 where it is at hand, or takes next to nothing."""
        return 0

    def window_for(self, tree: LayerTree, tick: Tick) -> Window:
        """The same for one piece of work: where fetching has to wait, `tick` is called, and raises Cancelled."""
        return self.window(tree)

    def tar(self, tree: LayerTree, tick: Tick | None = None) -> Blob | None:
        """The tar that `tree` was listed from, as stored, where it turned out to be one, as in a registry; else None.

        `tick` is called with 0 while it is waited for, and raises Cancelled. Raises LayertuiError.
        """
        return None

    def whole(self, tick: Tick | None = None) -> Blob | None:
        """Its tar as stored, even where it is listed by a table of contents; None for files. As `tar`."""
        return None
