"""Hooks of MkDocs: each page has the path that it has in the repository, so links between pages work as on GitHub.

https://www.mkdocs.org/user-guide/configuration/#hooks
"""

import subprocess
from fnmatch import fnmatch
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from local.site import diagrams, reference

ROOT = Path(__file__).resolve().parents[2]
SHOWN = (
    "*.md", "docs/*", "benchmarks/results/*", "clients/*/README.md", "packages/*/README.md", "examples/*.md",
    "LICENSE", "NOTICE",
)  # fmt: skip
"""The parts of the repository that the site shows."""
GENERATED = {
    ("docs/api.md", "<!-- site: operations -->"): reference.operations,
    ("docs/events.md", "<!-- site: events -->"): reference.events,
}
"""Page and mark → the function that writes the text in its place."""


def on_files(files: Files, /, *, config: MkDocsConfig) -> Files:
    """Replaces the pages of `docs_dir` with those of the repository. The theme's files stay."""
    docs = Path(config.docs_dir)
    themes = [file for file in files if not file.abs_src_path or docs not in Path(file.abs_src_path).parents]
    shown = [name for name in _tracked() if any(fnmatch(name, pattern) for pattern in SHOWN)]
    return Files([*themes, *(File.generated(config, name, abs_src_path=str(ROOT / name)) for name in shown)])


def on_page_markdown(markdown: str, /, *, page: Page, **_: object) -> str:
    for (path, mark), render in GENERATED.items():
        if page.file.src_uri == path:
            markdown = markdown.replace(mark, render())
    try:
        return diagrams.with_pictures(markdown, page.file.src_uri, ROOT)
    except diagrams.DiagramError as error:
        raise PluginError(str(error)) from error


def _tracked() -> list[str]:
    words = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(words, check=True, cwd=ROOT, capture_output=True, text=True).stdout.splitlines()
    return sorted({name for name in names if (ROOT / name).is_file()})
