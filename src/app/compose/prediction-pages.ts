// Pages of the predictions topic, read and decoded once for all clients that resume (control path): hundreds of them ask for
// the same predictions after a restart.
import { setImmediate } from 'node:timers/promises';
import { bulkhead } from 'cockatiel';
import {
  PREDICTION_PAGE_KEPT_MS,
  PREDICTION_PAGE_OFFSETS,
  PREDICTION_PAGE_POLL_MS,
  PREDICTION_PAGE_READS_MAX,
  PREDICTION_PAGES_MAX,
} from '../../core/port-limits.ts';
import type { TopicPartition } from '../../core/topic-partition.ts';
import type { EventLog } from '../../ports/event-log.ts';
import type { FoundPrediction, PredictionsTopic } from '../../runtime/recovery/predictions-topic.ts';
import type { PredictionRows } from '../../serving/sockets/frames.ts';

export interface PredictionPage {
  /** Its predictions in ascending offset, split where the model's version changes. */
  readonly rows: readonly PredictionRows[];
  /** Whether nothing can be added to it any more. */
  readonly isWhole: boolean;
}

interface Bounds {
  readonly low: number;
  /** Before the first record of a transaction that is still open. */
  readonly readable: number;
}

interface Kept<T> {
  readonly value: Promise<T>;
  readonly atMs: number;
}

/** Hundreds may resume together, and an embedded log reads without waiting for anything. */
const turn = (): Promise<void> => setImmediate();

export class PredictionPages {
  readonly #log: Pick<EventLog, 'ends'>;
  readonly #topic: PredictionsTopic;
  readonly #source: string;
  readonly #predictions: string;
  /** By partition and number, the least recently read first. */
  readonly #pages = new Map<string, Kept<PredictionPage>>();
  readonly #bounds = new Map<number, Kept<Bounds>>();
  readonly #reads = bulkhead(PREDICTION_PAGE_READS_MAX, Number.POSITIVE_INFINITY);

  constructor(
    log: Pick<EventLog, 'ends'>,
    topic: PredictionsTopic,
    { source, predictions }: { readonly source: string; readonly predictions: string },
  ) {
    this.#log = log;
    this.#topic = topic;
    this.#source = source;
    this.#predictions = predictions;
  }

  /** The page with this number; one that is not whole may be some milliseconds old. */
  page(partition: number, number: number): Promise<PredictionPage> {
    const name = `${partition}/${number}`;
    const known = this.#pages.get(name);
    const read = (): Promise<PredictionPage> => this.#reads.execute(() => this.#read(partition, number));
    const page = known ?? { value: read(), atMs: performance.now() };
    this.#pages.delete(name);
    this.#pages.set(name, page);
    if (known === undefined) this.#keepFor(name, page);
    return page.value;
  }

  /** The number of the page at which the predictions of source offsets after `afterOffset` start. */
  async seek(partition: number, afterOffset: number): Promise<number> {
    const bounds = await this.#boundsOf(partition);
    let low = Math.floor(bounds.low / PREDICTION_PAGE_OFFSETS);
    let high = Math.floor(bounds.readable / PREDICTION_PAGE_OFFSETS);
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const last = await this.#lastIn(partition, middle, low);
      if (last === null || last <= afterOffset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The newest source offset of a page or, if it has none, of those before it down to `lowest`. */
  async #lastIn(partition: number, number: number, lowest: number): Promise<number | null> {
    for (let at = number; at >= lowest; at -= 1) {
      const rows = (await this.page(partition, at)).rows.at(-1);
      if (rows !== undefined) return rows.offsets[rows.count - 1] as number;
    }
    return null;
  }

  async #read(partition: number, number: number): Promise<PredictionPage> {
    const { low, readable } = await this.#boundsOf(partition);
    const from = number * PREDICTION_PAGE_OFFSETS;
    const to = from + PREDICTION_PAGE_OFFSETS;
    const found: FoundPrediction[] = [];
    const end = Math.min(to, readable);
    for await (const some of this.#topic.read(partition, Math.max(from, low), end, turn))
      for (const one of some) found.push(one);
    const origin = { topic: this.#source, partition };
    return { rows: [...byVersion(found)].map((run) => rowsOf(origin, run)), isWhole: to <= readable };
  }

  #boundsOf(partition: number): Promise<Bounds> {
    const known = this.#bounds.get(partition);
    if (known !== undefined && performance.now() - known.atMs < PREDICTION_PAGE_POLL_MS) return known.value;
    const value = this.#askBounds(partition);
    this.#bounds.set(partition, { value, atMs: performance.now() });
    value.catch(() => this.#bounds.delete(partition));
    return value;
  }

  async #askBounds(partition: number): Promise<Bounds> {
    const { low } = await this.#topic.range(partition);
    return { low, readable: (await this.#log.ends(this.#predictions))[partition]?.readable ?? low };
  }

  /** Keeps a page while clients read it; not one that failed, and one at the end not for long. */
  #keepFor(name: string, page: Kept<PredictionPage>): void {
    const forget = (): void => {
      if (this.#pages.get(name) === page) this.#pages.delete(name);
    };
    page.value.then(({ isWhole }) => isWhole || setTimeout(forget, PREDICTION_PAGE_POLL_MS).unref(), forget);
    for (const oldest of this.#pages.keys()) {
      if (this.#pages.size <= PREDICTION_PAGES_MAX) break;
      this.#pages.delete(oldest);
    }
    // Keys of people are in it: what is erased from the topic is not to be here for long.
    setTimeout(forget, PREDICTION_PAGE_KEPT_MS).unref();
  }
}

function rowsOf(origin: TopicPartition, found: readonly FoundPrediction[]): PredictionRows {
  return {
    origin,
    count: found.length,
    offsets: Float64Array.from(found, ({ offset }) => offset),
    eventTimeMs: Float64Array.from(found, ({ record }) => record.eventTime),
    keys: found.map(({ record }) => record.key),
    scores: Float32Array.from(found, ({ record }) => record.score),
    flags: Uint8Array.from(found, ({ record }) => record.flags),
    version: found[0]?.record.version ?? '',
    ...classesOf(found),
  };
}

/** Each row has its class by name: the record knows no numbers. */
function classesOf(found: readonly FoundPrediction[]): Pick<PredictionRows, 'classes'> {
  const width = widthOf(found[0]);
  if (width === 0) return {};
  const outputs = new Float32Array(found.length * width);
  for (const [row, { record }] of found.entries()) outputs.set(record.outputs ?? [], row * width);
  const names = found.map(({ record }) => record.class ?? '');
  const isValue = names.every((name) => name === '');
  return {
    classes: { names, width, outputs, tops: isValue ? null : Uint16Array.from(names, (_, row) => row) },
  };
}

function widthOf(found: FoundPrediction | undefined): number {
  return found?.record.outputs?.length ?? 0;
}

/** Splits rows into runs of one model version and as many classes, as a block has them. */
function* byVersion(found: readonly FoundPrediction[]): Generator<FoundPrediction[]> {
  let from = 0;
  for (let i = 1; i <= found.length; i++) {
    const isSame = found[i]?.record.version === found[from]?.record.version;
    if (i < found.length && isSame && widthOf(found[i]) === widthOf(found[from])) continue;
    yield found.slice(from, i);
    from = i;
  }
}
