"""The documentation as a web site: it builds without a warning, and shows what the published files say."""

import json
import os
import re
import subprocess
import sys
from html import unescape
from pathlib import Path

import pytest
import yaml

from local.site import diagrams, reference
from local.site.schemas import fields, in_words
from tests.tracked import ROOT, tracked


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built as `make docs` builds it: a link that leads nowhere, or a page that is not in the menu, is an error."""
    directory = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", directory],
        check=False,
        cwd=ROOT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1", "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return directory


def shown(page: Path) -> str:
    return unescape(re.sub(r"<[^>]+>", "", page.read_text()))


def test_the_api_is_shown_operation_by_operation(site: Path) -> None:
    text = shown(site / "docs" / "api" / "index.html")
    document = json.loads((ROOT / "docs" / "openapi.json").read_text())
    for path, methods in document["paths"].items():
        for method in methods.keys() & set(reference.METHODS):
            assert f"{method.upper()} {path}" in text
    assert "site: operations" not in text


def test_every_event_is_shown(site: Path) -> None:
    text = shown(site / "docs" / "events" / "index.html")
    page = (ROOT / "docs" / "events.md").read_text()
    for path in (ROOT / "docs" / "schemas" / "events").glob("*.json"):
        title = json.loads(path.read_text())["title"]
        assert title in text
        assert f"`{title}`" in page, "in the table that GitHub shows, too"


def test_pages_load_nothing_from_elsewhere(site: Path) -> None:
    """Diagrams are pictures, not drawn by a script of a content delivery network."""
    for page in site.rglob("*.html"):
        html = page.read_text()
        loaded = re.findall(r'<(?:script|img|iframe)\b[^>]*\bsrc="?([^" >]+)', html)
        loaded += re.findall(r'<link\b[^>]*\brel="?(?:stylesheet|preload)"?[^>]*\bhref="?([^" >]+)', html)
        assert [url for url in loaded if "//" in url] == [], page
        assert 'class="mermaid"' not in html
    assert 'alt="The steps of a mute"' in (site / "docs" / "protocol" / "index.html").read_text()


def test_every_picture_is_of_a_diagram() -> None:
    pages = (ROOT / name for name in tracked() if name.suffix == ".md")
    wanted = {diagrams.picture(source) for page in pages for source in diagrams.sources(page.read_text())}
    assert {path.relative_to(ROOT) for path in (ROOT / diagrams.PICTURES).iterdir()} == wanted


def test_links_between_generated_parts_lead_somewhere(site: Path) -> None:
    for name in ("api", "events"):
        html = (site / "docs" / name / "index.html").read_text()
        anchors = set(re.findall(r' id="([^"]+)"', html))
        assert set(re.findall(r'href="#([^"]+)"', html)) <= anchors, name


def test_the_site_needs_nobody_elses_server_but_for_pictures_of_diagrams(site: Path) -> None:
    page = (site / "index.html").read_text()
    loaded = re.findall(r'<(?:script|img|link)\b[^>]*\b(?:src|href)="(https?://[^"]+)"', page)
    assert loaded == []


def test_make_run_installs_no_mkdocs() -> None:
    groups = (ROOT / "pyproject.toml").read_text()
    run = re.search(r"^run = \[(.*?)^\]", groups, re.MULTILINE | re.DOTALL)
    assert run
    assert "mkdocs" not in run[1]
    assert "docs" not in re.findall(r'include-group = "(\w+)"', run[1])


def test_the_menu_has_the_four_kinds_of_page_and_shows_every_page(site: Path) -> None:
    text = re.sub(r"!!python/\S+", "", (ROOT / "mkdocs.yml").read_text())
    nav = yaml.safe_load(text)["nav"]
    assert [name for entry in nav for name in entry][1:5] == ["Tutorial", "How to", "Reference", "Explanation"]
    html = (site / "docs" / "tutorial" / "index.html").read_text()
    pages = [page for entry in nav for pages in entry.values() if isinstance(pages, list) for page in pages]
    assert [name for page in pages for name in page if f"{name}\n" not in unescape(html)] == []


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "string", "maxLength": 500}, "text, at most 500 characters"),
        ({"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}]}, "whole number, at least 1, or `null`"),
        ({"enum": ["audio", None, True]}, "`audio`, `null`, `true`"),
        ({"const": "1", "type": "string"}, "`1`"),
        ({"type": "array", "items": {"$ref": "#/$defs/Actor"}, "maxItems": 9}, "list of <Actor>, at most 9 items"),
        ({"type": "object", "additionalProperties": {"type": "boolean"}}, "object: any key → `true` or `false`"),
        ({"allOf": [{"$ref": "#/$defs/Problem"}, {"properties": {}}]}, "<Problem>"),
        ({}, "any value"),
    ],
)
def test_schemas_in_words(schema: dict[str, object], words: str) -> None:
    assert in_words(schema, lambda name: f"<{name}>") == words


def test_fields_are_rows() -> None:
    schema = {
        "properties": {"reason": {"type": "string", "description": "why |\n or not"}, "until": {"default": 5}},
        "required": ["reason"],
    }
    assert list(fields(schema, str))[2:] == [
        "| `reason` | text | why \\| or not |",
        "| `until` *(optional)* | any value | Default: `5`. |",
    ]
