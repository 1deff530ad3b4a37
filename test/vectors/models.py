"""Models as other tools export them, with the scores that Python gives: `python3 test/vectors/models.py`.

Needs scikit-learn, skl2onnx, onnxmltools, lightgbm, xgboost, torch and onnxscript. Writes models/*.onnx and models.json: for each
file the features of a topology, rows of them, and the scores of the library itself (not of ONNX Runtime).
"""
import json
import pathlib
import warnings

import lightgbm
import numpy as np
import onnx
import pandas as pd
import torch
import xgboost
from onnxmltools import convert_lightgbm, convert_xgboost
from onnxmltools.convert.common.data_types import FloatTensorType
from skl2onnx import to_onnx
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.svm import LinearSVC

warnings.filterwarnings("ignore")
HERE = pathlib.Path(__file__).parent
FOLDER = HERE / "models"
FOLDER.mkdir(exist_ok=True)
random = np.random.default_rng(7)
ROWS, SHOWN = 400, 12

frame = pd.DataFrame(
    dict(
        amount=random.gamma(2, 30, ROWS).astype(np.float32),
        age=random.integers(18, 80, ROWS),
        country=random.choice(["DE", "FR", "US"], ROWS),
        channel=random.choice(["web", "shop"], ROWS),
    )
)
fraud = ((frame.amount > 60) ^ (frame.country == "US")).astype(int).to_numpy()
names = np.where(fraud == 1, "fraud", "legitimate")
numbers = frame[["amount", "age"]].to_numpy().astype(np.float32)
amount = (2 * frame.amount + frame.age).to_numpy()
NUMERIC = [["amount", "numeric"], ["age", "numeric"]]
ALL = [["age", "numeric"], ["card.amount", "numeric"], ["channel", "categorical"], ["country", "categorical"]]
cases = []


def case(name, model, features, rows, expected, **choices):
    """rows: lists in the order of the features, None for a missing value."""
    data = model.SerializeToString()
    (FOLDER / f"{name}.onnx").write_bytes(data)
    cases.append(
        dict(
            name=name,
            features=features,
            rows=[[v.item() if hasattr(v, "item") else v for v in row] for row in rows],
            expected=np.asarray(expected, dtype=np.float64).reshape(len(rows), -1).tolist(),
            **choices,
        )
    )
    print(name, len(data))


shown = numbers[:SHOWN]
plain = [list(row) for row in shown]
whole = frame[:SHOWN]
mixed = [[a, m, ch, c] for m, a, c, ch in whole.itertuples(index=False)]
MAP = {"amount": "card.amount"}

# scikit-learn: a scaler and a logistic regression of named classes, with its ZipMap.
pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(numbers, names)
case("sklearn-logistic", to_onnx(pipeline, numbers[:1]), NUMERIC, plain, pipeline.predict_proba(shown)[:, 0], positive="fraud")
forest = RandomForestClassifier(5, max_depth=3, random_state=1).fit(numbers, fraud)
options = {"zipmap": False}
case("sklearn-forest", to_onnx(forest, numbers[:1], options=options), NUMERIC, plain, forest.predict_proba(shown)[:, 1])
boosting = GradientBoostingClassifier(n_estimators=8, max_depth=2, random_state=1).fit(numbers, fraud)
case("sklearn-boosting", to_onnx(boosting, numbers[:1]), NUMERIC, plain, boosting.predict_proba(shown)[:, 1])
# An input for each column of the data frame: float32, int64 and strings.
for name, encoder, last in (
    ("sklearn-columns", OneHotEncoder(handle_unknown="ignore"), LogisticRegression()),
    ("sklearn-strict", OneHotEncoder(), LogisticRegression()),
    ("sklearn-ordinal", OrdinalEncoder(), RandomForestClassifier(4, max_depth=3, random_state=1)),
):
    parts = [("numbers", StandardScaler(), ["amount", "age"]), ("texts", encoder, ["country", "channel"])]
    columns = make_pipeline(ColumnTransformer(parts), last).fit(frame, fraud)
    case(name, to_onnx(columns, frame[:1]), ALL, mixed, columns.predict_proba(whole)[:, 1], features_map=MAP)
# float64 in and out.
line = LinearRegression().fit(numbers.astype(np.float64), amount)
case("sklearn-line", to_onnx(line, numbers[:1].astype(np.float64)), NUMERIC, plain, line.predict(shown.astype(np.float64)), task="regression")
# Three classes by name.
three = LogisticRegression().fit(numbers, frame.country)
order = ["US", "DE", "FR"]
expected = three.predict_proba(shown)[:, [list(three.classes_).index(c) for c in order]]
case("sklearn-classes", to_onnx(three, numbers[:1]), NUMERIC, plain, expected, task="multiclass", classes=order)
apart = to_onnx(three, numbers[:1], options={"zipmap": "columns"})
case("sklearn-apart", apart, NUMERIC, plain, expected, task="multiclass", classes=order, output=["sUS", "sDE", "sFR"])
# Decision values, and the label alone.
svc = LinearSVC().fit(numbers / 50, fraud)
values = svc.decision_function(shown / 50)
scaled = to_onnx(svc, numbers[:1])
case("sklearn-svc", scaled, NUMERIC, [list(row) for row in shown / 50], 1 / (1 + np.exp(-values)), scores="logit")
case("sklearn-label", scaled, NUMERIC, [list(row) for row in shown / 50], svc.predict(shown / 50), scores="label")

