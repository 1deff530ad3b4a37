// Functions of strings compared with those of JavaScript on code points.
import fc from 'fast-check';
import t from 'tap';
import { text, type Expression } from '../../../src/index.ts';
import { computed } from '../../support/computed.ts';

const word = fc.oneof(
  fc.constant(null),
  fc.string({ unit: fc.constantFrom('a', 'B', '@', '😀', 'ß', ' ', '1') }),
);

t.test('property: functions of strings count code points, and null gives null', (t) => {
  const string = { kind: 'string', nullable: true } as const;
  const cases: ReadonlyArray<
    readonly [Expression, (s: string, u: string) => number | string | boolean | null]
  > = [
    [text.after('s', '@'), (s) => (s.includes('@') ? s.slice(s.indexOf('@') + 1) : null)],
    [text.before('s', '@'), (s) => (s.includes('@') ? (s.split('@')[0] ?? '') : null)],
    [text.afterLast('s', '@'), (s) => (s.includes('@') ? (s.split('@').at(-1) ?? '') : null)],
    [text.beforeLast('s', '@'), (s) => (s.includes('@') ? s.split('@').slice(0, -1).join('@') : null)],
    [text.lower('s'), (s) => s.toLowerCase()],
    [text.upper(text('s')), (s) => s.toUpperCase()],
    [text.trim('s'), (s) => s.trim()],
    [text.length('s'), (s) => Array.from(s).length],
    [text.slice('s', 1, 3), (s) => Array.from(s).slice(1, 3).join('')],
    [text.slice('s', -2), (s) => Array.from(s).slice(-2).join('')],
    [text.replace('s', 'a', '$&'), (s) => s.split('a').join('$&')],
    [text.join('-', 's', text.upper('u')), (s, u) => `${s}-${u.toUpperCase()}`],
    [text.same('s', 'u'), (s, u) => s === u],
    [text.oneOf('s', ['a', '😀']), (s) => s === 'a' || s === '😀'],
    [text.startsWith('s', 'a'), (s) => s.startsWith('a')],
    [text.endsWith('s', '😀'), (s) => s.endsWith('😀')],
    [text.contains('s', 'B@'), (s) => s.includes('B@')],
    [text.matches('s', '^.a'), (s) => /^.a/u.test(s)],
    [text.matches('s', /b+@/i), (s) => /b+@/i.test(s)],
    [text.when(text.startsWith('s', 'a'), 's', 'u'), (s, u) => (s.startsWith('a') ? s : u)],
  ];
  fc.assert(
    fc.property(fc.array(fc.record({ s: word, u: word }), { minLength: 1, maxLength: 12 }), (given) => {
      const full = given.map(({ s, u }) => ({ s, u: s === null ? null : (u ?? 'u') }));
      for (const [expression, oracle] of cases) {
        const wanted = full.map(({ s, u }) => (s === null || u === null ? null : oracle(s, u)));
        const plain = wanted.map((v) => (typeof v === 'boolean' ? (v ? 1 : 0) : v));
        t.same(computed(expression, full, { s: string, u: string }), plain, expression.text);
      }
      return t.passing();
    }),
    { seed: 12, numRuns: 150 },
  );
  t.end();
});

t.test('strings to numbers and back', (t) => {
  const texts = ['12', ' -1.5e3 ', '.5', '5.', '', 'x', '0x10', '1_000', 'Infinity', '1e400'];
  t.same(
    computed(
      text.toNumber('s'),
      texts.map((s) => ({ s })),
    ),
    [12, -1500, 0.5, 5, null, null, null, null, null, Infinity],
  );
  t.same(computed(text.fromNumber('a'), [{ a: 12 }, { a: 0.1 }, { a: null }]), ['12', '0.1', null]);
  t.end();
});
