// The events of entities in a partition of the source (control path: they are searched for once, when they are erased).
import type { Batch, RawBatch } from '../../core/batch.ts';
import type { EventLog } from '../../ports/event-log.ts';
import type { EventArchive, EventSource } from '../../ports/history.ts';
import type { SourceOptions } from '../../topology/source.ts';
import type { KeyedHash } from '../personal/keyed-hash.ts';
import { SensitiveBatches } from '../personal/sensitive-batch.ts';
import type { SourceDecoder } from '../task/source-decoder.ts';
import type { ErasedRows } from './erased-rows.ts';

/** Records that are decoded at a time. */
const ROWS_MAX = 2_048;

export interface EntityRowsParts {
  readonly log: Pick<EventLog, 'offsets' | 'read'>;
  /** Whose records are opened; null if the source is not archived. */
  readonly archive: EventArchive | null;
  readonly decoder: SourceDecoder;
  /** Hashes, without encrypting anything. */
  readonly treat: (batch: Batch) => Batch;
}

/** Treats what identifies an entity: encrypted columns are left out, as no data key is to be made. */
export function identifying(
  topology: string,
  { sensitive = {}, entity }: Pick<SourceOptions, 'sensitive' | 'entity'>,
  hash: KeyedHash | null,
): (batch: Batch) => Batch {
  const treatments = Object.entries(sensitive).map(
    ([name, treatment]) => [name, treatment === 'encrypt' ? 'drop' : treatment] as const,
  );
  const keys = {
    keyOf: (): never => {
      throw new Error('nothing is encrypted');
    },
  };
  const source = { sensitive: Object.fromEntries(treatments), ...(entity === undefined ? {} : { entity }) };
  const batches = new SensitiveBatches(topology, source, hash, keys);
  return (batch) => batches.treat(batch);
}

/** Batches of events [from, to) whose live rows are those of the entities: from the archive what the log has lost. */
export async function* entityRows(
  { log, archive, decoder, treat }: EntityRowsParts,
  source: EventSource,
  rows: ErasedRows,
  from: number,
  to: number,
): AsyncGenerator<Batch> {
  const { topic, partition } = source;
  const range = (await log.offsets(topic))[partition];
  if (range === undefined) return;
  const found = async function* (pages: AsyncIterable<RawBatch>): AsyncGenerator<Batch> {
    for await (const raw of pages) {
      await decoder.prepare(raw);
      for (let at = 0; at < raw.count; at += ROWS_MAX) {
        const batch = treat(decoder.decode(raw, at, Math.min(raw.count, at + ROWS_MAX)).batch);
        const erased = rows.of(batch);
        if (erased === undefined) continue;
        yield { ...batch, rows: batch.rows.filter((row) => erased[row] === 1) };
      }
    }
  };
  const logFrom = Math.max(from, range.low);
  const archived = Math.min(logFrom, to);
  if (archive !== null && from < archived) {
    await archive.flush();
    yield* found(archive.readEvents(source, from, archived));
  }
  if (logFrom < to) yield* found(log.read(topic, partition, logFrom, Math.min(to, range.high)));
}
