"""Reference for probes of models, by NumPy alone: a linear model and a network, whose gradients are known in closed form.

    python3 -m venv .venv
    .venv/bin/pip install numpy==2.4.6
    .venv/bin/python test/vectors/probe.py > test/vectors/probe.json

Independent of the TypeScript: changes, attacks and figures are loops over single rows, written from the description in
docs/guide/models.md. Columns: 0 any number, 1 within a contract's range, 2 whole numbers, 3 codes of categories, 4 a window
with missing values, 5 the sum of 4 and -0.5 times 2, which follows them.
"""

import json

import numpy as np

rng = np.random.default_rng(20260712)
ROWS, STEP, CODES, BUDGET = 60, 0.1, [3, 7, 11, 20], 2
LOW, HIGH = 0.0, 80.0

x = np.zeros((ROWS, 6), dtype=np.float32)
x[:, 0] = rng.normal(0, 2, ROWS)
x[:, 1] = rng.uniform(LOW, HIGH, ROWS)
x[:, 2] = rng.poisson(9, ROWS)
x[:, 3] = rng.choice(CODES, ROWS, p=[0.4, 0.3, 0.2, 0.1])
x[:, 4] = rng.exponential(5, ROWS)
x[:5, 4] = np.nan


def follow(row):
    row[5] = np.float32(float(row[4]) - 0.5 * float(row[2]))


for row in x:
    follow(row)

SCALE = np.array([0.5, 0.02, 0.1, 0.05, 0.1, 0.1])
w = rng.normal(0, 1, 6) * SCALE
w1, b1 = rng.normal(0, 1, (6, 4)) * SCALE[:, None], rng.normal(0, 0.3, 4)
w2, b2 = rng.normal(0, 1, 4), -0.2


def linear(row):
    return float(np.float32(np.dot(w, np.nan_to_num(row.astype(np.float64)))))


def network(row):
    hidden = np.tanh(np.nan_to_num(row.astype(np.float64)) @ w1 + b1)
    return float(np.float32(1 / (1 + np.exp(-(hidden @ w2 + b2)))))


def linear_gradient(_row):
    return w


def network_gradient(row):
    hidden = np.tanh(np.nan_to_num(row.astype(np.float64)) @ w1 + b1)
    score = 1 / (1 + np.exp(-(hidden @ w2 + b2)))
    return score * (1 - score) * (w1 @ (w2 * (1 - hidden**2)))


def step_of(column):
    values = x[:, column].astype(np.float64)
    values = values[~np.isnan(values)]
    step = STEP * (np.quantile(values, 0.9) - np.quantile(values, 0.1))
    return max(1, round(step)) if column == 2 else step


BOUNDS = {
    0: (-np.inf, np.inf),
    1: (LOW, HIGH),
    2: (np.nanmin(x[:, 2]), np.nanmax(x[:, 2])),
    4: (np.nanmin(x[:, 4]), np.nanmax(x[:, 4])),
}
counts = {code: int((x[:, 3] == code).sum()) for code in CODES}
BY_FREQUENCY = sorted(CODES, key=lambda code: (-counts[code], code))


def moves(row, column):
    """New values of a column, in the order of the moves; None for one that there is not."""
    value = row[column]
    if column == 3:
        return [None if value == code else np.float32(code) for code in BY_FREQUENCY]
    if np.isnan(value):
        return [None, None]
    low, high = BOUNDS[column]
    up = np.float32(min(float(value) + step_of(column), high))
    down = np.float32(max(float(value) - step_of(column), low))
    return [None if new == value else new for new in (up, down)]


def changed(row, column, value):
    new = row.copy()
    new[column] = value
    follow(new)
    return new


def movement(distances):
    if not distances:
        return {"rows": 0, "mean": 0, "p95": 0, "max": 0}
    return {
        "rows": len(distances),
        "mean": float(np.mean(distances)),
        "p95": float(np.quantile(distances, 0.95)),
        "max": float(np.max(distances)),
    }


def of_input(score, column, threshold):
    distances, slopes, flips = [], [], 0
    for row in x:
        base = score(row)
        new = [None if to is None else score(changed(row, column, to)) for to in moves(row, column)]
        known = [one for one in new if one is not None]
        if known:
            distances.append(max(abs(one - base) for one in known))
            flips += any((one >= threshold) != (base >= threshold) for one in known)
        if column != 3 and known:
            ends = [(float(row[column] if to is None else to), base if one is None else one) for to, one in zip(moves(row, column), new)]
            slopes.append((ends[0][1] - ends[1][1]) / (ends[0][0] - ends[1][0]))
    return {
        "moved": movement(distances),
        "flips": flips / ROWS,
        "slope": float(np.mean(slopes)) if slopes else None,
    }


EVENT = [0, 1, 2, 3]


def gradient_sign(score, row):
    base, new = score(row), row.copy()
    for column in EVENT:
        after = [base if to is None else score(changed(row, column, to)) for to in moves(row, column)]
        if column == 3:
            best = int(np.argmin(after))
            if after[best] < base:
                new = changed(new, column, moves(row, column)[best])
            continue
        if after[0] == after[1]:
            continue
        to = moves(row, column)[0 if after[0] < after[1] else 1]
        if to is not None:
            new = changed(new, column, to)
    return new


def greedy(score, row):
    current, left = row.copy(), set(EVENT)
    for _ in range(BUDGET):
        options = [
            (score(changed(current, column, to)), column, to)
            for column in sorted(left)
            for to in moves(current, column)
            if to is not None
        ]
        best = min(options, key=lambda option: option[0])
        if best[0] >= score(current):
            break
        current = changed(current, best[1], best[2])
        left.remove(best[1])
    return current


def attack(score, method, threshold):
    base = [score(row) for row in x]
    after = [score(method(score, row)) for row in x]
    targets = [i for i in range(ROWS) if base[i] >= threshold]
    return {
        "moved": movement([b - a for b, a in zip(base, after)]),
        "targets": len(targets),
        "flips": sum(after[i] < threshold for i in targets) / len(targets),
    }


def case(score, gradient):
    base = [score(row) for row in x]
    threshold = float(np.median(base))
    # What follows adds to the derivative by a window and by whole numbers.
    partial = np.mean([gradient(row) for row in x], axis=0)
    return {
        "threshold": threshold,
        "inputs": {str(column): of_input(score, column, threshold) for column in [0, 1, 2, 3, 4]},
        "gradient": {"0": float(partial[0]), "1": float(partial[1]), "2": float(partial[2] - 0.5 * partial[5])},
        "gradientSign": attack(score, gradient_sign, threshold),
        "greedy": attack(score, greedy, threshold),
    }


print(
    json.dumps(
        {
            "rows": [[None if np.isnan(value) else float(value) for value in row] for row in x],
            "step": STEP,
            "budget": BUDGET,
            "range": [LOW, HIGH],
            "linear": {"weights": w.tolist(), **case(linear, linear_gradient)},
            "network": {
                "hidden": w1.tolist(),
                "biases": b1.tolist(),
                "output": w2.tolist(),
                "bias": b2,
                **case(network, network_gradient),
            },
        },
        indent=1,
    )
)
