"""Vectors of the figures of tasks from scikit-learn: `python3 test/vectors/tasks.py` (scikit-learn 1.7, scipy, numpy).

Each case has its rows in parts, as days or partitions would bring them, and the figures of all of them. Values are Float32, as
scores and labels are.
"""
import json
import pathlib

import numpy as np
from scipy.special import huber
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

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
        labels = mean + unit * random.standard_normal(200)
        yield regression(f"unit {unit}", labels, labels + unit * 0.5 * random.standard_normal(200), unit)
    heavy = random.standard_t(1.5, 300)
    yield regression("heavy tails", heavy, np.zeros(300), 1.0)
    yield regression("equal labels", np.full(5, 7), [7, 7, 8, 7, 7], 0.5)
    yield regression("equal labels, no error", np.full(5, 7), np.full(5, 7), 0.5)


vectors = dict(regression=list(regressions()))
path = pathlib.Path(__file__).with_name("tasks.json")
path.write_text(json.dumps(vectors) + "\n")
