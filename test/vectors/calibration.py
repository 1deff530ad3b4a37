"""Vectors of calibration from scikit-learn: `python3 test/vectors/calibration.py` (scikit-learn 1.8 or newer, numpy).

Scores are Float32 probabilities that are off: too sure, or bent. Expected are the probabilities that scikit-learn makes of a
grid of scores. Its sigmoid and its temperature read decision functions, so estimators here return log odds and logarithms.
"""
import json
import pathlib
import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.isotonic import IsotonicRegression

random = np.random.default_rng(11)


class Scores(ClassifierMixin, BaseEstimator):
    """A fitted classifier whose features are its decision function."""

    def __init__(self, classes):
        self.classes = classes
        self.classes_ = np.arange(classes)

    def fit(self, x, y):
        return self

    def predict(self, x):
        return self.decision_function(x).reshape(len(x), -1).argmax(axis=1)

    def __sklearn_is_fitted__(self):
        return True

    def decision_function(self, x):
        return x[:, 0] if self.classes == 2 else x


def calibrated(method, fitted, labels, asked, classes, weights=None):
    model = CalibratedClassifierCV(FrozenEstimator(Scores(classes)), method=method)
    return model.fit(fitted, labels, sample_weight=weights).predict_proba(asked)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def logit(p):
    p = p.astype(float)
    return np.log(p / (1 - p)).reshape(-1, 1)


binary = []
grid = np.concatenate([np.linspace(0.001, 0.999, 60), [1e-6, 0.9999]]).astype(np.float32)
for name, rows, bend in [("too sure", 400, lambda z: sigmoid(0.4 * z - 0.7)), ("bent", 1500, lambda z: 0.1 + 0.5 * (z > 0.3))]:
    z = random.normal(size=rows) * 2
    # Few different scores, so that some rows share one.
    scores = np.round(sigmoid(z), 2 if name == "too sure" else 6).clip(0.001, 0.999).astype(np.float32)
    labels = (random.uniform(size=rows) < bend(z)).astype(int)
    least = 1 / (rows + 2)
    isotonic = IsotonicRegression(y_min=least, y_max=1 - least, out_of_bounds="clip").fit(scores.astype(float), labels)
    binary.append(
        dict(
            name=name,
            scores=[float(x) for x in scores],
            labels=labels.tolist(),
            sigmoid=calibrated("sigmoid", logit(scores), labels, logit(grid), 2)[:, 1].tolist(),
            isotonic=isotonic.predict(grid.astype(float)).tolist(),
        )
    )

CLASSES = 4
logits = random.normal(size=(600, CLASSES)) * 2
chances = np.exp(0.35 * logits)
chances /= chances.sum(axis=1, keepdims=True)
labels = np.array([random.choice(CLASSES, p=p) for p in chances])
scores = np.exp(logits)
scores = (scores / scores.sum(axis=1, keepdims=True)).astype(np.float32)
logs = np.log(scores.astype(float))
# Targets that are a little unsure: each row with each label, weighted by the target.
unsure = 1 / (len(labels) + 1)
targets = (1 - unsure) * np.eye(CLASSES)[labels] + unsure / CLASSES
every = np.repeat(logs, CLASSES, axis=0), np.tile(np.arange(CLASSES), len(labels))

pathlib.Path(__file__).with_suffix(".json").write_text(
    json.dumps(
        dict(
            grid=[float(x) for x in grid],
            binary=binary,
            classes=CLASSES,
            scores=[float(x) for x in scores.reshape(-1)],
            labels=labels.tolist(),
            temperature=calibrated("temperature", *every, logs[:50], CLASSES, targets.reshape(-1)).reshape(-1).tolist(),
        )
    )
    + "\n"
)
