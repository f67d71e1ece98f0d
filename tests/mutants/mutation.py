"""Mutants: a function's source with one node changed, by the operators of mutmut and two of our own."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import ndiff
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import cast

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider
from mutmut.mutation.mutators import mutation_operators, operator_string

AROUND = 12
"""Lines in which a change of one node is looked for."""
NEVER = {"len", "isinstance", "cast", "TypeVar"}
"""Calls whose arguments are left alone: they would fail at once, or say nothing at run time."""


@dataclass
class Mutant:
    module: str
    function: str
    """Its qualified name within the module."""
    line: int
    """Where the statement begins that is changed."""
    tree: cst.Module
    node: cst.CSTNode
    other: cst.CSTNode

    @cached_property
    def source(self) -> str:
        """Of the whole module."""
        mutated = self.tree.deep_replace(self.node, self.other)
        return cast("cst.Module", mutated).code

    @cached_property
    def difference(self) -> tuple[str, str]:
        """The lines that differ, in one each: what was, and what becomes of it."""
        was, becomes = self.tree.code.splitlines(), self.source.splitlines()
        start = next((i for i, (a, b) in enumerate(zip(was, becomes, strict=False)) if a != b), 0)
        first, end = max(start - 1, 0), start + AROUND
        found = list(ndiff(was[first:end], becomes[first : end + len(becomes) - len(was)]))
        gone, new = ([line[2:].strip() for line in found if line.startswith(sign)] for sign in ("- ", "+ "))
        return " ".join(gone), " ".join(new)

    @property
    def name(self) -> str:
        return f"{self.module}:{self.function}"

    def __str__(self) -> str:
        was, becomes = self.difference
        return f"{self.name}\n  - {was}\n  + {becomes}"


def mutants(path: Path, module: str) -> Iterator[Mutant]:
    tree = cst.parse_module(path.read_text(encoding="utf-8"))
    places = MetadataWrapper(tree, unsafe_skip_copy=True).resolve(PositionProvider)
    for function, qualified_name in _functions(tree.body, ""):
        for node, line in _mutable(function.body, places, 0):
            for other in _variants(node):
                yield Mutant(module, qualified_name, line, tree, node, other)


def _functions(body: Sequence[cst.CSTNode], within: str) -> Iterator[tuple[cst.FunctionDef, str]]:
    for statement in body:
        if isinstance(statement, cst.FunctionDef):
            yield statement, within + statement.name.value
        elif isinstance(statement, cst.ClassDef):
            yield from _functions(statement.body.body, f"{within}{statement.name.value}.")


def _mutable(
    node: cst.CSTNode, places: Mapping[cst.CSTNode, CodeRange], line: int
) -> Iterator[tuple[cst.CSTNode, int]]:
    """The node and all below it, but for what says nothing at run time, each with the line of its statement."""
    if isinstance(node, cst.Annotation | cst.Decorator | cst.Parameters | cst.FormattedStringText):
        return
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value in NEVER:
        return
    if isinstance(node, cst.Expr) and isinstance(node.value, cst.SimpleString):
        return
    if isinstance(node, cst.SimpleStatementLine | cst.BaseCompoundStatement):
        line = places[node].start.line
    yield node, line
    for child in node.children:
        yield from _mutable(child, places, line)


def _variants(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    for kind, operator in mutation_operators:
        if isinstance(node, kind):
            made = operator(node)
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
