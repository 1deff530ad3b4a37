// The profile stage (hot path, once a batch): counts, null shares, ranges, distinct values and examples of each column, by
// periods of event time. A period is one key of its state, and one row a column in the history once it is over.
import { checkedOptions, columns, duration, type OptionChecks, whole } from '../core/option-checks.ts';
import type { Barrier, Batch, ListColumn, Watermark } from '../core/batch.ts';
import { anyColumn, type AnyRead } from '../core/columns.ts';
import { defined } from '../core/definition.ts';
import { PROFILE_COLUMNS_MAX, PROFILE_ONE_IN_MAX } from '../core/profile-limits.ts';
import type { ColumnProfileRow } from '../core/reports.ts';
import { formatDuration, MS_PER_HOUR } from '../core/time.ts';
import { ColumnProfile, SeenCodes } from '../stats/column-profile.ts';
import { packProfiles, unpackProfiles } from './packed-profiles.ts';
import type { StateChanges } from './state-changes.ts';
import { stageArguments } from './stage-arguments.ts';
import {
  type EngineStageContext,
  type KeyedState,
  type OperatorState,
  type PeriodProfiles,
  type Stage,
  type StageInstance,
  syncOperator,
} from './stage.ts';

export interface ProfileOptions<Column extends string = string> {
  /** Length of a period of event time, ms; one hour by default. */
  readonly everyMs?: number;
  /** The columns; all that come to the stage by default. */
  readonly columns?: readonly Column[];
  /** One event in so many is profiled, chosen by its offset; 1, which is every event, by default. */
  readonly oneIn?: number;
}

export interface ProfileStage<Reads extends string = string> extends Stage<Reads> {
  readonly kind: 'profile';
}

const OPTIONS: OptionChecks<ProfileOptions> = {
  everyMs: duration(),
  columns,
  oneIn: whole(1, PROFILE_ONE_IN_MAX),
};

/** 2^32 divided by the golden ratio: multiples of it spread over the 32-bit numbers (Knuth, volume 3, 6.4). */
const GOLDEN_RATIO = 0x9e37_79b1;

interface Period extends PeriodProfiles {
  readonly columns: Map<string, ColumnProfile>;
  hasChanged: boolean;
  /** Of its profiles: another one than any other period of the task. */
  readonly stamp: number;
}

class ProfileMachine implements KeyedState {
  readonly #everyMs: number;
  readonly #oneIn: number;
  readonly #columns: readonly string[];
  readonly #context: EngineStageContext;
  readonly #periods = new Map<number, Period>();
  readonly #seen = new Map<string, SeenCodes>();
  /** Periods that the store has and memory lacks. */
  readonly #stored = new Set<number>();
  #closed: number[] = [];
  #stamps = 0;

  constructor(
    { everyMs, oneIn }: Required<Pick<ProfileOptions, 'everyMs' | 'oneIn'>>,
    names: readonly string[],
    context: EngineStageContext,
  ) {
    this.#everyMs = everyMs;
    this.#oneIn = oneIn;
    this.#columns = names.slice(0, PROFILE_COLUMNS_MAX);
    this.#context = context;
    for (const name of this.#columns) this.#seen.set(name, new SeenCodes());
  }

  batch(batch: Batch): Batch {
    const { eventTimeMs } = batch;
    const rows = this.#chosen(batch);
    const startOf = (i: number): number =>
      Math.floor((eventTimeMs[rows[i] as number] as number) / this.#everyMs) * this.#everyMs;
    for (let from = 0; from < rows.length;) {
      const fromMs = startOf(from);
      let to = from + 1;
      while (to < rows.length && startOf(to) === fromMs) to += 1;
      this.#add(batch, rows, this.#period(fromMs), from, to);
      from = to;
    }
    return batch;
  }

  /** By the offset alone, so that a restart chooses the same ones. */
  #chosen({ rows, offsets }: Batch): Int32Array {
    const oneIn = this.#oneIn;
    if (oneIn === 1) return rows;
    const below = 2 ** 32 / oneIn;
    return rows.filter((row) => Math.imul(offsets[row] as number, GOLDEN_RATIO) >>> 0 < below);
  }

  #period(fromMs: number): Period {
    const known = this.#periods.get(fromMs);
    if (known !== undefined) return known;
    const { entity, sensitive, profiles } = this.#context;
    // Values of a source that names its entities may say whose an event is, whatever their column.
    const hidden = (name: string): boolean => (entity ?? null) !== null || sensitive?.has(name) === true;
    const period: Period = {
      fromMs,
      toMs: fromMs + this.#everyMs,
      columns: new Map(this.#columns.map((name) => [name, new ColumnProfile(hidden(name))])),
      hasChanged: false,
      stamp: ++this.#stamps,
    };
    this.#periods.set(fromMs, period);
    profiles?.opened(period);
    return period;
  }

  #add(batch: Batch, rows: Int32Array, period: Period, from: number, to: number): void {
    period.hasChanged = true;
    for (const [name, profile] of period.columns) {
      const column = batch.columns[name];
      if (column?.kind === 'number') profile.addNumbers(column.values, rows, from, to);
      else if (column?.kind === 'string') {
        const { codes, dictionary } = column;
        const seen = (this.#seen.get(name) as SeenCodes).of(dictionary);
        profile.addStrings(codes, dictionary, seen, period.stamp, rows, from, to);
      } else if (column?.kind === 'list')
        profile.addNumbers(this.#lengthsOf(column, batch.size), rows, from, to);
    }
  }

  /** Of a column of lists the profile is that of how long they are. */
  #lengthsOf({ starts, ends }: ListColumn, size: number): Float64Array {
    const lengths = new Float64Array(size);
    for (let row = 0; row < size; row++) {
      const start = starts[row] as number;
      lengths[row] = start < 0 ? Number.NaN : (ends[row] as number) - start;
    }
    return lengths;
  }

  /** Events that are late by no more than is allowed still count. */
  watermark({ timeMs }: Pick<Watermark, 'timeMs'>): void {
    for (const period of this.#periods.values()) {
      if (!this.#isOver(period.fromMs, timeMs)) continue;
      this.#periods.delete(period.fromMs);
      this.#closed.push(period.fromMs);
      this.#context.profiles?.closed(this.#rowsOf(period));
    }
  }

  #isOver(fromMs: number, watermarkMs: number): boolean {
    return watermarkMs - this.#context.allowedLatenessMs >= fromMs + this.#everyMs;
  }

  #rowsOf({ fromMs, toMs, columns: profiles }: Period): ColumnProfileRow[] {
    const { topology, origin, schema } = this.#context;
    const { topic, partition } = origin;
    return [...profiles].map(([column, profile]) => ({
      topology,
      topic,
      partition,
      column,
      kind: schema[column]?.kind ?? 'number',
      fromMs,
      toMs,
      ...profile.figures(),
      registers: profile.distinct.registers,
    }));
  }

