"""The streams of `npm run bench -- learning` from River itself, and the figures of other learners on them.

    python3 -m venv .venv
    .venv/bin/pip install river==0.26.1 lightgbm==4.7.0 scikit-learn==1.9.1 numpy==2.4.6
    .venv/bin/python test/vectors/learning.py

writes test/vectors/learning.json: some rows of each stream, which the bench's own generators must give, and for each learner
and block of 500 rows the number of right predictions and the sum of the log loss, for a regression the sums of absolute and of
squared errors. A row is predicted when it comes and learnt 12 rows later, the flights once they have landed, as in the bench. Data
sets that River ships are written to bench/learning/data; the flights' vectors are read from the folder FLIGHTS, which
`node bench/learning/write-flights.ts FOLDER` writes. Takes about an hour on one core. Names of streams as arguments: those alone
are computed again.
"""

import gzip
import heapq
import itertools
import json
import math
import numbers
import os
import pathlib
import random
import sys
import time

import lightgbm
import numpy as np
import river
from river import compose, datasets, ensemble, forest, linear_model, preprocessing, tree
from river.datasets import synth

FILE = pathlib.Path(__file__).parent / "learning.json"
DATA = pathlib.Path(__file__).parents[2] / "bench" / "learning" / "data"
DELAY = 12
BLOCK = 500
WEEK = 2016
EPS = 1e-7


def still(seed):
    return synth.Hyperplane(seed=seed, n_features=10, n_drift_features=0, mag_change=0, noise_percentage=0.05, sigma=0)


def led(swapped, seed):
    rows = synth.LEDDrift(seed=seed, noise_percentage=0.1, irrelevant_features=True, n_drift_features=swapped)
    for x, y in rows:
        yield x, int(y >= 5)


def logistic(features, intercept, seed):
    rng = random.Random(seed)
    weights = [rng.gauss(0, 1) for _ in range(features)]
    while True:
        x = [rng.gauss(0, 1) for _ in range(features)]
        logit = intercept + sum(w * v for w, v in zip(weights, x))
        yield dict(enumerate(x)), int(rng.random() < 1 / (1 + math.exp(-logit)))


STREAMS = {
    "stagger": (20_000, [5_000, 10_000, 15_000], lambda: [synth.STAGGER(c, seed=i + 1) for i, c in enumerate([0, 1, 2, 0])]),
    "led": (20_000, [7_000, 14_000], lambda: [led(0, 1), led(4, 2), led(7, 3)]),
    "hyperplane": (20_000, [], lambda: [synth.Hyperplane(seed=1, n_features=10, n_drift_features=5, mag_change=0.001, noise_percentage=0.05, sigma=0.1)]),
    "rbf": (20_000, [], lambda: [synth.RandomRBFDrift(seed_model=1, seed_sample=1, n_features=10, n_centroids=50, change_speed=0.0001)]),
    "sudden": (20_000, [10_000], lambda: [still(11), still(12)]),
    "mixed": (20_000, [6_000, 12_000], lambda: [synth.Mixed(c, seed=i + 1) for i, c in enumerate([0, 1, 0])]),
    "sea": (20_000, [5_000, 10_000, 15_000], lambda: [synth.SEA(v, noise=0.1, seed=v + 1) for v in range(4)]),
    "unit": (20_000, [10_000], lambda: [still(21), ((dict(x) | {0: x[0] * 1000}, y) for x, y in still(21))]),
    "rare": (30_000, [], lambda: [logistic(10, -8.2, 1)]),
    "small": (2_000, [], lambda: [still(31)]),
    "bananas": (5_300, [], lambda: [datasets.Bananas()]),
    "phishing": (1_250, [], lambda: [datasets.Phishing()]),
    "friedman": (20_000, [], lambda: [synth.FriedmanDrift(drift_type="gra", position=(7_000, 14_000), seed=1)]),
}
SHIPPED = ["bananas", "phishing"]
REGRESSIONS = ["friedman"]
FLIGHTS_A_WEEK = 6_278


