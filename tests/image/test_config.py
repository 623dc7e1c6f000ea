"""Configs as Docker, BuildKit and others write them."""

import json
from typing import Any

import pytest

from layertui.errors import DamagedError
from layertui.image.config import ImageConfig, parse_config

DIFF_ID = "sha256:" + "a" * 64


def parse(document: object) -> ImageConfig:
    return parse_config(json.dumps(document).encode(), "config")


def test_everything_is_read() -> None:
    config = parse(
        {
            "architecture": "arm",
            "os": "linux",
            "variant": "v7",
            "created": "2024-01-02T03:04:05.678Z",
            "author": "somebody",
            "config": {
                "User": "app",
                "Env": ["A=1"],
                "Entrypoint": ["/run"],
                "Cmd": ["-v"],
                "WorkingDir": "/app",
                "Labels": {"a": "b"},
                "ExposedPorts": {"80/tcp": {}},
                "Volumes": {"/data": {}},
                "StopSignal": "SIGINT",
                "Healthcheck": {"Test": ["CMD", "true"]},
                "OnBuild": ["RUN x"],
                "Shell": ["/bin/bash", "-c"],
            },
            "rootfs": {"type": "layers", "diff_ids": [DIFF_ID]},
            "history": [{"created": "2024-01-02T03:04:05Z", "created_by": "ADD x", "comment": "c", "author": "a"}],
        }
    )
    assert (config.architecture, config.os, config.variant, config.author) == ("arm", "linux", "v7", "somebody")
    assert config.created == "2024-01-02T03:04:05.678Z"
    run = config.config
    assert (run.user, run.env, run.entrypoint, run.cmd) == ("app", ("A=1",), ("/run",), ("-v",))
    assert (run.working_dir, run.labels, run.exposed_ports) == ("/app", {"a": "b"}, ("80/tcp",))
    assert (run.volumes, run.stop_signal, run.healthcheck) == (("/data",), "SIGINT", ("CMD", "true"))
    assert (run.on_build, run.shell) == (("RUN x",), ("/bin/bash", "-c"))
    assert config.rootfs.diff_ids == (DIFF_ID,)
    assert [(step.created_by, step.empty_layer) for step in config.history] == [("ADD x", False)]


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"config": None, "rootfs": None, "history": None, "created": None},
        {"config": {"Env": None, "Cmd": None, "Labels": None, "Volumes": None}, "history": [None]},
        {"created": "0001-01-01T00:00:00Z", "rootfs": {"type": "layers", "diff_ids": None}},
        {"container_config": {"Cmd": 5}, "x": [1, {"y": None}]},
    ],
)
def test_nulls_and_unknown_members_are_fine(document: object) -> None:
    config = parse(document)
    assert (config.created, config.history, config.rootfs.diff_ids) == (None, (), ())
    assert config.config.env == ()


def test_a_command_of_one_word_may_be_plain_text() -> None:
    run = parse({"config": {"Cmd": "bash", "Entrypoint": "", "ExposedPorts": ["80/tcp"]}}).config
    assert (run.cmd, run.entrypoint, run.exposed_ports) == (("bash",), (), ("80/tcp",))


def test_a_label_that_says_null_keeps_it() -> None:
    assert parse({"config": {"Labels": {"a": "null", "b": None}}}).config.labels == {"a": "null", "b": ""}


@pytest.mark.parametrize(
    ("data", "label"),
    [
        (b'{"config": {"Labels": {"a": "x\xffy"}}}', "x\ufffdy"),
        (b'{"config": {"Labels": {"a": "x\\ud800y"}}}', "x\ufffdy"),
        (b'\xef\xbb\xbf{"config": {"Labels": {"a": "xy"}}}', "xy"),
        (b'{"config": {"Labels": {"a": "\\ud83d\\ude00"}}}', "\U0001f600"),
    ],
)
def test_text_that_is_not_unicode_is_replaced_as_engines_do(data: bytes, label: str) -> None:
    assert parse_config(data, "config").config.labels == {"a": label}


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"rootfs": {"type": "volumes"}}, "rootfs.type is 'volumes'"),
        ({"rootfs": {"type": "layers", "diff_ids": ["sha256:x"]}}, "layer 0: 'sha256:x' is not a diff ID"),
        ({"config": {"User": 5}}, "$.config.User"),
        ({"history": {}}, "$.history"),
        ([], "not as its specification says"),
    ],
)
def test_what_is_wrong_is_named(document: Any, said: str) -> None:
    with pytest.raises(DamagedError) as caught:
        parse(document)
    assert said in caught.value.message
    assert caught.value.message.startswith("config")
