"""The evaluation as a page that a person opens: one HTML file, with its plots in it, readable in light and in dark."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from sklearn import metrics
from sklearn.calibration import calibration_curve

import config

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

# Lines and text are drawn in a colour that nothing else has; the page says what it is, dark on light or light on dark.
INK = "#010203"
MODEL, BASELINE, FAINT = "#3b82c4", "#e08a2e", "#8a8f98"  # told apart on white and on black
SHOWN_FEATURES = 12

STYLE = {
    "axes.edgecolor": FAINT,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titleweight": "bold",
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "font.size": 10,
    "grid.alpha": 0.25,
    "grid.color": FAINT,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "report",
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Evaluation</title>
<style>
:root {{ color-scheme: light dark; --paper: #ffffff; --ink: #1f2328; --card: #f4f5f7; --good: #1a7f37;
  --bad: #c62828; }}
@media (prefers-color-scheme: dark) {{
  :root {{ --paper: #16181c; --ink: #e4e6ea; --card: #22252b; --good: #57c26b; --bad: #ff7b72; }}
}}
body {{ background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto;
  max-width: 68rem; padding: 0 1rem; }}
.figures {{ display: flex; flex-wrap: wrap; gap: 1rem; }}
.figures div {{ background: var(--card); border-radius: .5rem; padding: .75rem 1.25rem; }}
.figures b {{ display: block; font-size: 1.6rem; }}
.good {{ color: var(--good); }}
.bad {{ color: var(--bad); }}
.plots {{ display: grid; gap: 1rem; margin-top: 1.5rem;
  grid-template-columns: repeat(auto-fit, minmax(min(26rem, 100%), 1fr)); }}
svg {{ height: auto; width: 100%; }}
svg text {{ font-family: system-ui, sans-serif !important; }}
</style>
<h1>Evaluation</h1>
<p>{summary}</p>
<div class="figures">{figures}</div>
<div class="plots">{plots}</div>
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What was true of the held-out rows, and what the model and the baseline said. Three arrays of one length."""

    truth: NDArray[Any]
    scores: NDArray[Any]
    baseline: NDArray[Any]


def page(figures: dict[str, Any], outcome: Outcome, *, importance: dict[str, float]) -> str:
    """Return the report as HTML."""
    model, baseline = figures["binary_classification_metrics"], figures["baseline"]
    gain = baseline["gain"]["value"]
    compared = f"{abs(gain):.3f} {'above' if gain >= 0 else 'below'}"
    summary = (
        f"On {figures['rows']:,} held-out rows the model's area under the ROC curve is {model['auc']['value']:.3f}, "
        f"{compared} the baseline's ({escape(baseline['name'])}, {baseline['auc']['value']:.3f})."
    )
    shown = [
        ("AUC", f"{model['auc']['value']:.3f}", ""),
        ("gain over the baseline", f"{gain:+.3f}", "good" if gain > 0 else "bad"),
        ("precision", f"{model['precision']['value']:.3f}", ""),
        ("recall", f"{model['recall']['value']:.3f}", ""),
        ("Brier score", f"{figures['brier_score']['value']:.3f}", ""),
    ]
    plots = [
        _plot(lambda axes: _roc(axes, outcome)),
        _plot(lambda axes: _precision_recall(axes, outcome)),
        _plot(lambda axes: _calibration(axes, outcome)),
        _plot(lambda axes: _scores(axes, outcome)),
        _plot(lambda axes: _importance(axes, importance)),
        _plot(lambda axes: _confusion(axes, outcome)),
    ]
    cards = "".join(f'<div>{label}<b class="{mood}">{value}</b></div>' for label, value, mood in shown)
    return PAGE.format(summary=summary, figures=cards, plots="".join(plots))


def _plot(draw: Callable[[Axes], None]) -> str:
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(5.6, 4.2), layout="constrained")
        draw(figure.subplots())
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None})
    drawing = text.getvalue()
    return re.sub(INK, "var(--ink)", drawing[drawing.index("<svg") :])


