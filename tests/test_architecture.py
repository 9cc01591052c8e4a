"""The rules of the layout: who imports whom, how long a file gets, what stays out."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = {
    *("accounts", "actions", "bench", "bot"),
    *("cli", "foundation", "helpdesk", "tests"),
}
# What each room may import of the others.
ALLOWED = {
    "accounts": {"foundation"},
    "actions": {"accounts.client", "foundation"},
    "bot": set(),
    "foundation": set(),
    "helpdesk": {"accounts.client", "foundation"},
    "cli": {
        *("accounts.client", "accounts.settings", "accounts.start_checks"),
        "accounts.database",
        *("foundation", "helpdesk"),
    },
}
LONGEST_MODULE = 400  # lines
# Spelled so that this file does not contain what it looks for.
MACHINE_PATH = re.compile(r"(?<![\w.:])/(?:work|root|home/\w+)/(?=\w)")
ADDRESS = re.compile(r"\b\w+://|--(?:extra-)?index-url|--find-links|--trusted-host")


def source_files(*suffixes: str) -> Iterator[Path]:
    """Yield the files that are in git or would be added to it."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listing.stdout.split("\0")):
        path = ROOT / name
        if path.is_file() and (not suffixes or path.suffix in suffixes):
            yield path


def imports_of(path: Path) -> set[str]:
    """Return the absolute names that a module imports, also inside functions."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*above, *filter(None, [node.module])])
            found |= {f"{module}.{alias.name}" for alias in node.names}
    return found


def is_within(name: str, package: str) -> bool:
    """Tell whether a dotted name is a package or inside it."""
    return f"{name}.".startswith(f"{package}.")


def modules_of(room: str) -> list[Path]:
    """Return the Python files of a top-level folder."""
    found = [path for path in source_files(".py") if path.is_relative_to(ROOT / room)]
    assert found, f"{room} has no modules"
    return found


@pytest.mark.parametrize("room", ALLOWED)
def test_a_room_imports_only_what_it_may(room: str) -> None:
    offences = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules_of(room)
        for name in imports_of(path)
        if name.partition(".")[0] in ROOMS - {room}
        and not any(is_within(name, allowed) for allowed in ALLOWED[room])
    ]
    assert offences == []


@pytest.mark.parametrize(
    ("layer", "above"),
    [
        ("helpdesk/store", {"helpdesk.desk", "helpdesk.web", "helpdesk.app"}),
        (
            "helpdesk/desk",
            {"helpdesk.web", "helpdesk.services", "helpdesk.app", "sanic"},
        ),
        ("helpdesk/web", {"helpdesk.app"}),
    ],
)
def test_a_layer_of_the_help_desk_knows_none_above_it(
    layer: str, above: set[str]
) -> None:
    offences = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules_of(layer)
        for name in imports_of(path)
        if any(is_within(name, package) for package in above)
    ]
    assert offences == []


def test_the_contracts_client_knows_nothing_of_the_service() -> None:
    offences = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules_of("accounts/client")
        for name in imports_of(path)
        if is_within(name, "accounts") and not is_within(name, "accounts.client")
    ]
    assert offences == []


def test_only_the_bot_imports_rasa() -> None:
    offences = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in source_files(".py")
        if path.relative_to(ROOT).parts[0] != "bot"
        and path.relative_to(ROOT).parts[:2] != ("tests", "bot")
        for name in imports_of(path)
        if is_within(name, "rasa")
    ]
    assert offences == []


def test_only_the_actions_import_the_action_sdk() -> None:
    offences = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in source_files(".py")
        if path.relative_to(ROOT).parts[0] not in {"actions", "tests"}
        for name in imports_of(path)
        if is_within(name, "rasa_sdk")
    ]
    assert offences == []


def test_no_module_is_too_long() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines())
        for path in source_files(".py", ".js", ".css")
    }
    assert {n: lines for n, lines in lengths.items() if lines > LONGEST_MODULE} == {}


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in source_files(".py")
        if not ast.get_docstring(ast.parse(path.read_text("utf-8")))
    ]
    assert silent == []


def test_no_module_is_named_after_nothing() -> None:
    empty = {"utils", "util", "helpers", "helper", "common", "misc", "manager"}
    assert [path for path in source_files(".py") if path.stem in empty] == []


def test_no_file_names_a_place_on_one_machine() -> None:
    offences = [
        f"{path.relative_to(ROOT)}: {found.group()}"
        for path in source_files()
        for found in MACHINE_PATH.finditer(path.read_text("utf-8", errors="replace"))
    ]
    assert offences == []


def test_locks_name_no_registry() -> None:
    locks = list(source_files(".lock"))
    assert len(locks) >= 3
    offences = [
        f"{path.relative_to(ROOT)}:{number}: {line}"
        for path in locks
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if ADDRESS.search(line)
    ]
    assert offences == []


def test_every_locked_package_has_its_hashes() -> None:
    for path in source_files(".lock"):
        entries = re.split(r"\n(?=[\w.-]+==)", "\n" + path.read_text("utf-8"))[1:]
        assert len(entries) > 5, path
        assert [e.split()[0] for e in entries if "--hash=sha256:" not in e] == []


def test_a_dangling_link_or_a_model_is_never_in_git() -> None:
    tracked = [str(path.relative_to(ROOT)) for path in source_files()]
    unwanted = re.compile(r"\.(?:db|pyc|tar\.gz|onnx|log)$|(?:^|/)(?:results|models)/")
    assert [name for name in tracked if unwanted.search(name)] == []
