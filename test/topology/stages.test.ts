// A topology's own stages among those of the engine: their order, and the columns that they add.
import t from 'tap';
import {
  atLeast,
  binary,
  categorical,
  contract,
  count,
  defineTopology,
  derive,
  features,
  filter,
  hours,
  labels,
  map,
  numberFrom,
  numeric,
  range,
  rowsWhere,
  score,
  sliding,
  stringFrom,
  text,
  view,
  watermarks,
  type Stage,
} from '../../src/index.ts';
import { checkColumns } from '../../src/topology/check-columns.ts';
import { ordersSchema } from '../support/orders.ts';

const source = { topic: 'orders', eventTime: 'at', partitions: 1 };
const vector = features('features', { when: { type: 'order' }, fields: { amount: numeric('amount') } });
const scoring = score('score', { key: 'id', fallback: 0 });
const joining = labels('labels', {
  key: 'id',
  when: { type: 'payment' },
  task: binary({ column: 'paid', positive: atLeast(1) }),
  timeoutMs: hours(1),
});

function problems(stages: readonly Stage[]): string {
  try {
    defineTopology({ name: 'orders', source, stages });
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
}

t.test('own stages may be anywhere, within the limits that they declare', async (t) => {
  const [time, amount] = [watermarks('watermarks'), numberFrom(['amount'], (value) => value)];
  const own = (id: string, but: Partial<Stage>): Stage => ({
    ...derive(id, {}),
    kind: 'own',
    ...but,
  });
  const stages = [filter({}), derive({ twice: amount }), time, map({ amount }), vector, scoring];
  t.equal(problems(stages), '');
  t.equal(problems([time, vector, derive({ twice: amount }), scoring, map({ amount }), joining]), '');
  t.equal(problems([derive('one', {}), own('two', { after: ['one'], before: ['watermarks'] }), time]), '');
  t.match(problems([time, vector, filter({})]), "stage 'filter' (filter) must come before features");
  t.match(
    problems([own('two', { after: ['watermarks'] }), time]),
    "stage 'two' (own) must come after watermarks",
  );
});

t.test('columns that stages add, replace and use as the key of their state', async (t) => {
  const check = (...stages: Stage[]): void =>
    checkColumns(defineTopology({ name: 'orders', source, stages }), ordersSchema);
  const twice = numberFrom(['amount'], (amount) => 2 * amount);
  const place = stringFrom([text('user'), text('type')], (user, type) => `${user} ${type}`);
  /** A stage whose column is computed from state. */
  const stateful = (column: string): Stage => ({
    ...derive('stateful', {}),
    reads: ['user: string'],
    adds: { [column]: { type: 'string?' } },
    previewed: () => [],
    memoryMs: 1,
  });
  const keyed = (key: string): Stage =>
    features('features', { views: { one: view([key], { n: count({ over: sliding(hours(1)) }) }) } });
  t.doesNotThrow(() => check(derive({ twice, place }), map({ amount: twice }), keyed('place')));
  t.doesNotThrow(() =>
    check(derive({ twice }), filter(rowsWhere(['twice'], (v) => v > 1)), contract([range('twice', 0, 1)])),
  );
  t.throws(() => check(filter(rowsWhere(['twice'], (v) => v > 1)), derive({ twice })), {
    message: /reads 'twice': no such column/,
  });
  t.throws(() => check(derive({ amount: twice })), {
    message: /'derive' adds 'amount', which is there already/,
  });
  t.throws(() => check(map({ nothing: twice })), { message: /reads 'nothing': no such column/ });
  t.throws(() => check(map({ user: twice })), { message: /needs a number, and 'user' is a string/ });
  t.throws(() => check(map({ at: numberFrom(['at'], (v) => v) })), {
    message: /replaces 'at', the event time/,
  });
  t.doesNotThrow(() =>
    check(stateful('group'), features('features', { fields: { group: categorical('group') } })),
  );
  for (const stages of [
    [stateful('group'), keyed('group')],
    [stateful('group'), derive({ more: stringFrom([text('group')], (group) => group) }), keyed('more')],
    [{ ...stateful('group'), adds: {}, replaces: ['user'] }, keyed('user')],
  ])
    t.throws(() => check(...stages), { message: /finds its state by '\w+', which is computed from state/ });
});
