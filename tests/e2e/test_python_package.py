"""What `make dist` builds of the Python client, installed in an empty environment and used on the deployed stack."""

from pathlib import Path

from local import dist
from local.aws import ENVIRONMENT
from tests.distributions.conftest import installed
from tests.e2e.meeting import BACK_END, ObservedStack
from tests.tracked import ROOT

QUICKSTART = ROOT / "examples" / "quickstart" / "quickstart.py"


def test_the_quickstart(local_stack: ObservedStack, tmp_path: Path) -> None:
    """Register, admit, create, bind, mute, and the event; then the command line without and with its extra."""
    built = tmp_path / "dist"
    dist.build(built, [package for package in dist.PACKAGES if package.name == "gavel-client"])
    project = installed(built, tmp_path, "gavel-client", "boto3")
    stack = local_stack.stack
    variables = {
        **ENVIRONMENT,
        "AWS_ENDPOINT_URL": stack.aws_endpoint_url,
        "AWS_ENDPOINT_URL_CHIME_SDK_MEETINGS": stack.chime_url,
        "GAVEL_URL": stack.api_url,
        "GAVEL_TOKEN": stack.token(BACK_END, scope="gavel/admin"),
        "GAVEL_EVENTS_QUEUE_URL": stack.events_queue_url,
    }
    done = project.run("-W", "error", "-c", QUICKSTART.read_text(), environment=variables)
    assert (done.returncode, done.stdout) == (0, "bob Receive\n"), done.stderr
    without = project.run("-m", "gavel_client", "--version")
    assert (without.returncode, without.stderr) == (1, "`typer` is missing: pip install 'gavel-client[cli]'\n")
