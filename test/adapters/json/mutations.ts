// Records that JSON's grammar, its types and its producers disagree about: generated ones, and what damage makes of them.
import fc from 'fast-check';

const SYMBOLS = ['card', 'cash', 'überweisung', ''];
const text = fc.string({ unit: 'binary', maxLength: 12 });
const number = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.maxSafeInteger(),
  fc.double({ min: 0, max: 100, noNaN: true }),
);
const numberText = fc.oneof(
  number.map((value) => (Object.is(value, -0) ? '-0' : String(value))),
  fc.stringMatching(/^-?[0-9]{1,25}(\.[0-9]{1,25})?([eE][+-]?[0-9]{1,3})?$/),
  fc.constantFrom(
    '1e400',
    '-1E+400',
    '1e-400',
    '9007199254740993',
    '2147483648',
    '-2147483648',
    '0.1e1',
    '1.0',
    '00',
    '1.',
    '.5',
    '+1',
    '-',
  ),
);
const instantText = fc.oneof(
  fc
    .date({ noInvalidDate: true, min: new Date('0001-01-01Z'), max: new Date('9999-01-01Z') })
    .map((date) => date.toISOString()),
  fc.stringMatching(
    /^20[0-9]{2}-[01][0-9]-[0-3][0-9][T t][0-2][0-9]:[0-6][0-9]:[0-6][0-9](\.[0-9]{1,9})?(Z|z|[+-][0-2][0-9]:[0-6][0-9]|)$/,
  ),
);
/** A string of JSON, its characters escaped or not. */
const stringText = fc
  .tuple(fc.oneof(text, instantText, fc.constantFrom(...SYMBOLS)), fc.boolean())
  .map(([value, isEscaped]) => (isEscaped ? `"${escaped(value)}"` : JSON.stringify(value)));
const lone = fc.constantFrom(
  '"\\ud800"',
  '"\\udc00x"',
  '"\\ud800\\u0041"',
  '"\\uD83D\\uDE00"',
  '"\\/\\b\\f\\n\\r\\t\\""',
  '"\\x"',
);

/** Each unit of UTF-16 as an escape. */
function escaped(text: string): string {
  const units = Array.from({ length: text.length }, (_, i) =>
    text.charCodeAt(i).toString(16).padStart(4, '0'),
  );
  return units.map((unit) => `\\u${unit}`).join('');
}

const scalar = fc.oneof(numberText, stringText, lone, fc.constantFrom('true', 'false', 'null', 'nul'));
const space = fc.constantFrom('', '', '', '', ' ', '\n\t', '\r\n', '\u00a0');
const any = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    scalar,
    fc.array(tie('value'), { maxLength: 3 }).map((values) => `[${values.join(',')}]`),
    fc
      .array(fc.tuple(stringText, tie('value')), { maxLength: 3 })
      .map((members) => `{${members.map(([name, value]) => `${name}:${value}`).join(',')}}`),
  ),
})).value;

const names = ['id', 'kind', 'flag', 'amount', 'small', 'int', 'long', 'at', 'seen', 'note', 'after', 'x"y'];
const inner = ['amount', 'note', 'deep'];
const nameText = (list: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...list).map((name) => JSON.stringify(name)) },
    { weight: 1, arbitrary: fc.constantFrom(...list).map((name) => `"${escaped(name)}"`) },
    { weight: 1, arbitrary: stringText },
  );
const objectOf = (list: readonly string[], value: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .array(fc.tuple(space, nameText(list), space, space, value, space), { maxLength: 14 })
    .map(
      (members) =>
        `{${members.map(([a, name, b, c, one, d]) => `${a}${name}${b}:${c}${one}${d}`).join(',')}}`,
    );
const deep = objectOf(['more'], fc.oneof(scalar, any));
const after = objectOf(inner, fc.oneof(scalar, any, deep));

/** Any members in any order, any number of times. */
export const looseText: fc.Arbitrary<string> = objectOf(names, fc.oneof(scalar, scalar, any, after));

/** An event with every column, mostly of its type. */
export const eventText: fc.Arbitrary<string> = fc
  .record(
    {
      id: stringText,
      kind: fc.constantFrom(...SYMBOLS.map((symbol) => JSON.stringify(symbol))),
      flag: fc.constantFrom('true', 'false'),
      amount: fc.oneof({ weight: 3, arbitrary: number.map(String) }, { weight: 1, arbitrary: numberText }),
      small: fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e30, max: 1e30 }).map(String),
      int: fc.integer().map(String),
      long: fc.maxSafeInteger().map(String),
      at: fc.oneof(
        { weight: 3, arbitrary: fc.integer({ min: 0, max: 2e12 }).map(String) },
        { weight: 1, arbitrary: instantText.map((value) => JSON.stringify(value)) },
      ),
      seen: fc.constantFrom('null', '0', '"2026-01-31T12:00:00+01:00"'),
      note: fc.oneof(stringText, fc.constant('null')),
      after: fc.oneof(
        { weight: 1, arbitrary: after },
        { weight: 3, arbitrary: fc.constantFrom('null', '{}', '{"amount":1,"deep":{"more":2}}') },
      ),
      other: any,
    },
    { requiredKeys: ['id', 'kind', 'flag', 'amount', 'small', 'int', 'long', 'at'] },
  )
  .map(
    (event) =>
      `{${Object.entries(event)
        .map(([name, value]) => `"${name}":${value}`)
        .join(',')}}`,
  );

/** Kinds of damage. */
export const DAMAGES = 9;

export type Damage = readonly [kind: number, at: number, seed: number];
export const damage: fc.Arbitrary<Damage> = fc.tuple(fc.nat({ max: DAMAGES - 1 }), fc.nat(), fc.nat());

const INSERTS = [
  '"amount":1,',
  '{"amount":1},',
  '[[[[',
  ']',
  '}',
  ',',
  '1e999',
  '"\\ud800"',
  '\u00e9',
  '\ufeff',
  '-',
  '0',
  '"',
  '\\',
  ' ',
  '\u0000',
  'null',
].map((piece) => Buffer.from(piece));

/** A copy with a bit flipped, an end cut off, a byte that is no UTF-8, a piece doubled, moved or put in. */
export function damaged(bytes: Buffer, [kind, place, seed]: Damage): Buffer {
  const at = bytes.length === 0 ? 0 : place % bytes.length;
  const to = Math.min(bytes.length, at + 1 + (seed % 24));
  switch (kind) {
    case 0:
    case 1: {
      const copy = Buffer.from(bytes);
      if (copy.length > 0) copy[at]! ^= 1 << (seed & 7);
      return copy;
    }
    case 2:
      return bytes.subarray(0, at);
    case 3: {
      const copy = Buffer.from(bytes);
      if (copy.length > 0) copy[at] = 0x80 | (seed & 0x7f);
      return copy;
    }
    case 4:
      return Buffer.concat([bytes.subarray(0, to), bytes.subarray(at)]);
    case 5:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(to)]);
    case 6:
      return Buffer.concat([bytes, bytes.subarray(at)]);
    default:
      return Buffer.concat([bytes.subarray(0, at), INSERTS[seed % INSERTS.length]!, bytes.subarray(at)]);
  }
}
