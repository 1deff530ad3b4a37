// The committed data file: whole, right by an independent reference, remade to the same bytes.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import t from 'tap';

import { decodeTables, decompress, encodeTables } from '../../demo/column-file.ts';
import { loadFlightsDataset } from '../../demo/dataset.ts';
import type { FlightEvent } from '../../demo/flight-event.ts';
import { replayAtOnce } from '../../demo/replay.ts';

interface Reference {
  readonly counts: Readonly<Record<string, number>>;
  readonly sha256ByMonth: Readonly<Record<string, string>>;
  readonly samples: readonly FlightEvent[];
}

const read = (path: string): Buffer => readFileSync(new URL(`../../${path}`, import.meta.url));
const reference = JSON.parse(read('test/vectors/flights-2013.json').toString()) as Reference;
const dataset = loadFlightsDataset();

// The order of fields in test/vectors/flights-2013.py.
const schema = JSON.parse(read('schemas/flights-value.avsc').toString()) as {
  fields: { name: keyof FlightEvent }[];
};
const fields = schema.fields.map((field) => field.name);

t.test('the file is the one that PROVENANCE.md describes, and encodes to itself again', (t) => {
  const file = read('demo/data/flights-2013.bin.br');
  const provenance = read('demo/data/PROVENANCE.md').toString();
  t.match(provenance, createHash('sha256').update(file).digest('hex'));
  const raw = decompress(file, 'test');
  t.match(provenance, createHash('sha256').update(raw).digest('hex'));
  t.ok(encodeTables(decodeTables(raw, 'test')).equals(raw));
  t.end();
});

t.test('every event of the year equals the Python reference, in the same order', (t) => {
  const counts: Record<string, number> = {};
  const hashes = new Map<string, ReturnType<typeof createHash>>();
  const wanted = new Map(reference.samples.map((event) => [event.eventId, event]));
  let found = 0;
  for (const events of replayAtOnce({ dataset })) {
    for (const event of events) {
      counts[event.type] = (counts[event.type] ?? 0) + 1;
      const month = new Date(event.eventTime).toISOString().slice(0, 7);
      const hash = hashes.get(month) ?? createHash('sha256');
      hashes.set(month, hash);
      hash.update(`${fields.map((field) => event[field] ?? '').join('|')}\n`);
      const sample = wanted.get(event.eventId);
      if (sample === undefined) continue;
      t.strictSame(event, sample); // around the changes of daylight saving time, field by field
      found += 1;
    }
  }
  t.equal(found, reference.samples.length);
  t.strictSame(counts, reference.counts);
  t.strictSame(counts, {
    weather: 26_115,
    scheduled: 336_776,
    departed: 328_521,
    arrived: 327_346,
    cancelled: 8_255,
  });
  const byMonth = Object.fromEntries([...hashes].map(([month, hash]) => [month, hash.digest('hex')]));
  t.strictSame(byMonth, reference.sha256ByMonth);
  t.end();
});

t.test('raw values are kept, bad ones included', (t) => {
  t.equal(Math.max(...dataset.weather.windSpeed.filter((mph) => !Number.isNaN(mph))), 1048.36058);
  t.equal(dataset.weather.pressure.filter((value) => Number.isNaN(value)).length, 2_729);
  t.end();
});

t.test(
  'the tail number is missing for cancelled flights alone, which is why no event tells it before departure',
  (t) => {
    const { flights } = dataset;
    const code = flights.tailnums.indexOf('NA');
    let missing = 0;
    for (let row = 0; row < flights.rowCount; row += 1) {
      if (flights.tailnum[row] !== code) continue;
      missing += 1;
      if (flights.depDelayMin[row] !== -32_768) t.fail(`row ${row} flew without a tail number`);
    }
    t.equal(missing, 2_512);
    t.end();
  },
);

t.test('a missing file is named, with the remedy', (t) => {
  t.throws(() => loadFlightsDataset('no/such.bin.br'), { code: 'DATA_INVALID', where: 'no/such.bin.br' });
  t.end();
});