  wantedKeys(_batch: Batch, into: Set<string>): void {
    for (const fromMs of this.#stored) into.add(String(fromMs));
  }

  keysDue(_watermarkMs: number, into: Set<string>): void {
    for (const fromMs of this.#stored) into.add(String(fromMs));
  }

  hydrate(key: string, blob: Uint8Array | null): void {
    const fromMs = Number(key);
    if (!this.#stored.delete(fromMs) || blob === null) return;
    unpackProfiles(blob, this.#period(fromMs).columns);
  }

  snapshot(_barrier: Barrier, changes: StateChanges): void {
    for (const fromMs of this.#closed) changes.delete(String(fromMs));
    this.#closed = [];
    for (const period of this.#periods.values()) {
      if (!period.hasChanged) continue;
      const ttlMs = this.#everyMs + this.#context.allowedLatenessMs;
      changes.put(String(period.fromMs), packProfiles(period.columns), period.toMs, ttlMs);
      period.hasChanged = false;
    }
  }

  /** The periods that are open: after a restart they are read before the next batch. */
  readonly open: OperatorState = {
    restore: (blob) => {
      for (const fromMs of JSON.parse(Buffer.from(blob).toString()) as number[]) this.#stored.add(fromMs); // as written
    },
    snapshot: () =>
      Buffer.from(
        JSON.stringify([...new Set([...this.#stored, ...this.#periods.keys()])].sort((a, b) => a - b)),
      ),
  };
}

/**
 * Describes the columns of the events that reach it, period by period of event time: rows, nulls, least and greatest value,
 * an estimate of the distinct ones, and three examples. The history gets a row of `column_profiles` for each column,
 * partition and period; the dashboard shows the newest. Sensitive columns, and all columns of a source with an entity, have
 * neither range nor examples.
 */
export function profile<const Column extends string = never>(
  options?: ProfileOptions<Column>,
): ProfileStage<AnyRead<Column>>;
export function profile<const Column extends string = never>(
  id: string,
  options?: ProfileOptions<Column>,
): ProfileStage<AnyRead<Column>>;
export function profile<const Column extends string = never>(
  first: string | ProfileOptions<Column> = {},
  second: ProfileOptions<Column> = {},
): ProfileStage<AnyRead<Column>> {
  const [id, given] = stageArguments('profile', first, second);
  const checked = checkedOptions<ProfileOptions<Column>>(given, OPTIONS);
  const { everyMs = MS_PER_HOUR, columns: names, oneIn = 1 } = checked.options;
  const stage: ProfileStage<AnyRead<Column>> = {
    id,
    kind: 'profile',
    summary: `${names === undefined ? 'all columns' : names.join(', ')}, every ${formatDuration(everyMs)}${oneIn === 1 ? '' : `, one event in ${oneIn}`}`,
    declaration: { everyMs, columns: names ?? 'all', oneIn },
    reads: (names ?? []).map((column) => anyColumn(column)),
    keys: [], // periods are found by event time
    after: ['watermarks'],
    memoryMs: 2 * everyMs,
    open(context): StageInstance {
      const machine = new ProfileMachine({ everyMs, oneIn }, names ?? Object.keys(context.schema), context);
      return { operator: syncOperator(machine), keyedState: machine, operatorState: machine.open };
    },
  };
  return defined(stage, { given, options: OPTIONS, problems: checked.problems });
}
