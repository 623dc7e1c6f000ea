"""Podman: its stores on disk (containers-storage), and its API socket."""

from layertui.sources.podman.places import SCHEME as SCHEME
from layertui.sources.podman.places import find as find
