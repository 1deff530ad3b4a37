/**
 * `npm run test:trainers`: trains by the examples in docs/examples/trainers, with scikit-learn and LightGBM from PyPI, and holds
 * the models to the gate. Ends with `N passed, N failed`. Not part of `npm test`: the packages are 400 MB.
 */
import { join } from 'node:path';
import { textColumn, type TextColumn } from '../src/core/text-column.ts';
import { external, minutes } from '../src/index.ts';
import { makeExample, makeRequest, run } from './learning/examples.ts';
import { pythonWith } from './support/python.ts';

const EXAMPLES = join(import.meta.dirname, '../docs/examples/trainers');
const PACKAGES = [
  'scikit-learn==1.9.1',
  'skl2onnx==1.20.0',
  'lightgbm==4.7.0',
  'onnxmltools==1.16.0',
  'pyarrow==26.0.1',
  'pandas==3.1.1',
  // onnxmltools imports it and does not declare it.
  'packaging',
];

const python = pythonWith('python-trainers-2', PACKAGES, 'the examples of trainers');
const example = makeExample(4_000, 4);
const texts = (prefix: string): TextColumn =>
  textColumn(Array.from({ length: example.rowCount }, (_, row) => `${prefix}${row}`));
const entities = textColumn(Array.from({ length: example.rowCount }, () => '{"card":"a"}'));
const set = { ...example, identities: { ids: texts('rides-0-'), keys: texts('ride'), entities } };
let failed = 0;
const cases = [
  ['scikit-learn', {}],
  ['lightgbm', { num_leaves: 15 }],
] as const;
for (const [name, params] of cases) {
  const command = [python, join(EXAMPLES, name, 'train.py')];
  try {
    const trainers = [external({ command, params, timeoutMs: minutes(5) })];
    const { verdict, why } = await run(makeRequest(set, { trainers }));
    const passes = verdict === 'promote' && /then fitted again/.test(why);
    if (!passes) failed += 1;
    console.log(`${passes ? 'ok' : 'not ok'} ${name}: ${why}`);
  } catch (error) {
    failed += 1;
    console.log(`not ok ${name}: ${String(error)}`);
  }
}
console.log(`${cases.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
