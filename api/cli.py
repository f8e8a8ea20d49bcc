"""The command ``etterklang``, and the one place where its expected errors become a sentence."""

import sys

import typer
from sqlalchemy.exc import OperationalError

from api.commands import cohort, demo, extract, instruments, machines, processes, protocols, registry
from api.commands.errors import EXPECTED_ERRORS

app = typer.Typer(
    name="etterklang",
    help="Patient-reported outcomes for a cancer registry.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.add_typer(registry.app, name="registry")
app.add_typer(cohort.app, name="cohort")
app.add_typer(instruments.app, name="instruments")
app.add_typer(protocols.app, name="protocols")
app.add_typer(machines.app, name="machines")
app.add_typer(processes.keys_app, name="keys")
app.add_typer(processes.audit_app, name="audit")
app.add_typer(extract.projects_app, name="projects")
app.command("extract")(extract.extract)
app.command("demo")(demo.demo)
app.command("web")(processes.web)
app.command("worker")(processes.worker)
app.command("research")(processes.research)
app.command("migrate")(processes.migrate_database)


def main() -> None:
    """Runs the command line; an expected error is one sentence on standard error and exit code 2."""
    try:
        app()
    except EXPECTED_ERRORS as error:
        typer.echo(f"etterklang: {error}", err=True)
        sys.exit(2)
    except OperationalError:
        typer.echo(
            "etterklang: the database does not answer; check DATABASE_URL, or start `make demo`", err=True
        )
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
