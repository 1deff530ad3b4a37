"""Pinball losses of LightGBM and scikit-learn on rows that they have not seen: `python3 test/vectors/gbdt-quantiles.py`.

Needs lightgbm 4.7 and scikit-learn 1.9. Writes gbdt-quantiles.json: rows, the first `train` of which are fitted, and the mean pinball
loss of each level on the others. Parameters are alike, without sampling and early stopping; `constant` has the quantiles of the
labels that are fitted.
"""

import json
import pathlib

import lightgbm
import numpy as np
import sklearn
from sklearn.datasets import load_diabetes
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.metrics import mean_pinball_loss

LEVELS = [0.05, 0.5, 0.9]
ROUNDS, RATE, LEAVES, LEAF_ROWS = 80, 0.05, 8, 20

rng = np.random.RandomState(8)


def spread():
    """The spread grows with one feature, the middle moves with others; values are missing."""
    x = rng.uniform(-1, 1, (2_400, 4)).astype(np.float32).round(3)
    y = 600 + 40 * x[:, 0] + 30 * (x[:, 1] > 0.2) + rng.gumbel(size=len(x)) * (5 + 10 * (x[:, 2] + 1))
    x[rng.uniform(size=len(x)) < 0.1, 0] = np.nan
    return x, y.astype(np.float32).round(2), 1_200


def diabetes():
    data = load_diabetes(scaled=False)
    order = rng.permutation(len(data.target))
    return data.data[order].astype(np.float32).round(3), data.target[order].astype(np.float32), 300


def losses(x, y, train):
    found = {"lightgbm": [], "scikit-learn": [], "constant": []}
    for level in LEVELS:
        params = {
            "objective": "quantile",
            "alpha": level,
            "learning_rate": RATE,
            "num_leaves": LEAVES,
            "min_data_in_leaf": LEAF_ROWS,
            "lambda_l2": 1,
            "num_threads": 1,
            "deterministic": True,
            "verbosity": -1,
        }
        model = lightgbm.train(params, lightgbm.Dataset(x[:train], y[:train]), ROUNDS)
        peer = HistGradientBoostingRegressor(
            loss="quantile",
            quantile=level,
            learning_rate=RATE,
            max_iter=ROUNDS,
            max_leaf_nodes=LEAVES,
            min_samples_leaf=LEAF_ROWS,
            l2_regularization=1,
            early_stopping=False,
        ).fit(x[:train], y[:train])
        constant = np.full(len(y) - train, np.quantile(y[:train], level))
        predictions = (model.predict(x[train:]), peer.predict(x[train:]), constant)
        for name, own in zip(found, predictions):
            found[name].append(mean_pinball_loss(y[train:], own, alpha=level))
    return found


cases = []
for name, (x, y, train) in [("spread", spread()), ("diabetes", diabetes())]:
    features = [[None if np.isnan(v) else float(str(v)) for v in row] for row in x]
    labels = [float(str(v)) for v in y]
    cases.append(dict(name=name, train=train, features=features, labels=labels, losses=losses(x, y, train)))
params = dict(rounds=ROUNDS, learningRate=RATE, leavesMax=LEAVES, leafRowsMin=LEAF_ROWS, l2=1)
versions = {"lightgbm": lightgbm.__version__, "scikit-learn": sklearn.__version__}
out = dict(versions=versions, levels=LEVELS, params=params, cases=cases)
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(out, separators=(",", ":")) + "\n")
