// Values of files as values of columns: what is taken, and why the rest is not.
import t from 'tap';
import { cellOf, type TargetColumn } from '../../../../src/app/commands/load/cell.ts';
import { TimeOfDay } from '../../../../src/core/file-values.ts';
import { isTextType, type ScalarTypeName } from '../../../../src/core/columns.ts';

function column(type: ScalarTypeName | null, options: Partial<TargetColumn> = {}): TargetColumn {
  const kind = type !== null && isTextType(type) ? 'string' : 'number';
  return {
    name: 'c',
    kind,
    nullable: false,
    type,
    isEventTime: false,
    digits: 2,
    unit: 'ms',
    nowMs: null,
    ...options,
  };
}

type Case = readonly [value: unknown, expected: unknown];

function takes(name: string, target: TargetColumn, cases: readonly Case[]): void {
  t.test(name, async (t) => {
    for (const [value, expected] of cases) {
      if (expected instanceof RegExp)
        t.throws(() => cellOf(value, target), { column: 'c', message: expected }, String(value));
      else t.strictSame(cellOf(value, target), expected, String(value));
    }
  });
}

takes('double', column('double'), [
  ['12.5', 12.5],
  [' -.5e3 ', -500],
  ['9007199254740993', 9007199254740992],
  [7n, 7],
  ['0x10', /'0x10' is no number/],
  ['1,5', /no number/],
  ['NaN', /no number/],
  ['1e999', /no finite number/],
  [true, /no number/],
  [{}, /an object or a list is no number/],
  [null, /there is no value, and the column is not nullable/],
]);
const octets = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));
takes('bytes that are not said to be text', column('string'), [
  [octets('Z\xc3\xbcrich'), 'Zürich'],
  [octets('\xef\xbb\xbfx'), '\ufeffx'],
  [octets('\xff\xfe'), /2 bytes are no text in UTF-8: declare the column as bytes/],
]);
takes('numbers among them', column('double'), [
  [octets('12.5'), 12.5],
  [octets('\xff'), /no text in UTF-8/],
]);
takes('bytes', column('bytes'), [[octets('abcd'), 'YWJjZA==']]);
const noon = new TimeOfDay(43_200_000_000n);
takes('a time of day as a number', column('long'), [[noon, 43_200_000_000]]);
takes('a time of day as text', column('string'), [[noon, '43200000000']]);
takes('a time of day as an instant', column('timestamp'), [
  [noon, /it is a time of day, which is no instant: declare the column as long/],
]);
takes('a time of day as the event time', column('timestamp', { isEventTime: true }), [
  [noon, /it is a time of day, which is no instant: the event time has a date as well/],
]);
takes('nullable', column('double', { nullable: true }), [
  [null, null],
  [undefined, null],
]);
takes('int and long', column('int'), [
  ['2147483647', 2147483647],
  ['-2147483648', -2147483648],
  ['2147483648', /beyond 32 bits/],
  ['1.5', /no whole number/],
  ['1.0', 1],
]);
takes('long', column('long'), [
  ['9007199254740991', 9007199254740991],
  ['9007199254740993', /beyond 2\^53/],
  [2n ** 60n, /beyond 2\^53/],
]);
takes('boolean', column('boolean'), [
  ['True', true],
  ['0', false],
  [1, true],
  ['2', /neither true nor false/],
]);
takes('a number whose type is in a schema file', column(null, { kind: 'number' }), [
  ['5', 5],
  ['true', true],
  ['yes', /no number/],
  ['9007199254740993', /beyond 2\^53/],
]);
takes('string', column('string'), [
  ['', ''],
  [42, '42'],
  [2n ** 63n, '9223372036854775808'],
  [0.1, /no text/],
  [[1], /no text/],
]);
takes('enum', column('enum', { symbols: ['a', 'b'] }), [
  ['a', 'a'],
  ['c', /'c' is none of a, b/],
]);
takes('timestamp', column('timestamp'), [
  ['2026-01-05T00:00:10.000Z', Date.UTC(2026, 0, 5, 0, 0, 10)],
  ['2026-01-05 01:00:10+01:00', Date.UTC(2026, 0, 5, 0, 0, 10)],
  ['2026-01-05 00:00:10.123456789', Date.UTC(2026, 0, 5, 0, 0, 10, 123)],
  ['2026-01-05', Date.UTC(2026, 0, 5)],
  ['2026-01-05 00:00:10 UTC', Date.UTC(2026, 0, 5, 0, 0, 10)],
  ['1767571210000', 1767571210000],
  [1767571210000n, 1767571210000],
  [new Date(5), 5],
  ['2026-02-30', /no instant/],
  ['2026-13-01', /no instant/],
  ['01/02/2026', /no instant/],
]);
takes('epoch seconds', column('timestamp', { unit: 's' }), [
  ['1767571210', 1767571210000],
  [1767571210.5, 1767571210500],
]);
takes('epoch nanoseconds', column('timestamp', { unit: 'ns' }), [
  ['1767571210123999999', 1767571210123],
  [-1n, -1],
]);
takes(
  'the event time is within what the engine takes',
  column('timestamp', { isEventTime: true, unit: 'ms' }),
  [
    ['1767571210000000', /no instant between 1900 and 2300, as ms since 1970/],
    ['1767571210000', 1767571210000],
  ],
);

