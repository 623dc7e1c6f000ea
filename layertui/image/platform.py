"""Platforms: what an image is built for, and which of several this host would run."""

import os
import platform as host
import re
from dataclasses import dataclass

from layertui.errors import UsageError

VARIABLE = "LAYERTUI_PLATFORM"
"""Environment variable with the platform that is taken for this host's."""

_MACHINES = {
    "x86_64": ("amd64", ""),
    "amd64": ("amd64", ""),
    "aarch64": ("arm64", "v8"),
    "arm64": ("arm64", "v8"),
    "armv8l": ("arm", "v7"),
    "armv7l": ("arm", "v7"),
    "armv7": ("arm", "v7"),
    "armv6l": ("arm", "v6"),
    "armv5tel": ("arm", "v5"),
    "i386": ("386", ""),
    "i686": ("386", ""),
    "loongarch64": ("loong64", ""),
}
"""What `uname -m` says to Go's GOARCH and variant, where the two differ."""

_PART = re.compile(r"[A-Za-z0-9_.+-]+")


@dataclass(frozen=True, slots=True)
class Platform:
    """What an image is built for (image-index.md, *platform*), in Go's names: `linux`, `arm64`, `v8`."""

    os: str = ""
    """GOOS; empty where the image does not tell."""
    architecture: str = ""
    """GOARCH; empty where the image does not tell."""
    variant: str = ""
    """Of the processor, such as `v7`; empty for most."""
    os_version: str = ""
    """Of Windows mostly, such as `10.0.20348.2227`."""

    @classmethod
    def parse(cls, text: str) -> "Platform":
        """Read `linux/arm64/v8`, `linux/amd64` or `arm64` as a person writes it; raises UsageError."""
        parts = text.strip().lower().split("/")
        if not 1 <= len(parts) <= 3 or not all(_PART.fullmatch(part) for part in parts):
            raise UsageError(f"'{text}' is not a platform.", "Write it as linux/amd64 or linux/arm64/v8.")
        if len(parts) == 1:
            parts.insert(0, "linux")
        architecture, variant = _MACHINES.get(parts[1], (parts[1], ""))
        return cls(parts[0], architecture, parts[2] if len(parts) == 3 else variant if parts[1] != "arm64" else "")

    @property
    def text(self) -> str:
        """`linux/amd64` or `linux/arm/v7`; `unknown` where nothing is known."""
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part) or "unknown"

    @property
    def known(self) -> bool:
        """Whether it names an operating system and an architecture; attestations say `unknown/unknown`."""
        return self.os not in ("", "unknown") and self.architecture not in ("", "unknown")

    def answers(self, wanted: "Platform") -> bool:
        """Whether an image for this platform is what somebody means by `wanted`: a variant not asked for is free."""
        if (self.os, self.architecture) != (wanted.os, wanted.architecture):
            return False
        return not wanted.variant or self._full_variant == wanted._full_variant

    def distance(self, machine: "Platform") -> int | None:
        """How far from the best image for this machine: 0 is exact; None cannot run there.

        Processors run older variants of their own architecture, so arm/v6 is next best on arm/v7
        (containerd's `platforms.Only`).
        """
        if (self.os, self.architecture) != (machine.os, machine.architecture):
            return None
        mine, theirs = _variant_number(self._full_variant), _variant_number(machine._full_variant)
        return None if mine > theirs else theirs - mine

    @property
    def _full_variant(self) -> str:
        if self.variant:
            return self.variant
        return {"arm64": "v8", "arm": "v7", "amd64": "v1"}.get(self.architecture, "")


def _variant_number(variant: str) -> int:
    digits = variant.lstrip("v")
    return int(digits[:4]) if digits.isascii() and digits.isdigit() else 0


def host_platform() -> Platform:
    """What containers on this host run as: Linux everywhere, since engines elsewhere start Linux in a machine.

    `LAYERTUI_PLATFORM` names another; raises UsageError where that is none.
    """
    named = os.environ.get(VARIABLE, "")
    if named not in ("", "auto"):
        return Platform.parse(named)
    machine = host.machine().lower()
    architecture, variant = _MACHINES.get(machine, (machine, ""))
    return Platform("linux", architecture, variant)
