// Topologies with several targets: what is declared, what each target is, and what is wrong with definitions.
import t from 'tap';
import {
  binary,
  count,
  describeMermaid,
  describeText,
  features,
  hours,
  labels,
  score,
  sliding,
  view,
  type Stage,
  type Topology,
} from '../../src/index.ts';
import { changesBetween } from '../../src/topology/compatibility.ts';
import { schemaOf } from '../../src/topology/columns-schema.ts';
import { descriptionOf, parseDescription } from '../../src/topology/description.ts';
import { mergesOf } from '../../src/topology/merge.ts';
import { partsOf } from '../../src/topology/parts.ts';
import { modelSubject, targetNamed, targetsOf } from '../../src/topology/targets.ts';
import { groupOf, topicSpecs, topicsOf } from '../../src/topology/topics.ts';
import { fraud, loss, ofFraud, ofLoss, schema, topologyOf, vector } from '../support/payment-targets.ts';

t.test('each target is a topology over the same source', (t) => {
  const main = topologyOf({ source: { archive: true } });
  const [, other] = targetsOf(main) as [Topology, Topology];
  t.same([main.name, other.name], ['payments', 'payments.loss']);
  t.match(
    [main.target, other.target],
    [
      { name: 'fraud', topology: 'payments', isMain: true, others: [{ target: 'loss', task: 'regression' }] },
      { name: 'loss', topology: 'payments', isMain: false, others: [{ target: 'fraud', task: 'binary' }] },
    ],
  );
  t.same(
    main.stages.map(({ id }) => id),
    ['watermarks', 'profile', 'features', 'fraud', 'frauds'],
  );
  t.same(
    other.stages.map(({ id }) => id),
    ['watermarks', 'features', 'loss', 'losses'],
    'effects of the topology itself are those of the main target',
  );
  t.same([main.task.name, other.task.name], ['binary', 'regression']);
  t.same(
    [main, other].map(({ features }) => features?.features.map(({ name }) => name)),
    [['amount'], ['amount', 'card.n']],
  );
  t.same([main.source.archive, other.source.archive], [true, false]);
  const [ofMain, ofOther] = [topicsOf(main), topicsOf(other)];
  t.same([ofMain.predictions, ofOther.predictions], ['payments.predictions', 'payments.loss.predictions']);
  t.equal(ofOther.modelUpdates, 'payments.loss.model-updates');
  for (const shared of ['deadLetters', 'late', 'audit', 'apiKeys'] as const)
    t.equal(ofOther[shared], ofMain[shared], shared);
  t.equal(groupOf(other.name), 'millrace.payments.loss');
  const own = topicSpecs(other).map(({ topic }) => topic);
  t.notOk(own.includes('payments.audit') || own.includes('payments.api-keys'), 'the main target has them');
  t.equal(modelSubject(other, 'v2'), 'model v2 of target loss');
  t.end();
});

t.test('a topology with one score stage is what it was, whatever the id', (t) => {
  const one = topologyOf({ stages: [vector, loss, ofLoss] });
  t.equal(one.target, undefined);
  t.equal(one.otherTargets, undefined);
  t.equal(topicsOf(one).predictions, 'payments.predictions');
  t.equal(modelSubject(one, 'v2'), 'model v2');
  t.notMatch(describeText(one), /^target/m);
  t.notOk('targets' in descriptionOf(one, schemaOf(schema)));
  t.end();
});

t.test('the main target is the stage with the default id, else the first', (t) => {
  const plain = labels('others', {
    target: 'score',
    key: 'id',
    task: binary({ column: 'fraud', positive: false }),
  });
  const main = topologyOf({ stages: [vector, loss, ofLoss, score({ key: 'id' }), plain] });
  t.same(
    targetsOf(main).map(({ score }) => score?.id),
    ['score', 'loss'],
  );
  t.end();
});

t.test('learning options of a target are in place of those of the topology', (t) => {
  const learning = {
    retraining: { firstRows: 500, seed: 7 },
    control: { everyMs: hours(2) },
    targets: { loss: { retraining: { firstRows: 900 }, drift: false } },
  };
  const [main, other] = targetsOf(topologyOf({ learning })) as [Topology, Topology];
  t.match(main, { retraining: { firstRows: 500, seed: 7 }, drift: {}, control: { everyMs: hours(2) } });
  t.match(other, {
    retraining: { firstRows: 900, seed: 1 },
    drift: undefined,
    control: { everyMs: hours(2) },
  });
  const off = topologyOf({ learning: { retraining: true, targets: { fraud: { retraining: false } } } });
  t.same(
    targetsOf(off).map(({ retraining }) => retraining !== undefined),
    [false, true],
  );
  t.end();
});

