"""More kinds of exported models, as models.py has them: `python3 test/vectors/wider-models.py`.

Needs scikit-learn 1.7, skl2onnx 1.20, onnx 1.17, onnxmltools, lightgbm, xgboost and catboost. Writes models/wider-*.onnx and wider-models.json,
with the scores of the library itself; of what Millrace refuses, the reason as a regular expression.
"""
import json
import pathlib
import tempfile
import warnings

import catboost
import lightgbm
import numpy as np
import onnx
import pandas as pd
import skl2onnx.common._container as container
import xgboost
from onnx import TensorProto, helper, numpy_helper
from onnxmltools import convert_lightgbm, convert_xgboost
from onnxmltools.convert.common.data_types import FloatTensorType
from skl2onnx import to_onnx
from skl2onnx.common.data_types import Int64TensorType, StringTensorType
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge, RidgeClassifier, SGDClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.svm import SVC, LinearSVC

warnings.filterwarnings("ignore")
make_node = container.make_node


def listed(value):
    values = value.tolist() if isinstance(value, np.ndarray) else value
    if not isinstance(values, list):
        return values
    return [int(v) if isinstance(v, (bool, np.bool_)) else v.item() if hasattr(v, "item") else v for v in values]


# Trees of HistGradientBoosting have truth values and numbers of NumPy, which onnx does not take.
container.make_node = lambda *inputs, name=None, **attributes: make_node(*inputs, name=name, **{k: listed(v) for k, v in attributes.items()})
HERE = pathlib.Path(__file__).parent
FOLDER = HERE / "models"
random = np.random.default_rng(11)
ROWS, SHOWN = 300, 12

frame = pd.DataFrame(
    dict(
        amount=random.gamma(2, 30, ROWS).astype(np.float32),
        age=random.integers(18, 80, ROWS),
        country=random.choice(["DE", "FR", "US"], ROWS),
        channel=random.choice(["web", "shop"], ROWS),
    )
)
fraud = ((frame.amount > 60) ^ (frame.country == "US")).astype(int).to_numpy()
named = np.where(fraud == 1, "fraud", "legitimate")
numbers = frame[["amount", "age"]].to_numpy().astype(np.float32)
holes = np.where(random.random(numbers.shape) < 0.2, np.nan, numbers).astype(np.float32)
amount = (2 * frame.amount + frame.age).to_numpy()
kinds = frame.country.to_numpy()
codes = frame.country.astype("category").cat.codes.to_numpy()
CLASSES = ["DE", "FR", "US"]
NUMERIC = [["amount", "numeric"], ["age", "numeric"]]
ALL = [*NUMERIC, ["country", "categorical"], ["channel", "categorical"]]
shown, whole = numbers[:SHOWN], frame[:SHOWN]
plain, mixed = shown.tolist(), whole.values.tolist()
types = [("input", FloatTensorType([None, 2]))]
cases = []


def case(name, model, features, rows, expected, **choices):
    data = model if isinstance(model, bytes) else model.SerializeToString()
    (FOLDER / f"wider-{name}.onnx").write_bytes(data)
    rows = [[v.item() if hasattr(v, "item") else v for v in row] for row in rows]
    rows = [[None if isinstance(v, float) and np.isnan(v) else v for v in row] for row in rows]
    expected = np.asarray(expected, dtype=np.float64).reshape(len(rows), -1).tolist()
    cases.append(dict(name=f"wider-{name}", features=features, rows=rows, expected=expected, **choices))
    print(name, len(data))


def scaled(last):
    return make_pipeline(StandardScaler(), last)


def sigmoid(values):
    return 1 / (1 + np.exp(-values))


# Probabilities of numbers: with and without ZipMap, in float32 and float64.
for name, model in dict(
    hgb=HistGradientBoostingClassifier(max_iter=5, max_leaf_nodes=5),
    svc=scaled(SVC(probability=True, random_state=1)),
    gnb=GaussianNB(),
    knn=KNeighborsClassifier(5),
    calibrated=CalibratedClassifierCV(LogisticRegression(), cv=3),
    mlp=scaled(MLPClassifier((4,), max_iter=50, random_state=1)),
).items():
    if name == "knn":  # keeps its rows
        model.fit(numbers[:60], fraud[:60])
    else:
        model.fit(numbers, fraud)
    case(name, to_onnx(model, numbers[:1]), NUMERIC, plain, model.predict_proba(shown)[:, 1])
    if name in ("svc", "gnb"):
        model.fit(numbers.astype(np.float64), kinds)
        case(f"{name}-classes", to_onnx(model, numbers[:1].astype(np.float64) if name == "gnb" else numbers[:1]), NUMERIC, plain, model.predict_proba(shown), task="multiclass", classes=CLASSES)
