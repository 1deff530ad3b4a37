"""Reference values for src/stats from independent implementations: SciPy, scikit-learn, River, NumPy.

    python3 -m venv .venv
    .venv/bin/pip install numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1 river==0.26.1
    .venv/bin/python test/vectors/make_stats.py

writes test/vectors/stats-*.json. The versions used are written into each file. Inputs are rounded, so that the files
stay small, and are stored beside the results: nothing is drawn again by the tests.
"""

import json
import math
import pathlib

import numpy as np
import river
import scipy
import sklearn
from river import drift
from scipy import stats
from scipy.spatial.distance import jensenshannon
from sklearn import metrics
from sklearn.calibration import calibration_curve

HERE = pathlib.Path(__file__).parent
VERSIONS = {
    "numpy": np.__version__,
    "scipy": scipy.__version__,
    "scikit-learn": sklearn.__version__,
    "river": river.__version__,
}
rng = np.random.default_rng(20130101)


def write(name, **content):
    path = HERE / f"stats-{name}.json"
    path.write_text(json.dumps({"madeBy": "test/vectors/make_stats.py", "versions": VERSIONS, **content}) + "\n")


def rounded(values, digits=4):
    return [round(float(v), digits) for v in values]


def ks():
    samples = []
    pairs = [
        (rng.normal(size=50), rng.normal(size=50)),
        (rng.normal(size=200), rng.normal(0.3, size=150)),
        (rng.integers(0, 6, 120), rng.integers(0, 7, 90)),  # ties within and across
        (rng.exponential(size=400), rng.exponential(1.5, size=300)),
        (rng.normal(size=7), rng.normal(2, size=5)),
        (rng.normal(size=30), rng.normal(10, size=20)),  # no overlap
        (np.r_[np.full(20, -np.inf), rng.normal(size=180)], np.r_[np.full(40, -np.inf), rng.normal(size=160)]),
    ]
    for a, b in pairs:
        a, b = np.array(rounded(a)), np.array(rounded(b))
        asymptotic = stats.ks_2samp(a, b, method="asymp")
        exact = stats.ks_2samp(a, b, method="exact")
        samples.append(
            {
                "a": [v if math.isfinite(v) else None for v in a.tolist()],  # None stands for -inf
                "b": [v if math.isfinite(v) else None for v in b.tolist()],
                "d": asymptotic.statistic,
                "asymptotic": asymptotic.pvalue,
                "exact": exact.pvalue,
            }
        )
    tail = [
        {"n": n, "d": d, "p": float(stats.kstwo.sf(d, n))}
        for n in (1, 2, 5, 10, 50, 100, 140, 141, 200, 1000, 1428, 2000, 10000, 200000)
        for z in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.36, 1.48, 1.5, 1.7, 2.0, 2.1, 3.0, 5.0, 10.0)
        for d in [round(z / math.sqrt(n), 9)]
        if d < 1
    ]
    write("ks", samples=samples, tail=tail)


def psi_of(edges, reference, current, eps=1e-4):
    """Written from the definition with NumPy's searchsorted, not from the TypeScript."""

    def shares(x):
        x = np.asarray(x, dtype=float)
        missing = np.isnan(x)
        inside = ~missing & (x >= edges[0]) & (x <= edges[-1])
        inner = np.searchsorted(edges[1:-1], x[inside], side="left")
        counts = np.bincount(inner, minlength=len(edges) - 1)
        return np.r_[counts, (~missing & ~inside).sum(), missing.sum()] / len(x)

    p, q = shares(reference), shares(current)
    pe, qe = np.maximum(p, eps), np.maximum(q, eps)
    return p, q, float(np.sum((qe - pe) * np.log(qe / pe)))


