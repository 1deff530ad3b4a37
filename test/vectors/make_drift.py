"""Reference values for drift statistics and detectors from independent implementations: SciPy and River.

    python3 -m venv .venv
    .venv/bin/pip install numpy==2.4.6 scipy==1.17.1 river==0.26.1
    .venv/bin/python test/vectors/make_drift.py

writes test/vectors/stats-drift.json: the chi-square test of src/stats, and a statistic (Hellinger distance) and a
detector (DDM) that the tests of test/doors write outside src. Inputs are rounded and stored beside the results.
"""

import json
import math
import pathlib

import numpy as np
import river
import scipy
from river import drift
from scipy import stats
from scipy.spatial.distance import euclidean

HERE = pathlib.Path(__file__).parent
rng = np.random.default_rng(20130102)


def chi_square():
    cases = []
    for a, b in [
        ([30, 70], [50, 50]),
        ([120, 130, 125, 110], [60, 70, 40, 90]),
        (rng.multinomial(6000, np.full(10, 0.1)).tolist(), rng.multinomial(900, np.full(10, 0.1)).tolist()),
        (rng.multinomial(5000, np.full(8, 0.125)).tolist(), rng.multinomial(700, np.r_[0.3, np.full(7, 0.1)]).tolist()),
    ]:
        statistic, p, degrees, expected = stats.chi2_contingency([a, b], correction=False)
        assert expected.min() >= 5
        v = math.sqrt(statistic / (sum(a) + sum(b)))
        cases.append({"a": a, "b": b, "statistic": float(statistic), "degrees": int(degrees), "p": float(p), "cramersV": v})
    return cases


def hellinger():
    cases = []
    for a, b in [
        (np.arange(5).repeat(20), rng.integers(0, 5, 80)),
        (rng.integers(0, 4, 200), rng.integers(0, 4, 150)),
        (np.r_[np.zeros(90), np.ones(10)], np.r_[np.zeros(20), np.ones(30)]),
    ]:
        p, q = [np.bincount(x.astype(int), minlength=5) / len(x) for x in (a, b)]
        distance = euclidean(np.sqrt(p), np.sqrt(q)) / math.sqrt(2)
        cases.append({"a": a.tolist(), "b": b.tolist(), "distance": float(distance)})
    return cases


def ddm():
    bits = lambda n, p: (rng.random(n) < p).astype(int)
    streams = [
        np.r_[bits(1000, 0.2), bits(1000, 0.45)],
        np.r_[bits(400, 0.1), bits(300, 0.3), bits(800, 0.6)],
        bits(1500, 0.25),
    ]
    cases = []
    for x in streams:
        detector, found = drift.binary.DDM(), []
        for i, v in enumerate(x):
            detector.update(bool(v))
            if detector.drift_detected:
                found.append(i)
        cases.append({"errors": x.tolist(), "detections": found})
    return cases


content = {
    "madeBy": "test/vectors/make_drift.py",
    "versions": {"numpy": np.__version__, "scipy": scipy.__version__, "river": river.__version__},
    "chiSquare": chi_square(),
    "hellinger": hellinger(),
    "ddm": ddm(),
}
(HERE / "stats-drift.json").write_text(json.dumps(content) + "\n")
