"""The places of a host: asking each on its own, and what stands there while or because none answers."""

from collections.abc import Callable

from layertui.present.safetext import safe
from layertui.sources.base import Source
from layertui.sources.held import tried
from layertui.sources.place import Place
from layertui.tui.messages import ImagesOpened, Offered, RootAnswered, TagsLooked
from layertui.tui.roots import Asking, HostView, Root
from layertui.tui.screens.searching import SearchingScreen
from layertui.tui.shown import Opener
from layertui.tui.state import ImageState
from layertui.tui.tree_rows import TreeRow

DEMO = "demo"
"""The reference of the built-in images."""


class HostingScreen(SearchingScreen):
    """Which places there are, and how far they are."""

    _offering = False
    """Whether files were looked for already."""

    def ask_all(self) -> None:
        """Ask every place at once: one that hangs holds up no other."""
        for number, root in enumerate(self.holdings.roots[:]):
            if root.asking is Asking.RUNNING:
                self.loader.ask(number, root)
            elif root.error is not None:
                self.not_opened(root)
        self.images.rebuild()
        offer = next((at for at, row in enumerate(self.images.rows) if self._is_offer(row)), None)
        if offer is not None:
            self.images.move_to(offer)
        self.show_files()
        self.tell_footer()
        self._offer_if_nothing()

    def _is_offer(self, row: TreeRow) -> bool:
        return row.root >= 0 and self.holdings.roots[row.root].is_offer

    def open_root(self, number: int) -> None:
        """Open what is offered; fold or unfold another place."""
        root = self.holdings.roots[number]
        if root.asking in (Asking.OFFERED, Asking.CANCELLED):
            self.ask_again(number)
            self.images.rebuild()
            self.show_files()
        else:
            self.images.do_fold()

    def ask_again(self, number: int) -> str:
        """Ask a place once more; returns what to say about it."""
        root = self.holdings.roots[number]
        self.loader.ask(number, root)
        root.looking, root.looked = False, set()
        if root.registry:
            return ""  # the footer says who is asked
        return f"Opening {safe(root.name)}." if root.offered else f"Asking {safe(root.name)} again."

    def not_opened(self, root: Root) -> None:
        """A place could not be opened: what can be offered instead is."""
        raise NotImplementedError

    def ask_missing(self, place: Place) -> str:
        """Ask a place that was not there; returns what to say about it."""
        said = self.ask_again(self.holdings.try_missing(place))
        self.images.rebuild()
        return said

    def try_again(self, state: ImageState | None) -> bool:
        """Open an entry again that could not be; False where that is not what is wrong."""
        if state is None or state.error is None:
            return False
        state.error = None
        self.describe(state)
        return True

    def cancel_asking(self) -> bool:
        """Await no answer any more; returns whether one was awaited."""
        waited = self.loader.cancel_asking()
        for root in self.holdings.roots:
            if root.asking is Asking.RUNNING:
                root.asking, root.attempt, waited = Asking.CANCELLED, 0, True
            root.looking = False
        for state in self.states.values():
            state.describing = False
        self.images.rebuild()
        self.show_files()
        self.tell_details()
        self._offer_if_nothing()
        return waited

    def on_root_answered(self, message: RootAnswered) -> None:
        """A place was opened and listed, or could not be."""
        root = self.holdings.roots[message.root]
        if root.attempt != message.attempt:
            return
        before = self.state
        if message.source is not None:
            root.opened = message.opened
            self.holdings.adopt(message.root, message.source, message.entries)
        else:
            root.asking, root.error = Asking.FAILED, message.error
            self.not_opened(root)
        self._stay(before)
        self.images.rebuild()
        if root.offered and root.members:
            self._open_first(root)
        row = self.images.row
        if root.opens is not None and row is not None and row.root == message.root:
            self.images.bring_up()
        if message.source is not None:
            self.place_opened(root)
        self._offer_if_nothing()
        self.show_files()
        self.tell()
        self.rest()

    def _stay(self, before: ImageState | None) -> None:
        """After a place was asked again: look at the same image still, or at nothing where it is gone."""
        if before is None or self.here is None:
            return
        after = self.states.get(before.place)
        if after is not before:
            self.loader.cancel(before)
        if after is None:
            self.here = None
        elif after is not before:
            place, layer = self.here
            self.here = None
            self.look_at(place, layer)

    def place_opened(self, root: Root) -> None:
        """A place was opened: open the image that a reference means, if it is one's."""
        chosen = self.holdings.chosen_in(root)
        if chosen is not None and not chosen.opened:
            self._open_in(root, chosen.place)

    def _open_first(self, root: Root) -> None:
        place = next((place for place in root.members if self.states[place].openable), None)
        if place is not None:
            self._open_in(root, place)

    def _open_in(self, root: Root, place: int) -> None:
        """Open an image of a place, if the cursor is still there."""
        row = self.images.row
        if row is not None and self.holdings.roots[row.root : row.root + 1] == [root]:
            self.images.unfold(place)
            self.images.stand_at(place)
            self.open_image(place)

    def on_images_opened(self, message: ImagesOpened) -> None:
        """Manifest and config of entries are there."""
        for found in message.found:
            state = found.state
            if self.states.get(state.place) is not state:
                continue
            state.image, state.error, state.describing = found.image, found.error, False
            if self.here is not None and self.here[0] == state.place and not state.opened:
                self.begin(state.place)
        self.images.rebuild()
        if self.page_name == "info":
            self.page.remake()
        self.show_files_if_none()
        self.tell()

    # Repositories

    def _rested(self) -> None:
        super()._rested()
        for number, tags in self.images.unlooked().items():
            root = self.holdings.roots[number]
            unknown = [tag for tag in tags if tag not in root.looked]
            if root.source is not None and unknown:
                root.looking = True
                self.loader.look(number, root.source, unknown)
                self.tell_footer()

    def on_tags_looked(self, message: TagsLooked) -> None:
        """More is known of some tags."""
        root = self.holdings.roots[message.root]
        if message.source is not root.source:
            return
        root.looked.update(message.looked)
        root.looking = root.looking and not message.ended
        self.holdings.adopt_tags(message.root, message.entries, keep=self.here[0] if self.here is not None else None)
        self.images.rebuild()
        self.tell()
        if message.ended:
            self.rest()  # tags of one image stand together now, so that others have come into view

    def progress_text(self) -> str:
        """What is being read; else which registry is asked, and how to cancel that."""
        return super().progress_text() or self._registry_asked()

    def _registry_asked(self) -> str:
        roots = self.holdings.roots
        if not any(root.registry for root in roots):
            return ""
        asked = [root for root in roots if root.registry and (root.asking is Asking.RUNNING or root.looking)]
        asked += [roots[state.root] for state in self.states.values() if state.describing]
        host = next((root.registry for root in asked if root.registry), "")
        return f"asking {safe(host)}...  Ctrl+C cancels" if host else ""

    def show_files_if_none(self) -> None:
        """Say in the file pane how far the image is, where no layer of it is shown."""
        if self.files.rows is None:
            self.show_files()

    # Where there is nothing

    def _offer_if_nothing(self) -> None:
        if not self.holdings.host or not self.holdings.nothing or self._offering:
            return
        self._offering = True
        if self.open_reference is not None and isinstance(self.shown, HostView):
            self.loader.offer()

    def on_offered(self, message: Offered) -> None:
        """Archives were looked for: they are offered, and the built-in images after them."""
        opener = self.open_reference
        if opener is None or not self.holdings.nothing:
            return
        for name in (*message.names, DEMO):
            text, where = (DEMO, "images that are built in") if name == DEMO else (f"./{name}", f"./{name}")
            place = Place(DEMO if name == DEMO else "file", name, where, True, "", "", _opening(opener, text))
            self.holdings.roots.append(Root(place, Asking.OFFERED, offered=True))
        self.images.rebuild()
        if all(root.offered for root in self.holdings.roots):
            # What comes before the first of them is a sentence.
            self.images.move_to(next(at for at, row in enumerate(self.images.rows) if row.root >= 0), say=False)
        self.show_files()
        self.tell()

    def nothing_open(self) -> str:
        """What the file pane says while no image is looked at: what to do, or what was tried."""
        if not self.holdings.host:
            return super().nothing_open()
        row = self.images.row
        root = self.holdings.roots[row.root] if row is not None and row.root >= 0 else None
        if root is not None and root.is_offer:
            return f"Enter asks {root.registry} for {root.name}: nothing was asked yet."
        if root is not None and root.error is not None:
            return f"{root.error.message} {root.error.hint}"
        if root is not None and root.asking is Asking.CANCELLED:
            return f"{root.name} was not asked to the end. R asks again."
        if root is not None and root.asking is Asking.RUNNING and root.registry:
            return f"Asking {root.registry} for {root.name}..."
        if self.holdings.connecting and not self.states:
            names = ", ".join(root.name for root in self.holdings.roots if root.asking is Asking.RUNNING)
            return f"Asking {names}..."
        places = self.shown.places if isinstance(self.shown, HostView) else ()
        if self.holdings.nothing and places and not any(place.found for place in places):
            return f"{tried(places)} Try: layertui ./image.tar, or layertui doctor"
        if self.holdings.nothing and places:
            return "No engine and no store holds an image. Try: layertui ./image.tar, or layertui doctor"
        return "Enter opens an image or a container: its layers are read only then."


def _opening(opener: Opener, text: str) -> Callable[[], Source]:
    return lambda: opener(text).source
