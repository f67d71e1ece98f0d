"""The local stack as a library: `with LocalStack() as stack:` in tests, `make run` at the terminal."""

import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from infra.packaging import bundle
from local import context as settings
from local.aws import REGION
from local.child import Child
from local.console import Console
from local.data import DataDirectory
from local.deployment import Deployed, deploy, synthesize
from local.examples import EXAM_TRIGGERS
from local.failure import LocalStackError
from local.faults import FaultProxy
from local.issuer import AUDIENCE, RSA, SUBJECT, Issuer
from local.ports import Ports
from local.principals import announce_functions
from local.servers import EVENT_SOURCE, start_emulator, start_simulator

Report = Callable[[str], None]
FIRST = " (the first time on this machine, CDK unpacks itself for half a minute)"


class LocalStack:
    """Emulator, Chime simulator, issuer of tokens, console, and the deployed template. The ports are free ones by
    default.

    `asset` replaces the functions' bundle. `function_environment` adds variables to the functions,
    `emulator_environment` to the emulator. `context` overrides settings of `cdk.json`. `issuer_algorithm` is the
    algorithm of the tokens' signatures. `synthesizer` runs a CDK app whose one stack contains Gavel; by default this
    repository's. With `roles_count` False every function may do everything, whatever its role grants. `data` is the
    directory that keeps the tables, the Chime simulator and the issuer's key for the next run.
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
        data: DataDirectory | None = None,
        synthesizer: Callable[[Path, Mapping[str, object]], None] = synthesize,
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
        self._data = data
        self._synthesize = synthesizer
        self._report: Report = lambda _: None
        self._issuer: Issuer | None = None
        self._console: Console | None = None
        self._faults: FaultProxy | None = None
        self._deployed: Deployed | None = None
        self._directory: Path | None = None
        self._deployments = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, report: Report | None = None) -> None:
        """Returns when the API answers. Stops all servers if that fails. `report` is called with each step."""
        self._report = report or self._report
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Ends every process of the stack and deletes its state. May be called twice."""
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

    def redeploy(self) -> None:
        """Deploys the present sources and settings. Raises `LocalStackError` if they are faulty; the stack then stays
        unchanged.
        """
        self._report("bundling the functions")
        self._deploy(self._context_of_now())

    def check(self) -> None:
        """Raises if a server of the stack has died."""
        for child in self.children:
            child.check()

    def token(
        self, sub: str | None = None, *, scope: str | None = None, expires_in: int = 3600, audience: str = AUDIENCE
    ) -> str:
        """The issuer's answer to `POST /token`."""
        return self.issuer.token(sub, scope=scope, expires_in=expires_in, audience=audience)

    @property
    def issuer(self) -> Issuer:
        if self._issuer is None:
            raise LocalStackError("the stack is not running")
        return self._issuer

    def show(self, meeting_id: str, people: Sequence[str]) -> None:
        """Sets the meeting and the users that the console offers first."""
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
        self._report("bundling the functions (the first time downloads their dependencies)")
        context = self._context_of_now()
        self._report("starting the emulator of AWS, the Chime simulator and the issuer")
        identity_claim = str(context.get("identityClaim", SUBJECT))
        key_file = self._data.issuer_key if self._data else None
        self._issuer = Issuer(self.ports.issuer, self._issuer_algorithm, identity_claim, key_file).start()
        self._faults = FaultProxy(self.ports.faults, self.ports.aws).start()
        self._start_servers(self._directory)
        self._deploy(context)
        self._console = Console(self.ports.console, self._issuer.answer).start(
            {"apiUrl": self.api_url, "tokenUrl": "token"}
        )

    def _start_servers(self, directory: Path) -> None:
        """Starts the servers. Each is registered before the next one starts, so that `stop` finds it."""
        emulator = start_emulator(
            directory, self.ports, self._emulator_environment, self._data, roles_count=self._roles_count
        )
        self.children.append(emulator)
        self.children.append(start_simulator(directory, self.ports, self._data, roles_count=self._roles_count))

    def _context_of_now(self) -> Mapping[str, Any]:
        """The stack's context, with a bundle of the present sources."""
        self._deployments += 1
        return self.stack_context(self._asset or self._bundle(self._folder("asset")))

    def _deploy(self, context: Mapping[str, Any]) -> None:
        aws, chime = self.children
        assembly = self._folder("assembly")
        self._report(f"synthesizing the CDK app{FIRST if self._deployments == 1 else ''}")
        self._synthesize(assembly, context)
        aws.wait_until_ready(f"{self.aws_endpoint_url}/_ministack/ready")
        chime.wait_until_ready(f"{self.chime_url}/_simulator/health")
        self._report("deploying the stack")
        self._deployed = deploy(assembly, self.aws_endpoint_url)
        announce_functions(self.aws_endpoint_url, self.chime_url)
        self._warm_up(aws)
        for folder in ("asset", "assembly"):
            shutil.rmtree(self._folder(folder), ignore_errors=True)

    def _folder(self, name: str) -> Path:
        if self._directory is None:
            raise LocalStackError("the stack is not running")
        return self._directory / f"{name}-{self._deployments}"

    def _bundle(self, directory: Path) -> Path:
        try:
            bundle.snapshot(bundle.LOCAL, directory)
        except bundle.BundleError as error:
            raise LocalStackError(str(error)) from error
        return directory

    def stack_context(self, asset: Path) -> Mapping[str, Any]:
        """The context with which the stack is synthesized."""
        own = {
            "stage": "local",
            "region": REGION,
            "jwtIssuer": self.issuer_url,
            "jwtAudience": [AUDIENCE],
            "corsOrigins": ["*"],
            # The path names the API, as above: not every machine resolves `*.localhost`.
            "liveUrl": f"ws://127.0.0.1:{self.ports.aws}/_aws/execute-api/{{api}}/live",
            "meetingEventSources": [EVENT_SOURCE],
            "eventSchemas": False,
            "triggers": EXAM_TRIGGERS,
            "assetDirectory": str(asset),
            "functionEnvironment": {
                "AWS_ENDPOINT_URL": self.aws_endpoint_url,
                "AWS_ENDPOINT_URL_DYNAMODB": self.faults_url,
                "AWS_ENDPOINT_URL_SQS": self.faults_url,
                "AWS_ENDPOINT_URL_CHIME_SDK_MEETINGS": self.chime_url,
                **self._function_environment,
            },
        }
        return settings.merged(settings.of_project(), own) | self._context

    def _warm_up(self, aws: Child) -> None:
        """Calls the functions once: the first answer takes one or two seconds, for which a user should not wait."""
        answer = httpx.get(f"{self.api_url}/health", timeout=30, trust_env=False)
        if answer.status_code != httpx.codes.OK:
            raise LocalStackError(
                f"`GET /health` answers {answer.status_code}: {answer.text}\nThe emulator's log:\n{aws.tail()}"
            )