def psi():
    numeric = []
    cases = [
        (rng.normal(size=500), rng.normal(0.2, size=300)),
        (np.where(rng.random(400) < 0.6, 0, rng.exponential(size=400)), rng.exponential(size=200)),
        (rng.integers(0, 3, 300).astype(float), rng.integers(0, 5, 300).astype(float)),
        (np.where(rng.random(300) < 0.1, np.nan, rng.normal(size=300)), np.where(rng.random(200) < 0.4, np.nan, rng.normal(size=200))),
        (np.full(100, 3.0), np.r_[np.full(60, 3.0), np.full(40, 4.0)]),
    ]
    for reference, current in cases:
        reference, current = np.array(rounded(reference, 3)), np.array(rounded(current, 3))
        known = reference[~np.isnan(reference)]
        inner = np.unique(np.quantile(known, np.arange(1, 10) / 10))
        edges = np.r_[known.min(), inner[inner < known.max()], known.max()]
        p, q, value = psi_of(edges, reference, current)
        none = lambda x: [None if math.isnan(v) else v for v in x.tolist()]
        numeric.append(
            {"reference": none(reference), "current": none(current), "edges": edges.tolist(),
             "p": p.tolist(), "q": q.tolist(), "psi": value}
        )
    quantiles = [
        {"alpha": alpha, "degrees": df, "x": float(stats.chi2.isf(alpha, df))}
        for df in (1, 2, 3, 9, 10, 11, 50, 101)
        for alpha in (0.5, 0.1, 0.05, 0.01, 0.001, 1e-6)
    ]
    tails = [
        {"x": x, "degrees": df, "p": float(stats.chi2.sf(x, df))}
        for df in (1, 2, 5, 9, 30, 101)
        for x in (0.01, 0.5, 1.0, 3.0, 9.0, 20.0, 60.0, 150.0, 400.0)
    ]
    write("psi", numeric=numeric, quantiles=quantiles, tails=tails)


def streams():
    bits = lambda n, p: (rng.random(n) < p).astype(float)
    return {
        "bits": np.r_[bits(1000, 0.2), bits(1000, 0.5), bits(600, 0.15)],
        "steps": np.r_[rng.integers(0, 2, 1000), rng.integers(4, 8, 700), rng.integers(0, 2, 500)].astype(float),
        "normal": np.r_[rng.normal(0, 1, 900), rng.normal(1, 1, 900), rng.normal(-2, 3, 700)],
        "losses": np.r_[rng.exponential(0.5, 1200), rng.exponential(0.75, 1200)],
        "still": rng.normal(10, 0.1, 1500),
    }


def detectors():
    data = {name: rounded(x, 3) for name, x in streams().items()}
    adwin, hinkley = [], []
    options = [
        {},
        {"delta": 0.05, "clock": 1},
        {"delta": 0.002, "clock": 10, "max_buckets": 3, "min_window_length": 20, "grace_period": 100},
    ]
    for name, x in data.items():
        for o in options:
            detector, found, trace = drift.ADWIN(**o), [], []
            for i, v in enumerate(x):
                detector.update(v)
                if detector.drift_detected:
                    found.append(i)
                if i % 97 == 0:
                    trace.append([i, detector.width, detector.estimation, detector.variance])
            adwin.append({"stream": name, "options": o, "detections": found, "trace": trace})
    options = [
        {},
        {"mode": "up", "threshold": 10.0},
        {"mode": "down", "threshold": 10.0},
        {"min_instances": 100, "delta": 0.05, "threshold": 15.0, "alpha": 0.99, "mode": "both"},
        {"min_instances": 5, "delta": 0.0, "threshold": 5.0, "alpha": 1.0, "mode": "both"},
    ]
    for name, x in data.items():
        for o in options:
            detector, found = drift.PageHinkley(**o), []
            for i, v in enumerate(x):
                detector.update(v)
                if detector.drift_detected:
                    found.append(i)
            hinkley.append({"stream": name, "options": o, "detections": found, "mean": detector._x_mean.get()})
    write("detectors", streams=data, adwin=adwin, pageHinkley=hinkley)


