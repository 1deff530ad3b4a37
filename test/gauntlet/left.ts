// What a world's engine left: its topics, read by Kafka's Java client, and the offline store.
import { ask } from '../../bench/fleet/clickhouse.ts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ReadRecord } from './clients/client.ts';
import type { Declaration } from './declaration.ts';
import { parseAvro, readAvro } from './oracle/avro.ts';
import type { Stage } from './stage.ts';

export interface LeftPrediction {
  readonly id: string;
  readonly key: string;
  readonly timeMs: number;
  readonly score: number;
  readonly flags: number;
  readonly version: string;
}

export interface LeftDeadLetter {
  readonly id: string;
  readonly code: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** SHA-256 of the record's own key and value, hexadecimal, where the letter has only their heads. */
  readonly cut: { readonly key: string; readonly value: string } | null;
}

export interface Left {
  readonly predictions: readonly LeftPrediction[];
  readonly deadLetters: readonly LeftDeadLetter[];
  /** Ids of late events. */
  readonly late: readonly string[];
  /** Vectors by id. */
  readonly features: ReadonlyMap<string, readonly number[]>;
  /** Joined labels by id of their prediction. */
  readonly labels: ReadonlyMap<string, number>;
}

type Fields = ReadonlyMap<string, unknown>;

/** Values of a topic that the engine writes: framed Avro of the schemas in schemas/millrace. */
function decodeAll(records: readonly ReadRecord[], name: string): Fields[] {
  const file = join(import.meta.dirname, '..', '..', 'schemas', 'millrace', `${name}.avsc`);
  const schema = parseAvro(readFileSync(file, 'utf8'));
  return records.flatMap(({ value, partition, offset }) => {
    try {
      return value === null ? [] : [readAvro(value.subarray(5), schema, schema)];
    } catch (cause) {
      throw new Error(`${name} ${partition}-${offset} has no record of its schema`, { cause });
    }
  });
}

const idOf = (fields: Fields): string => `${Number(fields.get('partition'))}-${Number(fields.get('offset'))}`;

export async function readLeft(stage: Stage, { name, topic }: Declaration): Promise<Left> {
  const read = async (suffix: string): Promise<Fields[]> =>
    decodeAll(await stage.java.read(`${name}.${suffix}`), suffix);
  const [predictions, deadLetters, late] = await Promise.all([
    read('predictions'),
    read('dead-letters'),
    read('late'),
  ]);
  const { clickhouseUrl } = stage.servers;
  const where = `WHERE topology = '${name}'`;
  const id = (offset: string): string => `concat(toString(partition), '-', toString(${offset}))`;
  const vectors = await ask(
    clickhouseUrl,
    `SELECT ${id('offset')}, arrayMap(x -> toString(x), features) FROM feature_log ${where} FORMAT JSONCompactEachRow`,
  );
  const labels = await ask(
    clickhouseUrl,
    `SELECT ${id('prediction_offset')}, toString(label) FROM labels ${where} AND label IS NOT NULL FORMAT JSONCompactEachRow`,
  );
  return {
    predictions: predictions.map((fields) => ({
      id: String(fields.get('id')).slice(topic.length + 1),
      key: String(fields.get('key')),
      timeMs: Number(fields.get('eventTime')),
      score: Number(fields.get('score')),
      flags: Number(fields.get('flags')),
      version: String(fields.get('version')),
    })),
    deadLetters: deadLetters.map((fields) => ({
      id: idOf(fields),
      code: String(fields.get('code')),
      key: (fields.get('key') ?? null) as Buffer | null, // bytes or null by the schema
      value: (fields.get('value') ?? null) as Buffer | null,
      cut: cutOf(fields.get('cut')),
    })),
    late: late.map(idOf),
    features: new Map(
      vectors.map((line) => {
        const [vectorId, values] = JSON.parse(line) as [string, string[]];
        return [vectorId, values.map(numberOf)];
      }),
    ),
    labels: new Map(
      labels.map((line) => {
        const [predictionId, label] = JSON.parse(line) as [string, string];
        return [predictionId, Number(label)];
      }),
    ),
  };
}

/** Null where the letter is whole, and with schemas that know no other. */
function cutOf(cut: unknown): LeftDeadLetter['cut'] {
  if (!(cut instanceof Map)) return null;
  return { key: String(cut.get('keySha256')), value: String(cut.get('valueSha256')) };
}

/** ClickHouse writes infinities as inf. */
function numberOf(text: string): number {
  return text === 'inf'
    ? Number.POSITIVE_INFINITY
    : text === '-inf'
      ? Number.NEGATIVE_INFINITY
      : Number(text);
}
