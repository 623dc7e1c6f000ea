"""Stores made in code, as containers/storage would have written them: for damage, and without Podman or root."""

import base64
import gzip
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.kit.entries import directory, file, whiteout
from tests.kit.images import CREATED, BuiltImage, ImageSpec, build
from tests.kit.tarsplit import tar_split

_BASE = (directory("etc"), file("etc/motd", "Welcome.\n"), file("etc/other", "x"))

SPEC = ImageSpec(layers=(_BASE, (directory("etc"), whiteout("etc/other"))))
"""A base, and a layer that removes a file."""

OTHER = ImageSpec(layers=(_BASE, (file("added", "1"),)))
"""Another layer on the same base."""


class MadeStore:
    """A store's directory; each change of `images`, `layers` or `containers` is written by `write`."""

    def __init__(self, root: Path, driver: str = "overlay") -> None:
        self.root = root
        self.driver = driver
        self.images: list[dict[str, Any]] = []
        self.layers: list[dict[str, Any]] = []
        self.containers: list[dict[str, Any]] = []
        for name in ("images", "layers", "containers"):
            (root / f"{driver}-{name}").mkdir(parents=True)

    def book(self, kind: str) -> Path:
        """Where the JSON file of `images`, `layers` or `containers` is."""
        return self.root / f"{self.driver}-{kind}" / f"{kind}.json"

    def add(self, spec: ImageSpec, names: Sequence[str] = ("localhost/made:1",), created: str = CREATED) -> BuiltImage:
        """An image with its layers; a layer's ID is its diff ID's hex, as Podman has it for a base."""
        built = build(spec)
        parent = ""
        for entries, layer in zip(spec.layers, built.layers, strict=True):
            layer_id = layer.diff_id[7:]
            books = self.root / f"{self.driver}-layers" / f"{layer_id}.tar-split.gz"
            books.write_bytes(gzip.compress(tar_split(layer.tar)))
            files = self.files(layer_id)
            files.mkdir(parents=True, exist_ok=True)
            for entry in entries:
                path = files / os.fsdecode(entry.name)
                path.parent.mkdir(parents=True, exist_ok=True)
                if entry.data:
                    path.write_bytes(entry.data)
            record = {"id": layer_id, "created": CREATED, "diff-digest": layer.diff_id, "diff-size": len(layer.tar)}
            if layer_id not in [known["id"] for known in self.layers]:
                self.layers.append({**record, **({"parent": parent} if parent else {})})
            parent = layer_id
        image_id = built.image_id[7:]
        self.big_data(image_id, built.image_id, built.config)
        self.big_data(image_id, "manifest", built.manifest)
        record = {"id": image_id, "names": list(names), "layer": parent, "created": created}
        record["digest"] = "sha256:" + "cd" * 32
        record["big-data-names"] = [built.image_id, "manifest"]
        self.images.append(record)
        self.write()
        return built

    def container(self, name: str, built: BuiltImage) -> Path:
        """A container of an image; returns the directory of its own layer."""
        number = len(self.containers)
        layer_id = f"{number:02x}" * 32
        self.layers.append({"id": layer_id, "parent": built.layers[-1].diff_id[7:], "created": CREATED})
        record = {"id": f"{number + 128:02x}" * 32, "names": [name], "image": built.image_id[7:], "layer": layer_id}
        self.containers.append({**record, "metadata": json.dumps({"name": name}), "created": CREATED})
        self.files(layer_id).mkdir(parents=True)
        self.write()
        return self.files(layer_id)

    def files(self, layer_id: str) -> Path:
        """The directory with a layer's files."""
        return self.root / "overlay" / layer_id / "diff" if self.driver != "vfs" else self.root / "vfs/dir" / layer_id

    def big_data(self, image_id: str, key: str, data: bytes) -> Path:
        """One document of an image."""
        name = "manifest" if key == "manifest" else "=" + base64.b64encode(key.encode()).decode()
        path = self.root / f"{self.driver}-images" / image_id / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        return path

    def write(self) -> None:
        """Write the books."""
        for kind in ("images", "layers", "containers"):
            self.book(kind).write_text(json.dumps(getattr(self, kind)))
