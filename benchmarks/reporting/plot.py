"""The picture: releases a second of everybody, a panel for each latency."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl

from benchmarks.reporting.summary import Contested, Figures

_OURS, _OTHERS, _FLOOR = "#1a7f5a", "#9aa5b1", "#d7dce1"


def draw(figures: Figures, path: Path) -> None:
    """Write it as SVG: text stays text, and the same figures make the same file."""
    mpl.use("svg")
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "mprelease", "font.size": 9})
    from matplotlib import pyplot as plt  # noqa: PLC0415 - after the choice of the backend

    contested = Contested(figures)
    names = list(contested.titles)[::-1]
    figure, panels = plt.subplots(1, len(contested.latencies), sharey=True, squeeze=False, figsize=(11, 3.6))
    for panel, latency in zip(panels[0], contested.latencies, strict=True):
        costs = {name: contested.costs(name, latency) for name in names}
        rates = {name: found.rate if (found := costs[name]) else 0.0 for name in names}
        # Without a queue and without latency the floor is so far off that nobody else could be seen: its bar is cut.
        longest = 1.25 * max([rate for name, rate in rates.items() if name != "floor"] or rates.values())
        bars = panel.barh(
            [contested.titles[name].replace("*", "") for name in names],
            [min(rate, longest) for rate in rates.values()],
            color=_colours(names),
        )
        panel.bar_label(bars, labels=[_label(rate, longest) for rate in rates.values()], padding=2)
        panel.set_title(f"{latency} ms a call")
        panel.set_xlim(0, longest * 1.2)
        panel.xaxis.set_visible(False)
        panel.spines[["top", "right", "bottom"]].set_visible(False)
    figure.suptitle("releases a second")
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def _label(rate: float, longest: float) -> str:
    if not rate:
        return ""
    return f"{rate:.1f}" if rate < 100 else f"{rate:.0f}{' →' if rate > longest else ''}"


def _colours(names: list[str]) -> list[str]:
    return [_OURS if name.startswith("ours") else _FLOOR if name == "floor" else _OTHERS for name in names]
