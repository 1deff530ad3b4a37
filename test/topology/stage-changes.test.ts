// What a change of a stage means to producers, consumers and models.
import t from 'tap';
import {
  above,
  add,
  bins,
  binary,
  contract,
  dedupe,
  derive,
  filter,
  flatten,
  greater,
  hourOf,
  labels,
  lists,
  map,
  multiply,
  numberFrom,
  range,
  score,
  text,
  watermarks,
  type Expression,
  type Stage,
} from '../../src/index.ts';
import { changesBetween } from '../../src/topology/compatibility.ts';
import { parseDescription, type TopologyDescription } from '../../src/topology/description.ts';
import { a, changes, described, scored } from '../support/stage-changes.ts';

t.test('expressions, operand by operand', (t) => {
  const pairs: ReadonlyArray<readonly [Expression, Expression]> = [
    [multiply('a', 2), multiply('a', 3)],
    [multiply('a', 2), multiply('b', 2)],
    [multiply(add('a', 1), 2), multiply(add('a', 2), 2)],
    [hourOf('at'), hourOf('at', { zone: 'Europe/Berlin' })],
    [hourOf('at', { zone: 'Asia/Tokyo' }), hourOf('at', { zone: 'Europe/Berlin' })],
    [bins('a', [1, 2]), bins('a', [1, 3])],
    [text.after('s', '@'), text.after('s', '.')],
    [text.oneOf('s', ['x', 'y']), text.oneOf('s', ['x', 'z'])],
    [text.matches('s', 'a+'), text.matches('s', 'a*')],
    [lists.item('xs', 0), lists.item('xs', 1)],
    [numberFrom(['a'], (value) => value + 1), numberFrom(['a'], (value) => value + 2)],
  ];
  for (const [was, is] of pairs) {
    const [line, ...more] = changes(scored(derive({ d: was })), scored(derive({ d: is })));
    const what = `stage derive: d is ${is.text}, and was ${was.text}`;
    t.equal(line, `consumers break: ${what}: later stages get other values: models of before do not fit`);
    t.same(more, []);
  }
  t.end();
});

t.test('stages that compute or choose', (t) => {
  const models = ': models of before do not fit';
  const twice = map({ a: multiply('a', 2) });
  t.same(changes(scored(twice), scored(map({ a: multiply('a', 3) }))), [
    `consumers break: stage map: a is multiply(a, 3), and was multiply(a, 2): later stages get other values${models}`,
  ]);
  t.same(changes(scored(twice), scored()), [
    `consumers break: the stage map (map) is gone: later stages get other values${models}`,
  ]);
  t.same(changes(scored(), scored(filter({ a: above(5) }))), [
    `consumers break: the stage filter (filter) is new: other events go on${models}`,
  ]);
  t.same(changes(scored(filter(greater('a', 5))), scored(filter(greater('a', 50)))), [
    `consumers break: stage filter: keep is greater(a, 50), and was greater(a, 5): other events go on${models}`,
  ]);
  t.same(changes(scored(filter({ s: ['x', 'y'] })), scored(filter({ s: ['y', 'x'] }))), []);
  t.same(changes(scored(flatten({ numbers: { x: 'xs' } })), scored()), [
    `consumers break: the stage flatten (flatten) is gone: predictions are of events, with ids topic-partition-offset${models}`,
  ]);
  const defaulted = (value: number): Stage => contract([range('a', 0, 9, { otherwise: { default: value } })]);
  t.same(changes(scored(defaulted(0)), scored(defaulted(1))), [
    `consumers break: stage contract: default of range(a) is 1, and was 0: later stages get other values${models}`,
  ]);
  t.same(
    changes(scored(), scored(derive({ d: multiply('a', 2) }))),
    ['consumers fit: the stage derive (derive) is new'],
    'nothing of before reads a column that is new',
  );
  t.same(changes(scored(derive({ d: add('a', 1) })), scored(derive({ d: add('a', 1), e: add('a', 2) }))), [
    'consumers fit: stage derive: e is new, add(a, 2)',
  ]);
  t.end();
});

t.test('what is too far ahead is refused', (t) => {
  const ahead = (allowedAheadMs: number): readonly Stage[] => scored(watermarks({ allowedAheadMs }));
  t.match(changes(ahead(1_000), ahead(10)), [/^producers break: stage watermarks: allowedAheadMs is 10, /]);
  t.match(changes(ahead(10), ahead(Number.POSITIVE_INFINITY)), [
    /^producers fit: .* is Infinity, and was 10/,
  ]);
  t.end();
});

t.test('order, and ids', (t) => {
  const [one, two] = [map('one', { a: add('a', 1) }), map('two', { a: multiply('a', 2) })];
  t.same(changes(scored(one, two), scored(two, one)), [
    'consumers break: the stages have another order, watermarks, two, one, features, score: events may go on otherwise',
  ]);
  t.same(changes(scored(one), scored(map('first', { a: add('a', 1) }))), [], 'it keeps no state');
  t.same(changes(scored(dedupe({ by: ['id'] })), scored(dedupe('once', { by: ['id'] }))), [
    'consumers fit: the stage once (dedupe) was dedupe: it starts without state',
  ]);
  t.end();
});

t.test('a stage of your own', (t) => {
  const { declaration: _declaration, ...bare } = map('own', {});
  const own = (declares: object): Stage => ({ ...bare, kind: 'own', ...declares });
  t.match(changes(scored(own({ summary: 'x' })), scored(own({ summary: 'y' }))), [
    /^consumers break: stage own: summary is y, and was x: events may go on otherwise/,
  ]);
  const [fast, slow] = [own({ declaration: { every: 1 } }), own({ declaration: { every: 2 } })];
  t.match(changes(scored(fast), scored(slow)), [/^consumers break: stage own: every is 2, and was 1/]);
  t.match(changes(scored(), scored(own({}))), [/^consumers break: the stage own \(own\) is new/]);
  t.end();
});

t.test('another target, a treatment, and a description of before', (t) => {
  const both = (fallback: number): TopologyDescription =>
    described([
      a,
      score({ key: 'id' }),
      score('other', { key: 'id', fallback }),
      labels({ key: 'id', target: 'score', task: binary({ column: 'flag' }) }),
      labels('others', { key: 'id', target: 'other', task: binary({ column: 'b' }) }),
    ]);
  t.match(changesBetween(both(0.5), both(0.25)), [
    { breaks: true, what: /^target other: stage other: fallback is 0.25, and was 0.5/ },
  ]);
  const hashed = described(scored(), { sensitive: { s: 'hash' } });
  t.match(changesBetween(described(scored()), hashed), [
    {
      who: 'consumers',
      breaks: true,
      what: "the treatment of the column 's' is hash, and was as it is sent",
    },
  ]);
  const { stages: _stages, ...old } = described(scored());
  const parsed = parseDescription(JSON.stringify(old), 'old');
  t.same(changesBetween(parsed, described(scored(filter({ a: above(5) })))), []);
  t.end();
});
