// Rows that are taken out of an accumulator, as if they had never been added: against one of the other rows alone.
import fc from 'fast-check';
import t from 'tap';
import { binary, multiclass, regression, type Task } from '../../src/index.ts';
import { evidenceWidth } from '../../src/tasks/outputs.ts';
import { near } from './close.ts';

const share = fc.double({ min: 0, max: 1, noNaN: true }).map(Math.fround);
interface Judged {
  readonly score: number;
  readonly label: number;
  readonly evidence: readonly number[];
}
const TASKS: ReadonlyArray<readonly [Task, fc.Arbitrary<Judged>]> = [
  [
    binary({ column: 'paid' }),
    fc.record({ score: share, label: fc.integer({ min: 0, max: 1 }), evidence: fc.constant([]) }),
  ],
  [
    regression({ column: 'paid' }),
    fc.record({
      score: fc.double({ min: -100, max: 100, noNaN: true }),
      label: fc.integer({ min: -100, max: 100 }),
      evidence: fc.constant([]),
    }),
  ],
  [
    regression({ column: 'paid', quantiles: [0.1, 0.9] }),
    fc.record({
      score: fc.integer({ min: -9, max: 9 }),
      label: fc.integer({ min: -9, max: 9 }),
      evidence: fc.tuple(fc.integer({ min: -9, max: 0 }), fc.integer({ min: 0, max: 9 })),
    }),
  ],
  [
    multiclass({ column: 'paid', classes: ['a', 'b', 'c'] }),
    fc
      .tuple(share, share, fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 2 }))
      .map(([score, ofLabel, top, label]) => ({
        score,
        label,
        evidence: [ofLabel, top, score * score + ofLabel * ofLabel],
      })),
  ],
];

for (const [task, row] of TASKS)
  t.test(`property: ${task.name}`, (t) => {
    fc.assert(
      fc.property(fc.array(fc.tuple(row, fc.boolean()), { minLength: 1, maxLength: 60 }), (rows) => {
        const [all, rest] = [task.accumulator('fine'), task.accumulator('fine')];
        const width = evidenceWidth(task.output);
        for (const [{ score, label, evidence }] of rows) all.add(score, label, [9, ...evidence], width && 1);
        for (const [{ score, label, evidence }, stays] of rows)
          if (stays) rest.add(score, label, evidence);
          else all.remove?.(score, label, [9, ...evidence], width && 1);
        t.equal(all.count, rest.count);
        const [left, wanted] = [all.figures(), rest.figures()];
        for (const [name, value] of Object.entries(wanted)) {
          const own = left[name] as number;
          // A variance of what is left of large numbers is exact to their squares' last digits.
          if (name === 'r2' && rest.count < 3) continue;
          if (
            !near(own, value, 1e-6) &&
            !(Number.isNaN(own) && Number.isNaN(value)) &&
            Math.abs(own - value) > 1e-6
          )
            t.fail(`${name}: ${own}, not ${value}`);
        }
        t.strictSame(all.confusion?.(), rest.confusion?.());
        return t.passing();
      }),
      { seed: 5, numRuns: 200 },
    );
    t.end();
  });
