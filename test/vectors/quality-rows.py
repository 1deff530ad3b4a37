"""Vectors of the rows of quality that the learning loop writes at each boundary: `python3 test/vectors/quality-rows.py` (scikit-learn 1.7).

Each case is a target: predictions of two partitions over twelve days by two models, with the scores of a first model beside them, and what
the labels stage says between boundaries: a label, another one in its place, or none any more (null). For each boundary there are
scikit-learn's figures of the labels that hold then, of predictions in the seven whole days before it, and of the second model since its
promotion. Values are Float32, as scores and labels are.
"""
import json
import pathlib

import numpy as np
from sklearn import metrics

random = np.random.default_rng(15)
HOUR = 3_600_000
DAY = 24 * HOUR
PREDICTIONS = 400
BOUNDARIES = [day * DAY + 6 * HOUR for day in range(2, 16)]


def f32(values):
    return np.asarray(values, dtype=np.float32).astype(np.float64)


def binary(labels, scores, _):
    labels, tops = labels.astype(int), scores >= 0.5
    clipped = np.clip(scores, 1e-7, 1 - 1e-7)
    both = len(set(labels)) == 2
    return dict(
        log_loss=metrics.log_loss(labels, clipped, labels=[0, 1]),
        brier=metrics.brier_score_loss(labels, scores),
        auc=metrics.roc_auc_score(labels, scores) if both else None,
        pr_auc=metrics.average_precision_score(labels, scores) if both else None,
        precision=metrics.precision_score(labels, tops) if tops.any() else None,
        recall=metrics.recall_score(labels, tops) if labels.any() else None,
        f1=metrics.f1_score(labels, tops),
        calibration_error=calibration(scores, labels),
    ), metrics.confusion_matrix(labels, tops, labels=[0, 1])


def calibration(scores, hits):
    bins = np.minimum(9, np.floor(scores * 10)).astype(int)
    return float(sum(abs(np.sum(scores[bins == b]) - np.sum(hits[bins == b])) for b in range(10)) / len(scores))


def multiclass(labels, _, outputs):
    labels, tops, every = labels.astype(int), outputs.argmax(axis=1), range(outputs.shape[1])
    common = dict(zero_division=0)
    sums = outputs / outputs.sum(axis=1, keepdims=True)
    return dict(
        log_loss=metrics.log_loss(labels, sums, labels=every),
        brier=metrics.brier_score_loss(labels, sums, labels=every),
        accuracy=metrics.accuracy_score(labels, tops),
        macro_f1=metrics.f1_score(labels, tops, average="macro", **common),
        weighted_f1=metrics.f1_score(labels, tops, average="weighted", **common),
        calibration_error=calibration(outputs.max(axis=1), tops == labels),
    ), metrics.confusion_matrix(labels, tops, labels=every)


def values(labels, scores, outputs):
    low, high = outputs[:, 1], outputs[:, 2]
    losses = [metrics.mean_pinball_loss(labels, q, alpha=a) for q, a in ((low, 0.1), (high, 0.9))]
    return dict(
        mae=metrics.mean_absolute_error(labels, scores),
        rmse=metrics.root_mean_squared_error(labels, scores),
        r2=metrics.r2_score(labels, scores),
        pinball=float(np.mean(losses)),
        pinball_q1=losses[0],
        pinball_q9=losses[1],
        coverage=float(np.mean((labels >= low) & (labels <= high))),
        width=float(np.mean(high - low)),
        share_q1=float(np.mean(labels <= low)),
        share_q9=float(np.mean(labels <= high)),
    ), None


def outputs_of(kind, signal, classes):
    if kind == "binary":
        return f32(np.clip(0.5 + 0.3 * signal + 0.2 * random.standard_normal(len(signal)), 0.001, 0.999))[:, None]
    if kind == "values":
        value = 600 + 40 * signal + 10 * random.standard_normal(len(signal))
        return f32(np.c_[value, value - 25, value + 25])
    logits = 1.5 * random.standard_normal((len(signal), classes))
    logits[np.arange(len(signal)), np.clip(np.round((signal + 2) / 4 * (classes - 1)), 0, classes - 1).astype(int)] += 2
    odds = np.exp(logits)
    return f32(odds / odds.sum(axis=1, keepdims=True))


def labels_of(kind, signal, classes):
    noisy = signal + 0.5 * random.standard_normal(len(signal))
    if kind == "binary":
        return (noisy > 0.4).astype(float)
    if kind == "values":
        return f32(600 + 40 * noisy)
    return np.clip(np.round((noisy + 2) / 4 * (classes - 1)), 0, classes - 1)


def case(name, kind, figures, classes=0):
    signal = random.standard_normal(PREDICTIONS)
    times = np.sort(random.integers(0, 12 * DAY, PREDICTIONS))
    scored, shadow = outputs_of(kind, signal, classes), outputs_of(kind, signal, classes)
    versions = np.where(times < 6 * DAY, "v1", "v2")
    first, second = labels_of(kind, signal, classes), labels_of(kind, signal, classes)
    delays = random.integers(HOUR, 3 * DAY, (3, PREDICTIONS))
    fate = random.random(PREDICTIONS)
    events = []  # when, which prediction, the label
    for i in range(PREDICTIONS):
        at = int(times[i] + delays[0, i])
        events.append((at, i, float(first[i])))
        if fate[i] < 0.2 and second[i] != first[i]:
            events.append((at + int(delays[1, i]), i, float(second[i])))
        if 0.15 < fate[i] < 0.3:
            events.append((at + int(delays[1, i] + delays[2, i]), i, None))
    events.sort(key=lambda event: (event[0], event[1]))
    held, at, boundaries = {}, 0, []
    for boundary in BOUNDARIES:
        said = []
        while at < len(events) and events[at][0] <= boundary:
            _, i, label = events[at]
            held[i] = label
            said.append([i, label])
            at += 1
        known = np.array(sorted(i for i, label in held.items() if label is not None), dtype=int)
        labels = np.array([held[i] for i in known])
        until = boundary // DAY * DAY
        week = (times[known] >= until - 7 * DAY) & (times[known] < until)
        expected = {}
        for model, rows, given in (("loop", week, scored), ("frozen", week, shadow), ("v2", versions[known] == "v2", scored)):
            if not rows.any() or not week.any():
                continue
            own = given[known[rows]]
            score = own.max(axis=1) if kind == "classes" else own[:, 0]
            found, confusion = figures(labels[rows], score, own)
            expected[model] = dict(labels=int(rows.sum()), figures=found)
            if confusion is not None and model != "v2":
                expected[model]["confusion"] = confusion.tolist()
        boundaries.append(dict(atMs=boundary, labels=said, expected=expected))
    predictions = [[i % 2, int(times[i]), str(versions[i]), scored[i].tolist(), shadow[i].tolist()] for i in range(PREDICTIONS)]
    return dict(name=name, classes=[f"c{k}" for k in range(classes)], predictions=predictions, boundaries=boundaries)


cases = [case("binary", "binary", binary), case("four classes", "classes", multiclass, 4), case("fourteen classes", "classes", multiclass, 14), case("quantiles", "values", values)]
text = ",\n".join(json.dumps(one) for one in cases)
pathlib.Path(__file__).with_name("quality-rows.json").write_text(f"[\n{text}\n]\n")
