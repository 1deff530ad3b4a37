// Models that cannot be imported, with the topology that they do not fit (for tests).
import {
  categorical,
  defineTopology,
  double,
  features,
  labels,
  minutes,
  multiclass,
  numeric,
  regression,
  score,
  source,
  string,
  timestamp,
  type Topology,
} from '../../src/index.ts';
import { featureMap } from '../../src/learning/imported/feature-map.ts';
import type { ImportChoices } from '../../src/learning/imported/import-onnx.ts';
import type { Task } from '../../src/tasks/task.ts';
import { exportedModels } from './exported-models.ts';
import { externalData, foreignOperator } from './hostile-models.ts';
import { softsignModel } from './softsign-model.ts';

const payments = source('payments', {
  schema: { id: string, amount: double, age: double, country: string, channel: string, at: timestamp },
  eventTime: 'at',
});
const NUMBERS = { amount: numeric('amount'), age: numeric('age') };
const ALL = { ...NUMBERS, country: categorical('country'), channel: categorical('channel') };

/** @param task null: the topology learns no labels */
function topologyOf(task: Task | null, fields: Partial<typeof ALL> = NUMBERS): Topology {
  const stages = [features({ fields }), score({ key: 'id' })];
  const own = task === null ? [] : [labels({ key: 'id', task, timeoutMs: minutes(5) })];
  return defineTopology(payments, { name: 'payments', stages: [...stages, ...own] }) as Topology;
}

/** Without labels. */
export const binary: Topology = topologyOf(null);
const value = topologyOf(regression({ column: 'amount', low: 0 }));
const kinds = topologyOf(multiclass({ column: 'country', classes: ['US', 'DE', 'FR'] }));
const otherKinds = topologyOf(multiclass({ column: 'country', classes: ['red', 'green', 'blue'] }));

function bytesOf(name: string): Uint8Array {
  const found = exportedModels().find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no model ${name}`);
  return found.bytes;
}

export interface Refused {
  readonly what: string;
  readonly topology: Topology;
  readonly bytes: Uint8Array;
  readonly choices?: Partial<ImportChoices> & { readonly version?: string; readonly task?: string };
  readonly code?: string;
  /** The error with its remedy. */
  readonly why: RegExp;
}

export const forest: Uint8Array = bytesOf('sklearn-forest');
export const REFUSED: readonly Refused[] = [
  {
    what: 'no model',
    topology: binary,
    bytes: Buffer.from('no model'),
    why: /no ONNX model.*Check that it is an ONNX file/,
  },
  {
    what: 'a file that was cut off',
    topology: binary,
    bytes: forest.subarray(0, forest.length - 100),
    why: /no ONNX model.*that it is whole/,
  },
  {
    what: 'too many columns',
    topology: topologyOf(null, ALL),
    bytes: forest,
    why: /has 2 columns without names, and the topology has 4 features.*--features map\.json/,
  },
  {
    what: 'columns of other names',
    topology: binary,
    bytes: bytesOf('sklearn-columns'),
    why: /no feature 'country'.*Map it with --features/,
  },
  {
    what: 'names that no input has',
    topology: topologyOf(null, ALL),
    bytes: bytesOf('sklearn-columns'),
    choices: { features: featureMap({ contry: 'country' }) },
    why: /no input 'contry'; did you mean 'country'/,
  },
  {
    what: 'a value for a probability',
    topology: binary,
    bytes: bytesOf('lightgbm-regression'),
    choices: { task: 'binary' },
    why: /golden batch failed.*the task's scores are from 0 to 1.*--scores logit or label, or --output/,
  },
  {
    what: 'classes for a value',
    topology: value,
    bytes: bytesOf('sklearn-classes'),
    why: /one score, and the model has the classes DE, FR, US.*--positive/,
  },
  {
    what: 'two values for one',
    topology: value,
    bytes: bytesOf('wider-forest-values'),
    why: /returns 2 values a row.*Export a model of that value alone/,
  },
  {
    what: 'a value for classes',
    topology: kinds,
    bytes: bytesOf('lightgbm-regression'),
    why: /has 1 scores a row, and the task 3.*as many classes/,
  },
  {
    what: 'other classes',
    topology: otherKinds,
    bytes: bytesOf('sklearn-classes'),
    why: /has the classes DE, FR, US, and the task red, green, blue.*Train it on the classes/,
  },
  {
    what: 'the task of another topology',
    topology: kinds,
    bytes: bytesOf('sklearn-classes'),
    choices: { task: 'binary' },
    code: 'CONFIG_INVALID',
    why: /task of the topology is 'multiclass', not 'binary'.*Leave --task out/,
  },
  {
    what: 'operators of the future',
    topology: value,
    bytes: bytesOf('wider-opset-unknown'),
    choices: { output: ['mean'] },
    why: /operators of ai\.onnx 99, and ONNX Runtime has them up to \d+.*target_opset.*opset_version/,
  },
  {
    what: 'tensors in another file',
    topology: binary,
    bytes: externalData(2, 'weights.bin'),
    why: /in another file \(external data\).*Save the model with all its tensors in one file/,
  },
  {
    what: 'operators of its own',
    topology: binary,
    bytes: foreignOperator(2, 'graph'),
    why: /operator "EPContext" is of the domain "com\.microsoft".*operators of ai\.onnx and ai\.onnx\.ml alone/,
  },
  {
    what: 'an operator that ONNX Runtime lacks',
    topology: binary,
    bytes: unknownOperator(),
    why: /ONNX Runtime cannot load it.*onnxruntime\.InferenceSession opens and runs the file/,
  },
  {
    what: 'the name of a training',
    topology: binary,
    bytes: forest,
    choices: { version: 'v3' },
    why: /names such as v3.*Choose another name with --version/,
  },
  {
    what: 'a name that is a path',
    topology: binary,
    bytes: forest,
    choices: { version: '../fraud' },
    why: /no name of a version.*Use letters, digits/,
  },
];

/** Nodes of a domain that ONNX has, of a type that it has not. */
function unknownOperator(): Uint8Array {
  const bytes = Buffer.from(softsignModel(Float32Array.of(0.5, 0.5)));
  const at = bytes.indexOf('Softsign');
  if (at < 0) throw new Error('the model has a Softsign');
  bytes.write('Softsigh', at);
  return bytes;
}
