"""Vectors of the figures of tasks from scikit-learn: `python3 test/vectors/tasks.py` (scikit-learn 1.7, scipy, numpy).

Each case has its rows in parts, as days or partitions would bring them, and the figures of all of them. Values are Float32, as
scores and labels are.
"""
import json
import pathlib

import numpy as np
from scipy.special import huber
from scipy.stats import norm
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    brier_score_loss,
    confusion_matrix,
    f1_score,
    log_loss,
    mean_absolute_error,
    mean_pinball_loss,
    r2_score,
    root_mean_squared_error,
    roc_auc_score,
)

random = np.random.default_rng(15)


def f32(values):
    return np.asarray(values, dtype=np.float32).astype(np.float64)


def cut(count, parts):
    bounds = np.sort(random.integers(0, count + 1, parts - 1))
    return [int(b) for b in bounds]


def regression(name, labels, scores, delta):
    labels, scores = f32(labels), f32(scores)
    return dict(
        name=name,
        labels=labels.tolist(),
        scores=scores.tolist(),
        cuts=cut(len(labels), 4),
        delta=delta,
        mae=mean_absolute_error(labels, scores),
        rmse=root_mean_squared_error(labels, scores),
        r2=r2_score(labels, scores),
        squared=float(np.mean((scores - labels) ** 2)),
        huber=float(np.mean(huber(delta, scores - labels))),
    )


def regressions():
    for unit, mean in [(1, 0), (60, 644), (1e6, 1e9), (1e-6, 0)]:
        labels = mean + unit * random.standard_normal(100)
        yield regression(f"unit {unit}", labels, labels + unit * 0.5 * random.standard_normal(100), unit)
    heavy = random.standard_t(1.5, 150)
    yield regression("heavy tails", heavy, np.zeros(150), 1.0)
    yield regression("equal labels", np.full(5, 7), [7, 7, 8, 7, 7], 0.5)
    yield regression("equal labels, no error", np.full(5, 7), np.full(5, 7), 0.5)


def multiclass(name, outputs, labels):
    outputs = f32(outputs)
    tops = outputs.argmax(axis=1)
    top = outputs.max(axis=1)
    bins = np.minimum(9, np.floor(top * 10)).astype(int)
    error = sum(abs(np.sum(top[bins == b]) - np.sum(tops[bins == b] == labels[bins == b])) for b in range(10))
    common = dict(average="macro", zero_division=0)
    return dict(
        name=name,
        outputs=outputs.tolist(),
        labels=labels.tolist(),
        cuts=cut(len(labels), 4),
        # log_loss divides by the sums of rows, which Float32 leaves beside 1.
        logLoss=float(-np.mean(np.log(np.clip(outputs[np.arange(len(labels)), labels], 1e-7, 1 - 1e-7)))),
        logLossScikit=log_loss(labels, outputs / outputs.sum(axis=1, keepdims=True), labels=range(outputs.shape[1])),
        # Sums that Float32 leaves beside 1 are within the tolerance of scikit-learn.
        brier=brier_score_loss(labels, outputs, labels=range(outputs.shape[1])),
        confusion=confusion_matrix(labels, tops, labels=range(outputs.shape[1])).tolist(),
        accuracy=accuracy_score(labels, tops),
        macroF1=f1_score(labels, tops, **common),
        weightedF1=f1_score(labels, tops, **(common | dict(average="weighted"))),
        calibrationError=float(error / len(labels)),
    )


def multiclasses():
    for classes, rows, sharpness in [(3, 120, 1), (7, 90, 3), (20, 50, 2)]:
        logits = sharpness * random.standard_normal((rows, classes))
        outputs = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        labels = np.array([random.choice(classes, p=p / p.sum()) for p in outputs])
        yield multiclass(f"{classes} classes", outputs, labels)
    yield multiclass("one label", np.tile([0.2, 0.5, 0.3], (6, 1)), np.full(6, 2))
    yield multiclass("ties", np.tile([0.4, 0.4, 0.2], (4, 1)), np.array([0, 1, 2, 0]))


def binary(name, scores, labels):
    scores = f32(scores)
    return dict(
        name=name,
        scores=scores.tolist(),
        labels=labels.tolist(),
        cuts=cut(len(labels), 4),
        auc=roc_auc_score(labels, scores),
        prAuc=average_precision_score(labels, scores),
        brier=brier_score_loss(labels, scores),
        f1=f1_score(labels, scores >= 0.5, zero_division=0),
        confusion=confusion_matrix(labels, scores >= 0.5, labels=[0, 1]).tolist(),
    )


def binaries():
    for rows, share, spread in [(400, 0.3, 0.25), (2000, 0.01, 0.02), (300, 0.9, 0.3)]:
        labels = (random.random(rows) < share).astype(int)
        labels[:2] = [0, 1]
        scores = np.clip(share + spread * labels + spread * random.standard_normal(rows), 0, 1)
        yield binary(f"{rows} rows, {share} positive", scores, labels)
    labels = (random.random(200) < 0.4).astype(int)
    yield binary("ties", np.round(np.clip(0.3 + 0.3 * labels + 0.2 * random.standard_normal(200), 0, 1), 1), labels)
    yield binary("all scores equal", np.full(50, 0.25), (np.arange(50) % 3 == 0).astype(int))


def quantile_regression(name, labels, scores, levels, quantiles):
    labels, scores, quantiles = f32(labels), f32(scores), np.sort(f32(quantiles), axis=1)
    pinballs = [mean_pinball_loss(labels, quantiles[:, k], alpha=level) for k, level in enumerate(levels)]
    return dict(
        name=name,
        levels=levels,
        labels=labels.tolist(),
        scores=scores.tolist(),
        quantiles=quantiles.tolist(),
        cuts=cut(len(labels), 4),
        mae=mean_absolute_error(labels, scores),
        pinballs=pinballs,
        pinball=float(np.mean(pinballs)),
        coverage=float(np.mean((labels >= quantiles[:, 0]) & (labels <= quantiles[:, -1]))),
        width=float(np.mean(quantiles[:, -1].astype(np.float64) - quantiles[:, 0])),
        shares=np.mean(labels[:, None] <= quantiles, axis=0).tolist(),
    )


def quantile_regressions():
    for unit, mean, levels in [(1, 0, [0.1, 0.5, 0.9]), (60, 644, [0.025, 0.975]), (1e-6, 0, [0.5])]:
        truth = mean + unit * random.standard_normal(120)
        labels = truth + 0.5 * unit * random.standard_normal(120)
        quantiles = truth[:, None] + 0.5 * unit * norm.ppf(levels) + 0.1 * unit * random.standard_normal((120, len(levels)))
        yield quantile_regression(f"unit {unit}", labels, truth, levels, quantiles)
    yield quantile_regression("on the quantile", np.arange(8), np.full(8, 3), [0.25, 0.75], np.tile([2, 5], (8, 1)))


vectors = dict(
    regression=list(regressions()),
    multiclass=list(multiclasses()),
    binary=list(binaries()),
    quantiles=list(quantile_regressions()),
)
path = pathlib.Path(__file__).with_name("tasks.json")
path.write_text(json.dumps(vectors) + "\n")
