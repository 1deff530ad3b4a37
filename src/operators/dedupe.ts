// The dedupe stage (hot path): drops an event whose id was met within a time before it.
// Ids are kept in two generations by event time, each `withinMs` wide, so forgetting costs nothing. State is
// append-only: an epoch adds its new ids to the blob of their generation.
import type { Barrier, Batch, DictColumn } from '../core/batch.ts';
import { NULL_CODE } from '../core/dictionary.ts';
import { formatDuration } from '../core/time.ts';
import { KEY_SEPARATOR } from './entity-keys.ts';
import { decodeEntries, encodeEntry } from './id-entries.ts';
import { RowFilter } from './rows.ts';
import type { Stage, StageContext, StageInstance } from './stage.ts';
import { syncOperator } from './stage.ts';

export interface DedupeOptions {
  /** The string columns that, together, identify an event; events without them pass. */
  readonly by: readonly string[];
  readonly withinMs: number;
}

interface Generation {
  readonly index: number;
  /** Id to event time, ms. */
  readonly seen: Map<string, number>;
  /** Entries since the last barrier. */
  added: Uint8Array[];
}

/** The row's id; null where a part of it is null. */
function keyOf(columns: readonly DictColumn[], row: number): string | null {
  let key = '';
  for (let i = 0; i < columns.length; i++) {
    const { codes, dictionary } = columns[i] as DictColumn;
    const code = codes[row] as number;
    if (code === NULL_CODE) return null;
    const part = dictionary.decode(code) as string;
    key = i === 0 ? part : key + KEY_SEPARATOR + part;
  }
  return key;
}

class DedupeMachine {
  readonly #id: string;
  readonly #options: DedupeOptions;
  readonly #context: StageContext;
  readonly #filter = new RowFilter();
  readonly #generations = new Map<number, Generation>();
  readonly #hydrated = new Set<number>();
  #newest = Number.NEGATIVE_INFINITY;

  constructor(id: string, options: DedupeOptions, context: StageContext) {
    this.#id = id;
    this.#options = options;
    this.#context = context;
  }

  #generationOf(index: number): Generation {
    const known = this.#generations.get(index);
    if (known !== undefined) return known;
    const made: Generation = { index, seen: new Map(), added: [] };
    this.#generations.set(index, made);
    if (index > this.#newest) this.#newest = index;
    return made;
  }

  /** Whether the id was met within the time; remembers it where it was not. */
  #isDuplicate(id: string, timeMs: number): boolean {
    const { withinMs } = this.#options;
    const index = Math.floor(timeMs / withinMs);
    for (let i = index - 1; i <= index + 1; i++) {
      const seenMs = this.#generations.get(i)?.seen.get(id);
      if (seenMs !== undefined && Math.abs(timeMs - seenMs) <= withinMs) return true;
    }
    const generation = this.#generationOf(index);
    generation.seen.set(id, timeMs);
    generation.added.push(encodeEntry(id, timeMs));
    return false;
  }

  batch(batch: Batch): Batch {
    const columns = this.#options.by.map((name) => batch.columns[name] as DictColumn);
    const { rows } = batch;
    this.#filter.begin(batch);
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as number;
      const key = keyOf(columns, row);
      const duplicate = key !== null && this.#isDuplicate(key, batch.eventTimeMs[row] as number);
      if (!duplicate) this.#filter.keep(row);
    }
    const out = this.#filter.end(batch);
    if (out !== batch) {
      this.#context.dropped('duplicate', this.#id, rows.length - out.rows.length);
    }
    return out;
  }

  barrier(barrier: Barrier): void {
    const { withinMs } = this.#options;
    for (const generation of this.#generations.values()) {
      if (generation.added.length > 0) {
        barrier.delta.appends.push({
          key: `${this.#id}:${generation.index}`,
          bytes: Buffer.concat(generation.added),
          eventTimeMs: (generation.index + 1) * withinMs,
          ttlMs: 2 * withinMs,
        });
        generation.added = [];
      }
      if (generation.index < this.#newest - 1) this.#generations.delete(generation.index);
    }
  }

  keysWanted(batch: Batch, into: Set<string>): void {
    const { rows } = batch;
    for (let i = 0; i < rows.length; i++) {
      const index = Math.floor((batch.eventTimeMs[rows[i] as number] as number) / this.#options.withinMs);
      for (let k = index - 1; k <= index + 1; k++) {
        if (!this.#hydrated.has(k)) into.add(`${this.#id}:${k}`);
      }
    }
  }

  hydrate(key: string, blob: Uint8Array | null): void {
    const prefix = `${this.#id}:`;
    if (!key.startsWith(prefix)) return;
    const index = Number(key.slice(prefix.length));
    if (this.#hydrated.has(index)) return;
    this.#hydrated.add(index);
    if (blob === null) return;
    const { seen } = this.#generationOf(index);
    decodeEntries(blob, (id, timeMs) => {
      if (!seen.has(id)) seen.set(id, timeMs);
    });
  }
}

/** Drops events whose id was met at most `withinMs` of event time away, earlier in the log. */
export function dedupe(id: string, options: DedupeOptions): Stage {
  return {
    id,
    kind: 'dedupe',
    summary: `by ${options.by.join(KEY_SEPARATOR)} within ${formatDuration(options.withinMs)}`,
    columns: options.by,
    open(context: StageContext): StageInstance {
      const machine = new DedupeMachine(id, options, context);
      return {
        operator: syncOperator(machine),
        keysWanted: (batch, into) => machine.keysWanted(batch, into),
        hydrate: (key, blob) => machine.hydrate(key, blob),
      };
    },
  };
}
