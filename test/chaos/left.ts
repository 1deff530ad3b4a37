// Reads what a run left behind: topics, Redis, ClickHouse.
import { Redis } from 'ioredis';
import { ask } from '../../bench/fleet/clickhouse.ts';
import type { SchemaCodec } from '../../src/ports/codec.ts';
import type { DriftReportRow } from '../../src/core/reports.ts';
import { ONCE } from '../../src/operators/once.ts';
import { COMPLETE_STAGE, OUTCOMES_STAGE } from '../../src/core/complete-state.ts';
import { STATE_FRAME_BYTES } from '../../src/core/state-frame.ts';
import type { ObservationsRecord } from '../../src/runtime/boundaries/observation-record.ts';
import type {
  DeadLetterRecord,
  DriftReportRecord,
  LateRecord,
  PredictionRecord,
} from '../../src/runtime/records.ts';
import { repartitionedSource } from '../../src/topology/chain.ts';
import { topicsOf } from '../../src/topology/topics.ts';
import { observationRows } from '../support/observed.ts';
import { readJobs, readOutcomes } from './decisions.ts';
import { hopTopics, readExchanged, type Exchanged } from './exchanged.ts';
import { vectorRow } from './in-order.ts';
import type { PlacedValue } from './read-topic.ts';
import type { LeftRow } from './rows.ts';
import topology from './topology.ts';

export const repartitionedTopic: string = repartitionedSource(topology).topic;

/** Values of one topic, in the order of each partition. */
export type ReadValues = (topic: string) => Promise<readonly PlacedValue[]>;

export interface Outputs extends Exchanged {
  readonly predictions: readonly LeftRow[];
  readonly deadLetters: readonly LeftRow[];
  readonly late: readonly LeftRow[];
  /** By their bytes, which no two events share that are no duplicates. */
  readonly repartitioned: readonly LeftRow[];
  /** What drift and quality are computed from: labels with their scores, boundaries, counts. */
  readonly observations: readonly LeftRow[];
  /** Trainings that the loop asked for, and their outcomes. */
  readonly jobs: readonly LeftRow[];
  readonly outcomes: readonly LeftRow[];
}

async function decodeAll<T>(codec: SchemaCodec, topic: string, read: ReadValues): Promise<T[]> {
  const decoder = await codec.decoder<T>(`${topic}-value`);
  const out: T[] = [];
  for (const { value } of await read(topic)) out.push(await decoder.decode(value));
  return out;
}

const hex = (bytes: Uint8Array | null): string =>
  bytes === null ? 'null' : Buffer.from(bytes).toString('hex');

export async function readOutputs(codec: SchemaCodec, read: ReadValues): Promise<Outputs> {
  const topics = topicsOf(topology);
  const predictions = await decodeAll<PredictionRecord>(codec, topics.predictions, read);
  const deadLetters = await decodeAll<DeadLetterRecord>(codec, topics.deadLetters, read);
  const late = await decodeAll<LateRecord>(codec, topics.late, read);
  const repartitioned = await read(repartitionedTopic);
  const observations = await decodeAll<ObservationsRecord>(codec, topics.observations, read);
  return {
    predictions: predictions.map(({ id, key, eventTime, score, version, flags }) => ({
      id,
      content: [key, eventTime, score, version, flags].join(' '),
    })),
    deadLetters: deadLetters.map(({ partition, offset, code, message, value, timestampMs }) => ({
      id: `${partition}-${offset}`,
      content: [code, message, hex(value), timestampMs].join(' '),
    })),
    late: late.map(({ partition, offset, value, eventTime, watermarkMs }) => ({
      id: `${partition}-${offset}`,
      content: [hex(value), eventTime, watermarkMs].join(' '),
    })),
    repartitioned: repartitioned.map(({ value }) => ({ id: hex(value), content: '' })),
    observations: observationRows(observations),
    jobs: await readJobs(codec, read),
    outcomes: await readOutcomes(codec, read),
    ...(await readExchanged(read)),
  };
}

/** Of a meta hash: the rest (generation, epoch, id of the commit) counts how often owners changed and epochs ended. */
const META_FIELDS = /^(offset|watermark|model|stage:.*)$/;
const SCAN_COUNT = 1_000;

