"""The functions' bundle, made light for the emulator, which unpacks an asset anew for every worker.

Tests that call from twenty threads at once start twenty, and the dependencies are nearly all that would be unpacked.
`make run` and the tests of the bundle use it whole.
"""

from pathlib import Path

from infra.packaging import bundle


def light_bundle(directory: Path) -> tuple[Path, dict[str, str]]:
    """Our sources alone, and the environment in which they find what they depend on."""
    sources, dependencies = directory / "sources", directory / "dependencies"
    bundle.snapshot(bundle.LOCAL, dependencies)
    sources.mkdir()
    for ours in [path.name for path in bundle.SOURCES.iterdir() if path.is_dir()]:
        if (dependencies / ours).is_dir():
            (dependencies / ours).rename(sources / ours)
    return sources, {"PYTHONPATH": str(dependencies)}
