// Payments of two cards with everything embedded, for `millrace erase`: a topology file, the commands over it, and what of a card
// is in the files of its data folder.
import { createHmac, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { millrace } from './cli.ts';

/** An event, as far as the test says. */
export interface ErasureRow {
  readonly card: string;
  readonly id?: string;
  readonly type?: string;
  readonly fraud?: number;
  readonly amount?: number;
}

/** The last one is a dead letter. */
const USUAL: readonly ErasureRow[] = ['ann', 'bob', 'ann', 'bob', 'ann'].map((card, i) =>
  i === 4 ? { card, amount: 900 } : { card },
);

const INDEX = resolve(import.meta.dirname, '../../src/index.ts');

export class EmbeddedErasure {
  readonly data: string;
  readonly file: string;
  /** Events that `play` has loaded. */
  rows = 0;
  readonly #folder: string;
  readonly #hashKey = randomBytes(32);
  readonly #settings: Readonly<Record<string, string>>;

  /** @param stages code of the stages behind the contract */
  constructor(folder: string, stages: readonly string[]) {
    this.#folder = folder;
    this.data = join(folder, 'data');
    this.file = join(folder, 'payments.ts');
    this.#settings = {
      MILLRACE_DATA: this.data,
      MILLRACE_PORT: '0',
      MILLRACE_HASH_KEY: this.#hashKey.toString('base64'),
      MILLRACE_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    };
    writeFileSync(
      this.file,
      `import * as m from '${INDEX}';
const { string, nullable, double, timestamp } = m;
export default m.defineTopology(
  m.source('payments', {
    schema: { id: string, card: string, type: string, amount: double, fraud: nullable(double), at: timestamp }, eventTime: 'at', partitions: 1, archive: true,
    sensitive: { card: 'hash' }, entity: 'card',
  }),
  { name: 'payments', stages: [
    m.contract([m.range('amount', 0, 100)]),
    ${stages.join(',\n    ')},
  ] },
);
`,
    );
  }

  /** Ends as it does, with an error as well. */
  run(...args: readonly string[]): ReturnType<typeof millrace> {
    return millrace(args, this.#settings);
  }

  async command(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(...args);
    if (code !== 0) throw new Error(stderr);
    return stdout;
  }

  /** Loads events of ann and bob, a millisecond apart, and runs the topology over them. */
  async play(rows: readonly ErasureRow[] = USUAL): Promise<void> {
    const events = join(this.#folder, 'events.jsonl');
    const lines = rows.map((row) => {
      const i = this.rows++;
      const usual = { id: `${row.card}-${i}`, type: 'payment', amount: i, fraud: null };
      return JSON.stringify({ ...usual, ...row, at: Date.UTC(2026, 0, 1) + i });
    });
    writeFileSync(events, `${lines.join('\n')}\n`);
    await this.command('load', this.file, events);
    await this.command('run', this.file, '--until-caught-up');
  }

  /** How often the card's pseudonym is in a file. */
  count(name: string, card: string): number {
    const hash = createHmac('sha256', this.#hashKey).update(card).digest('base64url');
    return readFileSync(join(this.data, name)).toString('latin1').split(hash).length - 1;
  }
}
