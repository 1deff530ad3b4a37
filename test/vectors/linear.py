"""Vectors of linear models from scikit-learn: `python3 test/vectors/linear.py` (scikit-learn 1.6 or newer, numpy, scipy).

Rows have three numeric columns and one category of four values, one-hot encoded for scikit-learn, and weights whose mean is 1.
"""
import json
import pathlib
import numpy as np
from scipy.optimize import minimize
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
tails = value + np.where(random.uniform(size=ROWS) < 0.1, random.normal(size=ROWS) * 20, 0)
classes = np.digitize(z + random.logistic(size=ROWS), [-1.2, 0.4])
DELTA = 0.8


def huber(l2):
    """scikit-learn's HuberRegressor estimates a scale as well, so SciPy minimises: Newton's method with the exact Hessian."""
    x = np.hstack([columns, np.ones((ROWS, 1))])
    penalty = l2 * np.append(np.ones(columns.shape[1]), 0)

    def f(theta):
        error = x @ theta - tails
        size = np.abs(error)
        return weights @ np.where(size <= DELTA, error**2 / 2, DELTA * (size - DELTA / 2)) + penalty @ theta**2 / 2

    def slope(theta):
        return x.T @ (weights * np.clip(x @ theta - tails, -DELTA, DELTA)) + penalty * theta

    def curvature(theta):
        return x.T @ ((weights * (np.abs(x @ theta - tails) <= DELTA))[:, None] * x) + np.diag(penalty)

    return minimize(f, np.zeros(x.shape[1]), jac=slope, hess=curvature, method="trust-exact", options=dict(gtol=1e-10)).x

cases = []
for l2 in [0.1, 1, 25]:
    model = LogisticRegression(C=1 / l2, solver="newton-cholesky", tol=1e-12, max_iter=1000).fit(columns, binary, weights)
    cases.append(dict(loss="logistic", l2=l2, theta=[*model.coef_[0].tolist(), *model.intercept_.tolist()]))
    model = Ridge(alpha=l2, solver="cholesky").fit(columns, value, weights)
    cases.append(dict(loss="squared", l2=l2, theta=[*model.coef_.tolist(), float(model.intercept_)]))
    cases.append(dict(loss="huber", l2=l2, theta=huber(l2).tolist()))
    model = LogisticRegression(C=1 / l2, solver="newton-cholesky", tol=1e-12, max_iter=1000).fit(columns, classes, weights)
    model.intercept_ -= model.intercept_.mean()  # a constant more changes no probability
    cases.append(dict(loss="softmax", l2=l2, theta=np.column_stack([model.coef_, model.intercept_]).reshape(-1).tolist()))

folder = pathlib.Path(__file__).parent
(folder / "linear.json").write_text(
    json.dumps(
        dict(
            numericWidth=NUMERIC,
            tableRows=CATEGORIES,
            numeric=[float(x) for x in numeric.reshape(-1)],
            categories=category.tolist(),
            weights=weights.tolist(),
            delta=DELTA,
            classes=3,
            labels=dict(logistic=binary.tolist(), squared=value.tolist(), huber=tails.tolist(), softmax=classes.tolist()),
            cases=cases,
        )
    )
    + "\n"
)
