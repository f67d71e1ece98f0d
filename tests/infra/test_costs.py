"""docs/scale.md says what the script reckons from the template and the prices, and nothing else has a price."""

import copy
import re
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from moderation.application.background.reconciler import Report
from reconciler import handler

from infra.tools import costs
from tests.infra.conftest import Template
from tests.telemetry import CONTEXT, metric_documents
from tests.watch.emf import series


def test_the_page_says_what_the_script_reckons(default: Template) -> None:
    page = costs.PAGE.read_text()
    assert costs.written(page, costs.tables(default)) == page, "`make costs`"


def test_the_template_counts(default: Template) -> None:
    """A queue, an alarm or memory more costs more."""
    before = {row.item: row.dollars for row in costs.of_an_idle_month(default)}
    more = copy.deepcopy(default)
    for name, each in default["Resources"].items():
        if each["Type"] == "AWS::CloudWatch::Alarm" or "ScalingConfig" in each.get("Properties", {}):
            more["Resources"][f"{name}2"] = each
        if each["Type"] == "AWS::Lambda::Function":
            more["Resources"][name]["Properties"]["MemorySize"] *= 2
    after = {row.item: row.dollars for row in costs.of_an_idle_month(more)}
    assert after["metrics that alarms look at"] == pytest.approx(2 * before["metrics that alarms look at"])
    assert after["Lambda's polling"] == pytest.approx(2 * before["Lambda's polling"])
    assert after["the reconciler's tick"] > before["the reconciler's tick"]
    assert costs.of_a_mute(more, 24)[1].dollars > costs.of_a_mute(default, 24)[1].dollars
    assert costs.of_a_mute(default, 48)[2].dollars == pytest.approx(2 * costs.of_a_mute(default, 24)[2].dollars)


def test_with_an_issuer_of_ones_own_there_is_no_cognito(default: Template, customized: Template) -> None:
    assert "Cognito, client of the back end" in {row.item for row in costs.of_an_idle_month(default)}
    assert not [row for row in costs.of_an_idle_month(customized) if "Cognito" in row.item]


def test_metrics_of_an_idle_stack_are_those_that_a_tick_writes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    nothing_to_do = SimpleNamespace(run=lambda _: Report())
    monkeypatch.setattr(handler, "reconciler", lambda: nothing_to_do)
    monkeypatch.setattr(handler, "clock", lambda: SimpleNamespace(now=lambda: datetime.now(UTC)))
    handler.handler({"source": "aws.events"}, CONTEXT)
    documents = metric_documents(capsys.readouterr().out)
    written = {(each.name, each.dimensions) for document in documents for each in series(document)}
    assert len({each for each in written if each[0] != "ColdStart"}) == costs.IDLE_METRICS


def test_a_page_without_a_place_for_a_table_is_an_error() -> None:
    with pytest.raises(ValueError, match="no place for `idle`"):
        costs.written("# Costs\n", {"idle": "|"})


def test_the_quotas_adjustability_is_said_in_one_place() -> None:
    """AWS's pages disagree, so ours must not."""
    said = [path.name for path in sorted(costs.PAGE.parent.glob("*.md")) if re.search("adjustable", path.read_text())]
    assert said == ["scale.md"]
