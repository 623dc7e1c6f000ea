"""Taking files and directories out of layers: each layer is gone through once, and nothing shows before it is whole."""

import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from layertui.errors import LayertuiError, NotFoundError, PartialResultError
from layertui.extract.attributes import Options
from layertui.extract.contents import Progress, Work, open_window, stored_parts
from layertui.extract.destination import Destination
from layertui.extract.failures import FAILURES, beneath, ends_all, write_error
from layertui.extract.left_out import left_out
from layertui.extract.outcome import Outcome
from layertui.extract.plan import Item, Plan
from layertui.image.image import Image
from layertui.layer.columns import Kind
from layertui.layer.names import parent_of
from layertui.layer.read import Cancel
from layertui.layer.window import Window


def extract(
    image: Image,
    plan: Plan,
    destination: Path,
    options: Options,
    *,
    progress: Progress | None = None,
    cancelled: Cancel | None = None,
) -> Outcome:
    """Make all that is planned beneath a directory, which is made where it is not there.

    What cannot be made or read is left out and told in the outcome; where the destination itself fails, or nothing at
    all could be made, it is left as it was. Links stand as links, and are never followed.

    Raises LayertuiError, and Cancelled, after which nothing is left of it.
    """
    options.check()
    target = Destination(destination, force=options.force, new=options.new)
    with target.filling():
        target.check((item.key for item in plan.directories), plan.keys())
        writer = _Writer(image, plan, target, options, Work(plan.content_bytes, progress, cancelled))
        writer.run()
        if not writer.outcome.made and writer.outcome.problems:
            raise writer.outcome.problems[0]
        writer.publish()
    return writer.outcome


class _Writer:
    """Makes the things of a plan aside, and moves them to their place."""

    def __init__(self, image: Image, plan: Plan, target: Destination, options: Options, work: Work) -> None:
        self.outcome = Outcome()
        self._image = image
        self._plan = plan
        self._target = target
        self._folder = target.folder
        self._options = options
        self._work = work
        self._directories = {b"": next((item for item in plan.directories if not item.key), None)}
        """Those that were made, in tree order; the destination itself is there in any case."""
        self._others: list[bytes] = []
        """What was made besides."""

    def run(self) -> None:
        """Make everything aside, and set what directories keep once nothing more is made in them."""
        for item in self._plan.directories:
            if item.key:
                self._make_directory(item)
        for item in self._plan.others:
            self._make_other(item)
        self._make_files()
        for key, first in self._plan.links:
            self._make_link(key, first)
        for key in self._plan.broken:
            self.outcome.fail(PartialResultError(f"{self._label(key)}: a hard link whose target no layer holds."))
        if self._options.keeps:
            for key in reversed(self._directories):
                if not self._target.is_unit(key):
                    self._work.check()
                    self._finish(key, self._folder.directory(key))
        self.outcome.left_out = left_out(self._plan, self._options, self._work.check)

    def publish(self) -> None:
        """Move everything to its place."""
        self._target.publish(self._directories, self._others, self._finish)

    def _make_directory(self, item: Item) -> None:
        with self._entry(item.key) as may:
            if may:
                self._folder.make_directory(item.key, self._options.first_mode(self._plan.entry(item)))
                self._directories[item.key] = item
                self.outcome.directories += 1

    def _make_other(self, item: Item) -> None:
        """Make a symlink, device or pipe."""
        kind = self._plan.kind(item)
        if not self._options.makes(kind):
            return
        with self._entry(item.key) as may:
            if not may:
                return
            entry = self._plan.entry(item)
            if kind is Kind.SYMLINK:
                if not entry.link_target:
                    raise PartialResultError(f"{self._label(item.key)}: a symlink without a target.")
                self._folder.make_symlink(item.key, entry.link_target)
            else:
                major, minor = entry.device or (0, 0)
                self._folder.make_node(item.key, self._options.node_mode(entry), os.makedev(major, minor))
            self._others.append(item.key)
            self.outcome.others += 1
            self._options.apply_named(*self._folder.parent(item.key), entry)

    def _make_files(self) -> None:
        """Make all files of each layer in the order in which it holds them."""
        by_layer: defaultdict[int, list[Item]] = defaultdict(list)
        for item in self._plan.files:
            by_layer[item.content[0]].append(item)
        for layer, items in sorted(by_layer.items()):
            tree, content = self._plan.trees[layer], self._image.layers[layer].content
            items.sort(key=lambda item: tree.columns.offsets[item.content[1]])
            window: Window | None = None
            for item in items:
                with self._entry(item.key) as may:
                    if may:
                        if content is None:
                            raise NotFoundError(f"layer {layer} cannot be read.")
                        window = window or open_window(content, tree, self._work)
                        self._make_file(item, window)

    def _make_file(self, item: Item, window: Window) -> None:
        entry, (layer, row) = self._plan.entry(item), item.content
        tree = self._plan.trees[layer]
        fd = self._folder.make_file(item.key, self._options.first_mode(entry))
        try:
            try:
                os.ftruncate(fd, tree.columns.sizes[row])
                for offset, data in stored_parts(window, tree, row, self._work):
                    _write(fd, offset, data)
            except BaseException:
                self._folder.remove(item.key)
                raise
            self._others.append(item.key)
            self.outcome.files += 1
            self.outcome.content_bytes += tree.columns.sizes[row]
            self._options.apply(fd, entry)
        finally:
            os.close(fd)

    def _make_link(self, key: bytes, first: bytes) -> None:
        """Give a file a further name; what it is a name of may be a device that was left out."""
        with self._entry(key) as may:
            if not may:
                return
            try:
                self._folder.make_link(key, first)
            except FileNotFoundError:
                raise PartialResultError(
                    f"{self._label(key)}: {self._label(first)}, which it is another name of, was not made."
                ) from None
            self._others.append(key)
            self.outcome.files += 1

    def _finish(self, key: bytes, fd: int) -> None:
        """Give a directory that was made what it is to keep."""
        item = self._directories.get(key)
        if item is not None:
            with self._entry(key):
                self._options.apply(fd, self._plan.entry(item))

    @contextmanager
    def _entry(self, key: bytes) -> Iterator[bool]:
        """Around all that is done for one entry: its failure is told, and others go on, unless it ends them all.

        Gives False where its directory could not be made, so that it cannot be made either.
        """
        self._work.check()
        may = parent_of(key) in self._directories
        if not may:
            self.outcome.fail(PartialResultError(f"{self._label(key)}: its directory could not be made."))
        try:
            yield may
        except LayertuiError as problem:
            label = self._label(key)
            message = problem.message if problem.message.startswith(label) else f"{label}: {problem.message}"
            self.outcome.fail(type(problem)(message, problem.hint))
        except FAILURES as problem:
            error = write_error(problem, self._label(key))
            if ends_all(problem):
                raise error from problem
            self.outcome.fail(error)

    def _label(self, key: bytes) -> str:
        return beneath(self._target.label, key)


def _write(fd: int, offset: int, data: bytes) -> None:
    """Write all bytes; zeros that make up a part are left as a hole in a file that has its length already."""
    if not data.strip(b"\0"):
        return
    view = memoryview(data)
    while view:
        count = os.pwrite(fd, view, offset)
        view, offset = view[count:], offset + count
