"""Layers that are read by their table of contents: eStargz, stargz and zstd:chunked."""

from layertui.layer.seekable.footer import is_told as is_told
from layertui.layer.seekable.layer import SeekableLayer as SeekableLayer
from layertui.layer.seekable.layer import seekable as seekable
