// JSON records to infer a schema from (control path): the first of a file, or the newest of a topic.
import { openBytes } from '../../../adapters/files/file-bytes.ts';
import { jsonRows } from '../../../adapters/files/json-rows.ts';
import { frameBytes } from '../../../adapters/shared/wire-format.ts';
import { MillraceError } from '../../../core/errors.ts';
import { parseWideJson } from '../../../core/wide-json.ts';
import type { EventLog } from '../../../ports/event-log.ts';

/** A record's object; null for what is none. */
export type Sample = object | null;

/** @throws DATA_INVALID if the file cannot be read */
export async function* fileSamples(file: string, limit: number): AsyncGenerator<Sample> {
  const rows = jsonRows(await openBytes(file));
  let count = 0;
  try {
    for await (const chunk of rows.rows()) {
      for (const { values } of chunk) {
        if (count++ === limit) return;
        yield values;
      }
    }
  } finally {
    await rows.close();
  }
}

/** @throws DATA_INVALID if there is no such topic */
export async function* topicSamples(log: EventLog, topic: string, limit: number): AsyncGenerator<Sample> {
  if ((await log.partitionCounts([topic])).size === 0) {
    throw new MillraceError('DATA_INVALID', 'there is neither a file nor a topic of this name', {
      where: topic,
      remedy: 'Name a file of JSON objects, or a topic and the servers that have it: MILLRACE_KAFKA_BROKERS.',
    });
  }
  const ranges = await log.offsets(topic);
  const share = Math.ceil(limit / Math.max(1, ranges.length));
  let count = 0;
  for (const [partition, { low, high }] of ranges.entries()) {
    for await (const { values } of log.read(topic, partition, Math.max(low, high - share), high)) {
      for (const value of values) {
        if (value === null) continue;
        if (count++ === limit) return;
        yield sampleOf(value);
      }
    }
  }
}

/** The frame of a registry is left off. */
function sampleOf(value: Buffer): Sample {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(
      value.subarray(frameBytes(value, 0, value.length)),
    );
    const record = parseWideJson(text);
    return typeof record === 'object' && !Array.isArray(record) ? record : null;
  } catch {
    return null;
  }
}
