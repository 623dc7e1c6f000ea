"""The smallest Textual app: a line at the bottom and nothing else, to compare the first frame and memory with."""

from textual.app import App, ComposeResult
from textual.widgets import Static


class EmptyApp(App[None]):
    """An empty screen with a footer's text."""

    ENABLE_COMMAND_PALETTE = False
    CSS = "#bar { dock: bottom; height: 1; }"

    def compose(self) -> ComposeResult:
        """The one line."""
        yield Static("q quit", id="bar")

    def on_key(self) -> None:
        """Any key ends it."""
        self.exit()


if __name__ == "__main__":
    EmptyApp().run()
