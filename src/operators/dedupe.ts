// The dedupe stage (hot path): drops an event whose id was seen shortly before.
// Ids are kept in generations by event time, each `withinMs` wide, so expiry costs nothing: the newest and the two
// before it count, whatever else is still in memory. State is append-only: an epoch adds its new ids to the blob of
// their generation.
import { checkedOptions, columns, duration, required, type OptionChecks } from '../core/option-checks.ts';
import type { Barrier, Batch } from '../core/batch.ts';
import { anyColumn, type AnyRead } from '../core/columns.ts';
import { defined } from '../core/definition.ts';
import { formatDuration, MS_PER_DAY } from '../core/time.ts';
import { DedupeErasure } from './dedupe-erasure.ts';
import { eventId, GENERATIONS_BEFORE, keptForMs } from './dedupe-ids.ts';
import type { StateErasure } from './erasure.ts';
import { decodeEntries, encodeEntry } from './id-entries.ts';
import { KEY_SEPARATOR } from './joined-key.ts';
import { KeyColumn } from './key-column.ts';
import { RowFilter } from './rows.ts';
import { stageArguments } from './stage-arguments.ts';
import type { KeyedState, OperatorState, Stage, StageContext, StageInstance } from './stage.ts';
import { syncOperator } from './stage.ts';
import type { StateChanges } from './state-changes.ts';

export interface DedupeOptions<By extends string = string> {
  /** The columns that, together, identify an event; events without them pass. */
  readonly by: readonly By[];
  /** Event time for which an id is remembered, ms; one day by default. */
  readonly withinMs?: number;
}

export interface DedupeStage<Reads extends string = string> extends Stage<Reads> {
  readonly kind: 'dedupe';
}

const OPTIONS: OptionChecks<DedupeOptions> = { by: required(columns, "['id']"), withinMs: duration() };

const WITHIN_MS_DEFAULT = MS_PER_DAY;

interface Generation {
  readonly index: number;
  /** Id to event time, ms. */
  readonly seen: Map<string, number>;
  /** Entries since the last barrier, and the offset of each one's event. */
  added: Uint8Array[];
  addedOffsets: number[];
}

class DedupeMachine implements KeyedState {
  readonly #options: Required<DedupeOptions>;
  readonly #by: readonly KeyColumn[];
  readonly #context: StageContext;
  readonly #filter = new RowFilter();
  readonly #generations = new Map<number, Generation>();
  readonly #hydrated = new Set<number>();
  /** Ids of events of erased entities, to event time: in memory alone, for the duplicates that are read with them. */
  readonly #erased = new Map<string, number>();
  /** Newest generation with an id in it: now, and as of the last barrier. */
  #newest = Number.NEGATIVE_INFINITY;
  #newestStored = Number.NEGATIVE_INFINITY;

  constructor(options: Required<DedupeOptions>, context: StageContext) {
    this.#options = options;
    this.#by = options.by.map((column) => new KeyColumn(column));
    this.#context = context;
  }

