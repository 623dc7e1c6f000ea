"""Ctrl+Z: the process stops, as any program of a shell does, and draws its screen anew when it goes on."""

import asyncio
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from textual.driver import Driver


def has_shell() -> bool:
    """Whether somebody is there who lets a stopped process go on: its group is not orphaned (POSIX, 3.264)."""
    group, parent = os.getpgrp(), os.getppid()
    try:
        while os.getpgid(parent) == group:  # a script that was started by a shell
            parent = int(Path(f"/proc/{parent}/stat").read_text().rpartition(")")[2].split()[1])
        return os.getsid(parent) == os.getsid(0)
    except OSError:
        return False


def stop() -> None:
    """Stop the process and those that belong to the same job, as the key does where the terminal sees to it."""
    os.killpg(0, signal.SIGTSTP)


class Stopping:
    """What the process does when it is told to stop or to go on, instead of Textual's own.

    Textual acts within the signal handler, where a lock may be held that it needs; it starts a second time when a
    process is told to go on that never stopped; and without a shell it would stop for ever.
    """

    def __init__(self, driver: Driver, redraw: Callable[[], None]) -> None:
        """Take the signals from now on; only in the main thread of a process, ValueError in any other."""
        self._driver = driver
        self._redraw = redraw
        self._loop = asyncio.get_running_loop()
        self._stopped = False
        signal.signal(signal.SIGTSTP, lambda *_: self._told_to_stop())
        signal.signal(signal.SIGCONT, lambda *_: self._told_to_go_on())

    def _told_to_stop(self) -> None:
        if not has_shell():
            return
        if self._has_terminal:
            self._loop.call_soon_threadsafe(self._stop)
        else:  # whoever has it is told to stop too
            os.kill(os.getpid(), signal.SIGSTOP)

    def _told_to_go_on(self) -> None:
        if self._has_terminal:
            self._loop.call_soon_threadsafe(self._go_on)

    @property
    def _has_terminal(self) -> bool:
        """Whether the terminal is ours, and not another program's that the app runs."""
        return self._driver._auto_restart

    def _stop(self) -> None:
        """Give the terminal back and stop."""
        self._driver.suspend_application_mode()
        self._stopped = True
        os.kill(os.getpid(), signal.SIGSTOP)

    def _go_on(self) -> None:
        """Take the terminal once the shell gives it to us; what another signal had stopped takes it anew."""
        with suppress(OSError):  # a terminal that is gone is told by a signal of its own
            while os.tcgetpgrp(0) != os.getpgrp() and has_shell():  # in the background there is nothing to do
                os.kill(os.getpid(), signal.SIGSTOP)
        if not self._stopped:
            self._driver.suspend_application_mode()
        self._stopped = False
        self._driver.resume_application_mode()
        self._redraw()
