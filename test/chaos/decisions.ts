// What the learning loop of a run decided: the trainings that were requested, and the outcome of each.
import type { ModelManifest } from '../../src/core/reports.ts';
import type { SchemaCodec } from '../../src/ports/codec.ts';
import type { ModelUpdateRecord, RetrainingJobRecord } from '../../src/runtime/records.ts';
import { readManifest } from '../../src/runtime/models/known-models.ts';
import { topicsOf } from '../../src/topology/topics.ts';
import { CHAMPION } from '../../bench/fleet/setting.ts';
import type { PlacedValue } from './read-topic.ts';
import type { LeftRow } from './rows.ts';
import topology from './topology.ts';

const { retrainingJobs, modelUpdates } = topicsOf(topology);

/** Where and when the outcome was computed. */
type Measured = Pick<ModelManifest, 'createdMs' | 'seconds' | 'environment'>;
const MEASURED: ReadonlySet<string> = new Set<keyof Measured>(['createdMs', 'seconds', 'environment']);

function judged(update: ModelUpdateRecord): string {
  const fields = Object.entries(readManifest(update) ?? {});
  return JSON.stringify(fields.filter(([name]) => !MEASURED.has(name)));
}

/** A new leader may publish a job that the one before it published: an equal one is the same. */
export async function readJobs(
  codec: SchemaCodec,
  read: (topic: string) => Promise<readonly PlacedValue[]>,
): Promise<LeftRow[]> {
  const decoder = await codec.decoder<RetrainingJobRecord>(`${retrainingJobs}-value`);
  const rows = new Map<string, LeftRow>();
  for (const { value } of await read(retrainingJobs)) {
    const job = await decoder.decode(value);
    const content = JSON.stringify(job);
    rows.set(`${job.version} ${content}`, { id: job.version, content });
  }
  return [...rows.values()];
}

/** By the version that was trained: the model's hash, its figures, and why it was or was not promoted. */
export async function readOutcomes(
  codec: SchemaCodec,
  read: (topic: string) => Promise<readonly PlacedValue[]>,
): Promise<LeftRow[]> {
  const decoder = await codec.decoder<ModelUpdateRecord>(`${modelUpdates}-value`);
  const rows: LeftRow[] = [];
  for (const { value } of await read(modelUpdates)) {
    const update = await decoder.decode(value);
    const { version, status, reason, atMs } = update;
    if (version === CHAMPION) continue;
    rows.push({ id: version, content: `${status} ${atMs} ${reason} ${judged(update)}` });
  }
  return rows;
}