t.test('descriptions have every target', (t) => {
  const topology = topologyOf();
  const text = describeText(topology);
  t.match(text, /^topology payments, target fraud$/m);
  t.match(
    text,
    /^target loss\n {2}score {7}loss: key id.*\n {2}labels {6}losses: target loss: regression by id/m,
  );
  t.match(text, /sink {8}payments\.loss\.predictions/);
  const nodes = [...describeMermaid(topology).matchAll(/([a-z][\w-]*)(?:\[|\(\(|\{)/g)].map(([, id]) => id);
  t.equal(new Set(nodes).size, nodes.length, 'every node once');
  for (const id of ['fraud', 'loss', 'losses', 'predictions-loss', 'updates-loss'])
    t.ok(nodes.includes(id), id);
  t.end();
});

t.test('changes of targets break consumers', (t) => {
  const described = (...stages: readonly Stage[]): ReturnType<typeof descriptionOf> =>
    parseDescription(
      JSON.stringify(descriptionOf(topologyOf({ stages: [vector, ...stages] }), schemaOf(schema))),
      'file',
    );
  const both = described(fraud, ofFraud, loss, ofLoss);
  const what = (before: typeof both, after: typeof both): string[] =>
    changesBetween(before, after).map((change) => `${change.breaks ? 'breaks' : 'fits'} ${change.what}`);
  t.same(what(both, both), []);
  t.same(what(described(fraud, ofFraud), both), ['fits target loss: there are predictions now']);
  t.same(what(both, described(fraud, ofFraud)), ['breaks target loss: there are no predictions any more']);
  t.match(what(both, described(loss, ofLoss, fraud, ofFraud)), [/breaks/, /breaks/]);
  t.ok(
    what(both, described(loss, ofLoss, fraud, ofFraud)).includes(
      'breaks the main target is loss, and was fraud: its models do not fit',
    ),
  );
  const small = score('loss', { key: 'id', service: 'small' });
  t.same(what(both, described(fraud, ofFraud, small, ofLoss)), [
    'breaks target loss: the feature card.n is gone: models of before do not fit',
  ]);
  t.end();
});

t.test('features of other keys come by the hops of the main target', (t) => {
  const stage = features({
    when: { type: 'payment' },
    views: { shop: view(['merchant'], { n: count({ over: sliding(hours(1)) }) }) },
  });
  const main = topologyOf({
    source: { key: 'card' },
    stages: [stage, score('fraud', { key: 'id' }), ofFraud, loss, ofLoss],
  });
  const [, other] = targetsOf(main) as [Topology, Topology];
  const [parts, ofOther] = [partsOf(main), partsOf(other)];
  t.same(
    parts.others.map(({ name }) => name),
    ['payments.by-merchant', 'payments.front'],
  );
  t.same(ofOther.others, []);
  t.match(ofOther.main.part, { role: 'main', topology: 'payments', answers: 'payments.answers' });
  t.same(ofOther.main.part?.hops, parts.main.part?.hops, 'the same answers');
  t.equal(mergesOf(parts.main).length, 1);
  t.equal(mergesOf(ofOther.main).length, 0);
  t.equal(topicsOf(ofOther.main).predictions, 'payments.loss.predictions');
  const own = topicSpecs(ofOther.main).map(({ topic }) => topic);
  t.notOk(own.some((topic) => /by-merchant|answers/.test(topic)));
  t.end();
});

t.test('a target by its name', (t) => {
  const topology = topologyOf();
  t.equal(targetNamed(topology, 'fraud').name, 'payments');
  t.equal(targetNamed(topology, 'loss').name, 'payments.loss');
  t.throws(() => targetNamed(topology, undefined), {
    code: 'CONFIG_INVALID',
    what: 'the topology has several targets: fraud, loss',
    remedy: 'Name one: --target fraud.',
  });
  t.throws(() => targetNamed(topology, 'lost'), { code: 'CONFIG_INVALID', what: /did you mean 'loss'/ });
  const one = topologyOf({ stages: [vector, loss, ofLoss] });
  t.equal(targetNamed(one, undefined), one);
  t.equal(targetNamed(one, 'loss'), one);
  t.end();
});