boosting = HistGradientBoostingClassifier(max_iter=4, max_leaf_nodes=5).fit(holes, kinds)
case("hgb-classes-missing", to_onnx(boosting, numbers[:1], options={"zipmap": False}), NUMERIC, holes[:SHOWN].tolist(), boosting.predict_proba(holes[:SHOWN]), task="multiclass", classes=CLASSES)
values = HistGradientBoostingRegressor(max_iter=5, max_leaf_nodes=5).fit(numbers, amount)
case("hgb-value", to_onnx(values, numbers[:1]), NUMERIC, plain, values.predict(shown), task="regression")
values = KNeighborsRegressor(3).fit(numbers[:60], amount[:60])
case("knn-value", to_onnx(values, numbers[:1]), NUMERIC, plain, values.predict(shown), task="regression")

# Pipelines with strings.
for name, parts, last in (
    ("columns-hgb", [("n", "passthrough", ["amount", "age"]), ("c", OneHotEncoder(handle_unknown="ignore", sparse_output=False), ["country", "channel"])], HistGradientBoostingClassifier(max_iter=4, max_leaf_nodes=5)),
    ("columns-drop", [("n", make_pipeline(SimpleImputer(), StandardScaler()), ["amount", "age"]), ("c", OneHotEncoder(drop="first"), ["country", "channel"])], LogisticRegression()),
    ("columns-rare", [("n", StandardScaler(), ["amount", "age"]), ("c", OneHotEncoder(min_frequency=110, handle_unknown="infrequent_if_exist"), ["country", "channel"])], LogisticRegression()),
    ("columns-both", [("n", StandardScaler(), ["amount"]), ("c", OneHotEncoder(handle_unknown="ignore"), ["country"]), ("o", OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), ["country", "channel"])], LogisticRegression()),
):
    columns = make_pipeline(ColumnTransformer(parts), last).fit(frame, fraud)
    features = [*ALL[::-1]]
    case(name, to_onnx(columns, frame[:1]), features, [row[::-1] for row in mixed], columns.predict_proba(whole)[:, 1])
texts = make_pipeline(OneHotEncoder(handle_unknown="ignore"), LogisticRegression()).fit(frame[["country", "channel"]].to_numpy(dtype=str), fraud)
case("strings", to_onnx(texts, initial_types=[("X", StringTensorType([None, 2]))]), ALL[2:], [row[2:] for row in mixed], texts.predict_proba(whole[["country", "channel"]].to_numpy(dtype=str))[:, 1])
integers = scaled(LogisticRegression()).fit(numbers.astype(np.int64), fraud)
case("integers", to_onnx(integers, initial_types=[("X", Int64TensorType([None, 2]))]), NUMERIC, plain, integers.predict_proba(shown.astype(np.int64))[:, 1])

# Decision values of two classes: a column and its negative, or one column, whatever the file declares.
for name, model, options in (
    ("decision-logistic", LogisticRegression(), {"raw_scores": True}),
    ("decision-sgd", scaled(SGDClassifier(random_state=1)), None),
    ("decision-svc", scaled(SVC()), {"raw_scores": True}),
    ("decision-linear-svc", scaled(LinearSVC()), {"raw_scores": True}),
    ("decision-ridge", RidgeClassifier(), None),
):
    model.fit(numbers, fraud)
    last = model[-1] if hasattr(model, "steps") else model
    exported = to_onnx(model, numbers[:1], options=None if options is None else {id(last): options})
    case(name, exported, NUMERIC, plain, sigmoid(model.decision_function(shown)), scores="logit")
vectors = scaled(SVC()).fit(numbers, fraud)
exported = to_onnx(vectors, numbers[:1])
case("svc-label", exported, NUMERIC, plain, vectors.predict(shown), scores="label")
case("svc-decision", exported, NUMERIC, plain, sigmoid(vectors.decision_function(shown)), scores="logit", refused="decision values of an SVMClassifier.*raw_scores.*--scores label")

# Several values a row.
for name, model in (("forest-values", RandomForestRegressor(3, max_depth=2)), ("ridge-values", Ridge())):
    model.fit(numbers, np.c_[amount, -amount])
    exported = to_onnx(model, numbers[:1])
    case(name, exported, NUMERIC, plain, model.predict(shown)[:, 0], task="regression", refused="returns 2 values a row.*--positive")
    case(f"{name}-second", exported, NUMERIC, plain, model.predict(shown)[:, 1], task="regression", positive="1")

# Operator sets of the last years.
pipeline = scaled(LogisticRegression()).fit(numbers, fraud)
for opset in (9, 12, 15, 21):
    sets = {"": opset, "ai.onnx.ml": 1 if opset < 11 else 3}
    case(f"opset-{opset}", to_onnx(pipeline, numbers[:1], target_opset=sets), NUMERIC, plain, pipeline.predict_proba(shown)[:, 1])

