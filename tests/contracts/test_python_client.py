"""The Python client: its models are those of the published documents, its synchronous half is the asynchronous one."""

import pytest

from contracts.files import REGENERATE
from contracts.python_client import ASYNC, SYNC, outdated, synchronous


def test_the_files_are_up_to_date() -> None:
    if found := outdated():
        pytest.fail(f"{', '.join(found)}: not what the source says; `{REGENERATE}`", pytrace=False)


def test_no_module_is_left_of_what_is_no_more() -> None:
    assert {path.name for path in SYNC.glob("*.py")} == {path.name for path in ASYNC.glob("*.py")}


def test_what_makes_code_synchronous() -> None:
    asynchronous = """\
async with AsyncGavel() as gavel:
    async for each in AsyncPages():
        await gavel.aclose()
async def __aiter__(self) -> AsyncIterator[str]: ...
"""
    assert (
        synchronous(asynchronous)
        == """\
with Gavel() as gavel:
    for each in Pages():
        gavel.close()
def __iter__(self) -> Iterator[str]: ...
"""
    )