takes('int64', column('int64'), [
  [' 9007199254740993 ', '9007199254740993'],
  [-9223372036854775808n, '-9223372036854775808'],
  [7, '7'],
  [2 ** 53, /no integer of 64 bits/],
  ['007', /no integer of 64 bits/],
]);

takes('bytes', column('bytes'), [
  [Uint8Array.of(1, 2, 255), 'AQL/'],
  ['AQL/', 'AQL/'],
  ['AQL', /neither bytes nor text in base64/],
]);

takes('decimal', column('decimal'), [
  ['12.50', 12.5],
  [12.5, 12.5],
  ['1e400', /no decimal number/],
]);

takes('scaled', column('scaled'), [
  ['12.5', 1250],
  [12.5, 1250],
  ['12.505', /at most 2 digits behind the point/],
]);

const NOW_MS = Date.UTC(2026, 5, 1);
const eventTimeIn = (unit: TargetColumn['unit']): TargetColumn =>
  column('timestamp', { isEventTime: true, unit, nowMs: NOW_MS });

takes('an event time in another unit than the declared one', eventTimeIn('ms'), [
  [1_777_636_800_000, 1_777_636_800_000],
  [0, 0],
  ['86400000', 86_400_000],
  ['-315532800000', -315_532_800_000],
  [new Date(1_777_636_800), 1_777_636_800],
  ['1970-01-21T13:47:16.800Z', 1_777_636_800],
  [
    1_777_636_800,
    /1777636800 is 1970-01-21T13:47:16.800Z in milliseconds since 1970, and 2026-05-01T12:00:00.000Z in seconds: declare the column as timestampIn\('s'\), or give --time-unit s$/,
  ],
  ['1777636800.25', /in seconds: declare the column as timestampIn\('s'\), or give --time-unit s$/],
  [
    1_777_636_800_000_000n,
    /in microseconds: declare the column as timestampIn\('us'\), or give --time-unit us$/,
  ],
  [
    '1777636800000000000',
    /in nanoseconds: declare the column as timestampIn\('ns'\), or give --time-unit ns$/,
  ],
  [10_413_792_000_000, /no instant between 1900 and 2300/],
]);
takes('seconds', eventTimeIn('s'), [
  [1_777_636_800, 1_777_636_800_000],
  ['1777636800000', /in milliseconds: declare the column as timestamp, or give --time-unit ms$/],
]);
takes('microseconds', eventTimeIn('us'), [
  ['1777636800000', /in milliseconds: declare the column as timestamp, or give --time-unit ms$/],
]);
