"""Predictions of LightGBM after some rounds, which gbdt() must have: `python3 test/vectors/gbdt.py` (lightgbm 4.7, numpy).

Least rows of a leaf are left at 1: with weights, LightGBM estimates them by the second derivatives. Leaves are few: it does not
try a feature again below a leaf that could not be split by it, which gbdt() does.
"""

import json
import pathlib

import lightgbm
import numpy as np

ROWS, ROUNDS = 300, 4
PARAMS = {
    "learning_rate": 0.1,
    "num_leaves": 6,
    "min_data_in_leaf": 1,
    "min_sum_hessian_in_leaf": 3,
    "lambda_l2": 1,
    "max_bin": 255,
    "num_threads": 1,
    "deterministic": True,
    "verbosity": -1,
}

rng = np.random.RandomState(3)
# Few values above 0, each of some rows: LightGBM bins values on both sides of 0 apart.
x = np.column_stack([rng.randint(1, 20, ROWS) / 4, rng.randint(1, 12, ROWS), rng.randint(1, 6, ROWS), rng.randint(1, 30, ROWS)])
x = x.astype(np.float32)
x[rng.uniform(size=ROWS) < 0.2, 0] = np.nan
x[rng.uniform(size=ROWS) < 0.1, 2] = np.nan
signal = np.where(np.isnan(x[:, 0]), 1.5, np.nan_to_num(x[:, 0])) + x[:, 1] / 4 * (np.nan_to_num(x[:, 2]) > 2)
value = (100 + 10 * signal + rng.normal(size=ROWS)).astype(np.float32)
label = (signal + rng.logistic(size=ROWS) > 3).astype(np.float32)
weight = rng.uniform(0.25, 2, ROWS).astype(np.float32)
weight *= ROWS / weight.sum()

cases = []
for objective, target in [("regression", value), ("binary", label)]:
    params = PARAMS | {"objective": objective}
    data = lightgbm.Dataset(x.astype(np.float64), target, weight=weight, params=params)
    model = lightgbm.train(params, data, ROUNDS)
    scores = model.predict(x.astype(np.float64), raw_score=True)
    cases.append({"task": objective, "labels": target.tolist(), "scores": scores.tolist()})

numbers = lambda values: [None if np.isnan(v) else float(v) for v in values.reshape(-1)]
out = {
    "lightgbm": lightgbm.__version__,
    "rounds": ROUNDS,
    "width": x.shape[1],
    "features": numbers(x),
    "weights": numbers(weight),
    "cases": cases,
}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(out, separators=(",", ":")) + "\n")
