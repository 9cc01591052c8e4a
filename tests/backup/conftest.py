"""Machines with an installation on each kind of database, copied from one that was filled."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli.backup import sealing
from tests.backup.machines import KINDS, POSTGRESQL, Machine, new_machine
from tests.postgresql import copy_database, run_postgresql

NewMachine = Callable[[str], Machine]


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """One server for all tests; each makes databases of its own."""
    with run_postgresql() as url:
        yield url


@pytest.fixture(scope="session", autouse=True)
def _quick_passphrases() -> Iterator[None]:
    """Make a guess at a passphrase cheap: each would cost half a second."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sealing, "COST", 2**10)
        yield


@pytest.fixture
def machine_of(request: pytest.FixtureRequest, tmp_path: Path) -> NewMachine:
    """Makes machines on which nothing was installed."""

    def make(kind: str) -> Machine:
        is_server = kind == POSTGRESQL
        server = request.getfixturevalue("postgresql") if is_server else None
        return new_machine(tmp_path, kind, server)

    return make


@pytest.fixture(scope="session")
def filled(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Machine]:
    """Makes one installation of each kind, which is only copied."""
    made: dict[str, Machine] = {}

    def get(kind: str) -> Machine:
        if kind not in made:
            is_server = kind == POSTGRESQL
            server = request.getfixturevalue("postgresql") if is_server else None
            made[kind] = new_machine(tmp_path_factory.mktemp("filled"), kind, server)
            made[kind].settle_in()
        return made[kind]

    return get


@pytest.fixture
def installed(filled: Callable[[str], Machine], tmp_path: Path) -> NewMachine:
    """Makes machines with an installation in which every table has rows."""

    def copy(kind: str) -> Machine:
        original = filled(kind)
        made = new_machine(tmp_path, "sqlite", None)
        shutil.copytree(original.home, made.home)
        if kind == POSTGRESQL:
            urls = {name: copy_database(url) for name, url in original.urls.items()}
            return Machine(made.home, urls)
        return made

    return copy


@pytest.fixture(params=KINDS)
def machine(request: pytest.FixtureRequest, installed: NewMachine) -> Machine:
    """An installation in which every table has rows."""
    return installed(request.param)


@pytest.fixture(params=KINDS)
def empty(request: pytest.FixtureRequest, machine_of: NewMachine) -> Machine:
    """A machine on which nothing was installed."""
    return machine_of(request.param)
