// `millrace models import` and `export` (control path): models from other tools, and to them.
import { outputKinds } from '../../learning/imported/model-outputs.ts';
import { columnNames, text, word } from '../cli/flags.ts';
import { configuredVerb, required, toggle, valued, type Verb } from '../cli/verb.ts';
import { at, DATA } from './data-option.ts';
import { JSON_OUTPUT, VERSION, WAIT } from './model-options.ts';
import { TARGET, TOPOLOGY_FILE } from './topology-file.ts';

const SERVER = valued('--mlflow <url>', 'MLflow server (default: MILLRACE_MLFLOW_URL)', text);

export const importing: Verb = configuredVerb({
  name: 'import',
  description: 'Register a model that another tool exported to ONNX',
  arguments: { file: { description: 'ONNX file, or models:/NAME/VERSION or models:/NAME@ALIAS of MLflow' } },
  options: {
    topology: required('--topology <file>', 'topology that is to score with it', text),
    target: TARGET,
    data: DATA,
    mlflow: SERVER,
    features: valued(
      '--features <file>',
      'JSON that says which features feed its inputs (default: by the names of its inputs, or in the order of the topology)',
      text,
    ),
    task: valued(
      '--task <name>',
      'what it predicts, for a topology without labels: binary or regression',
      text,
    ),
    output: valued(
      '--output <names>',
      'the output that is the score, or those that are its columns, separated by commas (default: the one that can be)',
      columnNames,
    ),
    scores: valued(
      '--scores <kind>',
      `what that output is: ${outputKinds.join(', ')} (default: what the file shows)`,
      word(outputKinds),
    ),
    positive: valued('--positive <class>', 'class whose probability is the score of a binary task', text),
    version: valued('--version <name>', 'name of the version (default: of the file and its hash)', text),
    examples: valued(
      '--examples <file>',
      'rows with the expected score in the column score (CSV, JSON lines, Parquet, Avro), which it must give within 1e-5',
      text,
    ),
    promote: toggle('--promote', 'make it the champion'),
    wait: WAIT,
    json: JSON_OUTPUT,
  },
  notes: `The graph is extended, not trained again: features are cut into the inputs of the model, and its output becomes the score of the task. What cannot be done without guessing is refused with what to do. The model is tried as engines try one, compared with the examples, and registered as a candidate with the hash of the file, its producer and operator sets, and a drift reference from the logged features.`,
  examples: [
    'millrace models import fraud.onnx --topology topologies/payments.ts --positive fraud --examples rows.csv',
    'millrace models import models:/fraud@champion --topology topologies/payments.ts --mlflow http://localhost:5000',
    'millrace models import net.onnx --topology topologies/payments.ts --features map.json --scores logit --promote',
  ],
  async action({ file, topology, target, data, ...options }, config) {
    const { importNamed } = await import('./models/import-model.ts');
    await importNamed(file, { file: topology, target }, at(config, data), options);
  },
});

export const exporting: Verb = configuredVerb({
  name: 'export',
  description: 'Copy a version to a tracking server and registry of MLflow',
  arguments: { topology: TOPOLOGY_FILE, version: VERSION },
  options: {
    target: TARGET,
    data: DATA,
    mlflow: SERVER,
    name: valued('--name <name>', 'name of the registered model (default: of the topology)', text),
    experiment: valued('--experiment <name>', 'experiment of the run (default: of the topology)', text),
  },
  notes: `A run with the figures, the parameters of the trainer and tags; the ONNX file with an MLmodel, so that mlflow.onnx and mlflow.pyfunc load it, and the manifest; and a version of the registered model. A champion gets the alias champion. The server must pass artifacts on (mlflow server --serve-artifacts, its default).`,
  examples: ['millrace models export topologies/payments.ts v3 --mlflow http://localhost:5000 --name fraud'],
  async action({ topology: file, target, version, data, ...options }, config) {
    const { exportModel } = await import('./models/mlflow.ts');
    await exportModel({ file, target }, version, at(config, data), options);
  },
});
