"""What the queries of dashboard and alerts ask for, held against what the endpoints really tell."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import promql_parser
import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.support.workers import ROOT

_CHILDREN = ("lhs", "rhs", "expr", "param", "vector_selector")
#: How Grafana and Prometheus name a label in a text.
_LABEL = re.compile(r"\{\{\s*(?:\$labels\.)?(\w+)\s*\}\}")


@dataclass(frozen=True)
class Sample:
    """One line of an endpoint."""

    name: str
    labels: Mapping[str, str]
    value: float


def samples(exposition: str) -> list[Sample]:
    """What an endpoint tells."""
    return [
        Sample(sample.name, sample.labels, sample.value)
        for family in text_string_to_metric_families(exposition)
        for sample in family.samples
    ]


@dataclass(frozen=True)
class Query:
    """A query, where it stands, and the labels that its legend or its texts name."""

    where: str
    expr: str
    named: frozenset[str]


def board_queries() -> list[Query]:
    """Every query of the Grafana board."""
    panels = json.loads((ROOT / "config/grafana/dashboard.json").read_text())["panels"]
    return [
        Query(panel["title"], target["expr"], frozenset(_LABEL.findall(target["legendFormat"])))
        for panel in panels
        for target in panel["targets"]
    ]


def rules() -> list[dict[str, Any]]:
    """Every alert rule."""
    groups = yaml.safe_load((ROOT / "config/prometheus/alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def alert_queries() -> list[Query]:
    """The query of every alert."""
    return [
        Query(rule["alert"], rule["expr"], frozenset(_LABEL.findall("".join(rule["annotations"].values()))))
        for rule in rules()
    ]


def problems(query: Query, told: list[Sample]) -> list[str]:
    """What the query asks for and nobody tells."""
    nodes = list(_nodes(promql_parser.parse(query.expr)))
    selectors = [node for node in nodes if isinstance(node, promql_parser.VectorSelector)]
    aggregates = [node for node in nodes if isinstance(node, promql_parser.AggregateExpr)]
    found = [f"{selector} selects nothing" for selector in selectors if not _selected(selector, told)]
    labels = {label for selector in selectors for one in _selected(selector, told) for label in one.labels}
    kept = [set(node.modifier.labels) if node.modifier else set() for node in aggregates]
    found += [f"no label {label} to aggregate by" for by in kept for label in by - labels]
    shown = kept[0] if kept else labels
    found += [f"no label {label} to show" for label in query.named - shown]
    return [f"{query.where}: {problem}" for problem in found]


def _selected(selector: Any, told: list[Sample]) -> list[Sample]:
    return [
        sample
        for sample in told
        if sample.name == selector.name
        and all(
            _matches(matcher.op, sample.labels.get(matcher.name, ""), matcher.value)
            for matcher in selector.matchers.matchers
        )
    ]


def _matches(how: Any, value: str, wanted: str) -> bool:
    op = promql_parser.MatchOp
    if how in (op.Equal, op.NotEqual):
        return (value == wanted) is (how == op.Equal)
    return bool(re.fullmatch(wanted, value)) is (how == op.Re)


def _nodes(node: Any) -> Iterator[Any]:
    yield node
    children = [getattr(node, name, None) for name in _CHILDREN]
    for child in (*children, *getattr(node, "args", ())):
        if child is not None:
            yield from _nodes(child)