def quality():
    cases = []
    for n, digits in ((400, 6), (300, 1), (50, 3)):
        y = (rng.random(n) < 0.3).astype(int)
        s = np.array(rounded(np.clip(0.35 + 0.25 * y + rng.normal(0, 0.2, n), 0, 1), digits))
        clipped = np.clip(s, 1e-7, 1 - 1e-7)
        bins = np.minimum(9, np.floor(s * 10)).astype(int)
        ece = sum(abs(s[bins == b].mean() - y[bins == b].mean()) * (bins == b).mean() for b in np.unique(bins))
        case = {
            "scores": s.tolist(),
            "labels": y.tolist(),
            "logLoss": metrics.log_loss(y, clipped),
            "brier": metrics.brier_score_loss(y, s),
            "auc": metrics.roc_auc_score(y, s),
            "precision": metrics.precision_score(y, s >= 0.5),
            "recall": metrics.recall_score(y, s >= 0.5),
            "calibrationError": float(ece),
        }
        if digits > 1:  # scikit-learn closes its bins above, so scores on an edge would differ
            true, predicted = calibration_curve(y, s, n_bins=10)
            case["curve"] = {"positiveShare": true.tolist(), "meanScore": predicted.tolist()}
        cases.append(case)
    write("quality", cases=cases)


def others():
    p_values = [rounded(x, 5) for x in (rng.random(20), rng.random(50) ** 4, np.r_[rng.random(10), np.full(5, 0.01)])]
    hochberg = [{"p": p, "adjusted": stats.false_discovery_control(p, method="bh").tolist()} for p in p_values]
    shannon = []
    for k in (2, 5, 12):
        p, q = rng.integers(0, 50, k).astype(float), rng.integers(0, 50, k).astype(float)
        p[0] = 0
        shannon.append({"p": p.tolist(), "q": q.tolist(), "distance": float(jensenshannon(p, q, base=2))})
    shannon.append({"p": [1, 0], "q": [0, 1], "distance": float(jensenshannon([1, 0], [0, 1], base=2))})
    differences = rounded(rng.normal(0.02, 0.3, 40), 5)
    indices = rng.integers(0, 40, (200, 40))
    means = np.array(differences)[indices].mean(axis=1)
    bootstrap = {
        "differences": differences,
        "indices": indices.tolist(),
        "means": means.tolist(),
        "low": float(np.quantile(means, 0.025)),
        "high": float(np.quantile(means, 0.975)),
    }
    x = rounded(1e6 + rng.normal(0, 1, 100), 6)
    moments = {"x": x, "split": 37, "mean": float(np.mean(x)), "variance": float(np.var(x)), "sample": float(np.var(x, ddof=1))}
    sample = sorted(rounded(rng.normal(size=37)))
    levels = [0, 0.025, 0.1, 0.333, 0.5, 0.77, 0.975, 1]
    quantile = {"sample": sample, "levels": levels, "values": np.quantile(sample, levels).tolist()}
    write("others", hochberg=hochberg, shannon=shannon, bootstrap=bootstrap, moments=moments, quantile=quantile)


def splitmix64(seed, count):
    x, out = seed, []
    for _ in range(count):
        x = (x + 0x9E3779B97F4A7C15) % 2**64
        z = x
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) % 2**64
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) % 2**64
        out.append(z ^ (z >> 31))
    return out


def xoshiro128starstar(state, count):
    rotl = lambda x, k: ((x << k) | (x >> (32 - k))) % 2**32
    s, out = list(state), []
    for _ in range(count):
        out.append(rotl(s[1] * 5 % 2**32, 7) * 9 % 2**32)
        t = (s[1] << 9) % 2**32
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= t
        s[3] = rotl(s[3], 11)
    return out


def random():
    """Python's integers after the authors' C; that C itself gives `c` for `cState` (as edorfaus/xoshiro-6502 records)."""
    seeds = []
    for seed in (0, 1, 42, 2**40 + 5):
        a, b = splitmix64(seed, 2)
        state = [a % 2**32, a >> 32, b % 2**32, b >> 32]
        seeds.append({"seed": seed, "state": state, "draws": xoshiro128starstar(state, 20)})
    c_state = [0x964D4A0C, 0xD40AB895, 0xAD7FDECB, 0x3006F0F0]
    c = [0xF1391922, 0x6FE53806, 0xA5BE2840, 0xF510EE70]
    assert xoshiro128starstar(c_state, 4) == c
    write("random", seeds=seeds, cState=c_state, c=c)


for make in (ks, psi, detectors, quality, others, random):
    make()
