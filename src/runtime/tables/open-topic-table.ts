// Opens a table of a topic (control path): its format reads it as it reads a source.
import { requiredType, type Columns } from '../../core/columns.ts';
import type { Format } from '../../ports/format.ts';
import type { Quarantine } from '../../ports/quarantine.ts';
import type { Table, TopicOrigin } from '../../ports/table.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { SourceOptions } from '../../topology/source.ts';
import type { SourceFormat } from '../../topology/source-format.ts';
import { SourceDecoder } from '../task/source-decoder.ts';
import type { TableLog } from './bounded-log.ts';
import type { TableStore } from './table-store.ts';
import { TopicRows } from './topic-rows.ts';
import { TopicTable } from './topic-table.ts';

export interface TopicTableOptions {
  readonly topology: string;
  readonly origin: TopicOrigin;
  readonly store: TableStore;
  readonly log: TableLog;
  /** Opens the format of a topic. */
  readonly openFormat: (source: SourceOptions) => Pick<SourceFormat, 'decoder'>;
  readonly quarantine: Quarantine;
  readonly telemetry: Telemetry;
  readonly nowMs: () => number;
}

export function openTopicTable(options: TopicTableOptions): TopicTable {
  const { store, origin, openFormat, quarantine } = options;
  const { table } = store;
  return new TopicTable({
    ...options,
    async openRows() {
      const decoder = await openFormat(sourceOf(table, origin)).decoder();
      return new TopicRows({
        store,
        decoder: new SourceDecoder(decoder, null, `table ${table.name}`),
        deletion: origin.format?.forTable?.deletion ?? null,
        required: origin.format?.forTable === undefined ? [] : requiredOf(table.columns),
        quarantine,
      });
    },
  });
}

/** The topic as a source of rows. They have no event time. */
function sourceOf({ columns, key }: Table, { topic, subject, format }: TopicOrigin): SourceOptions {
  const changes: Format | undefined = format?.forTable?.format;
  const read = changes ?? format;
  return {
    topic,
    eventTime: '',
    ...(subject === undefined ? {} : { subject }),
    ...(read === undefined ? {} : { format: read }),
    // A deleted row has its key at least.
    schema: changes === undefined ? columns : nullableBut(columns, key),
  };
}

function nullableBut(columns: Columns, key: string): Columns {
  const entries = Object.entries(columns).map(([name, column]) => [
    name,
    name === key ? column : { ...column, type: `${requiredType(column)}?` },
  ]);
  return Object.fromEntries(entries) as Columns; // entry by entry
}

function requiredOf(columns: Columns): string[] {
  return Object.keys(columns).filter((name) => columns[name]?.type.endsWith('?') === false);
}