  #generationOf(index: number): Generation {
    const known = this.#generations.get(index);
    if (known !== undefined) return known;
    const made: Generation = { index, seen: new Map(), added: [], addedOffsets: [] };
    this.#generations.set(index, made);
    return made;
  }

  /** Whether the id was seen within the time; remembers it if not. */
  #isDuplicate(id: string, timeMs: number, offset: number): boolean {
    const { withinMs } = this.#options;
    const index = Math.floor(timeMs / withinMs);
    const oldest = this.#newest - GENERATIONS_BEFORE;
    for (let i = Math.max(index - 1, oldest); i <= index + 1; i++) {
      const seenMs = this.#generations.get(i)?.seen.get(id);
      if (seenMs !== undefined && Math.abs(timeMs - seenMs) <= withinMs) return true;
    }
    if (index < oldest) return false;
    if (index > this.#newest) this.#newest = index;
    const generation = this.#generationOf(index);
    generation.seen.set(id, timeMs);
    generation.added.push(encodeEntry(id, timeMs));
    generation.addedOffsets.push(offset);
    return false;
  }

  #isErasedDuplicate(id: string, timeMs: number): boolean {
    const seenMs = this.#erased.get(id);
    if (seenMs !== undefined && Math.abs(timeMs - seenMs) <= this.#options.withinMs) return true;
    this.#erased.set(id, timeMs);
    return false;
  }

  batch(batch: Batch): Batch {
    const columns = this.#by.map((column) => column.of(batch));
    const { rows } = batch;
    this.#filter.begin(batch);
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as number;
      const key = eventId(columns, row);
      const timeMs = batch.eventTimeMs[row] as number;
      const duplicate =
        key !== null &&
        (batch.erased?.[row] === 1
          ? this.#isErasedDuplicate(key, timeMs)
          : this.#isDuplicate(key, timeMs, batch.offsets[row] as number));
      if (!duplicate) this.#filter.keep(row);
    }
    const out = this.#filter.end(batch);
    if (out !== batch) {
      this.#context.dropped(rows.length - out.rows.length, 'duplicate');
    }
    return out;
  }

  /** Adds the ids of events before the barrier, which may lie inside a batch that has passed here as a whole. */
  snapshot({ offsetNext }: Barrier, changes: StateChanges): void {
    for (const generation of this.#generations.values()) {
      this.#append(generation, offsetNext, changes);
      const { index, added } = generation;
      if (added.length === 0 && index < this.#newest - GENERATIONS_BEFORE) this.#generations.delete(index);
    }
    for (const index of this.#hydrated) {
      if (index < this.#newest - GENERATIONS_BEFORE) this.#hydrated.delete(index);
    }
  }

  #append(generation: Generation, offsetNext: number, changes: StateChanges): void {
    const { index, added, addedOffsets } = generation;
    let count = added.length;
    while (count > 0 && (addedOffsets[count - 1] as number) >= offsetNext) count--;
    if (count === 0) return;
    const { withinMs } = this.#options;
    const bytes = Buffer.concat(added.slice(0, count));
    const { untilMs, ttlMs } = keptForMs(index, withinMs);
    changes.append(String(index), bytes, untilMs, ttlMs);
    generation.added = added.slice(count);
    generation.addedOffsets = addedOffsets.slice(count);
    if (index > this.#newestStored) this.#newestStored = index;
  }

  /** The newest generation: which of the others still count follows from it. */
  readonly newest: OperatorState = {
    restore: (blob) => {
      this.#newest = Number(Buffer.from(blob).toString());
      this.#newestStored = this.#newest;
    },
    snapshot: () => Buffer.from(String(this.#newestStored)),
  };

  wantedKeys(batch: Batch, into: Set<string>): void {
    // Without a checkpoint the store has nothing that memory lacks.
    if (!Number.isFinite(this.#context.restoredWatermarkMs)) return;
    const { rows } = batch;
    for (let i = 0; i < rows.length; i++) {
      const index = Math.floor((batch.eventTimeMs[rows[i] as number] as number) / this.#options.withinMs);
      for (let k = Math.max(index - 1, this.#newest - GENERATIONS_BEFORE); k <= index + 1; k++) {
        if (!this.#hydrated.has(k)) into.add(String(k));
      }
    }
  }

  hydrate(key: string, blob: Uint8Array | null): void {
    const index = Number(key);
    if (this.#hydrated.has(index)) return;
    this.#hydrated.add(index);
    if (blob === null) return;
    const { seen } = this.#generationOf(index);
    decodeEntries(blob, (id, timeMs) => {
      if (!seen.has(id)) seen.set(id, timeMs);
    });
  }

  erasure(): StateErasure {
    return new DedupeErasure(this.#options);
  }
}

/**
 * Drops an event if another with its id stands earlier in the log, at most `withinMs` of event time away. Events more than
 * `withinMs` behind the newest one may pass: ids of their time are expiring.
 */
export function dedupe<const By extends string>(options: DedupeOptions<By>): DedupeStage<AnyRead<By>>;
export function dedupe<const By extends string>(
  id: string,
  options: DedupeOptions<By>,
): DedupeStage<AnyRead<By>>;
export function dedupe<const By extends string>(
  first: string | DedupeOptions<By>,
  second: DedupeOptions<By> = { by: [] },
): DedupeStage<AnyRead<By>> {
  const [id, given] = stageArguments('dedupe', first, second);
  const checked = checkedOptions<DedupeOptions<By>>(given, OPTIONS);
  const { by = [] as readonly By[], withinMs = WITHIN_MS_DEFAULT } = checked.options;
  const options = { by, withinMs };
  const stage: DedupeStage<AnyRead<By>> = {
    id,
    kind: 'dedupe',
    summary: `by ${by.join(KEY_SEPARATOR)} within ${formatDuration(withinMs)}`,
    declaration: { by, withinMs },
    reads: by.map((column) => anyColumn(column)),
    keys: [], // generations are found by event time
    memoryMs: (GENERATIONS_BEFORE + 1) * withinMs,
    open(context: StageContext): StageInstance {
      const machine = new DedupeMachine(options, context);
      return { operator: syncOperator(machine), keyedState: machine, operatorState: machine.newest };
    },
  };
  return defined(stage, {
    given,
    options: OPTIONS,
    problems: checked.problems,
  });
}
