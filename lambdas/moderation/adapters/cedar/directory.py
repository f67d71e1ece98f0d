"""A directory of policies as text: any number of `*.cedar` files, and one `*.cedarschema`."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

SHIPPED = Path(__file__).parent
"""The policies that Gavel comes with."""


@dataclass(frozen=True, slots=True)
class Directory:
    """File names and their text."""

    policies: dict[str, str]
    schemas: dict[str, str]

    @classmethod
    def read(cls, path: Path) -> "Directory":
        """Reads the files in order of name. Raises `OSError` or `UnicodeDecodeError`."""
        return cls(policies=_texts(path, "*.cedar"), schemas=_texts(path, "*.cedarschema"))

    def over(self, base: "Directory") -> "Directory":
        """The base with these files added. A file of the same name replaces the base's, and a schema replaces its
        schema.
        """
        return Directory(policies=base.policies | self.policies, schemas=self.schemas or base.schemas)

    @property
    def policy_text(self) -> str:
        return "\n".join(self.policies.values())

    @property
    def schema_text(self) -> str:
        """The only schema. Raises `ValueError` if there is none, or more than one."""
        if len(self.schemas) != 1:
            raise ValueError(f"expected one `*.cedarschema`, found {len(self.schemas)}")
        return next(iter(self.schemas.values()))


def _texts(path: Path, pattern: str) -> dict[str, str]:
    return {file.name: file.read_text(encoding="utf-8") for file in sorted(path.glob(pattern))}


def enumerated(schema: str, entity_type: str) -> tuple[str, ...]:
    """The ids of an enumerated entity type, read from a schema as Cedar renders it. Empty if there is no such type.

    Cedar has no function for it. The rendered schema has no comments and one form of line.
    """
    found = re.search(rf"^entity {entity_type} enum \[(.*?)\];$", schema, re.MULTILINE | re.DOTALL)
    return tuple(json.loads(f"[{found[1]}]", strict=False)) if found else ()


def in_order(policies: dict[str, dict[str, object]]) -> list[tuple[str, dict[str, object]]]:
    """Policies of Cedar's JSON form in the order of the text: Cedar names them `policy0`, `policy1`, and so on."""
    return sorted(policies.items(), key=lambda item: int(item[0].removeprefix("policy")))


def annotated_id(policy: dict[str, object]) -> str | None:
    """The `@id` of a policy in Cedar's JSON form; None if it has none, or an empty one."""
    annotations = policy.get("annotations")
    found = annotations.get("id") if isinstance(annotations, dict) else None
    return found if isinstance(found, str) and found else None


def labelled(policies: Iterable[dict[str, object]], kind: str, ids: Sequence[str]) -> dict[str, str]:
    """Id → label, from policies with `@mode("exam") @label("Exam")` or `@role(…)`. Without a label, the id is the
    label.
    """
    found = (policy.get("annotations") for policy in policies)
    annotated = [each for each in found if isinstance(each, dict) and each.get("label") and each.get(kind)]
    own = {str(each[kind]): str(each["label"]) for each in annotated}
    return {each: own.get(each, each) for each in ids}
