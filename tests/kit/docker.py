"""Docker archives, in the styles of those who write them."""

from collections.abc import Sequence
from typing import Any

from tests.kit.entries import Entry, symlink
from tests.kit.images import CREATED, BuiltImage, BuiltLayer, ImageSpec, build, digest, outer_tar, to_json
from tests.kit.oci import oci_files


def docker_files(
    images: Sequence[ImageSpec], *, compression: str = "plain", style: str = "docker"
) -> dict[str, bytes | Entry]:
    """What a docker-archive holds, by name, in order.

    `style`: `docker` (20 to 24: `ID/layer.tar`, `HEX.json`; a layer that comes twice is a symlink to the first),
    `docker25` (an OCI layout with `manifest.json`), `podman` (`DIGEST.tar` and links), `kaniko` (`sha256:...` for
    the config, `HEX.tar.gz` for layers), `legacy` (before 1.10: `repositories`, `ID/json`, `ID/layer.tar`).
    """
    built = [build(spec, compression) for spec in images]
    if style == "docker25":
        return {
            **oci_files(images, compression=compression, docker=True),
            "manifest.json": _manifest_json(built, style),
        }
    files: dict[str, bytes | Entry] = {}
    repositories: dict[str, dict[str, str]] = {}
    for image in built:
        parent = ""
        steps = [step for step in image.history if not step.get("empty_layer")]
        for index, layer in enumerate(image.layers):
            name = _layer_name(image, index, style)
            _add_layer(files, name, layer, style)
            if style in ("docker", "legacy"):
                layer_id = name.partition("/")[0]
                legacy: dict[str, Any] = {"id": layer_id, "created": CREATED, **({"parent": parent} if parent else {})}
                if index < len(steps):
                    legacy["container_config"] = {"Cmd": [steps[index]["created_by"]]}
                if index == len(image.layers) - 1:
                    legacy |= {"os": image.spec.os, "architecture": image.spec.architecture}
                    legacy |= {"config": dict(image.spec.config)}
                files[f"{layer_id}/VERSION"] = b"1.0"
                files[f"{layer_id}/json"] = to_json(legacy)
                parent = layer_id
        if style != "legacy":
            files[_config_name(image, style)] = image.config
        for tag in image.spec.tags:
            repository, _, version = tag.rpartition(":")
            repositories.setdefault(repository, {})[version] = parent or image.image_id[7:]
    if style != "legacy":
        files["manifest.json"] = _manifest_json(built, style)
    if style != "kaniko":
        files["repositories"] = to_json(repositories)
    return files


def docker_archive(images: Sequence[ImageSpec], *, compression: str = "plain", style: str = "docker") -> bytes:
    """A docker-archive of these images; see `docker_files` for the styles."""
    return outer_tar(docker_files(images, compression=compression, style=style))


def _config_name(image: BuiltImage, style: str) -> str:
    if style == "docker25":
        return "blobs/sha256/" + image.image_id[7:]
    return image.image_id if style == "kaniko" else image.image_id[7:] + ".json"


def _layer_name(image: BuiltImage, index: int, style: str) -> str:
    layer = image.layers[index]
    if style == "docker25":
        return "blobs/sha256/" + layer.digest[7:]
    if style == "podman":
        return layer.diff_id[7:] + ".tar"
    if style == "kaniko":
        return layer.digest[7:] + ".tar.gz"
    chain = digest("".join(below.diff_id for below in image.layers[: index + 1]).encode() + image.config)
    return f"{chain[7:]}/layer.tar"


def _add_layer(files: dict[str, bytes | Entry], name: str, layer: BuiltLayer, style: str) -> None:
    """The layer under its name; Docker stores the same tar once and links to it."""
    if style == "docker":
        for other, content in files.items():
            if content == layer.blob and other != name:
                files[name] = symlink(name, "../" + other)
                return
    files[name] = layer.blob


def _manifest_json(built: Sequence[BuiltImage], style: str) -> bytes:
    return to_json(
        [
            {
                "Config": _config_name(image, style),
                "RepoTags": list(image.spec.tags) or None,
                "Layers": [_layer_name(image, index, style) for index in range(len(image.layers))],
            }
            for image in built
        ]
    )
