"""Handing a copied text to tmux, which may hang."""

from layertui.tui.clipboard import load_tmux
from layertui.tui.loading.threads import Task


def hand_to_tmux(text: str) -> None:
    """Put a safe text into tmux's buffer, in a thread that nobody waits for."""

    def work(task: Task) -> None:
        load_tmux(text)

    Task(work, "copy")
