/** Reads topics whole with Kafka's own Java client, set to read_committed: what any other consumer sees. Control path. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { findCommand } from '../install.ts';
import { brokerClassPath } from './distribution.ts';

const READER = join(import.meta.dirname, 'ReadCommitted.java');

export interface CommittedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestampMs: number;
  readonly value: Buffer | null;
}

/** True where there is a JDK: the reader is run from its source. */
export function canReadByJava(): boolean {
  return findCommand('javac') !== null;
}

/** Gives every record of the topics to `take`, each partition in the order of its offsets. */
export async function readByJava(
  brokers: readonly string[],
  topics: readonly string[],
  take: (record: CommittedRecord) => void,
): Promise<void> {
  const args = ['-Xmx256m', '-cp', brokerClassPath(), READER, brokers.join(','), ...topics];
  const java = spawn('java', args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = new Promise<number>((resolve, reject) => {
    java.once('error', reject);
    java.once('close', (code) => resolve(code ?? 1));
  });
  for await (const line of createInterface({ input: java.stdout })) {
    const [topic = '', partition, offset, timestampMs, value = '-'] = line.split(' ');
    if (!topics.includes(topic)) continue; // the client's own log
    take({
      topic,
      partition: Number(partition),
      offset: Number(offset),
      timestampMs: Number(timestampMs),
      value: value === '-' ? null : Buffer.from(value, 'hex'),
    });
  }
  if ((await ended) !== 0) throw new Error('the Java consumer failed');
}
