// The format of Debezium's change events, around another format (control path).
import { MillraceError } from '../../core/errors.ts';
import type { TimeUnit } from '../../core/columns.ts';
import {
  checkedOptions,
  objectWith,
  oneOfTexts,
  shown,
  whole,
  type OptionCheck,
  type OptionChecks,
} from '../../core/option-checks.ts';
import { unknownKeys } from '../../core/unknown-keys.ts';
import type { Format, FormatSource } from '../../ports/format.ts';
import type { ChangeChoices } from './change-decoder.ts';
import type { DeclaredEncodings } from './declared-encodings.ts';

/** The column of the operation, and what it is for a deleted row, and for a table without rows. */
const OPERATION = 'op';
const DELETED = 'd';
const TRUNCATED = 't';

export interface DebeziumOptions {
  /**
   * What a deleted row is. `skip`, the default: no event. `event`: one with the columns of the row before, which has what the
   * table's replica identity says: its key alone unless that is FULL.
   */
  readonly deletes?: 'skip' | 'event';
  /** What a row is that was there when the connector started: an event by default, as is an insert. */
  readonly snapshot?: 'event' | 'skip';
  /**
   * What the numbers of instants count since 1970, by column: `{ at: 'us', day: 'days' }`. For JSON without schemas
   * (`schemas.enable=false`), whose records do not say it; milliseconds by default, and `ts_us` and `ts_ns` by their names.
   */
  readonly units?: Readonly<Record<string, TimeUnit>>;
  /** Digits behind the point of decimals in base64 (`decimal.handling.mode=precise`), by column, for JSON without schemas. */
  readonly scales?: Readonly<Record<string, number>>;
}

const OPTIONS: OptionChecks<DebeziumOptions> = {
  deletes: oneOfTexts(['skip', 'event']),
  snapshot: oneOfTexts(['event', 'skip']),
  units: byColumn(oneOfTexts(['ms', 'us', 'ns', 'days']), "{ at: 'us' }"),
  scales: byColumn(whole(0), '{ amount: 2 }'),
};

function byColumn(check: OptionCheck, example: string): OptionCheck {
  return (given) => {
    if (typeof given !== 'object' || given === null || Array.isArray(given))
      return `${shown(given)} is no object of columns: ${example}`;
    for (const [name, value] of Object.entries(given)) {
      const problem = check(value);
      if (problem !== null) return `'${name}': ${problem}`;
    }
    return null;
  };
}

/**
 * Changes of a table as Debezium's connectors write them. A column is one of the row after the change; the names `before.x`
 * and `after.x` say which row, and `op` (a string: c, u, d or r), `ts_ms` and `source.x` are of the envelope. JSON records
 * may have their schema with them, which then says how times and decimals are written. Tombstones, truncations and messages are no events.
 * @param format how the connector serialises its records: `json()`, `avro()`, `protobuf()`, or a format of your own
 * @throws TOPOLOGY_INVALID for options that make no sense
 * @example source('shop.public.orders', {
 *   schema: { id: int64, total: scaled(2), op: string, 'source.ts_ms': timestamp },
 *   eventTime: 'source.ts_ms',
 *   format: debezium(json()),
 * })
 */
export function debezium(format: Format, options: DebeziumOptions = {}): Format {
  const { choices, encodings } = checked(format, options);
  return {
    ...changesOf(format, choices, encodings),
    forTable: {
      format: changesOf(format, { deletes: 'event', snapshot: 'event', truncations: 'event' }, encodings),
      deletion: { column: OPERATION, value: DELETED, all: TRUNCATED },
    },
  };
}

function changesOf(format: Format, choices: ChangeChoices, encodings: DeclaredEncodings): Format {
  return {
    name: `debezium of ${format.name}`,
    settings: format.settings ?? [],
    metrics: format.metrics ?? [],
    async decoder(source: FormatSource) {
      const { openChanges } = await import('./open-changes.ts');
      return openChanges(format, source, choices, encodings);
    },
    async encoder(source: FormatSource) {
      const { openChangeEncoder } = await import('./change-encoder.ts');
      return openChangeEncoder(format, source, encodings);
    },
  };
}

const formatCheck = objectWith(['name', 'decoder'], 'format: use json(), avro() or protobuf()');

interface Checked {
  readonly choices: ChangeChoices;
  readonly encodings: DeclaredEncodings;
}

function checked(format: Format, given: DebeziumOptions): Checked {
  const { problems } = checkedOptions(given, OPTIONS);
  const [problem] = [
    ...[formatCheck(format)].filter((what) => what !== null),
    ...problems.map(([path, what]) => `${path}: ${what}`),
    ...unknownKeys(Object(given) as object, Object.keys(OPTIONS)),
    ...(['units', 'scales'] as const)
      .filter((name) => Object(given)[name] !== undefined && Object(format).name !== 'json')
      .map((name) => `${name}: records of ${String(Object(format).name)} say it themselves`),
  ];
  if (problem !== undefined)
    throw new MillraceError('TOPOLOGY_INVALID', problem, {
      where: 'debezium(...)',
      remedy: "Write debezium(json(), { deletes: 'event' }).",
    });
  const { deletes = 'skip', snapshot = 'event', units = {}, scales = {} } = given;
  return { choices: { deletes, snapshot, truncations: 'skip' }, encodings: { units, scales } };
}
