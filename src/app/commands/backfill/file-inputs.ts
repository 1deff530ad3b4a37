// The partitions of a backfill from files (control path): rows become the records that `millrace load` would publish, in the
// partitions that their keys have in the topic. They are written to a file for each partition first.
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { messageOf, MillraceError } from '../../../core/errors.ts';
import {
  FILE_OFFSETS_END,
  FILE_OFFSETS_MIN,
  FILE_ROWS_MAX,
  FILE_ROWS_MIN,
  FLATTENED_FILE_OFFSETS_MIN,
} from '../../../core/backfill-limits.ts';
import { FLATTENED_OFFSET_MAX } from '../../../core/place.ts';
import { partitionOf } from '../../../core/murmur2.ts';
import type { LogRecord } from '../../../ports/event-log.ts';
import { type BackfillInput, rangeInput } from '../../../runtime/backfill/backfill-input.ts';
import { interrupted } from '../../../runtime/backfill/interrupted.ts';
import type { Topology } from '../../../topology/define.ts';
import { isSensitive } from '../../../topology/sensitive-columns.ts';
import type { SourceFormat } from '../../../topology/source-format.ts';
import { NO_TIMESTAMP } from '../../compose/event-record.ts';
import { BadRows } from '../load/bad-rows.ts';
import { partsOf } from '../load/load-files.ts';
import { Loads } from '../load/loads.ts';
import { checkFile } from '../load/open-rows.ts';
import type { RowFileOptions } from '../row-file-options.ts';
import type { Bounds } from './backfill-progress.ts';
import type { TimeRange } from './inputs.ts';
import { RowSpill } from './row-spill.ts';

export interface FileInputsOptions {
  readonly topology: Topology;
  /** Rows of the other partitions are left out. */
  readonly partitions: readonly number[];
  readonly format: SourceFormat;
  readonly files: readonly string[];
  /** SHA-256 of their content. */
  readonly digest: Buffer;
  readonly rowFile: RowFileOptions;
  /** Event times of the rows that are taken. */
  readonly range: TimeRange;
  /** Where the rows of each partition are written. */
  readonly folder: string;
  /** Of the same command, which was interrupted when it had written the rows; empty if there is none. */
  readonly bounds: readonly Bounds[];
  readonly note: (line: string) => void;
}

/**
 * @throws CONFIG_INVALID for a format that is unknown; DATA_INVALID for a file that cannot be read; LOG_FAILED after a signal
 */
export async function fileInputs(options: FileInputsOptions): Promise<BackfillInput[]> {
  const { topology, bounds, folder } = options;
  const spill = new RowSpill(folder);
  const isWritten =
    bounds.length > 0 && bounds.every(({ partition, from, to }) => from === to || spill.has(partition));
  return writtenInputs(topology, folder, isWritten ? bounds : await split(options, spill));
}

/** Of rows that are in the folder already. */
export function writtenInputs(
  { source: { topic } }: Topology,
  folder: string,
  bounds: readonly Bounds[],
): BackfillInput[] {
  const spill = new RowSpill(folder);
  return bounds.map(({ partition, from, to }) => {
    const origin = { topic, partition };
    return rangeInput(origin, from, to, (begin) => spill.read(origin, from, begin));
  });
}

/** SHA-256 of the files' content, one after another. */
export async function digestOf(files: readonly string[]): Promise<Buffer> {
  const hash = createHash('sha256');
  for (const file of files) await addFile(hash, file);
  return hash.digest();
}

async function addFile(hash: Hash, file: string): Promise<void> {
  try {
    await pipeline(createReadStream(file), async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) hash.update(chunk);
    });
  } catch (cause) {
    throw new MillraceError('DATA_INVALID', `the file cannot be read: ${messageOf(cause)}`, {
      where: file,
      cause,
    });
  }
}

