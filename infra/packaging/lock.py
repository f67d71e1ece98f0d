"""`make lock`: locks the dependencies of `pyproject.toml` in `uv.lock`, and exports the requirements files.

Arguments for `uv lock` may follow: `make lock ARGS=--upgrade`.
"""

import sys

from infra.packaging.uv import NO_PACKAGES_OF_OURS, ROOT, UvError, uv

PYPI = "https://pypi.org/simple"
"""The index that `uv.lock` names, also if this machine installs from a mirror."""
EXPORTS = {
    "requirements.txt": ("--only-group", "cdk"),
    "lambdas/requirements.txt": ("--no-default-groups",),
}
HEADERS = {
    "requirements.txt": "# What the CDK app needs.",
    "lambdas/requirements.txt": "# What the functions ship with.",
}
CHECKERS = ROOT / "tests" / "infra" / "checkers"
"""Tools of the tests that conflict with the other dependencies: they have a lock file of their own."""
COMPILE = (
    *("--quiet", "--universal", "--python-version", "3.11", "--generate-hashes", "--no-annotate"),
    *("requirements.in", "--output-file", "requirements.txt"),
)
ORIGIN = "Exported from uv.lock by `make lock`."


def exported(path: str) -> str:
    """The text of the requirements file that `uv.lock` yields now."""
    packages = uv("export", "--quiet", "--frozen", "--no-header", NO_PACKAGES_OF_OURS, *EXPORTS[path])
    return f"{HEADERS[path]} {ORIGIN}\n{packages}"


def main(arguments: list[str]) -> int:
    """The command line."""
    try:
        uv("lock", "--default-index", PYPI, *arguments)
        uv("pip", "compile", "--default-index", PYPI, *COMPILE, *arguments, directory=CHECKERS)
        for path in EXPORTS:
            (ROOT / path).write_text(exported(path))
    except UvError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
