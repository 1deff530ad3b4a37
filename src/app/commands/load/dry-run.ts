// The target of `millrace load --dry-run` (control path): shows events as the topology sees them. They are decoded by the
// source's format and pass the stages in memory; nothing is sent.
import { partitionOf } from '../../../core/murmur2.ts';
import { instantText } from '../../../core/time.ts';
import type { LogRecord } from '../../../ports/event-log.ts';
import type { EventRow } from '../../../ports/format.ts';
import { TopologyDriver } from '../../../testing/topology-driver.ts';
import type { Topology } from '../../../topology/define.ts';
import { treatmentOf } from '../../../topology/sensitive-columns.ts';
import type { DryDecoder } from './dry-decoder.ts';
import type { LoadTarget } from './target.ts';

/** Without a limit, a dry run shows this many rows of each file. */
export const DRY_RUN_ROWS = 10;

export function dryTarget(topology: Topology, decoder: DryDecoder, say: (line: string) => void): LoadTarget {
  const driver = new TopologyDriver(topology, { schema: decoder.schema });
  let events = 0;
  return {
    from: null,
    recordBytesMax: () => Number.POSITIVE_INFINITY,
    async commit(records) {
      for (const record of records) {
        events += 1;
        say(`event ${events}`);
        const row = await decoder.decode(record);
        const isEvent = !('fault' in row);
        if (isEvent) for (const line of columnLines(row.columns, topology)) say(line);
        say(`  key       ${keyText(record, topology)}`);
        say(`  verdict   ${isEvent ? await verdict(driver, row.columns) : row.fault}`);
      }
    },
    close: () => driver.close(),
  };
}

function columnLines(row: EventRow, { source }: Topology): string[] {
  const width = Math.max(...Object.keys(row).map((name) => name.length));
  return Object.entries(row).map(([name, value]) => {
    const treatment = treatmentOf(source, name);
    const type = source.schema?.[name]?.type ?? '';
    const isTime = name === source.eventTime || type.startsWith('timestamp');
    const shown = treatment === undefined ? valueText(value, isTime) : `(sensitive: ${treatment})`;
    return `  ${name.padEnd(width)}  ${shown}`;
  });
}

function valueText(value: EventRow[string], isTime: boolean): string {
  if (value === null) return 'null';
  return isTime && typeof value === 'number' ? instantText(value) : String(value);
}

function keyText({ key }: LogRecord, { source }: Topology): string {
  const { partitions } = source;
  return key === null
    ? 'none: partitions take turns'
    : `partition ${partitionOf(key, partitions)} of ${partitions}`;
}

/** What the stages do with the event. */
async function verdict(driver: TopologyDriver, row: EventRow): Promise<string> {
  const before = countsOf(driver);
  const rules = violations(driver);
  await driver.send([row]);
  const after = countsOf(driver);
  const broken = [...violations(driver)].filter(([rule, count]) => count > (rules.get(rule) ?? 0));
  const noted = broken.length === 0 ? '' : `, breaks ${broken.map(([rule]) => rule).join(', ')}`;
  const letter = driver.deadLetters.at(-1);
  if (after.letters > before.letters) return `dead letter ${letter?.code ?? ''}: ${letter?.message ?? ''}`;
  if (after.late > before.late) return 'late: its event time is behind the watermark by more than is allowed';
  if (after.duplicates > before.duplicates) return `dropped as a duplicate${noted}`;
  if (after.filtered > before.filtered) return `filtered out${noted}`;
  return `${after.predictions > before.predictions ? 'scored' : 'taken'}${noted}`;
}

interface Counts {
  readonly letters: number;
  readonly late: number;
  readonly duplicates: number;
  readonly filtered: number;
  readonly predictions: number;
}

function countsOf(driver: TopologyDriver): Counts {
  const { deadLetters, late, duplicates, filtered, predictions } = driver;
  return {
    letters: deadLetters.length,
    late: late.length,
    duplicates,
    filtered,
    predictions: predictions.length,
  };
}

/** Violations of contract rules that let the event pass, by what is said of them. */
function violations({ telemetry }: TopologyDriver): Map<string, number> {
  const found = new Map<string, number>();
  const NAME = 'contract_violations_total';
  for (const [name, count] of telemetry.counts) {
    if (!name.startsWith(`${NAME}{`)) continue;
    const { rule, action } = JSON.parse(name.slice(NAME.length)) as Record<'rule' | 'action', string>; // its labels
    found.set(`${rule} (${action})`, count);
  }
  return found;
}