def rows_of(name):
    """Each row with the number of the first row before which its label is known."""
    if name == "flights":
        yield from flights()
        return
    count, changes, parts = STREAMS[name]
    bounds = [0, *changes, count]
    number = float if name in REGRESSIONS else int
    rows = itertools.chain(*(itertools.islice(part, high - low) for part, low, high in zip(parts(), bounds, bounds[1:])))
    for i, (x, y) in enumerate(rows):
        yield {str(k): float(v) for k, v in x.items()}, number(y), i + DELAY + 1


def flights():
    folder = pathlib.Path(os.environ["FLIGHTS"])
    spec = json.loads((folder / "flights.json").read_text())
    x = np.fromfile(folder / "flights.features", np.float32).reshape(-1, len(spec)).astype(float)
    y = np.fromfile(folder / "flights.labels", np.float32)
    times, label_times = (np.fromfile(folder / f"flights.{part}", np.float64) for part in ("timeMs", "labelMs"))
    known = np.searchsorted(times, label_times, side="right")
    for row, label, at in zip(x, y, known):
        values = {}
        for i, (value, kind) in enumerate(zip(row, spec)):
            if value == value:
                values[str(i)] = str(value) if kind == "categorical" else value
        yield values, int(label), at


class Weekly:
    """LightGBM with its defaults, trained each week on every label known by then."""

    def __init__(self, make, week=WEEK):
        self.make, self.week = make, week
        self.rows, self.labels, self.model, self.seen = [], [], None, 0
        self.codes = {}

    def predict_one(self, x):
        self.seen += 1
        if self.seen % self.week == 0 and len(set(self.labels)) > 1:
            frame = np.full((len(self.rows), 1 + max(int(k) for row in self.rows for k in row)), np.nan)
            for i, row in enumerate(self.rows):
                for k, v in row.items():
                    frame[i, int(k)] = v
            categories = sorted({int(k) for k, _ in self.codes}) or "auto"
            self.model = self.make(n_jobs=1, verbosity=-1, random_state=1)
            self.model.fit(frame, np.array(self.labels), categorical_feature=categories)
            self.width = frame.shape[1]
        if self.model is None:
            return None
        row = np.full((1, self.width), np.nan)
        for k, v in self.coded(x).items():
            row[0, int(k)] = v
        return float(self.model.booster_.predict(row)[0])

    def predict_proba_one(self, x):
        p = self.predict_one(x)
        return {} if p is None else {1: p}

    def coded(self, x):
        return {k: self.codes.setdefault((k, v), len(self.codes)) if isinstance(v, str) else v for k, v in x.items()}

    def learn_one(self, x, y):
        self.rows.append(self.coded(x))
        self.labels.append(y)


class Mean:
    def __init__(self):
        self.count = self.sum = 0

    def predict_one(self, _):
        return self.sum / self.count if self.count else 0

    def learn_one(self, _, y):
        self.count += 1
        self.sum += y


class Last:
    def __init__(self):
        self.last = 0

    def predict_one(self, _):
        return self.last

    def learn_one(self, _, y):
        self.last = y


class Majority:
    def __init__(self):
        self.count = self.positives = 0

    def predict_proba_one(self, _):
        return {1: self.positives / self.count} if self.count else {}

    def learn_one(self, _, y):
        self.count += 1
        self.positives += y


class NoChange:
    """The newest label, with the share of labels so far that repeated the one before as its probability."""

    def __init__(self):
        self.count, self.same, self.last = 2, 1, None

    def predict_proba_one(self, _):
        if self.last is None:
            return {}
        p = self.same / self.count
        return {1: p if self.last else 1 - p}

    def learn_one(self, _, y):
        self.count += 1
        self.same += y == self.last
        self.last = y


REGRESSORS = {
    "ARF": lambda: forest.ARFRegressor(seed=1),
    "SRP": lambda: ensemble.SRPRegressor(n_models=10, seed=1),
    "HAT": lambda: tree.HoeffdingAdaptiveTreeRegressor(seed=1),
    "linear": lambda: preprocessing.StandardScaler() | linear_model.LinearRegression(),
    "LightGBM": lambda: Weekly(lightgbm.LGBMRegressor),
    "noChange": Last,
    "mean": Mean,
}


