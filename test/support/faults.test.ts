// Injected faults are deterministic, counted and of the right kind, and the originals are unchanged.
import { readFileSync } from 'node:fs';
import avro from 'avsc';
import * as fc from 'fast-check';
import t from 'tap';

import { loadFlightsDataset } from '../../demo/dataset.ts';
import { FaultInjector, faultKinds, injectFaults, type FaultCounts } from './faults.ts';
import type { FlightEvent } from '../../demo/flight-event.ts';
import { replayAtOnce } from '../../demo/replay.ts';
import type { LogRecord } from '../../src/ports/event-log.ts';

const schemaId = 7;
const schemaUrl = new URL('../../schemas/flights-value.avsc', import.meta.url);
const type = avro.Type.forSchema(JSON.parse(readFileSync(schemaUrl, 'utf8')) as avro.Schema);

const encoder = {
  encode(event: FlightEvent): Buffer {
    const header = Buffer.alloc(5);
    header.writeUInt32BE(schemaId, 1);
    return Buffer.concat([header, type.toBuffer(event)]);
  },
};

const originals: LogRecord[] = [
  ...replayAtOnce({ dataset: loadFlightsDataset(), untilMs: Date.UTC(2013, 0, 3) }),
]
  .flat()
  .map((event) => ({
    key: Buffer.from(event.origin),
    value: encoder.encode(event),
    timestampMs: event.eventTime,
  }));

const rates = {
  malformed: 0.02,
  wrongSchemaId: 0.03,
  nullField: 0.04,
  outOfRange: 0.05,
  duplicate: 0.06,
  late: 0.07,
};
const ratesOf = (rate: number): FaultCounts =>
  Object.fromEntries(faultKinds.map((kind) => [kind, rate])) as Record<keyof FaultCounts, number>;

/** Determines the kind of fault from the record itself. */
function kindOf({ value, timestampMs }: LogRecord, seen: Set<string>): string {
  if (value === null || value.length < 5 || value[0] !== 0) return 'malformed';
  if (value.readUInt32BE(1) !== schemaId) return 'wrongSchemaId';
  let event: FlightEvent;
  try {
    event = type.fromBuffer(value.subarray(5)) as FlightEvent;
  } catch {
    return 'malformed';
  }
  if (event.eventTime < timestampMs) return 'late';
  const needed = [event.carrier, event.dest, event.flight, event.scheduledDep, event.distance];
  if (event.type !== 'weather' && needed.includes(null)) return 'nullField';
  if ((event.distance ?? 0) < 0 || (event.scheduledBlock ?? 0) > 1_000 || (event.depDelay ?? 0) > 10_000)
    return 'outOfRange';
  if ((event.temp ?? 0) > 200) return 'outOfRange';
  if (seen.has(event.eventId)) return 'duplicate';
  seen.add(event.eventId);
  return 'original';
}

t.test('each fault is of the kind that it is counted as', (t) => {
  const { records, counts } = injectFaults(originals, { seed: 1, rates, encoder });
  const seen = new Set<string>();
  const found: Record<string, number> = {};
  for (const record of records) {
    const kind = kindOf(record, seen);
    found[kind] = (found[kind] ?? 0) + 1;
  }
  t.strictSame(found, { original: originals.length, ...counts });
  for (const kind of faultKinds) {
    const expected = rates[kind] * originals.length;
    t.ok(
      Math.abs(counts[kind] - expected) < 5 * Math.sqrt(expected),
      `${kind}: ${counts[kind]} of ${expected}`,
    );
  }
  t.end();
});

t.test('without their faults the records are the originals', (t) => {
  const { records } = injectFaults(originals, { seed: 2, rates, encoder });
  const own = new Set(originals);
  t.strictSame([...new Set(records.filter((record) => own.has(record)))], originals);
  t.end();
});

t.test('the result depends on the seed and the stream, not on its pieces', (t) => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 500 }), (seed, piece) => {
      const some = originals.slice(0, 500);
      const whole = injectFaults(some, { seed, rates, encoder });
      const injector = new FaultInjector({ seed, rates, encoder });
      const pieces: LogRecord[] = [];
      for (let at = 0; at < some.length; at += piece)
        pieces.push(...injector.inject(some.slice(at, at + piece)));
      pieces.push(...injector.end());
      t.strictSame(pieces, whole.records);
      t.strictSame(injector.counts, whole.counts);
    }),
    { numRuns: 10 },
  );
  t.end();
});

t.test('rates of zero and of more than one', (t) => {
  const some = originals.slice(0, 100);
  t.strictSame(injectFaults(some, { seed: 3, rates: {}, encoder }).records, some);
  const { records, counts } = injectFaults(some, { seed: 3, rates: ratesOf(2), encoder });
  t.strictSame(counts, ratesOf(200));
  t.equal(records.length, 100 + faultKinds.length * 200);
  t.end();
});
