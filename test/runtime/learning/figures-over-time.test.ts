// Figures over event time: which period a row belongs to, and which periods are kept.
import t from 'tap';
import { atLeast, binary } from '../../../src/index.ts';
import { FiguresOverTime } from '../../../src/runtime/learning/figures-over-time.ts';

const task = binary({ column: 'label', positive: atLeast(1) });
const open = (): FiguresOverTime => new FiguresOverTime(() => task.accumulator('coarse'), 10);

t.test('a row belongs to [start, start + period), and periods are merged', async (t) => {
  const quality = open();
  quality.add(9, 0.2, 0);
  quality.add(10, 0.7, 1);
  quality.add(19, 0.6, 0);
  quality.add(-1, 0.5, 1);
  t.same(quality.starts(), [-10, 0, 10]);
  t.equal(quality.between(0, 20).count, 3);
  t.equal(quality.between(0, 10).count, 1);
  const all = task.accumulator('coarse');
  for (const [score, label] of [
    [0.2, 0],
    [0.7, 1],
    [0.6, 0],
  ] as const)
    all.add(score, label);
  t.same(quality.between(0, 20).figures(), all.figures());
});

t.test('the oldest periods are dropped', async (t) => {
  const quality = open();
  for (let at = 0; at < 5_000; at += 10) quality.add(at, 0.5, 1);
  t.equal(quality.starts().length, 400);
  t.equal(quality.starts()[0], 1_000);
});
