"""Where no browser can be had the tests fail, and say what was tried and what to do."""

from pathlib import Path

import pytest

from tests.e2e.browser import chromium as found


def test_a_browser_that_is_named_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAVEL_CHROMIUM", "/opt/chromium")
    assert found.chromium().path == "/opt/chromium"


def test_without_any_it_is_said_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("GAVEL_CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(found, "find_spec", lambda _: None)
    with pytest.raises(found.NoChromium) as error:
        found.chromium()
    said = str(error.value)
    for part in ("on the PATH", "there is no apt-get", "no Node.js", "GAVEL_CHROMIUM=/path/to/it"):
        assert part in said
