"""The shapes of `--json`: one object a command, its keys as documented, unknown values null."""

import base64
import re
from collections.abc import Iterable
from itertools import compress
from typing import Any

from layertui.errors import LayertuiError
from layertui.image.image import Container, Image
from layertui.layer.columns import Kind
from layertui.present.details import is_whole, read_from, removed_with
from layertui.present.safetext import safe
from layertui.present.selection import view_states
from layertui.present.units import mtime_text, octal_text
from layertui.present.view import View
from layertui.stack.load import Loaded
from layertui.stack.space import commit_bytes, layer_counts, reclaimable_bytes
from layertui.stack.squash import Fate, Squash
from layertui.stack.state import Outcome, State

SCHEMA_VERSION = 1
"""Raised when a key changes its meaning; keys are added without raising it."""

Json = dict[str, Any]
"""An object as it is printed."""


def text_fields(name: str, value: bytes) -> Json:
    """A text from an image under its name; one that is not UTF-8 is escaped, with its bytes in base64 beside it."""
    try:
        return {name: value.decode("utf-8")}
    except UnicodeDecodeError:
        return {name: safe(value), f"{name}_base64": base64.b64encode(value).decode()}


def without_surrogates(value: Any) -> Any:
    """The same value with every byte of a file's name that is not UTF-8 escaped, since JSON has no way to say it."""
    if isinstance(value, str):
        bytes_shown = re.sub("[\udc80-\udcff]", lambda match: f"\\x{ord(match[0]) - 0xDC00:02x}", value)
        return bytes_shown.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {without_surrogates(key): without_surrogates(item) for key, item in value.items()}
    return [without_surrogates(item) for item in value] if isinstance(value, list) else value


def error_json(error: LayertuiError) -> Json:
    """A failure."""
    fields = {"message": error.message, "hint": error.hint, "exit_code": error.exit_code}
    return {"schema_version": SCHEMA_VERSION, "error": fields}


def _problems(loaded: Loaded) -> Json:
    if not loaded.problems:
        return {}
    return {"problems": [{"message": problem.message, "hint": problem.hint} for problem in loaded.problems]}


def image_json(image: Image) -> Json:
    """What every command says about the image that it looked at."""
    return {
        "reference": image.reference,
        "image_id": str(image.image_id),
        "tags": list(image.tags),
        "platform": image.platform.text,
        "created": image.config.created,
        "container": container_json(image.container) if image.container is not None else None,
    }


def container_json(container: Container) -> Json:
    """A container as its engine or store tells of it; unknown is null."""
    return {
        "container_id": container.container_id,
        "name": container.name or None,
        "status": container.status or None,
        "running": container.running,
        "created": container.created,
    }


def layers_json(loaded: Loaded) -> Json:
    """`layers`: the stack, base to top."""
    image, squash = loaded.image, loaded.squash
    layers = []
    for number, tree, counts in zip(loaded.numbers, squash.trees, layer_counts(squash), strict=True):
        layer = image.layers[number]
        known = number not in loaded.unread and is_whole(layer)
        settled = known and number <= squash.states_known_to
        layers.append(
            {
                "index": number,
                "diff_id": _text(layer.diff_id),
                "digest": _text(layer.digest),
                "chain_id": _text(layer.chain_id),
                "media_type": layer.media_type,
                "command": layer.command,
                "created": layer.created,
                "content_bytes": counts.content_bytes if known else None,
                "tar_bytes": tree.tar_bytes,
                "compressed_bytes": layer.compressed_bytes,
                "writable": layer.writable,
                "read_from": read_from(layer),
                "entries": counts.entries if known else None,
                "added": counts.states[State.ADDED] if settled else None,
                "modified": counts.states[State.MODIFIED] if settled else None,
                "metadata": counts.states[State.METADATA] if settled else None,
                "identical": counts.states[State.IDENTICAL] if settled else None,
                "rewritten": counts.states[State.REWRITTEN] if settled else None,
                "type": counts.states[State.TYPE] if settled else None,
                "removed": counts.states[State.REMOVED] if settled else None,
                "opaque": counts.states[State.OPAQUE] if settled else None,
                "verified": list(tree.verified),
                "warnings": [*tree.columns.warnings, *(text for at, text in squash.warnings if at == number)],
            }
        )
    partial = loaded.is_partial or not all(map(is_whole, image.layers))
    return {
        "schema_version": SCHEMA_VERSION,
        "image": image_json(image),
        "layers": layers,
        "history": _history(image),
        "content_bytes": None if partial else sum(layer["content_bytes"] for layer in layers),
        "reclaimable_bytes": None if partial else reclaimable_bytes(squash),
        "commit_bytes": _commit_bytes(loaded),
        "warnings": list(image.warnings),
        **_problems(loaded),
    }


