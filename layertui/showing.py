"""What is shown of an opened source or of this host: on the screen, or as lines where there is none.

Nothing is imported before it is needed: this is what the first frame waits for.
"""

import gc
import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

if TYPE_CHECKING:
    from layertui.layer.read import Cancel
    from layertui.sources.opened import Opened
    from layertui.tui.shown import AskedPair, AskedView, Opener, PairView


class ScreenLook(TypedDict, total=False):
    """How the screen is to look, as the command line says; what is missing or None is as config and environment say."""

    theme: str | None
    low_bandwidth: bool | None
    mouse: bool | None
    glyphs: str | None


def show(
    ref: str,
    *,
    platform: str | None = None,
    authfile: str | None = None,
    all_tags: bool = False,
    **screen: Unpack[ScreenLook],
) -> None:
    """Show what a reference means on the screen; print its layers, or all tags, where the output is no terminal.

    A registry is asked once the screen is there. Raises LayertuiError where anything else cannot be opened.
    """
    if _has_screen():
        shown = view_of(ref, platform, authfile, all_tags=all_tags)
        _prepare(screen.get("theme"))
        from layertui.tui.app import run
        from layertui.tui.shown import AskedView

        typed = () if isinstance(shown, AskedView) else (ref,)
        _end(run(shown, open_reference=_opener(platform, authfile), typed=typed, **screen))
        return
    if all_tags:
        from layertui.listing import list_images

        list_images(ref, (), all_tags=True, authfile=authfile)
        return
    from layertui.headless import print_layers
    from layertui.opening import open_reference_or_demo

    print_layers(open_reference_or_demo(ref, platform, authfile=authfile))


def view_of(
    ref: str, platform: str | None = None, authfile: str | None = None, *, all_tags: bool = False
) -> "Opened | AskedView":
    """What a reference means; what a registry has to be asked for is not opened yet, only its name is checked.

    Raises LayertuiError.
    """
    from layertui.errors import NotFoundError, UsageError
    from layertui.opening import open_reference_or_demo
    from layertui.tui.shown import AskedView

    if not _is_remote(ref):
        if all_tags:
            raise UsageError("--all-tags is for a repository in a registry.", "Such as: layertui docker://alpine -a")
        try:
            return open_reference_or_demo(ref, platform, authfile=authfile)
        except NotFoundError as problem:
            from layertui.sources.registry.names import bare_name

            if bare_name(ref) is None:
                raise
            return AskedView(ref, partial(_opener(platform, authfile), ref), typed=ref, problem=problem)
    return _asked(ref, platform, authfile, all_tags=all_tags)


def pair_of(a: str, b: str, platform: str | None = None, authfile: str | None = None) -> "PairView | AskedPair":
    """What two references mean; where a registry has to be asked for one, neither is opened yet.

    Raises LayertuiError.
    """
    from layertui.tui.shown import AskedPair, PairView

    if _is_remote(a) or _is_remote(b):
        return AskedPair(_asked(a, platform, authfile), _asked(b, platform, authfile))
    from layertui.opening import open_two

    return PairView(*open_two(a, b, platform, authfile=authfile))


def _is_remote(ref: str) -> bool:
    from layertui.sources.reference import REMOTE

    return ref.startswith(tuple(f"{scheme}:" for scheme in REMOTE))


def _asked(ref: str, platform: str | None, authfile: str | None, *, all_tags: bool = False) -> "AskedView":
    """What is opened once the screen is there; raises UsageError where a name makes no sense."""
    from layertui.tui.shown import AskedView

    opens = partial(_opener(platform, authfile), ref)
    if not _is_remote(ref):
        return AskedView(ref, opens, typed=ref)
    from layertui.sources.reference import parse_reference
    from layertui.sources.registry.names import parse_name

    name = parse_name(parse_reference(ref).name)
    host = name.repository.host
    if all_tags:
        return AskedView(name.repository.text, partial(_open_tags, ref, platform, authfile), host, by_tag=True)
    return AskedView(name.text, opens, host, typed=ref)


def _open_tags(ref: str, platform: str | None, authfile: str | None, cancelled: "Cancel") -> "Opened":
    """The tags of a repository."""
    from layertui.image.platform import Platform
    from layertui.sources.opened import Opened
    from layertui.sources.registry.tags import open_tags
    from layertui.sources.spool import make_tick

    wanted = Platform.parse(platform) if platform else None
    login = Path(authfile) if authfile is not None else None
    source = open_tags(ref, wanted, authfile=login, tick=make_tick(None, cancelled))
    return Opened(source, source.entries(), None, None)


def _opener(platform: str | None = None, authfile: str | None = None) -> "Opener":
    """What opens references on the screen."""

    def open_later(text: str, cancelled: "Cancel" = lambda: False, /) -> "Opened":
        from layertui.opening import open_quietly

        return open_quietly(text, platform, authfile=authfile, cancelled=cancelled)

    return open_later


def show_two(
    a: str,
    b: str,
    *,
    platform: str | None = None,
    authfile: str | None = None,
    **screen: Unpack[ScreenLook],
) -> None:
    """Compare what two references mean on the screen; print how they differ where the output is no terminal."""
    if _has_screen():
        _prepare(screen.get("theme"))
        shown = pair_of(a, b, platform, authfile)
        from layertui.tui.app import run
        from layertui.tui.shown import AskedPair

        typed = () if isinstance(shown, AskedPair) else (a, b)
        _end(run(shown, open_reference=_opener(platform, authfile), typed=typed, **screen))
        return
    from layertui.diffing import diff

    diff(a, b, platform=platform, authfile=authfile)


def show_host(**screen: Unpack[ScreenLook]) -> None:
    """Show what this host holds on the screen; list its images where the output is no terminal."""
    if _has_screen():
        _prepare(screen.get("theme"))
        from layertui.sources.host import look
        from layertui.tui.app import run
        from layertui.tui.roots import HostView

        view = HostView(tuple(look(os.environ)))
        _end(run(view, open_reference=_opener(), **screen))
        return
    from layertui.listing import list_images

    list_images(None, ())


def _has_screen() -> bool:
    """Whether to start the app, which collects garbage once its first frame is drawn; where not, that begins here."""
    if sys.stdout.isatty() and sys.stdin.isatty():
        return True
    gc.enable()
    return False


def _prepare(theme: str | None) -> None:
    from layertui.tui.prepare import prepare

    prepare(theme, os.environ)


def _end(code: int) -> None:
    if code:
        sys.exit(code)
