"""LightGBM beside the trainers of `npm run bench -- trainers`, which starts this: `python3 bench/trainers/peer.py FOLDER`.

FOLDER has the flights' vectors; data sets that scikit-learn ships are added to it. LightGBM fits each with the parameters that
are the defaults of gbdt(), on one thread, and its figures are printed as JSON. Needs lightgbm and scikit-learn.
"""

import json
import pathlib
import sys
import time

import lightgbm
import numpy as np
from sklearn import datasets

FOLDER = pathlib.Path(sys.argv[1])
SHUFFLES, FOLDS = 3, 5
VALIDATION_SHARE = 0.15


def write(name, task, x, y):
    x.astype(np.float32).tofile(FOLDER / f"{name}.features")
    y.astype(np.float32).tofile(FOLDER / f"{name}.labels")
    features = [{"name": f"f{i}", "kind": "numeric"} for i in range(x.shape[1])]
    folds = []
    for shuffle in range(SHUFFLES):
        rows = np.random.RandomState(shuffle).permutation(len(y))
        at = np.arange(len(y))
        for fold in range(FOLDS):
            rest = rows[at % FOLDS != fold]
            train = int(len(rest) * (1 - VALIDATION_SHARE))
            folds.append({"fit": rest.tolist(), "train": train, "test": rows[at % FOLDS == fold].tolist()})
    spec = {"name": name, "task": task, "features": features, "folds": folds}
    (FOLDER / f"{name}.json").write_text(json.dumps(spec))


def loss_of(task, scores, labels):
    if task == "regression":
        return np.sum((scores - labels) ** 2)
    scores = np.clip(scores, 1e-7, 1 - 1e-7)
    return -np.sum(labels * np.log(scores) + (1 - labels) * np.log(1 - scores))


def figures(spec):
    name, task = spec["name"], spec["task"]
    x = np.fromfile(FOLDER / f"{name}.features", np.float32).reshape(-1, len(spec["features"])).astype(np.float64)
    y = np.fromfile(FOLDER / f"{name}.labels", np.float32)
    categories = [i for i, feature in enumerate(spec["features"]) if feature["kind"] == "categorical"]
    for i in categories:  # codes are below 2^24, and LightGBM wants small integers
        x[:, i] = np.unique(x[:, i], return_inverse=True)[1]
    params = {
        "objective": "regression" if task == "regression" else "binary",
        "learning_rate": 0.05,
        "num_leaves": 31,
        "min_data_in_leaf": 20,
        "lambda_l2": 1,
        "max_bin": 255,
        "bagging_fraction": 0.5,
        "bagging_freq": 1,
        "feature_fraction": 0.5,
        "num_threads": 1,
        "deterministic": True,
        "seed": 1,
        "verbosity": -1,
    }
    loss, count, seconds = 0.0, 0, 0.0
    for fold in spec["folds"]:
        fit, test, train = np.array(fold["fit"]), np.array(fold["test"]), fold["train"]
        started = time.process_time()
        fitted = lightgbm.Dataset(x[fit[:train]], y[fit[:train]], categorical_feature=categories, params=params)
        validation = lightgbm.Dataset(x[fit[train:]], y[fit[train:]], reference=fitted)
        stop = lightgbm.early_stopping(50, verbose=False)
        model = lightgbm.train(params, fitted, 1_000, valid_sets=[validation], callbacks=[stop])
        seconds += time.process_time() - started
        scores = model.predict(x[test], num_iteration=model.best_iteration)
        loss += loss_of(task, scores, y[test])
        count += len(test)
    return {"name": name, "loss": loss / count, "seconds": seconds}


write("breast-cancer", "binary", *datasets.load_breast_cancer(return_X_y=True))
digits, digit = datasets.load_digits(return_X_y=True)
write("odd-digits", "binary", digits, digit % 2)
write("diabetes", "regression", *datasets.load_diabetes(return_X_y=True))
specs = [json.loads(file.read_text()) for file in sorted(FOLDER.glob("*.json"))]
print(json.dumps({"lightgbm": lightgbm.__version__, "figures": [figures(spec) for spec in specs]}))