# LightGBM, XGBoost and CatBoost.
X = frame[["amount", "age"]]
light = lightgbm.LGBMClassifier(n_estimators=4, num_leaves=4, verbose=-1).fit(X, kinds)
case("lightgbm-classes", convert_lightgbm(light, initial_types=types), NUMERIC, plain, light.predict_proba(X[:SHOWN]), task="multiclass", classes=["US", "DE", "FR"])
cases[-1]["expected"] = light.predict_proba(X[:SHOWN])[:, [2, 0, 1]].tolist()
light = lightgbm.LGBMRanker(n_estimators=4, num_leaves=4, verbose=-1).fit(X, np.clip((amount / 60).astype(int), 0, 4), group=[50] * 6)
case("lightgbm-rank", convert_lightgbm(light, initial_types=types), NUMERIC, plain, light.predict(X[:SHOWN]), task="regression")
light = lightgbm.LGBMRegressor(n_estimators=4, num_leaves=4, verbose=-1, objective="poisson").fit(holes, amount)
case("lightgbm-poisson-missing", convert_lightgbm(light, initial_types=types), NUMERIC, holes[:SHOWN].tolist(), light.predict(holes[:SHOWN]), task="regression")
boosted = xgboost.XGBClassifier(n_estimators=3, max_depth=2).fit(holes, codes)
case("xgboost-classes-missing", convert_xgboost(boosted, initial_types=types), NUMERIC, holes[:SHOWN].tolist(), boosted.predict_proba(holes[:SHOWN]), task="multiclass", classes=CLASSES)
path = pathlib.Path(tempfile.mkdtemp()) / "cat.onnx"
for name, model, labels, expect, choices in (
    ("catboost-named", catboost.CatBoostClassifier(iterations=5, depth=3, verbose=0), named, lambda m: m.predict_proba(shown)[:, 0], dict(positive="fraud")),
    ("catboost-classes", catboost.CatBoostClassifier(iterations=5, depth=3, verbose=0), kinds, lambda m: m.predict_proba(shown), dict(task="multiclass", classes=CLASSES)),
    ("catboost-value", catboost.CatBoostRegressor(iterations=5, depth=3, verbose=0), amount, lambda m: m.predict(shown), dict(task="regression")),
):
    model.fit(numbers, labels)
    model.save_model(str(path), format="onnx")
    case(name, path.read_bytes(), NUMERIC, plain, expect(model), **choices)

# A network of two heads as PyTorch exports it: a value with its spread, and logits; float64 throughout.
weights = random.standard_normal((2, 3)) / 30
heads = random.standard_normal((3, 4))


def tensor(name, value):
    return numpy_helper.from_array(np.asarray(value), name)


def float64(name, dims):
    return helper.make_tensor_value_info(name, TensorProto.DOUBLE, dims)


graph = helper.make_graph(
    [
        helper.make_node("Gemm", ["x", "w", "zero"], ["hidden"]),
        helper.make_node("Tanh", ["hidden"], ["h"]),
        helper.make_node("MatMul", ["h", "heads"], ["both"]),
        helper.make_node("Slice", ["both", "zero_i", "two", "one"], ["logits"]),
        helper.make_node("Slice", ["both", "two", "three", "one"], ["mean"]),
        helper.make_node("Slice", ["both", "three", "four", "one"], ["spread"]),
    ],
    "main_graph",
    [float64("x", ["batch", 2])],
    [float64("logits", ["batch", 2]), float64("mean", ["batch", 1]), float64("spread", ["batch", 1])],
    [tensor("w", weights), tensor("zero", np.zeros(3)), tensor("heads", heads), *(tensor(n, np.array([v], dtype=np.int64)) for n, v in (("zero_i", 0), ("one", 1), ("two", 2), ("three", 3), ("four", 4)))],
)
network = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
both = np.tanh(shown.astype(np.float64) @ weights) @ heads
odds = np.exp(both[:, :2])
case("heads-value", network, NUMERIC, plain, both[:, 2], task="regression", output=["mean"])
case("heads-logits", network, NUMERIC, plain, (odds / odds.sum(1, keepdims=True))[:, 1], output=["logits"], scores="logit")
case("heads-open", network, NUMERIC, plain, both[:, 2], task="regression", refused="may be any of the outputs logits .float64., mean .float64., spread .float64.")
newer = onnx.ModelProto()
newer.CopyFrom(network)
newer.opset_import[0].version = 99
case("opset-unknown", newer, NUMERIC, plain, both[:, 2], task="regression", output=["mean"], refused="operators of ai.onnx 99, and ONNX Runtime has them up to .*opset_version")
newer.opset_import[0].version = 17
newer.ir_version = 99
case("format-unknown", newer, NUMERIC, plain, both[:, 2], task="regression", output=["mean"], refused="version 99 of the ONNX format.*ir_version")

text = ",\n".join(json.dumps(one) for one in cases)
(HERE / "wider-models.json").write_text(f"[\n{text}\n]\n")
