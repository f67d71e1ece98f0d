"""Alarms, the topic that they notify, and the dashboard."""

from collections.abc import Mapping

from aws_cdk import Aws, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from ..config import Config
from ..resources.encryption import customer_key
from ..resources.function import PythonFunction
from .alarms import RUNBOOK, AlarmSpec, MonitoredResources, alarm_specs
from .dashboard import dashboard
from .metrics import Metrics


class Monitoring(Construct):
    """The alarms with one topic for all, and the dashboard. The topic sends mail if `alarmEmail` is set; other
    subscribers may be added.
    """

    def __init__(
        self,
        scope: Construct,
        name: str,
        config: Config,
        *,
        monitored: MonitoredResources,
        functions: Mapping[str, PythonFunction],
    ) -> None:
        super().__init__(scope, name)
        self._config = config
        self.topic = self._topic()
        metrics = Metrics(config.stage)
        specs = alarm_specs(metrics, monitored)
        alarms = [self._alarm(spec) for spec in specs]
        self.dashboard_name = f"{config.named('gavel')}-{Stack.of(self).region}"
        """The name includes the Region: names of dashboards are unique in the account, not in the Region."""
        dashboard(self, self.dashboard_name, metrics=metrics, monitored=monitored, functions=functions, alarms=alarms)

    def _topic(self) -> sns.Topic:
        topic = sns.Topic(
            self,
            "Alarms",
            enforce_ssl=True,
            master_key=customer_key(self),
        )
        # A topic with a policy lets only the principals in it publish, so CloudWatch is one of them.
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AlarmsOfThisAccount",
                actions=["sns:Publish"],
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                resources=[topic.topic_arn],
                conditions={
                    "StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID},
                    "ArnLike": {
                        "aws:SourceArn": f"arn:{Aws.PARTITION}:cloudwatch:{Aws.REGION}:{Aws.ACCOUNT_ID}:alarm:*"
                    },
                },
            )
        )
        if self._config.alarm_email:
            topic.add_subscription(subscriptions.EmailSubscription(self._config.alarm_email))
        return topic

    def _alarm(self, spec: AlarmSpec) -> cloudwatch.Alarm:
        alarm = cloudwatch.Alarm(
            self,
            spec.name,
            alarm_name=f"{self._config.named('gavel')}-{spec.name}",
            alarm_description=spec.description(self._config.runbook_url or RUNBOOK),
            metric=spec.metric,
            threshold=spec.threshold,
            datapoints_to_alarm=spec.datapoints,
            evaluation_periods=spec.periods,
            comparison_operator=spec.comparison,
            treat_missing_data=spec.missing,
            # With three requests in a night, a single cold start would decide the percentile.
            evaluate_low_sample_count_percentile="ignore" if spec.is_percentile else None,
        )
        action = actions.SnsAction(self.topic)
        alarm.add_alarm_action(action)
        alarm.add_ok_action(action)
        return alarm
