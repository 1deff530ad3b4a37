"""Intervals of MAPIE, by conformalized quantile regression: `python3 test/vectors/conformal.py` (mapie 1.x, numpy).

Writes conformal.json: lower and upper quantiles and labels of rows to calibrate on, other rows, and the intervals of these.
"""

import json
import pathlib
import warnings

import mapie
import numpy as np
from mapie.regression import ConformalizedQuantileRegressor
from sklearn.base import BaseEstimator, RegressorMixin

warnings.filterwarnings("ignore")
rng = np.random.RandomState(4)


class Column(RegressorMixin, BaseEstimator):
    """A fitted model whose prediction is a feature."""

    def __init__(self, index):
        self.index = index

    def fit(self, x, y):
        return self

    def predict(self, x):
        return x[:, self.index]

    def __sklearn_is_fitted__(self):
        return True


def case(name, rows, share, shift):
    middle = rng.normal(size=rows + 20) * 10
    half = rng.uniform(1, 4, rows + 20)
    quantiles = np.column_stack([middle - half, middle + half]).astype(np.float32)
    labels = (middle + shift * half * rng.standard_t(4, rows + 20)).astype(np.float32)
    x = np.column_stack([quantiles, quantiles.mean(axis=1)]).astype(np.float64)
    estimators = [Column(0), Column(1), Column(2)]
    model = ConformalizedQuantileRegressor(estimators, confidence_level=share, prefit=True)
    model.conformalize(x[:rows], labels[:rows])
    _, intervals = model.predict_interval(x[rows:], symmetric_correction=True)
    return dict(
        name=name,
        share=share,
        quantiles=quantiles[:rows].tolist(),
        labels=labels[:rows].tolist(),
        others=quantiles[rows:].tolist(),
        expected=intervals[:, :, 0].tolist(),
    )


cases = [case("too narrow", 200, 0.9, 1.5), case("too wide", 333, 0.8, 0.2), case("few rows", 40, 0.9, 1)]
out = dict(mapie=mapie.__version__, cases=cases)
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(out, separators=(",", ":")) + "\n")