/**
 * Not compared: the length of `s` with its frames, which topic the events are of, where the answers to them are, and from where
 * on the state is complete, as only state that was lost says.
 */
const OTHER_FIELDS = new Set([
  'n',
  'stage:~source',
  'stage:answers',
  `stage:${COMPLETE_STAGE}`,
  `stage:${OUTCOMES_STAGE}`,
]);

/** What is in the frames of a value. An append adds a frame: where one ends depends on when an epoch did. */
function unframed(value: Buffer): Buffer {
  const payloads: Buffer[] = [];
  for (let at = 0; at + STATE_FRAME_BYTES <= value.length;) {
    const end = at + STATE_FRAME_BYTES + value.readUInt32LE(at + 1);
    payloads.push(value.subarray(at + STATE_FRAME_BYTES, end));
    at = end;
  }
  return Buffer.concat(payloads);
}

function comparable(name: string, value: Buffer): Buffer {
  if (name !== 's' && !name.startsWith('stage:')) return value;
  const payload = unframed(value);
  // Which topic the events are of comes first.
  return name === `stage:${ONCE}` ? payload.subarray(1 + (payload[0] ?? 0)) : payload;
}

/** Of a partition: `mr:{topology:topic:partition}:`. */
const PARTITION = /^mr:\{[^}]*\}:/;
const isOfHop = (key: string): boolean => hopTopics.some((topic) => key.startsWith(`mr:{${topic}:`));

/** All fields of a key, or the keys of a partition with the event times at which they expire, without those of `expired`. */
async function contentOf(redis: Redis, key: string, expired: ReadonlySet<string>): Promise<string> {
  if (key.endsWith('}:index')) {
    const [prefix = ''] = PARTITION.exec(key) ?? [];
    const members = await redis.zrange(key, '0', '-1', 'WITHSCORES');
    return members.filter((_, i) => !expired.has(`${prefix}k:${members[i - (i % 2)] ?? ''}`)).join(' ');
  }
  const isMeta = key.endsWith('}:meta');
  // The topics of hops are written in transactions, whose markers take offsets.
  const isHop = isOfHop(key);
  const fields = Object.entries(await redis.hgetallBuffer(key)).filter(
    ([name]) =>
      !OTHER_FIELDS.has(name) &&
      (!isMeta || META_FIELDS.test(name)) &&
      !(isMeta && isHop && name === 'offset'),
  );
  fields.sort(([a], [b]) => (a < b ? -1 : 1));
  const text = ([name, value]: [string, Buffer]): string => `${name}=${hex(comparable(name, value))}`;
  return fields.map(text).join(' ');
}

async function keysOf(redis: Redis): Promise<string[]> {
  const keys = new Set<string>(); // a scan may return a key twice
  let cursor = '0';
  do {
    const [next, some] = await redis.scan(cursor, 'MATCH', 'mr:*', 'COUNT', SCAN_COUNT);
    cursor = next;
    for (const key of some) keys.add(key);
  } while (cursor !== '0');
  return [...keys];
}

/**
 * What no window reaches any more: of a hop at `closedMs`, of another partition at its own watermark. A commit deletes a bounded
 * number of such keys, and of a hop it also depends on whether the epoch that wrote one was that of the closing event, and on
 * which partition that event went to.
 */
async function expiredOf(
  redis: Redis,
  keys: readonly string[],
  watermarks: ReadonlyMap<string, number>,
): Promise<Set<string>> {
  const closedMs = Math.max(...watermarks.values());
  const expired = new Set<string>();
  for (const key of keys.filter((name) => name.includes('}:k:'))) {
    const [prefix = ''] = PARTITION.exec(key) ?? [];
    const untilMs = isOfHop(key) ? closedMs : (watermarks.get(prefix) ?? Number.NEGATIVE_INFINITY);
    const [eventMs, ttlMs] = await redis.hmget(key, 't', 'ttl');
    if (Number(eventMs) + Number(ttlMs) <= untilMs) expired.add(key);
  }
  return expired;
}

