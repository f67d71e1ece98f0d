"""The local stack as a library: `with LocalStack() as stack:` in tests, `make run` at the terminal."""

import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from infra import bundle
from local.aws import REGION, server_environment
from local.child import Child
from local.console import Console
from local.deployment import Deployed, deploy, synthesize
from local.examples import EXAM_TRIGGERS
from local.failure import LocalStackError
from local.faults import FaultProxy
from local.issuer import AUDIENCE, RSA, Issuer
from local.ports import Ports
from local.principals import announce_functions

EVENT_SOURCE = "gavel.simulator"  # EventBridge lets nobody but AWS put events of `aws.*`


class LocalStack:
    """Emulator, Chime simulator, issuer of tokens, console, and the deployed template; on free ports unless told which.

    `asset` replaces the bundle of the functions; `function_environment` adds to theirs, `emulator_environment` to the
    emulator's, and `context` to the stack's. `issuer_algorithm` is what tokens are signed by.
    `roles_count` False: every function may do everything, whatever its role says.
    """

    def __init__(
        self,
        ports: Ports | None = None,
        *,
        asset: Path | None = None,
        function_environment: Mapping[str, str] | None = None,
        emulator_environment: Mapping[str, str] | None = None,
        context: Mapping[str, object] | None = None,
        issuer_algorithm: str = RSA,
        roles_count: bool = True,
        report: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.ports = ports or Ports.free()
        self.aws_endpoint_url = f"http://127.0.0.1:{self.ports.aws}"
        self.chime_url = f"http://127.0.0.1:{self.ports.chime}"
        self.issuer_url = f"http://127.0.0.1:{self.ports.issuer}"
        self.console_url = f"http://127.0.0.1:{self.ports.console}"
        self.faults_url = f"http://127.0.0.1:{self.ports.faults}"
        self.children: list[Child] = []
        self._asset = asset
        self._function_environment = dict(function_environment or {})
        self._emulator_environment = dict(emulator_environment or {})
        self._context = dict(context or {})
        self._issuer_algorithm = issuer_algorithm
        self._roles_count = roles_count
        self._report = report
        self._issuer: Issuer | None = None
        self._console: Console | None = None
        self._faults: FaultProxy | None = None
        self._deployed: Deployed | None = None
        self._directory: Path | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Returns when the API answers; leaves nothing behind if it can't get there."""
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Ends every process of the stack and forgets its state. Safe to call twice."""
        while self.children:
            self.children[-1].stop()
            self.children.pop()
        for server in (self._console, self._issuer, self._faults):
            if server:
                server.stop()
        self._console = self._issuer = self._faults = None
        if self._directory:
            shutil.rmtree(self._directory, ignore_errors=True)
            self._directory = None

    def check(self) -> None:
        """Raises if a server of the stack has died."""
        for child in self.children:
            child.check()

    def token(
        self, sub: str | None = None, *, scope: str | None = None, expires_in: int = 3600, audience: str = AUDIENCE
    ) -> str:
        """What `POST /token` of the issuer answers."""
        return self.issuer.token(sub, scope=scope, expires_in=expires_in, audience=audience)

    @property
    def issuer(self) -> Issuer:
        if self._issuer is None:
            raise LocalStackError("the stack is not running")
        return self._issuer

    def show(self, meeting_id: str, people: Sequence[str]) -> None:
        """What the console offers first."""
        if self._console:
            self._console.settings |= {"meetingId": meeting_id, "people": list(people)}

    @property
    def api_url(self) -> str:
        return self._running.api_url

    @property
    def table(self) -> str:
        return self._running.table

    @property
    def bus(self) -> str:
        return self._running.bus

    @property
    def events_queue_url(self) -> str:
        return self._running.events_queue_url

    @property
    def _running(self) -> Deployed:
        if self._deployed is None:
            raise LocalStackError("the stack is not running")
        return self._deployed

    def _start(self) -> None:
        self.ports.refuse_taken()
        self._directory = Path(tempfile.mkdtemp(prefix="gavel-local-"))
        asset = self._asset or self._bundle(self._directory / "asset")
        self._report("starting the emulator of AWS, the Chime simulator and the issuer")
        self._issuer = Issuer(self.ports.issuer, self._issuer_algorithm).start()
        self._faults = FaultProxy(self.ports.faults, self.ports.aws).start()
        aws, chime = self._start_children(self._directory)
        self._report("synthesizing the CDK app (the first time takes half a minute)")
        synthesize(self._directory / "assembly", self.stack_context(asset))
        aws.wait_until_ready(f"{self.aws_endpoint_url}/_ministack/ready")
        chime.wait_until_ready(f"{self.chime_url}/_simulator/health")
        self._report("deploying the stack")
        self._deployed = deploy(self._directory / "assembly", self.aws_endpoint_url)
        announce_functions(self.aws_endpoint_url, self.chime_url)
        self._console = Console(self.ports.console, self._issuer.answer).start(
            {"apiUrl": self.api_url, "tokenUrl": "token"}
        )
        self._warm_up(aws)

    def _bundle(self, directory: Path) -> Path:
        self._report("bundling the functions (the first time downloads their dependencies)")
        try:
            bundle.snapshot(bundle.LOCAL, directory)
        except bundle.BundleError as error:
            raise LocalStackError(str(error)) from error
        return directory

    def _start_children(self, directory: Path) -> tuple[Child, Child]:
        temporary = directory / "tmp"
        temporary.mkdir()
        emulator = server_environment(
            AUTH=str(self._roles_count).lower(),
            BIND_HOST="127.0.0.1",
            GATEWAY_PORT=str(self.ports.aws),
            IOT_MTLS_ENABLED="0",
            NO_PROXY="127.0.0.1,localhost",
            PYTHONPATH=str(bundle.ROOT),
            S3_DATA_DIR=str(directory / "s3"),
            TMPDIR=str(temporary),
            **self._emulator_environment,
        )
        aws = self._child("emulator", ["local.emulator"], emulator, directory)
        options = {"port": self.ports.chime, "events-endpoint": self.aws_endpoint_url, "event-source": EVENT_SOURCE}
        if self._roles_count:
            options["iam-endpoint"] = self.aws_endpoint_url
        words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
        simulator = server_environment(PYTHONPATH=str(bundle.ROOT))
        return aws, self._child("Chime simulator", ["local.chime", "--region", REGION, *words], simulator, directory)

    def _child(self, name: str, module: list[str], environment: Mapping[str, str], directory: Path) -> Child:
        log = directory / f"{name.lower()}.log"
        child = Child(name, [sys.executable, "-m", *module], environment, log)
        self.children.append(child)
        return child

    def stack_context(self, asset: Path) -> Mapping[str, object]:
        """What the stack is synthesized with."""
        return {
            "stage": "local",
            "region": REGION,
            "jwtIssuer": self.issuer_url,
            "jwtAudience": [AUDIENCE],
            "corsOrigins": ["*"],
            # By path, as the API: not every machine resolves `*.localhost`.
            "liveUrl": f"ws://127.0.0.1:{self.ports.aws}/_aws/execute-api/{{api}}/live",
            "meetingEventSources": [EVENT_SOURCE],
            "triggers": EXAM_TRIGGERS,
            "assetDirectory": str(asset),
            "functionEnvironment": {
                "AWS_ENDPOINT_URL": self.aws_endpoint_url,
                "AWS_ENDPOINT_URL_DYNAMODB": self.faults_url,
                "AWS_ENDPOINT_URL_SQS": self.faults_url,
                "AWS_ENDPOINT_URL_CHIME_SDK_MEETINGS": self.chime_url,
                **self._function_environment,
            },
            **self._context,
        }

    def _warm_up(self, aws: Child) -> None:
        """The first answer of a function takes a second or two; it shall not be the user's."""
        answer = httpx.get(f"{self.api_url}/health", timeout=30, trust_env=False)
        if answer.status_code != httpx.codes.OK:
            raise LocalStackError(
                f"`GET /health` answers {answer.status_code}: {answer.text}\nThe emulator's last words:\n{aws.tail()}"
            )
