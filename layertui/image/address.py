"""Addresses as they can be shown: without what somebody logs in with."""

import re

_USER_INFO = re.compile(r"(\w+)://(?!USER@)([^/\s]\S*)@")
"""Up to the last `@`: a password may hold one, or a slash. A path begins with a slash, and may hold both. `USER@`
is how a hint says where a name belongs."""


_BARE = re.compile(r"(?<![\w/:@])([^\s/:@=]+:[^\s/@]+)@(?!sha\d)")
"""User and password without a scheme, as DOCKER_HOST may have them; a tag before a digest is none."""


def without_secrets(text: str) -> str:
    """The same text without user and password in any address: what is shown gets pasted where others read it.

    A mere user of ssh stays: there it is no secret, and says which host is meant.
    """
    return _BARE.sub("***@", _USER_INFO.sub(_hidden, text))


def _hidden(found: re.Match[str]) -> str:
    scheme, user = found.groups()
    return found[0] if scheme == "ssh" and ":" not in user and "@" not in user else f"{scheme}://***@"
