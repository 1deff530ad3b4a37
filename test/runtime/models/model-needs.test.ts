// Models that cannot score a topology's events are refused by what their manifest says, and by their outputs if it lies.
import t from 'tap';
import { OnnxScorers } from '../../../src/adapters/onnx/scorer-factory.ts';
import type { ModelManifest } from '../../../src/core/reports.ts';
import { goldenBatch } from '../../../src/learning/golden-batch.ts';
import { GraphBuilder } from '../../../src/learning/graph-builder.ts';
import { type ModelNeeds, requireFitting } from '../../../src/runtime/models/model-needs.ts';
import { NO_REFERENCE } from '../../../src/stats/drift-reference.ts';
import type { TargetModels } from '../../../src/topology/definition.ts';
import { binary } from '../../../src/tasks/binary.ts';
import { multiclass } from '../../../src/tasks/multiclass.ts';
import { outputCount, outputNames } from '../../../src/tasks/outputs.ts';
import { atLeast } from '../../../src/window/predicate.ts';

const FEATURES = ['amount', 'age'];
const CLASSES = ['low', 'middle', 'high'];
const twoClasses = binary({ column: 'disputed', positive: atLeast(1) });
const threeClasses = multiclass({ column: 'kind', classes: CLASSES });

function manifestOf(more: Partial<ModelManifest>): ModelManifest {
  return {
    topology: 'payments',
    version: 'v1',
    status: 'champion',
    parent: null,
    createdMs: 0,
    trainedAtMs: 0,
    reason: 'schedule',
    why: 'better than v0',
    interval: { fromMs: 0, toMs: 1 },
    rows: { train: 100, validation: 20, gate: 30 },
    metrics: { candidate: { n: 30, logLoss: 0.25 }, champion: null },
    task: 'binary',
    trainer: { name: 'mlp', params: {} },
    gate: { share: 0.3, confidence: 0.9, tolerance: 0, refit: true },
    newestRowMs: 1,
    features: FEATURES.map((name) => ({ name, kind: 'numeric' })),
    environment: {},
    sha256: '00',
    seconds: 1,
    reference: NO_REFERENCE,
    ...more,
  };
}

function needsOf({ name, output }: typeof twoClasses | typeof threeClasses): ModelNeeds {
  const outputs = outputNames(output);
  return {
    topology: 'payments',
    target: 'fraud',
    task: name,
    ...(outputs === undefined ? {} : { outputs }),
    label: `${name} of disputed`,
    others: [],
    isMain: true,
    output,
    features: FEATURES,
  };
}

/** Three probabilities a row, whatever the features are. */
function threeOutputs(): Uint8Array {
  const graph = new GraphBuilder('three');
  const x = graph.input('x', 'float32', ['rows', FEATURES.length]);
  const weights = graph.initializer('weights', {
    type: 'float32',
    data: Float32Array.of(0.1, 0.2, 0.3, -0.1, 0.1, 0.2),
    dims: [FEATURES.length, CLASSES.length],
  });
  const scores = graph.op('Softmax', [graph.op('MatMul', [x, weights])], { axis: { int: 1 } });
  graph.output('score', scores, 'float32', ['rows', CLASSES.length]);
  return graph.build();
}

t.test('a model of three classes is none for a topology of two, and the other way round', (t) => {
  const needs = needsOf(twoClasses);
  t.doesNotThrow(() => requireFitting(needs, manifestOf({})));
  const refused = (task: string, other: string) => ({
    code: 'MODEL_INVALID',
    where: 'payments v1',
    message: new RegExp(`for task '${task}', that of the topology is '${other}'`),
    remedy: /another name/,
  });
  const ofThree = manifestOf({ task: 'multiclass', classes: CLASSES });
  t.throws(() => requireFitting(needs, ofThree), refused('multiclass', 'binary'));
  t.doesNotThrow(() => requireFitting(needsOf(threeClasses), ofThree));
  t.throws(() => requireFitting(needsOf(threeClasses), manifestOf({})), refused('binary', 'multiclass'));
  t.end();
});

