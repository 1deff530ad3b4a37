// The format of Debezium's change events, around another format (control path).
import { MillraceError } from '../../core/errors.ts';
import { checkedOptions, objectWith, oneOfTexts, type OptionChecks } from '../../core/option-checks.ts';
import { unknownKeys } from '../../core/unknown-keys.ts';
import type { Format, FormatSource } from '../../ports/format.ts';
import type { ChangeChoices } from './change-decoder.ts';

export interface DebeziumOptions {
  /**
   * What a deleted row is. `skip`, the default: no event. `event`: one with the columns of the row before, which has what the
   * table's replica identity says: its key alone unless that is FULL.
   */
  readonly deletes?: 'skip' | 'event';
  /** What a row is that was there when the connector started: an event by default, as is an insert. */
  readonly snapshot?: 'event' | 'skip';
}

const OPTIONS: OptionChecks<DebeziumOptions> = {
  deletes: oneOfTexts(['skip', 'event']),
  snapshot: oneOfTexts(['event', 'skip']),
};

/**
 * Changes of a table as Debezium's connectors write them. A column is one of the row after the change; the names `before.x`
 * and `after.x` say which row, and `op` (a string: c, u, d or r), `ts_ms` and `source.x` are of the envelope. JSON records
 * may have their schema with them. Tombstones, truncations and messages are no events.
 * @param format how the connector serialises its records: `json()`, `avro()`, `protobuf()`, or a format of your own
 * @throws TOPOLOGY_INVALID for options that make no sense
 * @example source('shop.public.orders', {
 *   schema: { id: int64, total: scaled(2), op: string, 'source.ts_ms': timestamp },
 *   eventTime: 'source.ts_ms',
 *   format: debezium(json()),
 * })
 */
export function debezium(format: Format, options: DebeziumOptions = {}): Format {
  const choices = checked(format, options);
  return {
    name: `debezium of ${format.name}`,
    settings: format.settings ?? [],
    metrics: format.metrics ?? [],
    async decoder(source: FormatSource) {
      const { openChanges } = await import('./open-changes.ts');
      return openChanges(format, source, choices);
    },
  };
}

const formatCheck = objectWith(['name', 'decoder'], 'format: use json(), avro() or protobuf()');

function checked(format: Format, given: DebeziumOptions): ChangeChoices {
  const { problems } = checkedOptions(given, OPTIONS);
  const [problem] = [
    ...[formatCheck(format)].filter((what) => what !== null),
    ...problems.map(([path, what]) => `${path}: ${what}`),
    ...unknownKeys(Object(given) as object, Object.keys(OPTIONS)),
  ];
  if (problem !== undefined)
    throw new MillraceError('TOPOLOGY_INVALID', problem, {
      where: 'debezium(...)',
      remedy: "Write debezium(json(), { deletes: 'event' }).",
    });
  const { deletes = 'skip', snapshot = 'event' } = given;
  return { deletes, snapshot };
}
