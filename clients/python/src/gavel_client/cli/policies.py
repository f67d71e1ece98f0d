"""`gavel policies`: Cedar policies before they are deployed.

They are read by Gavel's own code, which the package does not have.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import BaseModel, ValidationError
from rich.table import Table

from .exits import Exit
from .own_code import adapter
from .show import console

Directory = Annotated[
    Path | None,
    typer.Argument(help="Your policies, which are added to the shipped ones; without it, these alone.", exists=True),
]
app = typer.Typer(no_args_is_help=True)


@app.command()
def check(directory: Directory = None) -> None:
    """Parse and validate policies: syntax, ids, and what the schema says."""
    chosen = directory or gavels("directory").SHIPPED
    found = gavels("validation").problems(chosen)
    for problem in found:
        console().print(problem, markup=False)
    if found:
        raise typer.Exit(Exit.FAILED)
    console().print(gavels("validation").checked(chosen), markup=False)


@app.command("test")
def hold_against(
    expectations: Annotated[Path, typer.Argument(help="A YAML file of expectations.", exists=True)],
    directory: Directory = None,
) -> None:
    """Hold policies against expectations: who may what, and what a role holds in a mode."""
    module = gavels("expectations")
    expected = list(read(expectations, module.Expectation))
    failures = list(module.failures(policies(directory, expected), expected))
    for failure in failures:
        console().print(f"FAILED  {failure}", markup=False)
    if failures:
        raise typer.Exit(Exit.FAILED)
    console().print(f"{len(expected)} expectations are met")


@app.command()
def table(directory: Directory = None) -> None:
    """Show who may what, and what each role holds in each mode."""
    module, cedar = gavels("expectations"), policies(directory)
    for heading, *rows in (module.table(cedar), module.capabilities_table(cedar)):
        shown = Table(*heading, box=None, header_style="bold")
        for row in rows:
            shown.add_row(*row)
        console().print(shown)


def read(file: Path, expectation: type[BaseModel]) -> Iterator[BaseModel]:
    """The expectations in a YAML file. Raises `ValueError` that says which one is wrong."""
    import yaml

    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ValueError(f"`{file}` is no YAML: {error}") from error
    if not isinstance(found, list):
        raise ValueError(f"`{file}`: expected a list of expectations")
    for number, each in enumerate(found, 1):
        try:
            yield expectation.model_validate(each)
        except ValidationError as error:
            wrong = error.errors()[0]
            field = ".".join(map(str, wrong["loc"]))
            raise ValueError(f"`{file}`, expectation {number}: `{field}`: {wrong['msg']}") from error


def policies(directory: Path | None, expected: Iterable[Any] = ()) -> Any:
    """Those of the directory over the shipped ones. Raises `ValueError` if Cedar cannot parse them."""
    files = gavels("validation").layered(directory or gavels("directory").SHIPPED)
    return gavels("expectations").policies_for(files, expected)


def gavels(name: str) -> Any:
    """A module of Gavel's own. Raises `NotConfiguredError` if its code is not here."""
    return adapter(f"cedar.{name}", "gavel policies")
