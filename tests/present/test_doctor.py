"""What doctor says: where was looked, what answered, what is in the way, and no secrets."""

from layertui.errors import UnreachableError
from layertui.present.doctor import ALWAYS, Finding, doctor_json, doctor_lines

DENIED = UnreachableError("Permission denied: /run/d.sock (root:docker 0660).", "Join group docker.")

FINDINGS = [
    Finding("Docker", "docker-daemon", "/run/d.sock", True, "present", "Start it.", problem=DENIED),
    Finding(
        *("Podman (root)", "containers-storage", "/var/lib/containers/storage", True, "present", "unused"),
        images=1,
        containers=0,
        facts=(("driver", "overlay"), ("layers", "Podman's books (tar-split)")),
        notes=("layers.json is half-written.",),
    ),
    Finding("containerd", "containerd", "/var/lib/containerd", False, "absent", "Install it."),
]
VARIABLES = [("DOCKER_HOST", "tcp://me:secret@box:2376"), ("HOME", ""), ("CONTAINER_HOST", None)]


def test_a_paragraph_for_each_place_then_what_always_works() -> None:
    assert list(doctor_lines(FINDINGS, VARIABLES, "root")) == [
        "Docker  (docker-daemon:)",
        "    /run/d.sock: present",
        "    Permission denied: /run/d.sock (root:docker 0660).",
        "    Join group docker.",
        "",
        "Podman (root)  (containers-storage:)",
        "    /var/lib/containers/storage: present",
        "    answered: 1 image, 0 containers",
        "    driver: overlay",
        "    layers: Podman's books (tar-split)",
        "    ! layers.json is half-written.",
        "",
        "containerd  (containerd:)",
        "    /var/lib/containerd: absent",
        "    Install it.",
        "",
        "Answered: Podman (root). This process runs as root.",
        ALWAYS,
        "",
        "Environment",
        "    DOCKER_HOST     tcp://***@box:2376",
        "    HOME            (empty)",
        "    not set: CONTAINER_HOST",
    ]


def test_a_host_with_nothing() -> None:
    lines = list(doctor_lines([], [], "user 1000, groups 1000"))
    assert lines[:2] == ["Answered: none. This process runs as user 1000, groups 1000.", ALWAYS]


def test_as_json() -> None:
    shape = doctor_json(FINDINGS, VARIABLES, "root")
    assert next(iter(shape)) == "schema_version"
    assert [source["answered"] for source in shape["sources"]] == [False, True, False]
    assert shape["sources"][0]["problem"] == {"message": DENIED.message, "hint": DENIED.hint, "exit_code": 4}
    assert shape["sources"][1] == {
        "name": "Podman (root)",
        "scheme": "containers-storage",
        "where": "/var/lib/containers/storage",
        "found": True,
        "said": "present",
        "hint": "unused",
        "answered": True,
        "images": 1,
        "containers": 0,
        "facts": {"driver": "overlay", "layers": "Podman's books (tar-split)"},
        "notes": ["layers.json is half-written."],
        "problem": None,
    }
    assert shape["environment"] == {"DOCKER_HOST": "tcp://***@box:2376", "HOME": "", "CONTAINER_HOST": None}


def test_no_text_reaches_the_terminal_as_it_is() -> None:
    evil = "\x1b[2J"
    finding = Finding(
        evil, evil, evil, True, evil, evil, problem=None, images=1, containers=1, facts=((evil, evil),), notes=(evil,)
    )
    broken = Finding(evil, evil, evil, True, evil, problem=UnreachableError(evil, evil))
    text = "\n".join(doctor_lines([finding, broken], [(evil, evil), (evil, None)], evil))
    assert "\x1b" not in text
    assert "\\x1b[2J" in text
