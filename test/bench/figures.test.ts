import t from 'tap';
import { shown, shownSpread, spreadOf, table } from '../../bench/figures.ts';

t.test('median and range', async (t) => {
  t.same(spreadOf([3, 1, 2]), { median: 2, min: 1, max: 3 });
  t.same(spreadOf([4, 1, 3, 2]), { median: 2.5, min: 1, max: 4 });
  t.equal(shownSpread(spreadOf([1_234, 1_235, 56_789])), '1,235 (1,234 to 56,790)');
  t.equal(shown(Number.NaN), '-');
});

t.test('a table aligns names left and figures right', async (t) => {
  t.equal(table(['job', 'µs'], [['standard', '3']]), 'job       µs\n--------  --\nstandard   3');
});
