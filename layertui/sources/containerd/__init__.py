"""containerd: its content store, snapshots and metadata on disk, and its own client where these cannot be read."""

from layertui.sources.containerd.finding import SCHEME as SCHEME
from layertui.sources.containerd.finding import find as find