# LightGBM and XGBoost; the names of the columns are in the map alone.
types = [("input", FloatTensorType([None, 2]))]
trained = frame[["amount", "age"]]
light = lightgbm.LGBMClassifier(n_estimators=6, num_leaves=4, verbose=-1).fit(trained, fraud)
case("lightgbm-binary", convert_lightgbm(light, initial_types=types), ALL, mixed, light.predict_proba(trained[:SHOWN])[:, 1], features_map=["card.amount", "age"])
light = lightgbm.LGBMRegressor(n_estimators=6, num_leaves=4, verbose=-1).fit(trained, amount)
case("lightgbm-regression", convert_lightgbm(light, initial_types=types), NUMERIC, plain, light.predict(trained[:SHOWN]), task="regression")
# Categories as pandas numbers them: values says which number stands for which.
coded = trained.assign(country=frame.country.astype("category").cat.codes)
types3 = [("input", FloatTensorType([None, 3]))]
light = lightgbm.LGBMClassifier(n_estimators=8, num_leaves=5, verbose=-1).fit(coded, fraud)
country = dict(feature="country", values=["DE", "FR", "US"])
case("lightgbm-codes", convert_lightgbm(light, initial_types=types3, zipmap=False), ALL, mixed, light.predict_proba(coded[:SHOWN])[:, 1], features_map=["card.amount", "age", country])
boosted = xgboost.XGBClassifier(n_estimators=6, max_depth=2).fit(numbers, fraud)
case("xgboost-binary", convert_xgboost(boosted, initial_types=types), NUMERIC, plain, boosted.predict_proba(shown)[:, 1])
boosted = xgboost.XGBRegressor(n_estimators=6, max_depth=2).fit(numbers, amount)
case("xgboost-regression", convert_xgboost(boosted, initial_types=types), NUMERIC, plain, boosted.predict(shown), task="regression")
boosted = xgboost.XGBClassifier(n_estimators=4, max_depth=2).fit(numbers, frame.country.astype("category").cat.codes)
case("xgboost-classes", convert_xgboost(boosted, initial_types=types), NUMERIC, plain, boosted.predict_proba(shown), task="multiclass", classes=["DE", "FR", "US"])


# PyTorch: logits, by both of its exporters; names of the columns in the metadata.
def torch_case(name, network, expected, metadata=None, **choices):
    path = FOLDER / f"{name}.onnx"
    rows = torch.tensor(shown[:3])
    if choices.pop("dynamo"):
        torch.onnx.export(network, (rows,), path, input_names=["x"], output_names=["out"], dynamic_shapes=({0: torch.export.Dim("batch")},), dynamo=True, external_data=False, verbose=False)
    else:
        torch.onnx.export(network, (rows,), path, input_names=["x"], output_names=["out"], dynamic_axes={"x": {0: "batch"}}, dynamo=False)
    model = onnx.load(path)
    for node in model.graph.node:  # stack traces of the machine that exported it
        del node.metadata_props[:]
    for value in list(model.graph.value_info) + list(model.graph.input) + list(model.graph.output):
        del value.metadata_props[:]
    del model.graph.metadata_props[:]
    for key, value in (metadata or {}).items():
        model.metadata_props.add(key=key, value=value)
    case(name, model, NUMERIC, plain if metadata is None else [[m, a] for m, a in plain], expected, **choices)


torch.manual_seed(3)
network = torch.nn.Sequential(torch.nn.Linear(2, 6), torch.nn.ReLU(), torch.nn.Linear(6, 1)).eval()
with torch.no_grad():
    network[0].weight /= 30
    scores = torch.sigmoid(network(torch.tensor(shown))).numpy()
    swapped = torch.sigmoid(network(torch.tensor(shown[:, ::-1].copy()))).numpy()
torch_case("torch-logit", network, scores, scores="logit", dynamo=True)
torch_case("torch-named", network, swapped, metadata={"feature_names": json.dumps(["age", "amount"])}, scores="logit", dynamo=False)
classes = torch.nn.Sequential(torch.nn.Linear(2, 5), torch.nn.Tanh(), torch.nn.Linear(5, 3)).eval()
with torch.no_grad():
    scores = torch.softmax(classes(torch.tensor(shown)), 1).numpy()
torch_case("torch-classes", classes, scores, scores="logit", task="multiclass", classes=["a", "b", "c"], dynamo=True)

text = ",\n".join(json.dumps(one) for one in cases)
(HERE / "models.json").write_text(f"[\n{text}\n]\n")
