"""Vectors of logistic regression with wrong labels from SciPy: `python3 test/vectors/label-noise.py` (numpy and scipy).

The likelihood of the coefficients and of both rates, with an L2 penalty and a Jeffreys prior of each rate, is maximised as a whole
by BFGS, where the trainer takes rates and coefficients in turn.
"""
import json
import pathlib
import numpy as np
from scipy.optimize import minimize

ROWS, COLUMNS = 600, 3
random = np.random.default_rng(17)
numeric = random.normal(size=(ROWS, COLUMNS)).astype(np.float32)
weights = random.uniform(0.5, 1.5, ROWS)
weights /= weights.mean()
x = np.hstack([numeric.astype(float), np.ones((ROWS, 1))])
truth = random.uniform(size=ROWS) < 1 / (1 + np.exp(-x @ np.array([4, -3, 1, 0.5])))
flipped = random.uniform(size=ROWS) < np.where(truth, 0.12, 0.04)
labels = (truth != flipped).astype(int)


def likeliest(l2):
    penalty = l2 * np.array([1] * COLUMNS + [0])

    def f(parameters):
        theta, rates = parameters[:-2], 1 / (1 + np.exp(-parameters[-2:]))
        low, high = rates
        chance = low + (high - low) / (1 + np.exp(-x @ theta))
        loss = -(weights * np.where(labels == 1, np.log(chance), np.log1p(-chance))).sum()
        return loss + penalty @ theta**2 / 2 - 0.5 * (np.log(rates) + np.log1p(-rates)).sum()

    start = np.append(np.zeros(COLUMNS + 1), [-3, 3])
    found = minimize(f, start, method="BFGS", options={"gtol": 1e-9, "maxiter": 10_000})
    low, high = 1 / (1 + np.exp(-found.x[-2:]))
    return {"l2": l2, "theta": found.x[:-2].tolist(), "low": low, "high": high}


folder = pathlib.Path(__file__).parent
(folder / "label-noise.json").write_text(
    json.dumps(
        {
            "numeric": numeric.ravel().tolist(),
            "labels": labels.tolist(),
            "weights": weights.tolist(),
            "fits": [likeliest(l2) for l2 in (0.1, 1, 10)],
        }
    )
    + "\n"
)
