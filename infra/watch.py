"""Who is told when something is wrong, and where to look: alarms, their topic, the dashboard."""

from collections.abc import Mapping

from aws_cdk import Aws, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.alarms import AlarmSpec, MonitoredResources, alarm_specs
from infra.configuration import Configuration
from infra.dashboard import dashboard
from infra.encryption import customer_key
from infra.function import PythonFunction
from infra.metrics import Metrics


class Watch(Construct):
    """One topic for all alarms. Mail goes out only if an address is configured; anybody else may subscribe."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        configuration: Configuration,
        *,
        watched: MonitoredResources,
        doors: Mapping[str, PythonFunction],
    ) -> None:
        super().__init__(scope, name)
        self._configuration = configuration
        self.topic = self._topic()
        metrics = Metrics(configuration.stage)
        alarms = [self._alarm(concern) for concern in alarm_specs(metrics, watched)]
        self.dashboard_name = f"{configuration.named('gavel')}-{Stack.of(self).region}"
        """With the Region: dashboards are the account's, not a Region's."""
        dashboard(self, self.dashboard_name, metrics=metrics, watched=watched, doors=doors, alarms=alarms)

    def _topic(self) -> sns.Topic:
        topic = sns.Topic(
            self,
            "Alarms",
            enforce_ssl=not self._configuration.is_local,
            master_key=customer_key(self, self._configuration),
        )
        # A topic that has a policy lets nobody publish but whom it names, CloudWatch neither.
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
        if self._configuration.alarm_email:
            topic.add_subscription(subscriptions.EmailSubscription(self._configuration.alarm_email))
        return topic

    def _alarm(self, concern: AlarmSpec) -> cloudwatch.Alarm:
        alarm = cloudwatch.Alarm(
            self,
            concern.name,
            alarm_name=f"{self._configuration.named('gavel')}-{concern.name}",
            alarm_description=concern.description,
            metric=concern.metric,
            threshold=concern.threshold,
            datapoints_to_alarm=concern.datapoints,
            evaluation_periods=concern.periods,
            comparison_operator=concern.comparison,
            treat_missing_data=concern.missing,
            # Of three requests in a night, the one that met a cold start is no hundredth part.
            evaluate_low_sample_count_percentile="ignore" if concern.is_percentile else None,
        )
        action = actions.SnsAction(self.topic)
        alarm.add_alarm_action(action)
        alarm.add_ok_action(action)
        return alarm