def _commit_bytes(loaded: Loaded) -> int | None:
    """What a commit of a container would add; None for an image, and where that is not known."""
    top = loaded.image.layers[-1] if loaded.image.layers else None
    known = top is not None and top.writable and is_whole(top) and not loaded.is_partial
    return commit_bytes(loaded.squash.trees[-1]) if known and loaded.numbers.stop == len(loaded.image.layers) else None


def _history(image: Image) -> list[Json]:
    return [{"command": step.command or None, "created": step.created, "layer": step.layer} for step in image.steps]


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def inspect_json(image: Image) -> Json:
    """`inspect`: config, history and digests, nothing of which reads a layer."""
    run = image.config.config
    return {
        "schema_version": SCHEMA_VERSION,
        "image": {
            **image_json(image),
            "manifest_digest": _text(image.manifest_digest),
            "author": image.config.author or None,
        },
        "engine_files": [safe(path) for path in image.container.engine_files] if image.container is not None else [],
        "config": {
            "user": run.user,
            "env": list(run.env),
            "entrypoint": list(run.entrypoint),
            "cmd": list(run.cmd),
            "working_dir": run.working_dir,
            "labels": dict(run.labels),
            "exposed_ports": list(run.exposed_ports),
            "volumes": list(run.volumes),
            "stop_signal": run.stop_signal,
            "shell": list(run.shell),
            "on_build": list(run.on_build),
            "healthcheck": list(run.healthcheck),
        },
        "history": _history(image),
        "layers": [
            {
                "index": layer.index,
                "diff_id": _text(layer.diff_id),
                "digest": _text(layer.digest),
                "chain_id": _text(layer.chain_id),
                "media_type": layer.media_type,
                "stored_bytes": layer.stored_bytes,
                "writable": layer.writable,
                "read_from": read_from(layer),
                "command": layer.command,
                "created": layer.created,
            }
            for layer in image.layers
        ],
        "warnings": list(image.warnings),
    }


def files_json(loaded: Loaded, view: View, positions: Iterable[int]) -> Json:
    """`files`: one object for each entry, in tree order."""
    squash = loaded.squash
    states = view_states(squash, view)
    return {
        "schema_version": SCHEMA_VERSION,
        "image": image_json(loaded.image),
        "files": [file_json(squash, position, states[position]) for position in positions],
        **_problems(loaded),
    }


def file_json(squash: Squash, position: int, state: int) -> Json:
    """One entry; directories that the layer does not hold itself have layer null."""
    entry = squash.entry(position)
    known = entry.kind is not Kind.WHITEOUT and not entry.implied
    return {
        **text_fields("path", entry.path),
        "kind": entry.kind.name.lower(),
        "size_bytes": entry.size_bytes if known else None,
        "mode": octal_text(entry.mode) if known else None,
        "uid": entry.uid if known else None,
        "gid": entry.gid if known else None,
        "mtime": mtime_text(entry.mtime_ns, exact=True) if known else None,
        **(text_fields("link_target", entry.link_target) if entry.link_target is not None else {"link_target": None}),
        "layer": None if entry.implied else squash.layers[position],
        "state": State(state).name.lower() if squash.layers[position] <= squash.states_known_to else None,
        **outcome_fields(squash, position),
        "opaque": entry.opaque,
        "implied": entry.implied,
    }


def outcome_fields(squash: Squash, position: int) -> Json:
    """What became of a version, and by which layer."""
    outcome = squash.outcome(position)
    known = outcome not in (Outcome.UNKNOWN, Outcome.NONE)
    return {"outcome": outcome.name.lower() if known else None, "by_layer": squash.by_layer(position)}


def which_json(loaded: Loaded, path: bytes) -> Json:
    """`which`: every version and marker of a path, base to top."""
    squash = loaded.squash
    winner = squash.winner(path)
    history = []
    for position in squash.history(path):
        entry = squash.entry(position)
        state = squash.state(position)
        known = entry.kind is not Kind.WHITEOUT and not entry.implied
        history.append(
            {
                "layer": squash.layers[position],
                "kind": entry.kind.name.lower(),
                "state": None if state is None else state.name.lower(),
                **outcome_fields(squash, position),
                "size_bytes": entry.size_bytes if known else None,
                "mode": octal_text(entry.mode) if known else None,
            }
        )
    ended = removed_with(squash, path)
    return {
        "schema_version": SCHEMA_VERSION,
        "image": image_json(loaded.image),
        **text_fields("path", path),
        "winner": None if winner is None or squash.is_implied(winner) else squash.layers[winner],
        "history": history,
        "removed_with": None if ended is None else {"layer": ended[0], **text_fields("path", ended[1])},
        **_problems(loaded),
    }


def listed_positions(squash: Squash, mask: bytes) -> list[int]:
    """The positions of a mask, without the root where the layer holds neither an entry nor a marker for it."""
    return [
        position
        for position in compress(range(len(squash)), mask)
        if squash.depths[position] or not squash.is_implied(position) or squash.fates[position] == Fate.MARKER
    ]
