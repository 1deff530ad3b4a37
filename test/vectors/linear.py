"""Vectors of linear models from scikit-learn: `python3 test/vectors/linear.py` (scikit-learn 1.5 or newer, numpy).

Rows have three numeric columns and one category of four values, one-hot encoded for scikit-learn, and weights whose mean is 1.
"""
import json
import pathlib
import numpy as np
from sklearn.linear_model import LogisticRegression, Ridge

ROWS, NUMERIC, CATEGORIES = 120, 3, 4
random = np.random.default_rng(5)
numeric = random.normal(size=(ROWS, NUMERIC)).astype(np.float32)
numeric[:, 2] = numeric[:, 2] * 30 + numeric[:, 0]
category = random.integers(0, CATEGORIES, ROWS)
weights = random.uniform(0.2, 2, ROWS)
weights /= weights.mean()
columns = np.hstack([numeric.astype(float), np.eye(CATEGORIES)[category]])
z = columns @ np.array([1.5, -0.7, 0.02, 1, 0, -1, 0.5]) - 0.3
chance = 1 / (1 + np.exp(-z))
binary = (random.uniform(size=ROWS) < chance).astype(int)
value = z + random.normal(size=ROWS) * 0.4

cases = []
for l2 in [0.1, 1, 25]:
    model = LogisticRegression(C=1 / l2, solver="newton-cholesky", tol=1e-12, max_iter=1000).fit(columns, binary, weights)
    cases.append(dict(loss="logistic", l2=l2, theta=[*model.coef_[0].tolist(), *model.intercept_.tolist()]))
    model = Ridge(alpha=l2, solver="cholesky").fit(columns, value, weights)
    cases.append(dict(loss="squared", l2=l2, theta=[*model.coef_.tolist(), float(model.intercept_)]))

folder = pathlib.Path(__file__).parent
(folder / "linear.json").write_text(
    json.dumps(
        dict(
            numericWidth=NUMERIC,
            tableRows=CATEGORIES,
            numeric=[float(x) for x in numeric.reshape(-1)],
            categories=category.tolist(),
            weights=weights.tolist(),
            labels=dict(logistic=binary.tolist(), squared=value.tolist()),
            cases=cases,
        )
    )
    + "\n"
)
