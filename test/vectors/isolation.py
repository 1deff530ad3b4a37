"""Vectors of isolation forests from scikit-learn: `python3 test/vectors/isolation.py` (scikit-learn 1.7, numpy).

The wines that scikit-learn ships: those of the first two cultivars, and ten of the third as anomalies; how well scikit-learn's
forest finds them over forty seeds, and its mean depths.
"""
import json
import pathlib

import numpy as np
from sklearn.datasets import load_wine
from sklearn.ensemble import IsolationForest
from sklearn.ensemble._iforest import _average_path_length
from sklearn.metrics import roc_auc_score

wine = load_wine()
rows = np.concatenate([np.flatnonzero(wine.target < 2), np.flatnonzero(wine.target == 2)[::5]])
features = wine.data[rows].astype(np.float32)
anomalies = (wine.target[rows] == 2).astype(int)
areas = [
    roc_auc_score(anomalies, -IsolationForest(n_estimators=100, max_samples=64, random_state=seed).fit(features).score_samples(features))
    for seed in range(40)
]
counts = [1, 2, 3, 10, 64, 256, 1000]
content = dict(
    width=features.shape[1],
    features=[float(np.format_float_positional(v, unique=True)) for v in features.ravel()],
    anomalies=anomalies.tolist(),
    auc=dict(mean=float(np.mean(areas)), std=float(np.std(areas))),
    depths=[dict(count=n, depth=float(_average_path_length(np.array([n]))[0])) for n in counts],
)
path = pathlib.Path(__file__).with_name("isolation.json")
path.write_text(json.dumps(content) + "\n")
