// Each dead letter is put back once, transformed or unchanged, whichever letters the runs select.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { AvroCodec } from '../../../src/adapters/avro/codec.ts';
import { ProjectSchemas } from '../../../src/adapters/schemas/project-schemas.ts';
import { EmbeddedLog } from '../../../src/adapters/embedded/log.ts';
import {
  DeadLetterReplay,
  type ReplayChoice,
  type ReplayCounts,
} from '../../../src/app/commands/replay-dead-letters/dead-letters.ts';
import type { RawBatch } from '../../../src/core/batch.ts';
import { FakeQuarantine } from '../../support/fake-quarantine.ts';
import type { DeadLetterRecord } from '../../../src/runtime/records.ts';
import { topicSpecs } from '../../../src/topology/topics.ts';
import flights from '../../../topologies/flights.ts';

const ALL: ReplayChoice = {
  codes: null,
  sinceMs: Number.NEGATIVE_INFINITY,
  transform: null,
  dryRun: false,
};

const codec = new AvroCodec(new ProjectSchemas({ registry: { url: null }, schemaFolders: ['schemas'] }));
t.teardown(() => codec.close());

function letter(offset: number, code: string, failedAtMs: number): DeadLetterRecord {
  const bytes = Buffer.from(`event ${offset}`);
  const head = { topic: 'flights', partition: offset % 4, offset, key: Buffer.from('JFK'), value: bytes };
  return { ...head, timestampMs: 1_000 + offset, code, message: 'wrong', failedAtMs, cut: null };
}

const LETTERS = [
  letter(1, 'EVENT_MALFORMED', 10),
  letter(2, 'CONTRACT_RANGE', 20),
  letter(3, 'EVENT_MALFORMED', 30),
  letter(6, 'CONTRACT_NULL', 40),
  letter(2, 'CONTRACT_RANGE', 50), // the same event again: an engine restarted before it had committed
];

async function openLog(path: string): Promise<EmbeddedLog> {
  const log = new EmbeddedLog({ path });
  await log.ensureTopics(topicSpecs(flights));
  return log;
}

async function withLetters(t: Test): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-letters-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'log.db');
  const log = await openLog(path);
  const encoder = await codec.encoder<DeadLetterRecord>('flights.dead-letters-value');
  const records = LETTERS.map((letter) => ({
    key: letter.key,
    value: encoder.encode(letter),
    timestampMs: letter.failedAtMs,
  }));
  await log.publish('flights.dead-letters', records);
  await log.close();
  return path;
}

interface PutBack {
  readonly partition: number;
  readonly key: string;
  readonly value: string;
  readonly timestampMs: number;
}

function* rowsOf(partition: number, { count, keys, values, timestampMs }: RawBatch): Generator<PutBack> {
  for (let i = 0; i < count; i++) {
    const [key, value, at] = [String(keys.at(i)), String(values.at(i)), timestampMs[i] as number];
    yield { partition, key, value, timestampMs: at };
  }
}

/** One run of the command: opens the file, replays, and returns the contents of the source. */
async function replay(
  path: string,
  choice: Partial<ReplayChoice> = {},
): Promise<{ counts: Record<string, ReplayCounts>; source: PutBack[] }> {
  const log = await openLog(path);
  const counts = await new DeadLetterReplay(log, codec, flights, { ...ALL, ...choice }).run();
  const source: PutBack[] = [];
  for (const [partition, { low, high }] of (await log.offsets('flights')).entries()) {
    for await (const raw of log.read('flights', partition, low, high)) source.push(...rowsOf(partition, raw));
  }
  await log.close();
  return { counts: Object.fromEntries(counts), source };
}

const back = (offset: number, value = `event ${offset}`): PutBack => {
  return { partition: offset % 4, key: 'JFK', value, timestampMs: 1_000 + offset };
};

