"""Mutants: a function's source with one node changed, by the operators of mutmut and two of our own."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import ndiff
from itertools import islice
from pathlib import Path
from typing import cast

import libcst as cst
from mutmut.mutation.mutators import mutation_operators, operator_string

NEVER = {"len", "isinstance", "cast", "TypeVar"}
"""Calls whose arguments are left alone: they would fail at once, or say nothing at run time."""


@dataclass(frozen=True)
class Mutant:
    module: str
    function: str
    """Its qualified name within the module."""
    source: str
    """Of the whole module."""
    was: str
    becomes: str

    @property
    def name(self) -> str:
        return f"{self.module}:{self.function}"

    def __str__(self) -> str:
        return f"{self.name}\n  - {self.was}\n  + {self.becomes}"


def mutants(path: Path, module: str) -> Iterator[Mutant]:
    source = path.read_text(encoding="utf-8")
    tree = cst.parse_module(source)
    lines = source.splitlines()
    for function, qualified_name in _functions(tree.body, ""):
        for node in _mutable(function.body):
            for other in _variants(node):
                mutated = tree.deep_replace(node, other).code
                was, becomes = _difference(lines, mutated.splitlines())
                if was != becomes:
                    yield Mutant(module, qualified_name, mutated, was, becomes)


def _functions(body: Sequence[cst.CSTNode], within: str) -> Iterator[tuple[cst.FunctionDef, str]]:
    for statement in body:
        if isinstance(statement, cst.FunctionDef):
            yield statement, within + statement.name.value
        elif isinstance(statement, cst.ClassDef):
            yield from _functions(statement.body.body, f"{within}{statement.name.value}.")


def _mutable(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The node and all below it, but for what says nothing at run time."""
    if isinstance(node, cst.Annotation | cst.Decorator | cst.Parameters | cst.FormattedStringText):
        return
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value in NEVER:
        return
    if isinstance(node, cst.Expr) and isinstance(node.value, cst.SimpleString):
        return
    yield node
    for child in node.children:
        yield from _mutable(child)


def _variants(node: cst.CSTNode) -> Iterator[cst.CSTNode | cst.RemovalSentinel]:
    for kind, operator in mutation_operators:
        if isinstance(node, kind):
            made = cast("Iterable[cst.CSTNode]", operator(node))
            yield from islice(made, 1) if operator is operator_string else made
    yield from _without_an_element(node)
    yield from _without_an_effect(node)


def _without_an_element(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Of what is written together, one thing is left out: most of all a clause of a transaction."""
    if isinstance(node, cst.List) and len(node.elements) > 1:
        for position in range(len(node.elements)):
            left = [*node.elements[:position], *node.elements[position + 1 :]]
            yield node.with_changes(elements=left)


def _without_an_effect(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """A call for the sake of what it does, or a way out, is left out."""
    if isinstance(node, cst.Expr) and isinstance(node.value, cst.Call):
        yield cst.Expr(cst.Name("None"))
    if isinstance(node, cst.Raise):
        yield cst.Pass()


def _difference(lines: list[str], mutated: list[str]) -> tuple[str, str]:
    """The lines that differ, in one each."""
    start = next((i for i, (a, b) in enumerate(zip(lines, mutated, strict=False)) if a != b), 0)
    window = slice(max(start - 1, 0), start + 12)
    found = list(ndiff(lines[window], mutated[window][: 13 + len(mutated) - len(lines)]))
    was = " ".join(line[2:].strip() for line in found if line.startswith("- "))
    becomes = " ".join(line[2:].strip() for line in found if line.startswith("+ "))
    return was, becomes
