"""Registers the commands. Each is a function of its own module; its docstring is its help."""

from typing import Annotated

import typer

from cli.ask import ask
from cli.audit import audit
from cli.backup.commands import backup, restore_backup
from cli.bench_chat import bench_chat
from cli.bench_console import bench_console
from cli.bench_redaction import bench_redaction
from cli.bench_search import bench_search
from cli.bench_turn import bench_turn
from cli.capacity.bench_capacity import bench_capacity
from cli.capacity.bench_pool import bench_pool
from cli.capacity.bench_simulate import bench_simulate
from cli.capacity.soak import soak
from cli.chaos.command import chaos
from cli.chat import chat
from cli.checks import checks
from cli.commands import commands
from cli.doctor.commands import doctor
from cli.key_commands import keys
from cli.nlu import bench_nlu, evaluate
from cli.personal_data import erase, export, retain
from cli.running import restart, status
from cli.serve import serve
from cli.testing import check, test
from cli.train import train
from cli.up import up
from cli.users import team, user

app = typer.Typer(
    name="./latchkey",
    help="Latchkey: the self-service account help desk.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
for command in (
    up,
    status,
    restart,
    serve,
    chat,
    chaos,
    ask,
    train,
    check,
    checks,
    doctor,
    commands,
    export,
    erase,
    retain,
    soak,
):
    app.command()(command)
app.command("eval")(evaluate)
app.command("restore")(restore_backup)


@app.command(
    "test", context_settings={"allow_extra_args": True, "ignore_unknown_options": True}
)
def run_tests(
    context: typer.Context,
    several: Annotated[
        bool,
        typer.Option(
            "--several",
            help="Two processes of each part, on PostgreSQL and Valkey, for every test"
            " that starts the product.",
        ),
    ] = False,
) -> None:
    """Run the whole test suite, real browser and real PostgreSQL included.

    Further arguments go to pytest, for example: ./latchkey test tests/accounts -k links
    """
    test(context.args, is_several=several)


bench = typer.Typer(help="Measure ours against the peer.", no_args_is_help=True)
bench.command("capacity")(bench_capacity)
bench.command("chat")(bench_chat)
bench.command("console")(bench_console)
bench.command("nlu")(bench_nlu)
bench.command("pool")(bench_pool)
bench.command("redaction")(bench_redaction)
bench.command("search")(bench_search)
bench.command("simulate")(bench_simulate)
bench.command("turn")(bench_turn)
app.add_typer(bench, name="bench")
app.add_typer(audit, name="audit")
app.add_typer(backup, name="backup")
app.add_typer(keys, name="keys")
app.add_typer(user, name="user")
app.add_typer(team, name="team")


if __name__ == "__main__":
    app(prog_name="./latchkey")
