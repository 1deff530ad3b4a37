// The events of a chaos run: endless, equal for equal seeds, with everything in them that can go wrong. What is taken at once
// is of one partition, and later in event time than what was taken before: the order of all partitions' watermarks is that
// in which the events were sent, however long a broker keeps one of them waiting.
import { hours, minutes, seconds } from '../../src/index.ts';
import type { RecordEncoder } from '../../src/ports/codec.ts';
import type { LogRecord } from '../../src/ports/event-log.ts';
import { Random } from '../../src/stats/random.ts';
import type { Row } from '../../src/testing/index.ts';
import { order, ordersSchema, payment, withdrawn } from '../support/orders.ts';

const BEGIN_MS = Date.UTC(2024, 0, 1);
const USERS = 400;
/** Ids that a payment may still name, of each partition. */
const IDS_KEPT = 200;
/** Records that a duplicate may repeat. */
const RECENT_KEPT = 40;
/** The mean event time between two events: some windows close each second of the run. */
const STEP_MS = seconds(10);
/** Half a minute of disorder, as several producers make. */
const DISORDER_MS = seconds(30);

/** Some control boundaries. */
const CLOSING_MS = hours(24);

const nothing: Row = Object.fromEntries(Object.keys(ordersSchema).map((name) => [name, null]));

type Draw = (random: Random) => LogRecord;

export class Events {
  readonly #encoder: RecordEncoder<Row>;
  readonly #random: Random;
  readonly #ids: string[][];
  readonly #recent: LogRecord[][];
  /** By partition: the newest event time that nothing sets aside. */
  readonly #newestMs: number[];
  /** Of what is being taken. */
  #partition = 0;
  #nowMs = BEGIN_MS;
  #made = 0;

  constructor(seed: number, partitions: number, encoder: RecordEncoder<Row>) {
    this.#random = new Random(seed);
    this.#encoder = encoder;
    this.#ids = Array.from({ length: partitions }, () => []);
    this.#recent = Array.from({ length: partitions }, () => []);
    this.#newestMs = Array.from({ length: partitions }, () => BEGIN_MS);
  }

  take(count: number): LogRecord[] {
    this.#partition = this.#random.nextInt(this.#ids.length);
    this.#nowMs += 2 * DISORDER_MS;
    return Array.from({ length: count }, () => this.#next());
  }

  /** Of each partition one more, at the same instant behind all others: no partition waits for another at a boundary. */
  close(): LogRecord[] {
    this.#nowMs += CLOSING_MS;
    return this.#ids.map((_, partition) => {
      this.#partition = partition;
      this.#made += 1;
      // Hops have columns of an event and not its id: the amount tells these events from one another.
      const row = order(`${partition}-${this.#made}`, 'u0', 1 + partition, this.#nowMs);
      return { ...this.#record({ ...row, event: `o-${this.#made}` }), partition };
    });
  }

  #next(): LogRecord {
    const random = this.#random;
    this.#made += 1;
    // Now and then nothing for hours: panes, timers and generations of ids run out.
    const isPause = random.nextInt(4_000) === 0;
    this.#nowMs += isPause ? hours(1 + random.nextInt(8)) : random.nextInt(2 * STEP_MS);
    const record = { ...this.#pick(random.nextInt(1_000))(random), partition: this.#partition };
    const recent = this.#recent[this.#partition] as LogRecord[];
    recent.push(record);
    if (recent.length > RECENT_KEPT) recent.shift();
    return record;
  }

  #pick(draw: number): Draw {
    if (draw < 15) return () => this.#malformed();
    if (draw < 55) return (random) => this.#again(random);
    if (draw < 75) return () => this.#order({ user: null });
    if (draw < 95) return () => this.#order({ at: this.#nowMs + hours(2) });
    if (draw < 110) return () => this.#order({ type: 'refund' });
    if (draw < 150) return (random) => this.#order({ at: this.#lateAt(random) });
    if (draw < 400) return (random) => this.#outcome(random, payment);
    if (draw < 430) return (random) => this.#outcome(random, (id, _paid, at) => withdrawn(id, at));
    return () => this.#order({});
  }

  #at(random: Random): number {
    return this.#nowMs - random.nextInt(DISORDER_MS);
  }

  /** Late in its own partition, and so in one that has the events of all. */
  #lateAt(random: Random): number {
    const newestMs = this.#newestMs[this.#partition] as number;
    // Before its first event nothing is late in a partition, and would be in the one that has the events of all.
    return newestMs === BEGIN_MS ? this.#at(random) : newestMs - minutes(6 + random.nextInt(120));
  }

  #counts(atMs: number): void {
    this.#newestMs[this.#partition] = Math.max(this.#newestMs[this.#partition] as number, atMs);
  }

  #again(random: Random): LogRecord {
    const recent = this.#recent[this.#partition] as LogRecord[];
    return recent[random.nextInt(Math.max(1, recent.length))] ?? this.#malformed();
  }

  #malformed(): LogRecord {
    const value = Buffer.from([9, this.#made & 0xff, 1]);
    return { key: null, value, timestampMs: this.#nowMs };
  }

  #order(but: Row): LogRecord {
    const random = this.#random;
    const known = this.#known;
    // An id may be met again, while its prediction is pending or after.
    const isAgain = known.length > 0 && random.nextInt(20) === 0;
    const id = isAgain ? (known[random.nextInt(known.length)] as string) : `${this.#partition}-${this.#made}`;
    known.push(id);
    if (known.length > IDS_KEPT) known.shift();
    const user = `u${Math.floor(USERS * random.nextDouble() ** 2)}`;
    const at = this.#at(random);
    if (Object.keys(but).length === 0) this.#counts(at);
    const row = order(id, user, random.nextInt(1_100), at);
    return this.#record({ ...row, event: `o-${this.#made}`, ...but });
  }

  #outcome(random: Random, make: (id: string, paid: number, at: number) => Row): LogRecord {
    const known = this.#known;
    if (known.length === 0) return this.#order({});
    const id = known[random.nextInt(known.length)] as string;
    const at = this.#at(random);
    this.#counts(at);
    const row = make(id, random.nextInt(2), at);
    return this.#record({ ...row, event: `${String(row['event'])}-${this.#made}` });
  }

  get #known(): string[] {
    return this.#ids[this.#partition] as string[];
  }

  #record(row: Row): LogRecord {
    const value = this.#encoder.encode({ ...nothing, ...row });
    return { key: Buffer.from(`p${this.#partition}`), value, timestampMs: this.#nowMs };
  }
}
