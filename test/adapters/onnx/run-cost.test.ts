import t from 'tap';
import { RunCost } from '../../../src/adapters/onnx/run-cost.ts';

t.test(
  'a size whose median is over the budget is slow, and so are larger ones; smaller ones are not',
  (t) => {
    const cost = new RunCost(1);
    for (let i = 0; i < 128; i += 1) cost.add(256, i % 3 === 0 ? 0.3 : 2);
    t.notOk(cost.isSlow(100));
    t.ok(cost.isSlow(300), 'two of three runs took 2 ms');
    t.ok(cost.isSlow(2_048));
    t.end();
  },
);

t.test('occasional slow runs do not make a size slow', (t) => {
  const cost = new RunCost(1);
  for (let i = 0; i < 1_280; i += 1) cost.add(16, i % 5 === 0 ? 50 : 0.3);
  t.notOk(cost.isSlow(16));
  t.end();
});

t.test('a few runs are evaluated in the same way', (t) => {
  const cost = new RunCost(1);
  for (const ms of [9, 0.5, 0.4]) cost.add(8, ms);
  cost.judge(8);
  t.notOk(cost.isSlow(8));
  t.equal(Math.round(cost.meanMs(8) * 10), 33);
  for (const ms of [3, 4, 5, 6]) cost.add(8, ms);
  cost.judge(8);
  t.ok(cost.isSlow(8));
  t.end();
});
