// The items of an array in pieces, against the whole: the same items, and a fault where it has one.
import fc from 'fast-check';
import t from 'tap';
import { parseWideJson } from '../../../src/core/wide-json.ts';
import { INGEST_ROW_CHARS_MAX, INGEST_SMALL_BYTES_MAX } from '../../../src/core/port-limits.ts';
import { arrayItems, isArrayText, NoJson, TOO_LONG } from '../../../src/serving/ingest/array-items.ts';

function outcome(parse: () => unknown): unknown {
  try {
    return parse();
  } catch (error) {
    return error instanceof SyntaxError || error instanceof NoJson ? 'no JSON' : error;
  }
}

const inPieces = (text: string): unknown => outcome(() => [...arrayItems(text)]);
const whole = (text: string): unknown => outcome(() => parseWideJson(text));

/** White space, and items of which a few are enough for a piece. */
const array = fc
  .tuple(
    fc.array(fc.oneof(fc.jsonValue(), fc.constant('x'.repeat(40_000)))),
    fc.constantFrom('', ' ', '\n\t'),
  )
  .map(([items, space]) => space + JSON.stringify(items, null, space) + space);

/** A character that is replaced, left out or doubled. */
const mutation = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  by: fc.constantFrom('', ',', ',,', '[', ']', '{', '}', '"', '\\', ' ', '1', '\u0000', ']]', ',]'),
});

t.test('random arrays', (t) => {
  fc.assert(fc.property(array, (text) => t.strictSame(inPieces(text), parseWideJson(text))));
  t.end();
});

t.test('arrays with a fault', (t) => {
  let faults = 0;
  fc.assert(
    fc.property(array, fc.array(mutation, { minLength: 1, maxLength: 2 }), (json, mutations) => {
      let text = json;
      for (const { at, by } of mutations) {
        const cut = Math.floor(at * text.length);
        text = text.slice(0, cut) + by + text.slice(cut + 1);
      }
      if (!isArrayText(text)) return;
      const expected = whole(text);
      if (expected === 'no JSON') faults += 1;
      t.strictSame(inPieces(text), expected, JSON.stringify(text.slice(0, 60)));
    }),
    { numRuns: 1_000 },
  );
  t.ok(faults > 50, `${faults} faults`);
  t.end();
});

t.test('faults at the ends of pieces', (t) => {
  const piece = `"${'x'.repeat(INGEST_SMALL_BYTES_MAX)}"`;
  const long = `"${'x'.repeat(INGEST_ROW_CHARS_MAX)}"`;
  for (const text of ['[]', '[ ]', `[${piece}]`, `[${piece},1]`, `[1,${piece} , {} ]`])
    t.strictSame(inPieces(text), parseWideJson(text), text.slice(0, 20));
  for (const text of ['[', '[,]', '[1', '[1,]', '[1]]', '[1]x', '[}', '[{]', '["', '["\\"]', `[${piece},]`])
    t.equal(inPieces(text), 'no JSON', text.slice(0, 20));
  t.equal(inPieces(`[${piece},,1]`), 'no JSON');
  t.strictSame(inPieces(`[1,${long},2]`), [1, TOO_LONG, 2], 'what is too long is not parsed');
  t.strictSame(inPieces(`[${long}]`), [TOO_LONG]);
  for (const text of [`[,${long}]`, `[${long},]`]) t.equal(inPieces(text), 'no JSON', text.slice(0, 20));
  const broken = `[${piece},{"a" 1}]`;
  t.throws(() => [...arrayItems('[1,{"a" 1}]')], Object.assign(new Error('not JSON'), { position: 8 }));
  t.throws(
    () => [...arrayItems(broken)],
    Object.assign(new Error('not JSON'), { position: broken.length - 3 }),
  );
  t.end();
});
