"""Alarms, dashboard and runbook: their metrics are written, and they name each other."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from infra.config import ConfigError
from infra.context import read
from infra.version import version
from tests.infra.conftest import ROOT
from tests.infra.resources import function, of_type
from tests.watch.emf import series
from tests.watch.story import told

Template = dict[str, Any]
INDEX = "GlobalSecondaryIndexName"
SECTION = re.compile(r"docs/operations\.md#([a-z0-9-]+)")
WHAT_A_SECTION_SAYS = ("**Means.**", "**Look.**", "**Do.**")


def alarms(template: Template) -> dict[str, dict[str, Any]]:
    return {each["AlarmName"]: each for each in of_type(template, "AWS::CloudWatch::Alarm")}


def runbook() -> dict[str, str]:
    """Heading → text, of the sections about alarms."""
    text = (ROOT / "docs" / "operations.md").read_text()
    part = text.split("\n## Alarms\n")[1].split("\n## ")[0]
    return dict(section.split("\n", 1) for section in part.split("\n### ")[1:])


def written() -> set[tuple[str, frozenset[str]]]:
    """Name and dimensions of every metric that the doors were seen to write."""
    found = (each for lines in told().values() for line in lines for each in series(line))
    return {(each.name, frozenset(name for name, _ in each.dimensions)) for each in found}


def test_every_alarm_has_its_section_in_the_runbook_and_every_section_its_alarm(default: Template) -> None:
    named = {name: SECTION.findall(alarm["AlarmDescription"]) for name, alarm in alarms(default).items()}
    assert {f"gavel-{section}": [section] for section in runbook()} == named


def test_the_alarms_that_were_asked_for(default: Template) -> None:
    assert {name.removeprefix("gavel-") for name in alarms(default)} >= {
        "oldest-pending-change",
        "event-publisher-late",
        "reconciler-not-running",
        "drift",
        "api-5xx",
        "api-slow",
        "chime-throttled",
        "narrowing-rejected",
        "function-errors",
        "function-throttles",
        "table-throttles",
    }


@pytest.mark.parametrize("section", sorted(runbook()))
def test_a_section_says_what_it_means_what_to_look_at_and_what_to_do(section: str) -> None:
    text = runbook()[section]
    assert [text.count(part) for part in WHAT_A_SECTION_SAYS] == [1, 1, 1]


def test_every_dead_letter_queue_has_an_alarm(default: Template) -> None:
    queues = {
        key: each["Properties"] for key, each in default["Resources"].items() if each["Type"] == "AWS::SQS::Queue"
    }
    arns = [json.dumps(each["RedrivePolicy"]) for each in queues.values() if "RedrivePolicy" in each]
    arns += [
        json.dumps(each["DestinationConfig"])
        for each in of_type(default, "AWS::Lambda::EventSourceMapping")
        if "DestinationConfig" in each
    ]
    dead_letters = {key for key in queues if any(f'"{key}"' in arn for arn in arns)}
    watched = [
        (alarm["Dimensions"][0]["Value"]["Fn::GetAtt"], alarm["Threshold"])
        for alarm in alarms(default).values()
        if alarm.get("MetricName") == "ApproximateNumberOfMessagesVisible"
    ]
    assert len(dead_letters) >= 5
    assert sorted(watched) == [([key, "QueueName"], 1) for key in sorted(dead_letters)]


def test_alarms_on_our_own_metrics_name_what_is_written(customized: Template) -> None:
    own = [alarm for alarm in alarms(customized).values() if alarm.get("Namespace") == "Gavel"]
    assert len(own) >= 7
    stage = function(customized, "reconciler.handler.handler")["Environment"]["Variables"]["GAVEL_STAGE"]
    for metric in own:
        dimensions = {each["Name"]: each["Value"] for each in metric["Dimensions"]}
        assert (metric["MetricName"], frozenset(dimensions)) in written()
        assert dimensions["stage"] == stage == "dev"


def test_alarms_on_others_metrics_look_at_this_stack(default: Template) -> None:
    names = alarms(default)
    api = {"Name": "ApiId", "Value": {"Ref": next(k for k, v in default["Resources"].items() if _is_api(v))}}
    assert names["gavel-api-5xx"]["Dimensions"] == names["gavel-api-slow"]["Dimensions"] == [api]
    assert (names["gavel-api-slow"]["MetricName"], names["gavel-api-slow"]["ExtendedStatistic"]) == ("Latency", "p99")
    assert (names["gavel-api-5xx"]["MetricName"], names["gavel-api-5xx"]["Statistic"]) == ("5xx", "Sum")
    [dimension] = names["gavel-event-publisher-late"]["Dimensions"]
    watched = default["Resources"][dimension["Value"]["Ref"]]["Properties"]
    assert (dimension["Name"], watched["Handler"]) == ("FunctionName", "event_publisher.handler.handler")


def test_generic_alarms_look_at_every_function_and_at_the_table(default: Template) -> None:
    named = alarms(default)
    functions = {key for key, each in default["Resources"].items() if each["Type"] == "AWS::Lambda::Function"}
    for name, metric in (("function-errors", "Errors"), ("function-throttles", "Throttles")):
        found = [each["MetricStat"]["Metric"] for each in summed(named[f"gavel-{name}"])]
        assert {each["Dimensions"][0]["Value"]["Ref"] for each in found} == functions
        assert {(each["Namespace"], each["MetricName"]) for each in found} == {("AWS/Lambda", metric)}
    found = [each["MetricStat"]["Metric"] for each in summed(named["gavel-table-throttles"])]
    [table] = [key for key, each in default["Resources"].items() if each["Type"] == "AWS::DynamoDB::Table"]
    indexes = [
        index["IndexName"]
        for each in of_type(default, "AWS::DynamoDB::Table")
        for index in each["GlobalSecondaryIndexes"]
    ]
    places = [{"TableName": {"Ref": table}}, *({"TableName": {"Ref": table}, INDEX: index} for index in indexes)]
    assert [
        (each["MetricName"], {one["Name"]: one["Value"] for one in each["Dimensions"]})
        for each in sorted(found, key=lambda each: (each["MetricName"], len(each["Dimensions"])))
    ] == [(metric, place) for metric in ("ReadThrottleEvents", "WriteThrottleEvents") for place in places]


def summed(alarm: dict[str, Any]) -> list[dict[str, Any]]:
    """The metrics of an alarm on a sum, in which a metric without a value counts as 0."""
    [expression] = [each["Expression"] for each in alarm["Metrics"] if "Expression" in each]
    metrics = [each for each in alarm["Metrics"] if "MetricStat" in each]
    assert expression == " + ".join(f"FILL({each['Id']}, 0)" for each in metrics)
    return metrics


def test_silence_rings_where_it_means_that_nothing_runs_and_nowhere_else(default: Template) -> None:
    silent = {name for name, alarm in alarms(default).items() if alarm["TreatMissingData"] == "breaching"}
    assert silent == {"gavel-reconciler-not-running"}
    assert alarms(default)["gavel-reconciler-not-running"]["ComparisonOperator"] == "LessThanThreshold"


def test_every_alarm_rings_and_falls_silent_on_the_topic(default: Template) -> None:
    [topic] = [key for key, each in default["Resources"].items() if each["Type"] == "AWS::SNS::Topic"]
    for alarm in alarms(default).values():
        assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": topic}]
    assert default["Outputs"]["AlarmTopicArn"]["Value"] == {"Ref": topic}


def test_cloudwatch_may_publish_and_nobody_without_tls(default: Template) -> None:
    [policy] = of_type(default, "AWS::SNS::TopicPolicy")
    allowed = [each for each in policy["PolicyDocument"]["Statement"] if each["Effect"] == "Allow"]
    denied = [each for each in policy["PolicyDocument"]["Statement"] if each["Effect"] == "Deny"]
    assert [(each["Action"], each["Principal"]) for each in allowed] == [
        ("sns:Publish", {"Service": "cloudwatch.amazonaws.com"})
    ]
    assert allowed[0]["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    assert [each["Condition"] for each in denied] == [{"Bool": {"aws:SecureTransport": "false"}}]


def test_mail_goes_out_only_where_an_address_is_configured(
    default: Template, synthesize: Callable[..., Template]
) -> None:
    assert not of_type(default, "AWS::SNS::Subscription")
    [subscription] = of_type(synthesize(alarmEmail="ops@example.com"), "AWS::SNS::Subscription")
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", "ops@example.com")


def test_a_mail_names_the_section_of_the_runbook_by_url(synthesize: Callable[..., Template]) -> None:
    url = "https://docs.example.com/gavel/operations/"
    named = {name: each["AlarmDescription"] for name, each in alarms(synthesize(runbookUrl=url)).items()}
    assert {name.removeprefix("gavel-") for name in named} == set(runbook())
    for name, text in named.items():
        assert text.endswith(f" What to do: {url}#{name.removeprefix('gavel-')}")


@pytest.mark.parametrize(
    "url", ["", "docs/operations.md", "http://docs.example.com", "https://docs.example.com/#drift", 7]
)
def test_what_is_no_url_of_a_runbook_is_refused(url: object) -> None:
    with pytest.raises(ConfigError, match="`runbookUrl`: expected an https URL"):
        read({"runbookUrl": url})


UNITS = {"PublishingDelay": "s", "LiveDelay": "s", "OldestPendingAge": "s", "OldestComparisonAge": "s"}
UNITS |= {"Latency": "ms", "IteratorAge": "ms", "Duration": "ms"}


def test_a_graph_has_one_unit(default: Template) -> None:
    """Which its title names, unless it counts."""
    graphs = [each["properties"] for each in widgets(default) if "metrics" in each["properties"]]
    assert len(graphs) > 12
    for graph in graphs:
        names = {name for row in graph["metrics"] for name in _names_of(row)}
        units = {UNITS.get(name, "") for name in names}
        assert len(units) == 1, graph["title"]
        [unit] = units
        assert graph["title"].endswith(f" ({unit})") is bool(unit), graph["title"]


def test_panels_that_operators_ask_for(default: Template) -> None:
    titles = [each["properties"].get("title", "") for each in widgets(default)]
    asked = ("Refused commands", "Live: open connections", "Live: connections opened", "throttled reads and writes")
    for words in (*asked, "dead letters"):
        assert [title for title in titles if words in title], words


def test_open_connections_are_counted_in_the_log_of_the_function_that_sees_them(default: Template) -> None:
    [query] = [each["properties"]["query"] for each in widgets(default) if "open connections" in str(each)]
    source, chosen, counted = re.split(r"\s\| ", query)
    group = function(default, "live.websocket.handler")["LoggingConfig"]["LogGroup"]["Ref"]
    assert source == f"SOURCE '{group}'"
    assert counted == "stats count_distinct(connectionId) as connections by bin(5m)"
    wanted = {name: json.loads(value) for name, value in re.findall(r"(\w+) = (\S+)", chosen)}
    written = [line for line in told()["live"] if wanted.items() <= line.items()]
    assert [line["connectionId"] for line in written] == ["c1"]


def widgets(template: Template) -> list[dict[str, Any]]:
    [board] = of_type(template, "AWS::CloudWatch::Dashboard")
    parts = board["DashboardBody"]["Fn::Join"][1]
    body = "".join(part if isinstance(part, str) else part.get("Ref", "…") for part in parts)
    found: list[dict[str, Any]] = json.loads(body)["widgets"]
    return found


def _names_of(row: list[Any]) -> Iterator[str]:
    """The metric of a line, or the one that an expression searches."""
    texts = [part for part in row if isinstance(part, str)]
    if len(texts) > 1:
        yield texts[1]
    for part in row:
        if isinstance(part, dict) and "expression" in part:
            yield _sought(part["expression"])[0]


@pytest.mark.parametrize("address", ["", "ops", "ops@example", "a@b.example, c@d.example", ["ops@example.com"], 7])
def test_what_is_no_address_is_refused(address: object) -> None:
    with pytest.raises(ConfigError, match="`alarmEmail`: expected one address"):
        read({"alarmEmail": address})


def test_stages_have_alarms_and_a_dashboard_of_their_own(default: Template, customized: Template) -> None:
    assert not alarms(default).keys() & alarms(customized).keys()
    names = [of_type(each, "AWS::CloudWatch::Dashboard")[0]["DashboardName"] for each in (default, customized)]
    assert names == [{"Fn::Join": ["", ["gavel-", {"Ref": "AWS::Region"}]]}, "gavel-dev-eu-central-1"]


def test_the_dashboard_shows_what_is_written(default: Template) -> None:
    assert widgets(default)[0]["properties"]["markdown"] == f"Gavel {version()}"
    rows = [row for widget in widgets(default) for row in widget["properties"].get("metrics", [])]
    texts = [[part for part in row if isinstance(part, str)] for row in rows]
    plain = {(row[1], frozenset(row[2::2])) for row in texts if row[:1] == ["Gavel"]}
    searches = [part["expression"] for row in rows for part in row if isinstance(part, dict) and "expression" in part]
    sought = {_sought(search) for search in searches}
    assert len(plain) >= 9
    assert len(sought) == 3
    assert plain | sought <= written()
    shown = {name for name, _ in plain | sought}
    assert shown == {name for name, _ in written()}, "each metric is paid for, so each is shown"


def test_lines_reach_cloudwatch_as_they_are_written(default: Template) -> None:
    """Lambda's own JSON format would wrap them, and no metric would be found in them."""
    for each in of_type(default, "AWS::Lambda::Function"):
        assert each["LoggingConfig"].get("LogFormat", "Text") == "Text"


