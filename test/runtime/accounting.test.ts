// No record is lost silently: every record is predicted, used, dead-lettered, late or a duplicate.
import t, { type Test } from 'tap';
import { AvroCodec } from '../../src/adapters/avro/codec.ts';
import { ProjectSchemas } from '../../src/adapters/schemas/project-schemas.ts';
import type { EmbeddedLog } from '../../src/adapters/embedded/log.ts';
import { loadFlightsDataset } from '../../demo/dataset.ts';
import { faultKinds, injectFaults, type FaultCounts } from '../support/faults.ts';
import type { FlightEvent } from '../../demo/flight-event.ts';
import { replayAtOnce } from '../../demo/replay.ts';
import { FLAG_CONTRACT_DEFAULTED } from '../../src/core/blocks.ts';
import type { LogRecord } from '../../src/ports/event-log.ts';
import type { LabelCounts } from '../../src/operators/label-counts.ts';
import type { DeadLetterRecord, LateRecord } from '../../src/runtime/records.ts';
import type { RunStats } from '../../src/runtime/task/run-stats.ts';
import { MemoryStateStores } from '../../src/testing/index.ts';
import flights from '../../topologies/flights.ts';
import { runTopology } from '../support/run-topology.ts';

const FROM_MS = Date.UTC(2013, 0, 5);
const UNTIL_MS = Date.UTC(2013, 0, 8);
const codec = new AvroCodec(
  new ProjectSchemas({
    registry: { url: null },
    schemaFolders: [new URL('../../schemas', import.meta.url).pathname],
  }),
);
const encoder = await codec.encoder<FlightEvent>('flights-value');

function originals(): { records: LogRecord[]; scheduled: number } {
  const records: LogRecord[] = [];
  let scheduled = 0;
  for (const events of replayAtOnce({ dataset: loadFlightsDataset(), fromMs: FROM_MS, untilMs: UNTIL_MS })) {
    for (const event of events) {
      if (event.type === 'scheduled') scheduled += 1;
      records.push({
        key: Buffer.from(event.origin),
        value: encoder.encode(event),
        timestampMs: event.eventTime,
      });
    }
  }
  return { records, scheduled };
}

/** Compares dead letters and late events with the records at their positions in the log. */
async function checkProvenance(
  t: Test,
  log: EmbeddedLog,
  refused: ReadonlyArray<DeadLetterRecord | LateRecord>,
): Promise<void> {
  let wrong = 0;
  for (const { topic, partition, offset, key, value, timestampMs } of refused) {
    for await (const raw of log.read(topic, partition, offset, offset + 1)) {
      const isSame =
        Buffer.compare(raw.values.at(0) ?? Buffer.alloc(0), value ?? Buffer.alloc(0)) === 0 &&
        raw.keys.at(0)?.toString() === key?.toString() &&
        raw.timestampMs[0] === timestampMs;
      if (!isSame) wrong += 1;
    }
  }
  t.equal(wrong, 0, 'key, value and timestamp equal those of the record in the log');
}

t.test('in = predicted + used + dead-lettered + late + duplicate, by kind', async (t) => {
  const clean = originals();
  const rates = Object.fromEntries(faultKinds.map((kind) => [kind, 0.02])) as FaultCounts;
  const { records, counts } = injectFaults(clean.records, { seed: 5, rates, encoder });
  const byCode = new Map<string, number>();
  let stats: RunStats | undefined;
  let refused: ReadonlyArray<DeadLetterRecord | LateRecord> = [];
  const left = await runTopology({
    topology: flights,
    codec,
    stores: new MemoryStateStores(),
    records,
    seed: 1,
    lives: [],
    piecesMax: 500,
    onEngine: (engine) => {
      stats = engine.stats;
    },
    inspect: async (log, { deadLetters, late }) => {
      refused = [...deadLetters, ...late];
      await checkProvenance(t, log, refused);
    },
  });
  for (const { code } of left.deadLetters) byCode.set(code, (byCode.get(code) ?? 0) + 1);
  const letters = (...codes: string[]): number =>
    codes.reduce((sum, code) => sum + (byCode.get(code) ?? 0), 0);

  t.ok(
    faultKinds.every((kind) => counts[kind] > 20),
    'there are faults of each kind',
  );
  t.equal(letters('EVENT_MALFORMED', 'EVENT_NOT_FRAMED'), counts.malformed);
  t.equal(letters('SCHEMA_UNKNOWN'), counts.wrongSchemaId);
  t.equal(letters('CONTRACT_NULL'), counts.nullField);
  // Weather out of range becomes a missing value, and the event is used.
  const defaulted = counts.outOfRange - letters('CONTRACT_RANGE');
  t.ok(defaulted > 0 && defaulted < counts.outOfRange);
  t.equal(left.late.length, counts.late);
  t.equal(stats?.duplicates, counts.duplicate);
  t.equal(stats?.late, counts.late);
  t.equal(stats?.deadLetters, left.deadLetters.length);

  t.equal(left.predictions.length, clean.scheduled, 'every valid scheduled event is predicted');
  t.equal(new Set(left.predictions.map(({ id }) => id)).size, clean.scheduled, 'each one once');
  t.equal(stats?.predictions, clean.scheduled);
  const used = clean.records.length - clean.scheduled + defaulted;
  t.equal(stats?.events, records.length);
  t.equal(
    records.length,
    left.predictions.length + used + left.deadLetters.length + left.late.length + counts.duplicate,
  );
  t.notOk(left.predictions.some(({ flags }) => (flags & FLAG_CONTRACT_DEFAULTED) !== 0));

  const counted = left.labelCounts.flatMap((text) => (text === '' ? [] : [JSON.parse(text) as LabelCounts]));
  const sum = (name: keyof LabelCounts): number => counted.reduce((total, counts) => total + counts[name], 0);
  t.equal(sum('joined') + sum('never') + sum('pending'), clean.scheduled, 'each prediction is counted once');
  t.equal(stats?.labelsJoined, sum('joined'));
  t.equal(stats?.labelsNever, sum('never'));
});
