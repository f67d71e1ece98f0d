"""What the package exports."""

import ast
import re
from importlib import import_module

import gavel_client
from gavel_client import errors

from infra.version import version
from tests.tracked import ROOT


def test_the_version() -> None:
    assert gavel_client.__version__ == version()


def test_every_error_is_exported_and_drawn() -> None:
    found = {name for name, value in vars(errors).items() if isinstance(value, type) and name.endswith("Error")}
    found -= {"ValidationError"}
    assert found <= set(gavel_client.__all__)
    for name in found:
        assert name in (errors.__doc__ or "")
        assert issubclass(getattr(errors, name), errors.GavelError)


def test_the_exports_exist() -> None:
    assert [name for name in gavel_client.__all__ if not hasattr(gavel_client, name)] == []


def test_the_samples_of_the_readme_import_what_there_is() -> None:
    samples = re.findall(r"```python\n(.*?)```", (ROOT / "clients" / "python" / "README.md").read_text(), re.DOTALL)
    assert len(samples) > 4
    for sample in samples:
        for node in ast.walk(ast.parse(sample)):
            if isinstance(node, ast.ImportFrom):
                module = import_module(node.module or "")
                assert [alias.name for alias in node.names if not hasattr(module, alias.name)] == []
