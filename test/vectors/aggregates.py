"""Expected values of windowed aggregates: SciPy and NumPy.

Usage: python -m pip install numpy scipy && python test/vectors/aggregates.py > test/vectors/aggregates.json
"""

import json
import random

import numpy
from scipy import stats

random.seed(14)


def case(count, draw):
    """Events in the order of their arrival, every fourth of them late."""
    times, at = [], 1_700_000_000_000
    for i in range(count):
        at += random.randrange(1, 4_000)
        times.append(at - (random.randrange(0, 3_000) if i % 4 == 3 else 0))
    values = [draw() for _ in range(count)]
    gaps = numpy.diff(numpy.sort(numpy.array(times))) / 1_000
    seconds = (numpy.array(times) - times[0]) / 1_000
    few = {} if count > 100 else {
        "entropy": float(stats.entropy(numpy.unique(values, return_counts=True)[1], base=2)),
        "distinct": len(set(values)),
    }
    bins = numpy.bincount(numpy.digitize(values, [-5, 0, 5]), minlength=4)
    return few | {f"histogram {i}": int(n) for i, n in enumerate(bins)} | {
        "quantiles p25": float(numpy.quantile(values, 0.25, method="lower")),
        "quantiles p50": float(numpy.quantile(values, 0.5, method="lower")),
        "quantiles p99": float(numpy.quantile(values, 0.99, method="lower")),
        "events": list(zip(times, values)),
        "variance": float(numpy.var(values, ddof=1)),
        "skewness": float(stats.skew(values)),
        "kurtosis": float(stats.kurtosis(values)),
        "trend": float(stats.linregress(seconds, values).slope),
        "interArrivalMean": float(gaps.mean()),
        "interArrivalStd": float(gaps.std(ddof=1)),
    }


cases = [
    case(5, lambda: random.randrange(-9, 9)),
    case(60, lambda: random.gauss(0, 1)),
    case(60, lambda: random.paretovariate(1.5)),
    case(200, lambda: random.lognormvariate(3, 2)),
    case(200, lambda: 1e6 + random.random()),
]
print(json.dumps({"cases": cases}, indent=None))
