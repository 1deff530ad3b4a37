/** A folder with files and an embedded log that `millrace load` fills. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { EmbeddedLog } from '../../src/adapters/embedded/log.ts';
import type { Ended } from '../../tools/package/commands.ts';
import { millrace } from './cli.ts';
import { eventOf, type ScoredTopology } from './scored-topology.ts';

/** One record: partition, key, value and timestamp. */
export type Sent = readonly [partition: number, key: string, value: string, timestampMs: number];

export class LoadedFolder {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'millrace-load-'));
  readonly #topology: ScoredTopology;

  constructor(t: Test, topology: ScoredTopology) {
    this.#topology = topology;
    t.teardown(() => rmSync(this.folder, { recursive: true, maxRetries: 10 }));
  }

  /** The data folder of the engine. */
  get data(): string {
    return join(this.folder, 'data');
  }

  write(name: string, content: string | Buffer): string {
    const path = join(this.folder, name);
    writeFileSync(path, content);
    return path;
  }

  load(...args: string[]): Promise<Ended> {
    return millrace(['load', this.#topology.file, ...args], { MILLRACE_DATA: this.data });
  }

  /** The records of the topic, by partition. */
  async sent(): Promise<Sent[]> {
    const { name } = this.#topology;
    const log = new EmbeddedLog({ path: join(this.data, 'log.db') });
    try {
      const sent: Sent[] = [];
      for (const [partition, { low, high }] of (await log.offsets(name)).entries()) {
        for await (const { count, keys, values, timestampMs } of log.read(name, partition, low, high)) {
          for (let i = 0; i < count; i++)
            sent.push([partition, String(keys.at(i)), String(values.at(i)), timestampMs[i] as number]);
        }
      }
      return sent;
    } finally {
      await log.close();
    }
  }
}

/** Events as the rows of a CSV file. */
export function csvOf(from: number, to: number): string {
  const rows = Array.from({ length: to - from }, (_, i) => {
    const { id, card, amount, at } = eventOf(from + i);
    return `${new Date(at).toISOString()},${amount},${card},${id}\n`;
  });
  return `at,amount,card,id\n${rows.join('')}`;
}