t.test('all letters, once: with their key, time and partition', async (t) => {
  const path = await withLetters(t);
  const first = await replay(path);
  t.same(first.source, [back(1), back(2), back(6), back(3)]);
  t.same(first.counts['CONTRACT_RANGE'], { putBack: 1, before: 1, left: 0 }, 'the same event once');
  const second = await replay(path);
  t.same(second.source, first.source, 'a second run puts back nothing');
  t.same(second.counts['EVENT_MALFORMED'], { putBack: 0, before: 2, left: 0 });
});

t.test('a dry run writes nothing', async (t) => {
  const path = await withLetters(t);
  const { counts, source } = await replay(path, { dryRun: true });
  t.same(counts['EVENT_MALFORMED'], { putBack: 2, before: 0, left: 0 });
  t.same(source, []);
  t.equal((await replay(path)).source.length, 4, 'and marks nothing');
});

t.test('letters that were not selected can be put back later', async (t) => {
  const path = await withLetters(t);
  const one = await replay(path, { codes: new Set(['EVENT_MALFORMED']), sinceMs: 30 });
  t.same(one.source, [back(3)]);
  t.same(one.counts['EVENT_MALFORMED'], { putBack: 1, before: 0, left: 1 });
  t.same(one.counts['CONTRACT_NULL'], { putBack: 0, before: 0, left: 1 });
  t.same((await replay(path)).source, [back(1), back(2), back(6), back(3)]);
});

t.test('transformed bytes go back; null leaves the letter', async (t) => {
  const path = await withLetters(t);
  const transform = (letter: DeadLetterRecord): Buffer | null =>
    letter.offset === 2 ? Buffer.from('transformed') : null;
  const { source, counts } = await replay(path, { transform });
  t.same(source, [back(2, 'transformed')]);
  t.same(counts['CONTRACT_NULL'], { putBack: 0, before: 0, left: 1 });
});

t.test('a replay that a newer one has fenced writes nothing', async (t) => {
  const path = await withLetters(t);
  const log = await openLog(path);
  let overtaken = false;
  const transform = async (letter: DeadLetterRecord): Promise<Buffer | null> => {
    if (!overtaken) {
      overtaken = true;
      await new DeadLetterReplay(log, codec, flights, ALL).run();
    }
    return letter.value;
  };
  await t.rejects(new DeadLetterReplay(log, codec, flights, { ...ALL, transform }).run(), { code: 'FENCED' });
  const ends = await log.offsets('flights');
  t.equal(
    ends.reduce((sum, { high }) => sum + high, 0),
    4,
  );
  await log.close();
});

t.test('what is no letter of the source goes to the quarantine, and the rest is put back', async (t) => {
  const path = await withLetters(t);
  const log = await openLog(path);
  const encoder = await codec.encoder<DeadLetterRecord>('flights.dead-letters-value');
  const sound = letter(5, 'CONTRACT_NULL', 60);
  const forged: ReadonlyArray<readonly [reason: string, letter: DeadLetterRecord]> = [
    ['foreign', { ...sound, topic: 'flights.model-updates' }],
    ['range', { ...sound, partition: 99 }],
    ['range', { ...sound, partition: -1 }],
    ['range', { ...sound, offset: 1e12 }],
    ['range', { ...sound, timestampMs: 8_640_000_000_000_001 }],
    ['range', { ...sound, code: '\u001b[2Jno code' }],
  ];
  const values = [
    Buffer.from('junk'),
    ...forged.map(([, one]) => encoder.encode(one)),
    encoder.encode(sound),
  ];
  const partition = { key: null, timestampMs: 0, partition: 3 };
  await log.publish(
    'flights.dead-letters',
    values.map((value) => ({ ...partition, value })),
  );
  const quarantine = new FakeQuarantine();
  await new DeadLetterReplay(log, codec, flights, ALL, quarantine).run();
  await log.close();
  t.same(
    quarantine.records.map(({ reason }) => reason),
    ['malformed', ...forged.map(([reason]) => reason)],
  );
  t.same((await replay(path)).source, [back(1), back(5), back(2), back(6), back(3)]);
});
