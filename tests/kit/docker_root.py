"""A data root as Docker leaves it on disk, books and layers, made without any engine; only root can make one."""

import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.kit import aufs, overlay2
from tests.kit.entries import Layer
from tests.kit.images import CREATED, ImageSpec, build, digest
from tests.kit.overlay2 import layer_id
from tests.kit.tarsplit import tar_split


class DockerRoot:
    """A data root for one storage driver, `overlay2` or `aufs`; images share the layers that they have in common."""

    def __init__(self, root: Path, driver: str = "overlay2", *, tar_split: bool = True) -> None:
        """Without `tar_split`, layers have only their directories, as where that file was lost."""
        self.root = root
        self._driver = driver
        self._tar_split = tar_split
        self._books = root / "image" / driver
        self._names: dict[str, str] = {}
        self._repositories: dict[str, dict[str, str]] = {}
        for name in ("imagedb/content/sha256", "imagedb/metadata/sha256", "layerdb/sha256", "layerdb/mounts"):
            (self._books / name).mkdir(parents=True)
        (root / "containers").mkdir()
        self._write_names()

    def add_image(self, spec: ImageSpec) -> str:
        """Put an image there; returns its ID."""
        image = build(spec)
        chain_id = ""
        below: list[str] = []
        for entries, layer in zip(spec.layers, image.layers, strict=True):
            parent = chain_id
            chain_id = digest(f"{parent} {layer.diff_id}".encode()) if parent else layer.diff_id
            if chain_id not in self._names:
                name = layer_id(len(self._names))
                self._names[chain_id] = name
                self._add_layer(name, entries, below)
                facts = {"diff": layer.diff_id, "cache-id": name, "size": str(sum(len(one.data) for one in entries))}
                self._write(f"layerdb/sha256/{chain_id[7:]}", facts | ({"parent": parent} if parent else {}))
                if self._tar_split:
                    path = self._books / "layerdb" / "sha256" / chain_id[7:] / "tar-split.json.gz"
                    path.write_bytes(gzip.compress(tar_split(layer.tar), mtime=0))
            below = [*below, self._names[chain_id]]
        (self._books / "imagedb" / "content" / "sha256" / image.image_id[7:]).write_bytes(image.config)
        for tag in spec.tags:
            self._repositories.setdefault(tag.rpartition(":")[0], {})[tag] = image.image_id
        self._write_names()
        return image.image_id

    def add_container(
        self, spec: ImageSpec, layer: Layer, name: str, *, init: Layer = (), state: Mapping[str, Any] | None = None
    ) -> str:
        """Put a container of an image there, with what it wrote; returns its ID."""
        image_id = self.add_image(spec)
        chain_id = ""
        below: list[str] = []
        for made in build(spec).layers:
            chain_id = digest(f"{chain_id} {made.diff_id}".encode()) if chain_id else made.diff_id
            below.append(self._names[chain_id])
        container_id, mount = digest(name.encode())[7:], digest(f"mount of {name}".encode())[7:]
        self._add_layer(f"{mount}-init", init, below)
        self._add_layer(mount, layer, [*below, f"{mount}-init"])
        facts = {"mount-id": mount, "init-id": f"{mount}-init", **({"parent": chain_id} if chain_id else {})}
        self._write(f"layerdb/mounts/{container_id}", facts)
        document = {
            "ID": container_id,
            "Name": f"/{name}",
            "Created": CREATED,
            "Image": image_id,
            "Driver": self._driver,
            "State": {"StartedAt": CREATED, "ExitCode": 0, **(state or {})},
        }
        (self.root / "containers" / container_id).mkdir()
        (self.root / "containers" / container_id / "config.v2.json").write_text(json.dumps(document))
        return container_id

    def _add_layer(self, name: str, layer: Layer, below: Sequence[str]) -> None:
        add = {"overlay2": overlay2.add_layer, "aufs": aufs.add_layer}[self._driver]
        add(self.root / self._driver, name, layer, below)

    def _write(self, book: str, facts: Mapping[str, str]) -> None:
        (self._books / book).mkdir()
        for name, text in facts.items():
            (self._books / book / name).write_text(text)

    def _write_names(self) -> None:
        (self._books / "repositories.json").write_text(json.dumps({"Repositories": self._repositories}))
