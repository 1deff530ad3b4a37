// The demo's flights for tests of backfills: a topology with a fixed model, the events as files, and what a run has left.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createClient } from '@clickhouse/client';
import { championManifest } from '../../bench/fleet/champion-manifest.ts';
import { loadFlightsDataset } from '../../demo/dataset.ts';
import { replayAtOnce } from '../../demo/replay.ts';
import { FileModelRegistry } from '../../src/adapters/registry/file-model-registry.ts';
import { FLAG_BACKFILLED } from '../../src/core/blocks.ts';
import { NO_REFERENCE } from '../../src/stats/drift-reference.ts';
import type { Topology } from '../../src/index.ts';
import { fixedModel } from '../chaos/model.ts';
import { clickhouseUrl } from './services.ts';

/** The demo's stages and control boundaries, without trainings: the model of a run stays. */
export async function flightsTopology(
  folder: string,
  name: string,
  topic: string,
): Promise<{ readonly file: string; readonly topology: Topology }> {
  const file = join(folder, `${name}.ts`);
  writeFileSync(
    file,
    `import { defineTopology } from '${resolve(import.meta.dirname, '../../src/index.ts')}';
import flights from '${resolve(import.meta.dirname, '../../topologies/flights.ts')}';
const { source, stages, control } = flights;
export default defineTopology({ name: '${name}', source: { ...source, topic: '${topic}', subject: 'flights-value', archive: true }, stages, control });
`,
  );
  const { default: topology } = (await import(file)) as { default: Topology }; // as written above
  return { file, topology };
}

/** Registers version v1, to be promoted. */
export async function registerModel(topology: Topology, data: string): Promise<void> {
  mkdirSync(data, { recursive: true });
  const model = fixedModel(topology.features?.features.length ?? 0);
  const manifest = championManifest(topology, 'v1', NO_REFERENCE, model);
  await new FileModelRegistry(join(data, 'models')).register({ ...manifest, status: 'retired' }, model);
}

/** Events [fromMs, untilMs) as a file for `millrace load`. */
export function flightsFile(folder: string, fromMs: number, untilMs: number): string {
  const events = [...replayAtOnce({ dataset: loadFlightsDataset(), fromMs, untilMs })].flat();
  const file = join(folder, `flights-${fromMs}.jsonl`);
  writeFileSync(file, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  return file;
}

export interface HistoryRow {
  readonly key: string;
  readonly place: string;
  readonly at: string;
  readonly score: number;
  readonly flags: number;
  readonly version: string;
  readonly features: string;
  readonly label: number | null;
}

/** What a run has left in a database of ClickHouse, in the order of partitions and offsets. */
export async function historyRows(database: string, topology: string): Promise<HistoryRow[]> {
  const client = createClient({ url: clickhouseUrl(), database });
  const query = `SELECT p.key AS key, concat(toString(p.partition), '-', toString(p.offset), if(p.item < 0, '', concat('.', toString(p.item)))) AS place,
      toString(p.event_time) AS at, reinterpretAsUInt32(p.score) AS score, p.flags AS flags, p.model_version AS version,
      hex(reinterpretAsString(arrayStringConcat(arrayMap(x -> hex(reinterpretAsUInt32(x)), f.features), ','))) AS features,
      l.label AS label
    FROM predictions AS p INNER JOIN feature_log AS f USING (topology, topic, partition, offset, item)
    LEFT JOIN labels AS l ON l.topology = p.topology AND l.topic = p.topic AND l.partition = p.partition
      AND l.prediction_offset = p.offset AND l.prediction_item = p.item
    WHERE p.topology = {topology:String} ORDER BY p.partition, p.offset, p.item SETTINGS join_use_nulls = 1`;
  try {
    const found = await client.query({ query, query_params: { topology }, format: 'JSONEachRow' });
    return await found.json<HistoryRow>();
  } finally {
    await client.close();
  }
}

export function isBackfilled({ flags }: HistoryRow): boolean {
  return (flags & FLAG_BACKFILLED) !== 0;
}

/** Rows as those of a live run. */
export function unflagged(rows: readonly HistoryRow[]): HistoryRow[] {
  return rows.map((row) => ({ ...row, flags: row.flags & ~FLAG_BACKFILLED }));
}