def one_hot_and_scaled():
    numeric = compose.SelectType(numbers.Number) | preprocessing.StandardScaler()
    return numeric + (compose.SelectType(str) | preprocessing.OneHotEncoder())


LEARNERS = {
    "ARF": lambda: forest.ARFClassifier(seed=1),
    "SRP": lambda: ensemble.SRPClassifier(n_models=10, seed=1),
    "HAT": lambda: tree.HoeffdingAdaptiveTreeClassifier(seed=1),
    "logistic": lambda: preprocessing.StandardScaler() | linear_model.LogisticRegression(),
    "LightGBM": lambda: Weekly(lightgbm.LGBMClassifier),
    "noChange": NoChange,
    "majority": Majority,
}
# Without SRP, which takes an hour.
ON_FLIGHTS = {
    "ARF": LEARNERS["ARF"],
    "HAT": LEARNERS["HAT"],
    "logistic": lambda: one_hot_and_scaled() | linear_model.LogisticRegression(),
    "LightGBM": lambda: Weekly(lightgbm.LGBMClassifier, FLIGHTS_A_WEEK),
    "noChange": NoChange,
    "majority": Majority,
}


def judged(learner, x, y):
    p = min(1 - EPS, max(EPS, learner.predict_proba_one(x).get(1, 0.5)))
    if p != p:
        p = 0.5
    return (p >= 0.5) == (y == 1), -math.log(p if y == 1 else 1 - p)


def regressed(learner, x, y):
    error = (learner.predict_one(x) or 0) - y
    return abs(error), error * error


def figures(learner, rows, errors):
    waiting, blocks, first, second = [], [], 0, 0.0
    for i, (x, y, known) in enumerate(rows):
        while waiting and waiting[0][0] <= i:
            _, _, *row = heapq.heappop(waiting)
            learner.learn_one(*row)
        one, other = errors(learner, x, y)
        first, second = first + one, second + other
        heapq.heappush(waiting, (known, i, x, y))
        if (i + 1) % BLOCK == 0:
            blocks.append([round(first, 3), round(second, 3)])
            first, second = 0, 0.0
    return blocks


def write(name, rows):
    """As JSON, in a gzip file without a time: features, then the label."""
    text = json.dumps([[*x.values(), y] for x, y, _ in rows])
    DATA.mkdir(exist_ok=True)
    (DATA / f"{name}.json.gz").write_bytes(gzip.compress(text.encode(), mtime=0))


def main():
    versions = {"river": river.__version__, "lightgbm": lightgbm.__version__, "python": sys.version.split()[0]}
    known = json.loads(FILE.read_text())["streams"] if FILE.exists() else {}
    streams = {name: known[name] for name in [*STREAMS, "flights"] if name in known}
    for name in sys.argv[1:] or [*STREAMS, "flights"]:
        rows = list(rows_of(name))
        makes = REGRESSORS if name in REGRESSIONS else ON_FLIGHTS if name == "flights" else LEARNERS
        if name in SHIPPED:
            write(name, rows)
        at = [0, 1, 2, len(rows) // 2, len(rows) - 1]
        learners = {}
        for learner, make in makes.items():
            started = time.time()
            learners[learner] = figures(make(), rows, regressed if name in REGRESSIONS else judged)
            total = sum(b[0] for b in learners[learner]) / len(rows)
            print(name, learner, f"{total:.4f}", f"{time.time() - started:.0f} s", flush=True)
        streams[name] = {
            "rows": [[i, list(rows[i][0].values()), rows[i][1]] for i in at] if name != "flights" else [],
            "labels": sum(y for _, y, _ in rows),
            "learners": learners,
        }
        FILE.write_text(json.dumps({"versions": versions, "block": BLOCK, "delay": DELAY, "streams": streams}) + "\n")


main()
