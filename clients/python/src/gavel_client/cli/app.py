"""The commands of `gavel`."""

import sys

import typer

from .. import __version__
from ..errors import GavelError, ProblemError, UnreachableError
from . import doctor, events, forget, look, moderate, policies
from .exits import Exit, exit_of
from .settings import Settings
from .show import printable

app = typer.Typer(
    name="gavel",
    help="Moderate meetings of the Amazon Chime SDK.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)
for module in (moderate, look, events, doctor, forget):
    module.add_to(app)
app.add_typer(policies.app, name="policies", help="Check, test and show Cedar policies.")


def version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def options(
    version: bool = typer.Option(False, "--version", callback=version, is_eager=True, help="Print the version."),
) -> None:
    """Moderate meetings of the Amazon Chime SDK."""


def run(words: list[str] | None = None) -> int:
    """Runs a command, and returns its exit code. Errors are one line each on the standard error."""
    try:
        app(words)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else Exit.OK
    except Exception as error:
        code = exit_of(error)
        if code is None:
            raise
        text = printable(str(error)) if isinstance(error, GavelError) else error
        print(f"gavel: {text}", file=sys.stderr)
        for hint in hints(error):
            print(f"  {printable(hint)}", file=sys.stderr)
        return code
    return Exit.OK


def hints(error: Exception) -> list[str]:
    """What a problem says besides."""
    if isinstance(error, UnreachableError):
        settings = Settings.find()
        ask = "is `make run` up?" if settings.is_local else "is it the output `ApiUrl` of the stack?"
        return [f"GAVEL_URL is {settings.url}: {ask}"]
    if not isinstance(error, ProblemError):
        return []
    found = [f"{each.pointer}: {each.detail}" for each in error.errors]
    found += [f"withheld by {each.by}" + (f" of {each.actor}" if each.actor else "") for each in error.limits]
    return found + ([f"policies: {', '.join(error.policies)}"] if error.policies else [])