def test_every_function_is_traced(default: Template) -> None:
    """And may say so: which actions that takes, `test_stack` looks at."""
    assert {each["TracingConfig"]["Mode"] for each in of_type(default, "AWS::Lambda::Function")} == {"Active"}


def test_commands_by_event_that_are_set_up_wrongly_ring(default: Template) -> None:
    """What hosts may meet at any time, `meeting-ended` or `too-late`, does not."""
    alarm = alarms(default)["gavel-commands-refused"]
    dimensions = {each["Name"]: each["Value"] for each in alarm["Dimensions"]}
    assert (alarm["MetricName"], alarm["Threshold"]) == ("CommandsRefused", 1)
    assert dimensions == {"stage": "prod", "cause": "setup"}


def _sought(search: str) -> tuple[str, frozenset[str]]:
    only = r'stage="prod"( verdict="refused")?'
    found = re.match(rf"SEARCH\('\{{Gavel,([a-z,]+)\}} MetricName=\"(\w+)\" {only}', '\w+', 60\)$", search)
    assert found, search
    return found[2], frozenset(found[1].split(","))


def _is_api(resource: dict[str, Any]) -> bool:
    """The one that hosts call."""
    return bool(resource["Type"] == "AWS::ApiGatewayV2::Api" and resource["Properties"]["ProtocolType"] == "HTTP")