/** Every key of the topology's partitions with its content. */
export async function readState(url: string): Promise<LeftRow[]> {
  const redis = new Redis(url);
  try {
    const keys = await keysOf(redis);
    const watermarks = new Map<string, number>();
    for (const key of keys.filter((name) => name.endsWith('}:meta'))) {
      const watermark = Number(await redis.hget(key, 'watermark'));
      if (Number.isFinite(watermark)) watermarks.set(PARTITION.exec(key)?.[0] ?? '', watermark);
    }
    const expired = await expiredOf(redis, keys, watermarks);
    const left = keys.filter((key) => !expired.has(key));
    const contents = await Promise.all(left.map((key) => contentOf(redis, key, expired)));
    return left.map((id, i) => ({ id, content: contents[i] ?? '' }));
  } finally {
    redis.disconnect();
  }
}

const TABLES = {
  predictions:
    "concat(toString(partition), '-', toString(offset)) AS id, key, reinterpretAsUInt32(score), flags, model_version, event_time",
  feature_log:
    "concat(toString(partition), '-', toString(offset)) AS id, key, feature_set, arrayMap(x -> reinterpretAsUInt32(x), features), event_time",
  labels:
    "concat(toString(partition), '-', toString(label_offset), '-', toString(prediction_offset)) AS id, key, label, reinterpretAsUInt32(score), flags, model_version, label_time, prediction_time",
  events:
    "concat(toString(partition), '-', toString(offset)) AS id, hex(key), hex(value), record_time, offset_from, offset_next",
} as const;

export type HistoryTable = keyof typeof TABLES;
export const historyTables = Object.keys(TABLES) as readonly HistoryTable[];

export async function readHistory(url: string, database: string, table: HistoryTable): Promise<LeftRow[]> {
  const lines = await ask(url, `SELECT ${TABLES[table]} FROM ${database}.${table} FORMAT TSV`);
  return lines.map((line) => {
    const end = line.indexOf('\t');
    return { id: line.slice(0, end), content: line.slice(end + 1) };
  });
}

/** The vectors that were scored, bit for bit but for nulls. */
export async function readVectors(url: string): Promise<LeftRow[]> {
  const query = `SELECT concat(toString(partition), '-', toString(offset)),
    arrayMap(x -> reinterpretAsUInt32(x), features) FROM default.feature_log FORMAT TSV`;
  return (await ask(url, query)).map((line) => {
    const [id = '', bits = ''] = line.split('\t');
    return vectorRow(id, new Float32Array(Uint32Array.from(JSON.parse(bits) as number[]).buffer));
  });
}

type DriftContent = Pick<DriftReportRow, 'n' | 'psi' | 'ks' | 'pAdjusted' | 'value' | 'drifted'>;

const driftContent = ({ n, psi, ks, pAdjusted, value, drifted }: DriftContent): string =>
  [n, psi, ks, pAdjusted, value, drifted].join(' ');

/** Drift reports as the topic has them: which boundaries there are depends on who was idle when. */
export async function readDriftReports(codec: SchemaCodec, read: ReadValues): Promise<LeftRow[]> {
  const reports = await decodeAll<DriftReportRecord>(codec, topicsOf(topology).driftReports, read);
  return reports.map((row) => ({
    id: [row.version, row.toMs, row.name, row.feature].join(' '),
    content: driftContent(row),
  }));
}

type DriftColumns = [string, number, string, string, number, ...Array<number | null>, boolean];

/** The same as ClickHouse has them. */
export async function readDriftHistory(url: string): Promise<LeftRow[]> {
  const columns =
    'model_version, toUnixTimestamp64Milli(to_time), detector, feature, toFloat64(n), psi, ks, p_adjusted, value, drifted';
  const settings = 'SETTINGS output_format_json_quote_64bit_integers = 0';
  const query = `SELECT ${columns} FROM default.drift_reports FINAL ${settings} FORMAT JSONCompactEachRow`;
  return (await ask(url, query)).map((line) => {
    const [version, toMs, detector, feature, ...content] = JSON.parse(line) as DriftColumns;
    return { id: [version, toMs, detector, feature].join(' '), content: content.join(' ') };
  });
}