def _roc(axes: Axes, outcome: Outcome) -> None:
    for name, scores, colour in _contenders(outcome):
        false_positive, true_positive, _ = metrics.roc_curve(outcome.truth, scores)
        axes.plot(
            false_positive,
            true_positive,
            color=colour,
            label=f"{name} {metrics.auc(false_positive, true_positive):.3f}",
        )
    axes.plot([0, 1], [0, 1], color=FAINT, linestyle=":", label="coin 0.500")
    axes.set(title="ROC curve", xlabel="false positive rate", ylabel="true positive rate")
    axes.legend(title="area", loc="lower right")


def _precision_recall(axes: Axes, outcome: Outcome) -> None:
    for name, scores, colour in _contenders(outcome):
        precision, recall, _ = metrics.precision_recall_curve(outcome.truth, scores)
        average = metrics.average_precision_score(outcome.truth, scores)
        axes.plot(recall, precision, color=colour, label=f"{name} {average:.3f}")
    axes.axhline(outcome.truth.mean(), color=FAINT, linestyle=":", label=f"coin {outcome.truth.mean():.3f}")
    axes.set(title="Precision and recall", xlabel="recall", ylabel="precision", ylim=(0, 1.02))
    axes.legend(title="average precision", loc="lower left")


def _calibration(axes: Axes, outcome: Outcome) -> None:
    for name, scores, colour in _contenders(outcome):
        happened, said = calibration_curve(outcome.truth, scores, n_bins=10, strategy="quantile")
        axes.plot(said, happened, color=colour, marker="o", markersize=4, label=name)
    axes.plot([0, 1], [0, 1], color=FAINT, linestyle=":", label="perfect")
    axes.set(title="Calibration", xlabel="score, mean of a tenth of the rows", ylabel=f"share with {config.TARGET} = 1")
    axes.legend(loc="upper left")


def _scores(axes: Axes, outcome: Outcome) -> None:
    bins = np.linspace(0, 1, 31).tolist()
    for value, colour in ((0, MODEL), (1, BASELINE)):
        axes.hist(
            outcome.scores[outcome.truth == value],
            bins=bins,
            color=colour,
            alpha=0.6,
            label=f"{config.TARGET} = {value}",
        )
    axes.axvline(config.DECISION_THRESHOLD, color=INK, linestyle="--", linewidth=1, label="decision threshold")
    axes.set(title="Scores of the model", xlabel="score", ylabel="rows")
    axes.legend()


def _importance(axes: Axes, importance: dict[str, float]) -> None:
    total = sum(importance.values()) or 1.0
    best = sorted(importance.items(), key=lambda item: item[1])[-SHOWN_FEATURES:]
    axes.barh([name for name, _ in best], [gain / total for _, gain in best], color=MODEL)
    axes.xaxis.set_major_formatter(mpl.ticker.PercentFormatter(1))
    axes.set(title="What the model looks at", xlabel="share of the total gain")


def _confusion(axes: Axes, outcome: Outcome) -> None:
    said = outcome.scores >= config.DECISION_THRESHOLD
    counts = metrics.confusion_matrix(outcome.truth, said, labels=[0, 1])
    axes.imshow(
        counts / counts.sum(), cmap=mpl.colors.LinearSegmentedColormap.from_list("", [FAINT + "22", MODEL + "b0"])
    )
    for (row, column), count in np.ndenumerate(counts):
        axes.text(column, row, f"{count}\n{count / counts.sum():.0%}", ha="center", va="center", fontsize=13)
    axes.grid(visible=False)
    axes.set_xticks([0, 1], ["said 0", "said 1"])
    axes.set_yticks([0, 1], ["is 0", "is 1"])
    axes.set(title=f"Confusion at threshold {config.DECISION_THRESHOLD}")


def _contenders(outcome: Outcome) -> tuple[tuple[str, NDArray[Any], str], ...]:
    return ("baseline", outcome.baseline, BASELINE), ("model", outcome.scores, MODEL)
