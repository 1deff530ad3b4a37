// A sink that is written outside src: predictions in an SQLite table.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { PredictionBlock, Sink, SinkDefinition } from 'millrace';

/** The position of the event in the log is the primary key, so a redelivered prediction is ignored. */
const TABLE = `
CREATE TABLE IF NOT EXISTS predictions (
  topic TEXT, partition INTEGER, offset INTEGER, key TEXT, score REAL, version TEXT,
  PRIMARY KEY (topic, partition, offset)
)`;

export function sqliteSink(): SinkDefinition {
  return {
    name: 'sqlite',
    delivery: 'after-commit',
    async open({ folder }) {
      await mkdir(folder, { recursive: true });
      return new SqliteSink(join(folder, 'predictions.db'));
    },
  };
}

class SqliteSink implements Sink {
  readonly #db: DatabaseSync;
  #blocks: PredictionBlock[] = [];
  bufferedRows = 0;

  constructor(file: string) {
    this.#db = new DatabaseSync(file);
    this.#db.exec(TABLE);
  }

  predictions(block: PredictionBlock): void {
    this.#blocks.push(block);
    this.bufferedRows += block.count;
  }

  labels(): void {}

  async flush(): Promise<void> {
    const insert = this.#db.prepare('INSERT OR IGNORE INTO predictions VALUES (?, ?, ?, ?, ?, ?)');
    this.#db.exec('BEGIN');
    for (const { origin, count, offsets, keys, scores, version } of this.#blocks) {
      for (let i = 0; i < count; i++)
        insert.run(origin.topic, origin.partition, offsets[i]!, keys[i]!, scores[i]!, version);
    }
    this.#db.exec('COMMIT');
    this.#blocks = [];
    this.bufferedRows = 0;
  }

  async close(): Promise<void> {
    await this.flush();
    this.#db.close();
  }
}
