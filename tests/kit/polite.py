"""The polite image, as plain data: every engine loads it, and every source must show it alike.

Each tar names every parent, markers remove what is there, and links point backwards.
"""

from tests.kit.entries import (
    MTIME,
    Layer,
    directory,
    fifo,
    file,
    hardlink,
    opaque,
    symlink,
    whiteout,
)
from tests.kit.images import CREATED, ImageSpec

POLITE_TAG = "polite:1"

LONG_NAME = "long/" + "directory-with-a-long-name/" * 5 + "file-with-a-long-name"
"""Longer than a ustar name, and it fits a prefix; 161 bytes."""

CAPABILITY = b"\x01\x00\x00\x02\x00\x04\x00\x00" + bytes(12)
"""The xattr `security.capability` that says cap_net_bind_service."""

LATER = (MTIME + 3_600) * 10**9
"""One hour after every other mtime, in nanoseconds."""


def polite_layers() -> tuple[Layer, ...]:
    """Five layers, base to top; layer 3 is empty."""
    long_parents = [LONG_NAME[: index + 1] for index, letter in enumerate(LONG_NAME) if letter == "/"]
    return (
        (
            symlink("bin", "usr/bin"),
            directory("etc"),
            file("etc/hostname", "polite\n"),
            file("etc/motd", "Welcome.\n"),
            file("etc/shadow", "root:*:1::::::\n", mode=0o640, gid=42),
            directory("home"),
            directory("home/user", mode=0o700, uid=1000, gid=1000),
            file("home/user/.profile", "umask 022\n", uid=1000, gid=1000),
            directory("srv"),
            directory("srv/data"),
            file("srv/data/a", "a\n"),
            file("srv/data/b", "b\n"),
            directory("srv/swap"),
            directory("srv/swap/deep"),
            file("srv/swap/deep/old", "old\n"),
            file("srv/turn", "a file first\n"),
            directory("tmp", mode=0o1777),
            directory("usr"),
            directory("usr/bin"),
            file("usr/bin/tool", "#!/bin/sh\nexit 0\n" * 100, mode=0o4755),
            hardlink("usr/bin/alias", "usr/bin/tool", mode=0o4755),
            directory("usr/lib"),
            symlink("usr/lib/libx.so", "libx.so.1"),
            file("usr/lib/libx.so.1", "one" * 1000),
            directory("var"),
            directory("var/cache"),
            file("var/cache/one", "1\n"),
            directory("var/cache/two"),
            file("var/cache/two/three", "3\n"),
        ),
        (
            directory("etc", mtime_ns=LATER),
            file("etc/hostname", "polite\n"),
            file("etc/hosts", "127.0.0.1 localhost\n"),
            file("etc/motd", "Welcome, changed.\n", mtime_ns=LATER),
            directory("usr"),
            directory("usr/bin", mtime_ns=LATER),
            file("usr/bin/tool", "#!/bin/sh\nexit 0\n" * 100, mode=0o755),
            directory("usr/lib", mtime_ns=LATER),
            symlink("usr/lib/libx.so", "libx.so.2", mtime_ns=LATER),
            file("usr/lib/libx.so.2", "two" * 1200, mtime_ns=LATER),
            file("usr/lib/server", "listens", mode=0o755, xattrs=((b"security.capability", CAPABILITY),)),
            directory("var"),
            directory("var/cache", mtime_ns=LATER),
            opaque("var/cache"),
            file("var/cache/four", "4\n"),
        ),
        (
            directory("etc", mtime_ns=LATER),
            whiteout("etc/hosts"),
            directory("home", mtime_ns=LATER),
            whiteout("home/user"),
            directory("srv"),
            file("srv/swap", "now a file\n"),
            directory("srv/turn"),
            file("srv/turn/inside", "inside\n"),
        ),
        (),
        (
            directory("etc", mtime_ns=LATER),
            file("etc/hosts", "127.0.0.1 again\n"),
            directory("home", mtime_ns=LATER),
            directory("home/user", uid=1001, gid=1001),
            file("home/user/new", "new\n", uid=1001, gid=1001),
            *(directory(parent) for parent in long_parents),
            file(LONG_NAME, "far down\n"),
            directory("srv", mtime_ns=LATER),
            directory("srv/data", mode=0o750),
            whiteout("srv/data/a"),
            directory("srv/empty"),
            file("srv/größe und mehr", "UTF-8\n"),
            file("srv/one", "linked\n"),
            hardlink("srv/two", "srv/one"),
            fifo("srv/pipe"),
            directory("tmp", mode=0o1777),
        ),
    )


def polite_image() -> ImageSpec:
    """The image that every engine loads, with history that names every layer and steps that made none."""
    steps = (
        ("ADD rootfs.tar / # buildkit", False),
        ("ENV PATH=/usr/bin:/bin", True),
        ("RUN /bin/sh -c change # buildkit", False),
        ("RUN /bin/sh -c remove # buildkit", False),
        ("RUN /bin/sh -c true # buildkit", False),
        ("COPY again / # buildkit", False),
        ('CMD ["/usr/bin/tool"]', True),
    )
    history = [
        {"created": CREATED, "created_by": command, **({"empty_layer": True} if empty else {})}
        for command, empty in steps
    ]
    config = {
        "User": "1001:1001",
        "Env": ["PATH=/usr/bin:/bin"],
        "Cmd": ["/usr/bin/tool"],
        "WorkingDir": "/srv",
        "Labels": {"org.opencontainers.image.title": "polite"},
        "ExposedPorts": {"8080/tcp": {}},
    }
    return ImageSpec(layers=polite_layers(), tags=(POLITE_TAG,), history=history, config=config)