t.test('classes are the same ones, in the same order', (t) => {
  for (const classes of [
    ['low', 'high', 'middle'],
    ['low', 'middle'],
    [...CLASSES, 'highest'],
  ])
    t.throws(() => requireFitting(needsOf(threeClasses), manifestOf({ task: 'multiclass', classes })), {
      code: 'MODEL_INVALID',
      message: new RegExp(`other classes or quantiles: ${classes.join(', ')}`),
      remedy: /in their order/,
    });
  t.end();
});

t.test('features are the same ones, in the same order', (t) => {
  const given = (...names: string[]): ModelManifest =>
    manifestOf({ features: names.map((name) => ({ name, kind: 'numeric' })) });
  const refused = (what: RegExp) => ({ code: 'MODEL_INVALID', message: what });
  const needs = needsOf(twoClasses);
  t.throws(() => requireFitting(needs, given('age', 'amount')), refused(/in another order/));
  t.throws(() => requireFitting(needs, given('amount')), refused(/with none and without age/));
  t.throws(() => requireFitting(needs, given('amount', 'age', 'sex')), refused(/with sex and without none/));
  t.end();
});

t.test('a model of one target is none for another, whatever else fits', (t) => {
  const needs = needsOf(twoClasses);
  t.doesNotThrow(() => requireFitting(needs, manifestOf({ target: 'fraud' })));
  t.doesNotThrow(() => requireFitting(needs, manifestOf({})), 'of a topology that had one target');
  t.throws(() => requireFitting(needs, manifestOf({ target: 'churn' })), {
    code: 'MODEL_INVALID',
    message: /the model is for target 'churn', that of the topology is 'fraud'/,
    remedy: /put the stages back in their order/,
  });
  t.end();
});

t.test('a manifest that names no target is refused where several could have made the model', (t) => {
  const churn: TargetModels = { target: 'churn', task: 'binary', label: 'binary of churned' };
  const kind: TargetModels = { target: 'kind', task: 'multiclass', outputs: CLASSES, label: 'of kind' };
  const open: TargetModels = { target: 'open', task: 'unlabelled', label: null };
  const needs = needsOf(twoClasses);
  t.doesNotThrow(() => requireFitting({ ...needs, others: [kind] }, manifestOf({})), 'no other can');
  for (const others of [[churn], [kind, churn], [open]])
    t.throws(() => requireFitting({ ...needs, others }, manifestOf({})), {
      code: 'MODEL_INVALID',
      where: 'payments v1',
      message: new RegExp(`names no target, and the model may be for 'fraud' or '${others.at(-1)?.target}'`),
      remedy: /millrace models import models\/payments\/v1\/model.onnx .*--target fraud/,
    });
  t.doesNotThrow(
    () =>
      requireFitting(
        { ...needs, topology: 'payments.fraud', isMain: false, others: [churn] },
        manifestOf({}),
      ),
    'the name of the topology has the target',
  );
  const ofThree = { ...needsOf(threeClasses), others: [{ ...kind, outputs: ['low', 'high'] }] };
  t.doesNotThrow(() => requireFitting(ofThree, manifestOf({ task: 'multiclass', classes: CLASSES })));
  t.end();
});

t.test('the trial refuses three outputs where a manifest claims one score', async (t) => {
  const scorers = await OnnxScorers.open({ providers: ['cpu'] });
  t.teardown(() => scorers.close());
  const trial = (output: typeof twoClasses.output): Promise<void> =>
    scorers.trial({
      version: 'v1',
      model: threeOutputs(),
      inputWidth: FEATURES.length,
      outputs: outputCount(output),
      isDistribution: output.classes !== undefined,
      golden: goldenBatch(FEATURES, null),
      low: output.low,
      high: output.high,
    });
  await t.rejects(trial(twoClasses.output), { code: 'MODEL_INVALID' });
  await t.resolves(trial(threeClasses.output));
});
