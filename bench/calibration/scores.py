"""Scores for `npm run bench -- calibration`, which starts this: `python3 bench/calibration/scores.py FOLDER`.

Eight kinds of models are fitted to data sets that scikit-learn ships or draws, each shuffled twice: 55 % of the rows train, 10 %
validate, 35 % test. FOLDER gets a JSON file of each fit with the scores and labels of the rows that validate and test. Needs
lightgbm and scikit-learn.
"""

import json
import pathlib
import sys
import warnings

import lightgbm
import numpy as np
from sklearn import datasets
from sklearn.ensemble import AdaBoostClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

warnings.filterwarnings("ignore")
FOLDER = pathlib.Path(sys.argv[1])
SHUFFLES = 2
EARLY = "boosting, stopped early"


def drawn(rows, seed, **more):
    return datasets.make_classification(n_samples=rows, random_state=seed, **more)


def hastie():
    x, y = datasets.make_hastie_10_2(8000, random_state=3)
    return x, (y > 0).astype(int)


def friedman():
    x, value = datasets.make_friedman1(12000, random_state=5)
    chance = 1 / (1 + np.exp(-(value - 14) / 3))
    return x, (np.random.RandomState(5).uniform(size=len(chance)) < chance).astype(int)


digits, digit = datasets.load_digits(return_X_y=True)
BINARY = {
    "breast cancer": datasets.load_breast_cancer(return_X_y=True),
    "odd digits": (digits, digit % 2),
    "eights": (digits, (digit == 8).astype(int)),
    "hastie": hastie(),
    "moons": datasets.make_moons(3000, noise=0.4, random_state=6),
    "friedman": friedman(),
    "drawn 1": drawn(4000, 1, n_features=20, n_informative=6, flip_y=0.1),
    "drawn 2": drawn(20000, 2, n_features=15, n_informative=5, weights=[0.95], flip_y=0.02),
    "drawn 3": drawn(1500, 7, n_features=30, n_informative=10, flip_y=0.2),
    "drawn 4": drawn(30000, 8, n_features=12, n_informative=8, weights=[0.99], flip_y=0.01),
    "drawn 5": drawn(10000, 9, n_features=10, n_informative=3, n_clusters_per_class=3),
}
CLASSES = {
    "digits": (digits, digit),
    "wine": datasets.load_wine(return_X_y=True),
    "drawn 6": drawn(6000, 10, n_features=12, n_informative=8, n_classes=4, flip_y=0.15),
    "drawn 7": drawn(3000, 11, n_features=10, n_informative=6, n_classes=3),
    "quantiles": datasets.make_gaussian_quantiles(n_samples=5000, n_features=6, n_classes=5, random_state=21),
    "drawn 8": drawn(2500, 22, n_features=14, n_informative=9, n_classes=6, flip_y=0.05),
    "blobs": datasets.make_blobs(n_samples=2000, centers=8, cluster_std=2.5, random_state=23),
    "far blobs": datasets.make_blobs(n_samples=2000, centers=4, cluster_std=1.2, random_state=24),
}


def models():
    return {
        "naive Bayes": GaussianNB(),
        "forest": RandomForestClassifier(60, random_state=1),
        "forest of large leaves": RandomForestClassifier(60, min_samples_leaf=20, random_state=1),
        "logistic regression": make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)),
        "neighbours": make_pipeline(StandardScaler(), KNeighborsClassifier(15)),
        "AdaBoost": AdaBoostClassifier(n_estimators=40, random_state=1),
        "boosting without a stop": lightgbm.LGBMClassifier(n_estimators=400, num_leaves=63, verbosity=-1, n_jobs=1),
        EARLY: lightgbm.LGBMClassifier(n_estimators=500, learning_rate=0.05, verbosity=-1, n_jobs=1),
    }


def split(count, seed):
    order = np.random.RandomState(seed).permutation(count)
    return np.split(order, [int(count * 0.55), int(count * 0.65)])


def write(task, name, x, y, seed):
    train, validation, test = split(len(y), seed)
    for model, fitted in models().items():
        stop = dict(eval_set=[(x[validation], y[validation])], callbacks=[lightgbm.early_stopping(50, verbose=False)])
        fitted.fit(x[train], y[train], **(stop if model == EARLY else {}))
        parts = {}
        for part, rows in [("validation", validation), ("test", test)]:
            scores = np.float32(fitted.predict_proba(x[rows]))
            parts[part] = {
                "scores": (scores[:, 1] if task == "binary" else scores.reshape(-1)).tolist(),
                "labels": y[rows].tolist(),
            }
        outputs = 1 if task == "binary" else int(y.max()) + 1
        fit = {"task": task, "data": name, "model": model, "outputs": outputs, **parts}
        (FOLDER / f"{task} {name} {model} {seed}.json").write_text(json.dumps(fit))


for task, sets in [("binary", BINARY), ("multiclass", CLASSES)]:
    for name, (x, y) in sets.items():
        for seed in range(SHUFFLES):
            write(task, name, x, y, seed)
