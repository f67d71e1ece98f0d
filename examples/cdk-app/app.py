"""A CDK app that has Gavel beside its own resources. `cdk deploy` runs it."""

from aws_cdk import App, CfnOutput, Duration, Stack
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct
from gavel_cdk import Gavel, read_context

START_EXAM = """
import json, os, boto3

def handler(event, context):
    command = {"command": "mute-all", "externalMeetingId": event["room"], "reason": "exam started"}
    boto3.client("events").put_events(Entries=[{
        "EventBusName": os.environ["BUS"], "Source": "exam.app", "DetailType": "Moderation Command",
        "Detail": json.dumps(command),
    }])
"""


class MeetingsStack(Stack):
    """Gavel, a function that commands it, and a queue that hears of every change."""

    def __init__(self, scope: Construct, name: str) -> None:
        super().__init__(scope, name)
        # Settings from `cdk.json`. `Config(retention_days=90)` in its place needs no file.
        gavel = Gavel(self, "Gavel", read_context(self.node.get_all_context()))

        exam = lambda_.Function(
            self,
            "StartExam",
            runtime=lambda_.Runtime.PYTHON_3_13,
            handler="index.handler",
            code=lambda_.Code.from_inline(START_EXAM),
            timeout=Duration.seconds(10),
            environment={"BUS": gavel.bus.event_bus_name},
        )
        gavel.grant_command(exam, ["exam.app"])

        changes = sqs.Queue(self, "Changes")
        gavel.on_change(targets.SqsQueue(changes))

        CfnOutput(self, "ChangesUrl", value=changes.queue_url)
        CfnOutput(self, "StartExamName", value=exam.function_name)
        for output in gavel.outputs():
            CfnOutput(self, output.name, value=output.value, description=output.description)


app = App()
MeetingsStack(app, "Meetings")
app.synth()