/** Writes the rows of each partition to its file. */
async function split(options: FileInputsOptions, spill: RowSpill): Promise<Bounds[]> {
  const { topology, files, rowFile, format, note, partitions } = options;
  for (const file of files) await checkFile(file, rowFile.format);
  await spill.clear();
  const bad = new BadRows(rowFile.onError, isSensitive(topology.source), note, BAD_ROW);
  const parts = await partsOf(topology, format, { ...rowFile, speed: 'max' });
  const rows = new PartitionRows(options, spill);
  const to = {
    from: null,
    recordBytesMax: () => Number.POSITIVE_INFINITY,
    commit: (records: readonly LogRecord[]) => rows.add(records),
    close: async () => undefined,
  };
  const limit = Number.POSITIVE_INFINITY;
  const loads = new Loads({ ...parts, files, bad, limit, note, say: note, open: async () => to });
  await loads.run();
  if (loads.isStopped) throw interrupted(topology.name);
  await spill.end();
  const first = firstOffset(options.digest, topology, rows.most);
  return partitions.map((partition) => {
    const end = rows.end(partition);
    // A partition without a row has nothing to come to.
    return end === 0 ? { partition, from: 0, to: 0 } : { partition, from: first, to: first + end };
  });
}

/** Deals rows out to partitions. */
class PartitionRows {
  readonly #options: FileInputsOptions;
  readonly #spill: RowSpill;
  readonly #taken: ReadonlySet<number>;
  /** Rows of each partition so far, with those out of the range: an offset depends on the files alone. */
  readonly #counts: number[];
  /** By partition: behind the last row of the range. */
  readonly #ends: number[];
  #keyless = 0;

  constructor(options: FileInputsOptions, spill: RowSpill) {
    const { partitions } = options.topology.source;
    this.#options = options;
    this.#spill = spill;
    this.#taken = new Set(options.partitions);
    this.#counts = Array.from({ length: partitions }, () => 0);
    this.#ends = [...this.#counts];
  }

  /** Rows of the largest partition. */
  get most(): number {
    return this.#counts.reduce((most, count) => Math.max(most, count), 0);
  }

  end(partition: number): number {
    return this.#ends[partition] ?? 0;
  }

  async add(records: readonly LogRecord[]): Promise<void> {
    const partitions = this.#counts.length;
    for (const record of records) {
      const partition =
        record.key === null ? this.#keyless++ % partitions : partitionOf(record.key, partitions);
      const row = this.#counts[partition] as number;
      if (row >= FILE_ROWS_MAX) throw tooLarge(partition);
      this.#counts[partition] = row + 1;
      if (!this.#taken.has(partition) || !isWithin(record.timestampMs, this.#options.range)) continue;
      this.#ends[partition] = row + 1;
      await this.#spill.add(partition, record, row);
    }
  }
}

const BAD_ROW = 'Correct it and run the backfill again, or give --on-error skip or dead-letter.';

/** A row without an instant becomes a dead letter, whatever the range. */
function isWithin(timestampMs: number, { fromMs, untilMs }: TimeRange): boolean {
  if (timestampMs === NO_TIMESTAMP) return true;
  return (fromMs === null || timestampMs >= fromMs) && (untilMs === null || timestampMs < untilMs);
}

/**
 * The same for the same files, so that a row has one id however often it is backfilled. The range is hardly larger than the
 * largest partition: two sets of files share one by a chance of their rows in 2^36 behind `flatten`, in 2^49 elsewhere.
 */
function firstOffset(digest: Buffer, { stages }: Topology, most: number): number {
  const isFlattened = stages.some(({ kind }) => kind === 'flatten');
  const [min, end] = isFlattened
    ? [FLATTENED_FILE_OFFSETS_MIN, FLATTENED_OFFSET_MAX]
    : [FILE_OFFSETS_MIN, FILE_OFFSETS_END];
  const size = Math.max(FILE_ROWS_MIN, 2 ** Math.ceil(Math.log2(Math.max(1, most))));
  return min + (digest.readUIntBE(0, 6) % Math.floor((end - min) / size)) * size;
}

function tooLarge(partition: number): MillraceError {
  return new MillraceError('DATA_INVALID', `partition ${partition} gets more than ${FILE_ROWS_MAX} rows`, {
    where: '--from',
    remedy: 'Split the files, and backfill one part after the other.',
  });
}
