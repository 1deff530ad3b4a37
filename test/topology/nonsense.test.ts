// What makes no sense in a definition is refused when it is defined, all of it at once, and never by an error of ours.
import t from 'tap';
import { MillraceError } from '../../src/core/errors.ts';

interface Nonsense {
  /** By option: defines a topology with the value, and values that make no sense. */
  readonly cases: Readonly<Record<string, readonly [define: (value: unknown) => unknown, values: unknown[]]>>;
  readonly def: (parts: object) => object;
  readonly together: () => object;
}

const { cases, def, together } = (await import(new URL('./nonsense.js', import.meta.url).href)) as Nonsense; // what the module exports

function refusal(define: () => unknown): MillraceError {
  try {
    define();
  } catch (error) {
    if (error instanceof MillraceError) return error;
    throw error;
  }
  throw new Error('it is accepted');
}

t.test('a sound definition', async (t) => {
  t.ok(def({}));
});

for (const [option, [define, values]] of Object.entries(cases)) {
  t.test(option, async (t) => {
    for (const value of values) {
      const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? 'undefined');
      try {
        const { code } = refusal(() => define(value));
        t.equal(code, 'TOPOLOGY_INVALID', text);
      } catch (error) {
        t.fail(`${text}: ${String(error)}`);
      }
    }
  });
}

t.test('all mistakes are reported at once, with their places', async (t) => {
  const { message } = refusal(together);
  for (const part of [
    'source.partitions: 0 is no whole number',
    'range(amount) is from 5 to 1',
    "there is no option 'otherwis'; did you mean 'otherwise'?",
    'withinMs: -5 is not a duration',
    "needs a number, and 'card' is a string",
    'cannot be divided into panes of 7 ms',
    "the fallback 7 of stage 'score' is not within 0 to 1",
    'timeoutMs: -5 is not a duration',
    "atLeast('x') does not compare with a number",
    'control.everyMs: 0 is not a duration',
    "there is no option 'retraning'; did you mean 'retraining'?",
  ])
    t.match(message, part);
  t.match(message, /nonsense\.js:\d+:\d+ stages\[1\]\.withinMs/);
});
