// Where the events of a file go (control path): into the topic, with the position in the file in the same transaction, so that
// a load that was interrupted goes on where it ended.
import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { MillraceError } from '../../../core/errors.ts';
import { PRODUCE_RECORDS_MAX } from '../../../core/log-limits.ts';
import type { EventLog, LogRecord } from '../../../ports/event-log.ts';
import type { Topology } from '../../../topology/define.ts';
import { groupOf } from '../../../topology/topics.ts';

/** How far a file is loaded. */
export interface Position {
  /** Rows from the start of the file, bad ones among them. */
  readonly rows: number;
  /** CRC-32 of these rows. */
  readonly crc: number;
  /** Whether the file has ended there. */
  readonly isWhole: boolean;
}

export interface LoadTarget {
  /** Where earlier loads of this file ended; null if there were none. */
  readonly from: Position | null;
  /** Bytes of a record that the topic accepts. */
  recordBytesMax(): number;
  /** Sends the records, and keeps the position: both or neither. */
  commit(records: readonly LogRecord[], position: Position): Promise<void>;
  close(): Promise<void>;
}

/**
 * A consumer group and a transactional id for each file and topic, `millrace.<topology>.load.<digest of the path>`: the
 * group's offset is the number of rows. A second load of the file fences the first.
 */
export async function openTarget(log: EventLog, topology: Topology, file: string): Promise<LoadTarget> {
  const { topic } = topology.source;
  const path = await realpath(file);
  const digest = createHash('sha256').update(`${topic}\0${path}`).digest('hex').slice(0, 16);
  const name = `${groupOf(topology.name)}.load.${digest}`;
  const place = { topic, partition: 0 };
  const writer = await log.epochWriter(name);
  // A broker that has crashed may answer less than the load has committed, whose rows would be loaded twice.
  const committed = await log.recordedOffset(name, place, await writer.committed(name, place));
  return {
    from: committed === null ? null : positionOf(committed.offset, committed.metadata, file),
    recordBytesMax: () => writer.recordBytesMax(topic),
    async commit(records, { rows, crc, isWhole }) {
      if (records.length > 0) writer.append(topic, records);
      await writer.commit(name, place, rows, JSON.stringify({ crc, isWhole }));
    },
    close: () => writer.close(),
  };
}

/** Of standard input, which has no name to know it by: an interrupted load starts again. */
export function openStream(log: EventLog, topic: string): LoadTarget {
  return {
    from: null,
    recordBytesMax: () => Number.POSITIVE_INFINITY,
    async commit(records) {
      for (let from = 0; from < records.length; from += PRODUCE_RECORDS_MAX)
        await log.publish(topic, records.slice(from, from + PRODUCE_RECORDS_MAX));
    },
    close: async () => undefined,
  };
}

function positionOf(rows: number, metadata: string, file: string): Position {
  try {
    const { crc, isWhole } = JSON.parse(metadata) as { crc?: unknown; isWhole?: unknown }; // checked next
    if (Number.isInteger(crc) && typeof isWhole === 'boolean') return { rows, crc: crc as number, isWhole };
  } catch {
    // It is reported below.
  }
  throw new MillraceError('DATA_INVALID', 'the position of an earlier load cannot be read', {
    where: file,
    remedy: 'Give --restart to load the whole file.',
  });
}
