"""The console's modules have no build step, and are checked all the same: by the compiler of the TypeScript client."""

import json
import re
from pathlib import Path

from infra.files import CONSOLE
from local import typescript

COMPILER = typescript.CLIENT / "node_modules" / "typescript" / "bin" / "tsc"


def test_the_modules_are_what_their_comments_say() -> None:
    assert checked(CONSOLE / "tsconfig.json") == ""


def test_a_mistake_is_found(tmp_path: Path) -> None:
    """The other test means something only if the compiler looks."""
    (tmp_path / "wrong.js").write_text(f'import {{clock}} from "{CONSOLE}/words.js";\nclock("soon");\n')
    (tmp_path / "tsconfig.json").write_text(json.dumps({"extends": f"{CONSOLE}/tsconfig.json", "include": ["*.js"]}))
    assert "wrong.js(2,7)" in checked(tmp_path / "tsconfig.json")


def test_what_is_vendored_is_what_the_client_is() -> None:
    """`make contracts` makes it anew."""
    before = _vendored()
    typescript.run("vendor")
    assert before == _vendored()


def _vendored() -> dict[str, str]:
    return {str(path): path.read_text() for path in sorted((CONSOLE / "vendor").rglob("*.js"))}


def test_a_page_asks_for_its_modules_at_once() -> None:
    """Not for one after the other, as it finds them."""
    for page, entry in (("index.html", "console.js"), ("attendee.html", "attendee.js")):
        named = re.findall(r'<link rel="modulepreload" href="([^"]+)">', (CONSOLE / page).read_text())
        assert sorted(named) == sorted(_imported(CONSOLE / entry, set()) - {entry})


def _imported(module: Path, seen: set[str]) -> set[str]:
    seen.add(str(module.relative_to(CONSOLE)))
    for name in re.findall(r'(?:^|;)(?:import|export)[^"\n;]*from ?"(\.[^"]+)"', module.read_text(), re.MULTILINE):
        found = (module.parent / name).resolve()
        if str(found.relative_to(CONSOLE)) not in seen:
            _imported(found, seen)
    return seen


def test_every_language_says_everything_that_the_pages_say() -> None:
    """Same keys, same values in them; and no page asks for a sentence that there is not. The English sentences of the
    history (`told.…`) are the server's.
    """
    said = {path.stem: json.loads(path.read_text()) for path in (CONSOLE / "messages").glob("*.json")}
    assert set(said) == {"en", "de", "es", "ja"}
    values = {language: {key: _values(text) for key, text in messages.items()} for language, messages in said.items()}
    told = {key: names for key, names in values["de"].items() if key.startswith("told.")}
    assert told
    for language in ("de", "es", "ja"):
        assert values[language] == values["en"] | told, language
    sources = "".join(path.read_text() for path in [*CONSOLE.glob("*.js"), *(CONSOLE / "views").glob("*.js")])
    asked = re.findall(r'\b(?:t|rich|say)\("([a-z0-9.-]+)"', sources) + re.findall(
        r'"((?:told|do)\.[a-z.-]+)"', sources
    )
    assert set(asked) <= values["de"].keys()
    assert {key for key in asked if not key.startswith("told.")} <= values["en"].keys()


def _values(message: str) -> set[str]:
    """The names in braces: `{count, plural, one {# person}}` has `count`."""
    return set(re.findall(r"(?<!other )(?<!yes )\{(\w+)[,}]", message, re.ASCII))


def checked(project: Path) -> str:
    """What the compiler complains about."""
    typescript.install()
    return typescript.run_node(str(COMPILER), "--project", str(project), directory=CONSOLE)
