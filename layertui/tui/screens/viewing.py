"""Opening a file's content from the main screen: on a screen of its own, or in a pager."""

from typing import TYPE_CHECKING

from layertui.layer.columns import Kind
from layertui.present.safetext import safe
from layertui.tui.actions import Place
from layertui.tui.screens.acting import ActingScreen
from layertui.tui.screens.telling import fraction_text
from layertui.tui.version import Version

if TYPE_CHECKING:
    from layertui.tui.loading.contents import ContentLoader
    from layertui.tui.messages_contents import ContentOpened, ContentProgress

NO_CONTENT = {
    Kind.DIRECTORY: "This is a directory, which has no content of its own.",
    Kind.WHITEOUT: "This layer removes the path: [ leads to the layer below, W to one that holds it.",
    Kind.CHAR: "This is a character device, which has no content.",
    Kind.BLOCK: "This is a block device, which has no content.",
    Kind.FIFO: "This is a named pipe, which has no content.",
}
"""What is said where there is nothing to show."""


class ViewingScreen(ActingScreen):
    """Shows contents of files."""

    _contents: "ContentLoader | None" = None
    """Made when a pager is asked for."""
    _paging = ""
    """How far the opening of a content for the pager is."""

    def version_under_cursor(self) -> Version | None:
        """The version of a path under the cursor of the files, or of the find pane."""
        state = self.state
        position, squash = self.files.position, self.files.squash
        if self.pane.place is Place.FIND and self.find.hit is not None:
            position, squash = self.find.hit.position, self.find.squash
        if state is None or state.image is None or squash is None or position is None:
            return None
        return Version(state.image, squash, position)

    def open_content(self, version: Version | None) -> None:
        """Show a version on a screen of its own, or say why there is nothing to show."""
        if version is None:
            return
        if not version.has_content:
            self.say(NO_CONTENT[version.kind])
            return
        from layertui.tui.screens.content import ContentScreen

        self.show_screen(ContentScreen(version, self.base))

    def on_mount(self) -> None:
        """Open what Enter is pressed on."""
        self.files.asked = lambda: self.open_content(self.version_under_cursor())

    # The pager

    def do_pager(self) -> None:
        """Open the content of what is under the cursor, for the pager."""
        version = self.version_under_cursor()
        if version is None or not version.has_content:
            self.say("No file is under the cursor." if version is None else NO_CONTENT[version.kind])
            return
        from layertui.tui.loading.contents import ContentLoader, Start

        self._contents = self._contents or ContentLoader(self, low_bandwidth=getattr(self.app, "low_bandwidth", False))
        self._contents.open(version, Start())

    def on_content_progress(self, message: "ContentProgress") -> None:
        """A content for the pager is being opened."""
        if self._contents is not None and message.attempt == self._contents.attempt("open"):
            self._paging = f"{message.verb} {fraction_text(message.done_bytes, message.total_bytes)}"
            self.tell_footer()

    def on_content_opened(self, message: "ContentOpened") -> None:
        """A content is open: the pager has the terminal until it is left."""
        if self._contents is None or message.attempt != self._contents.attempt("open"):
            return
        self._paging = ""
        if message.document is None:
            problem = message.error
            self.say(safe(f"{problem.message} {problem.hint}") if problem is not None else "Cancelled.")
            return
        from layertui.present.viewing.plain import plain_chunks
        from layertui.tui.pager import show

        self.say(safe(show(self.app, plain_chunks(message.document))))

    def progress_text(self) -> str:
        """What is being opened for the pager, else what is being read."""
        opening = self._contents is not None and self._contents.running("open")
        return f"{self._paging}  Ctrl+C cancels" if opening and self._paging else super().progress_text()

    def do_cancel(self) -> None:
        """Stop opening, else reading."""
        if self._contents is not None and self._contents.cancel():
            self._paging = ""
            self.say("Cancelled.")
        else:
            super().do_cancel()

    def on_unmount(self) -> None:
        """Let no thread work on."""
        if self._contents is not None:
            self._contents.end()
