"""Figures of rows by scikit-learn: `task-figures.py minutes|range|kind`, rows as JSON on standard input."""
import json
import sys

import numpy as np
from sklearn import metrics

given = json.load(sys.stdin)
rows = given["rows"]
labels = np.array([row["label"] for row in rows])
scores = np.array([row["score"] for row in rows])
outputs = np.array([row["outputs"] for row in rows], dtype=float)

if sys.argv[1] == "kind":
    labels = labels.astype(int)
    tops = outputs.argmax(axis=1)
    every = range(given["classes"])
    outputs /= outputs.sum(axis=1, keepdims=True)
    figures = dict(
        logLoss=metrics.log_loss(labels, outputs, labels=every),
        brier=metrics.brier_score_loss(labels, outputs, labels=every),
        accuracy=metrics.accuracy_score(labels, tops),
        macroF1=metrics.f1_score(labels, tops, average="macro", zero_division=0),
        weightedF1=metrics.f1_score(labels, tops, average="weighted", zero_division=0),
        confusion=metrics.confusion_matrix(labels, tops, labels=every).tolist(),
    )
else:
    figures = dict(
        mae=metrics.mean_absolute_error(labels, scores),
        rmse=metrics.root_mean_squared_error(labels, scores),
        r2=metrics.r2_score(labels, scores),
    )
    if sys.argv[1] == "range":
        losses = [metrics.mean_pinball_loss(labels, outputs[:, 1 + k], alpha=a) for k, a in enumerate(given["levels"])]
        figures |= dict(
            pinball=float(np.mean(losses)),
            pinballQ1=losses[0],
            width=float(np.mean(outputs[:, -1] - outputs[:, 1])),
            coverage=float(np.mean((labels >= outputs[:, 1]) & (labels <= outputs[:, -1]))),
        )
print(json.dumps(figures))
