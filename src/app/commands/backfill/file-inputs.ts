// The partitions of a backfill from files (control path): rows become the records that `millrace load` would publish, in the
// partitions that their keys have in the topic.
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { RawBatch } from '../../../core/batch.ts';
import { ByteColumn } from '../../../core/byte-column.ts';
import { messageOf, MillraceError } from '../../../core/errors.ts';
import {
  FILE_OFFSETS_END,
  FILE_OFFSETS_MIN,
  FILE_ROWS_MAX,
  FLATTENED_FILE_OFFSETS_MIN,
  FLATTENED_FILE_ROWS_MAX,
} from '../../../core/backfill-limits.ts';
import { FLATTENED_OFFSET_MAX } from '../../../core/place.ts';
import { partitionOf } from '../../../core/murmur2.ts';
import type { LogRecord } from '../../../ports/event-log.ts';
import type { Topology } from '../../../topology/define.ts';
import { isSensitive } from '../../../topology/sensitive-columns.ts';
import type { SourceFormat } from '../../../topology/source-format.ts';
import { NO_TIMESTAMP } from '../../compose/event-record.ts';
import { BadRows } from '../load/bad-rows.ts';
import { partsOf } from '../load/load-files.ts';
import { Loads } from '../load/loads.ts';
import { checkFile } from '../load/open-rows.ts';
import type { LoadTarget } from '../load/target.ts';
import type { RowFileOptions } from '../row-file-options.ts';
import type { TimeRange } from './inputs.ts';
import { PartitionRows } from './partition-rows.ts';

export interface FileInputsOptions {
  readonly topology: Topology;
  /** Rows of the other partitions are left out. */
  readonly partitions: readonly number[];
  readonly format: SourceFormat;
  readonly files: readonly string[];
  readonly rowFile: RowFileOptions;
  /** Event times of the rows that are taken. */
  readonly range: TimeRange;
  readonly note: (line: string) => void;
}

export class FileInputs {
  readonly inputs: readonly PartitionRows[];
  readonly #options: FileInputsOptions;
  readonly #loads: Loads;
  /** Rows of each partition so far, with those out of the range: an offset depends on the files alone. */
  readonly #rows: number[];
  readonly #first: number;
  #keyless = 0;
  #isClosed = false;

  /** @throws CONFIG_INVALID for a format that is unknown; DATA_INVALID for a file that cannot be read */
  static async open(options: FileInputsOptions): Promise<FileInputs> {
    const { files, rowFile, topology, format, note } = options;
    for (const file of files) await checkFile(file, rowFile.format);
    const first = await firstOffset(files, topology);
    const bad = new BadRows(rowFile.onError, isSensitive(topology.source), note, BAD_ROW);
    const parts = await partsOf(topology, format, { ...rowFile, speed: 'max' });
    const common = { ...parts, files, bad, limit: Number.POSITIVE_INFINITY, note, say: note };
    return new FileInputs(options, first, (open) => new Loads({ ...common, open: async () => open }));
  }

  private constructor(options: FileInputsOptions, first: number, loads: (to: LoadTarget) => Loads) {
    const { partitions } = options.topology.source;
    this.#options = options;
    this.#first = first;
    this.inputs = options.partitions.map(
      (partition) => new PartitionRows(partition, first, first + rowsMaxOf(options.topology)),
    );
    this.#rows = Array.from({ length: partitions }, () => 0);
    this.#loads = loads({
      from: null,
      recordBytesMax: () => Number.POSITIVE_INFINITY,
      commit: (records) => this.#add(records),
      close: async () => undefined,
    });
  }

  /** Resolves when every row is taken by a task; with false after a signal. */
  async run(): Promise<boolean> {
    await this.#loads.run();
    for (const input of this.inputs) input.end();
    return !this.#loads.isStopped;
  }

  /** The tasks have ended: the rest is not read. */
  close(): void {
    this.#isClosed = true;
    for (const input of this.inputs) input.end();
  }

  async #add(records: readonly LogRecord[]): Promise<void> {
    if (this.#isClosed) throw new MillraceError('DATA_INVALID', 'the tasks that take the rows have ended');
    const { partitions } = this.#options.topology.source;
    const taken = Array.from({ length: partitions }, (): Array<LogRecord & { offset: number }> => []);
    for (const record of records) {
      const partition =
        record.key === null ? this.#keyless++ % partitions : partitionOf(record.key, partitions);
      const offset = this.#first + (this.#rows[partition] as number);
      const rowsMax = rowsMaxOf(this.#options.topology);
      if (offset >= this.#first + rowsMax) throw tooLarge(partition, rowsMax);
      this.#rows[partition] = (this.#rows[partition] as number) + 1;
      if (isWithin(record.timestampMs, this.#options.range)) taken[partition]?.push({ ...record, offset });
    }
    await Promise.all(
      this.inputs.map(async (input) => {
        const rows = taken[input.partition] ?? [];
        if (rows.length > 0) await input.add(this.#batch(input, rows));
      }),
    );
  }

  #batch({ partition, to }: PartitionRows, rows: ReadonlyArray<LogRecord & { offset: number }>): RawBatch {
    return {
      origin: { topic: this.#options.topology.source.topic, partition },
      count: rows.length,
      offsets: Float64Array.from(rows, ({ offset }) => offset),
      timestampMs: Float64Array.from(rows, ({ timestampMs }) => timestampMs),
      keys: ByteColumn.of(rows.map(({ key }) => key)),
      values: ByteColumn.of(rows.map(({ value }) => value)),
      offsetNext: (rows.at(-1)?.offset ?? 0) + 1,
      highWatermark: to,
      receivedAtMs: performance.now(),
    };
  }
}

const BAD_ROW = 'Correct it and run the backfill again, or give --on-error skip or dead-letter.';

/** A row without an instant becomes a dead letter, whatever the range. */
function isWithin(timestampMs: number, { fromMs, untilMs }: TimeRange): boolean {
  if (timestampMs === NO_TIMESTAMP) return true;
  return (fromMs === null || timestampMs >= fromMs) && (untilMs === null || timestampMs < untilMs);
}

/** The same for the same files, so that a row has one id however often it is backfilled. */
async function firstOffset(files: readonly string[], topology: Topology): Promise<number> {
  const hash = createHash('sha256');
  for (const file of files) await addFile(hash, file);
  const rowsMax = rowsMaxOf(topology);
  const [min, end] = isFlattened(topology)
    ? [FLATTENED_FILE_OFFSETS_MIN, FLATTENED_OFFSET_MAX]
    : [FILE_OFFSETS_MIN, FILE_OFFSETS_END];
  const ranges = Math.floor((end - min) / rowsMax);
  return min + (hash.digest().readUIntBE(0, 6) % ranges) * rowsMax;
}

function rowsMaxOf(topology: Topology): number {
  return isFlattened(topology) ? FLATTENED_FILE_ROWS_MAX : FILE_ROWS_MAX;
}

function isFlattened({ stages }: Topology): boolean {
  return stages.some(({ kind }) => kind === 'flatten');
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

function tooLarge(partition: number, rowsMax: number): MillraceError {
  return new MillraceError('DATA_INVALID', `partition ${partition} gets more than ${rowsMax} rows`, {
    where: '--from',
    remedy: 'Split the files, and backfill one part after the other.',
  });
}
