// The events of the other kind that an interval join remembers by key, and what an event finds among them (hot path).
import { valueAt, type Batch, type Column } from '../core/batch.ts';
import { Dictionary, NULL_CODE } from '../core/dictionary.ts';
import { invariant } from '../core/errors.ts';
import { isExpression, type Evaluate, type Expression, type FailedRows } from '../core/expression.ts';
import { DICTIONARY_SIZE_MAX } from '../core/event-limits.ts';
import type { Predicate } from '../window/predicate.ts';
import { FailedRowsOutput } from './failed-rows.ts';
import { KeyValueState } from './key-value-state.ts';
import { openPredicate, type FillMask } from './predicate.ts';
import { syncOperator, type StageContext, type StageInstance } from './stage.ts';

export interface JoinParts {
  readonly key: readonly string[];
  readonly other: Predicate;
  readonly lowerMs: number;
  readonly upperMs: number;
  readonly take: Readonly<Record<string, string | Expression>>;
  readonly sum: Readonly<Record<string, string | Expression>>;
  readonly count: string | null;
  readonly matchesMax: number;
}

/** An event's time, then its values, those that are taken before those that are summed. */
type Remembered = ReadonlyArray<number | string | null>;

interface Value {
  readonly name: string;
  readonly isText: boolean;
  readonly evaluate: Evaluate;
}

/** The columns of a batch that are computed. */
interface Output {
  readonly numbers: Map<string, Float64Array>;
  readonly codes: Map<string, Int32Array>;
}

class JoinMachine {
  readonly #parts: JoinParts;
  readonly #context: StageContext;
  readonly #fill: FillMask;
  readonly #failed: FailedRowsOutput;
  readonly #taken: readonly Value[];
  readonly #summed: readonly Value[];
  readonly state: KeyValueState<readonly Remembered[]>;
  /** Before an event that is late by all that is allowed, no event of a key is of use. */
  readonly #reachMs: number;
  #mask = new Uint8Array(0);
  #dictionary = new Dictionary();
  #dropped = 0;

  constructor(parts: JoinParts, context: StageContext) {
    const where = `stage ${context.stage}`;
    const { key, lowerMs, other, take, sum } = parts;
    this.#parts = parts;
    this.#context = context;
    this.#fill = openPredicate(other, where);
    this.#failed = new FailedRowsOutput(context);
    const opened = (values: JoinParts['take']): Value[] =>
      Object.entries(values).map(([name, value]) => valueOf(name, value, `${where}, column ${name}`));
    this.#taken = opened(take);
    this.#summed = opened(sum);
    this.#reachMs = Math.max(0, -lowerMs) + context.allowedLatenessMs;
    this.state = new KeyValueState({ key, ttlMs: this.#reachMs + 1 }, context);
  }

  batch(batch: Batch): Batch {
    if (this.#mask.length < batch.size) this.#mask = new Uint8Array(batch.size);
    if (this.#dictionary.size >= DICTIONARY_SIZE_MAX) this.#dictionary = new Dictionary();
    const failed: FailedRows = new Map();
    this.#fill(batch, this.#mask, failed);
    const values = [...this.#taken, ...this.#summed].map(({ evaluate }) => evaluate(batch, failed));
    const output = this.#output(batch.size);
    this.state.bind(batch);
    this.#dropped = 0;
    for (let i = 0; i < batch.rows.length; i++) {
      const row = batch.rows[i] as number;
      if (failed.has(row)) continue;
      const known = this.state.get(row) ?? [];
      if (this.#mask[row] === 1) this.#remember(batch, row, known, values);
      else this.#join(batch.eventTimeMs[row] as number, row, known, output);
    }
    this.#count();
    return this.#failed.without(
      { ...batch, columns: { ...batch.columns, ...this.#columns(output) } },
      failed,
    );
  }

  /** In the order of event time, and of the log for events of one instant. */
  #remember(batch: Batch, row: number, known: readonly Remembered[], values: readonly Column[]): void {
    const timeMs = batch.eventTimeMs[row] as number;
    const event: Remembered = [timeMs, ...values.map((column) => cellOf(column, row))];
    let at = known.length;
    while (at > 0 && timeOf(known[at - 1] as Remembered) > timeMs) at--;
    const all = [...known.slice(0, at), event, ...known.slice(at)];
    const newestMs = timeOf(all.at(-1) as Remembered);
    let first = 0;
    while (timeOf(all[first] as Remembered) < newestMs - this.#reachMs) first++;
    const excess = all.length - first - this.#parts.matchesMax;
    if (excess > 0) {
      first += excess;
      this.#dropped += excess;
    }
    this.state.set(row, first === 0 ? all : all.slice(first));
  }

  #join(timeMs: number, row: number, known: readonly Remembered[], { numbers, codes }: Output): void {
    const { lowerMs, upperMs, count } = this.#parts;
    let last = known.length - 1;
    while (last >= 0 && timeOf(known[last] as Remembered) > timeMs + upperMs) last--;
    let first = last;
    while (first >= 0 && timeOf(known[first] as Remembered) >= timeMs + lowerMs) first--;
    if (count !== null) (numbers.get(count) as Float64Array)[row] = last - first;
    if (first === last) return;
    const latest = known[last] as Remembered;
    for (const [i, { name, isText }] of this.#taken.entries()) {
      const value = latest[i + 1] ?? null;
      if (value === null) continue;
      if (isText) (codes.get(name) as Int32Array)[row] = this.#dictionary.encode(String(value));
      else (numbers.get(name) as Float64Array)[row] = Number(value);
    }
    for (const [i, { name }] of this.#summed.entries()) {
      const at = 1 + this.#taken.length + i;
      let sum: number | null = null;
      for (let j = first + 1; j <= last; j++) {
        const value = (known[j] as Remembered)[at] ?? null;
        if (value !== null) sum = (sum ?? 0) + Number(value);
      }
      if (sum !== null) (numbers.get(name) as Float64Array)[row] = sum;
    }
  }

  #output(size: number): Output {
    const { count } = this.#parts;
    const numbers = [...this.#taken.filter(({ isText }) => !isText), ...this.#summed].map(({ name }) => name);
    return {
      numbers: new Map(
        [...numbers, ...(count === null ? [] : [count])].map((name) => [
          name,
          new Float64Array(size).fill(NaN),
        ]),
      ),
      codes: new Map(
        this.#taken
          .filter(({ isText }) => isText)
          .map(({ name }) => [name, new Int32Array(size).fill(NULL_CODE)]),
      ),
    };
  }

  #columns({ numbers, codes }: Output): Record<string, Column> {
    const columns: Record<string, Column> = {};
    for (const [name, values] of numbers) columns[name] = { kind: 'number', values };
    for (const [name, list] of codes)
      columns[name] = { kind: 'string', codes: list, dictionary: this.#dictionary };
    return columns;
  }

  #count(): void {
    const { telemetry, topology, stage } = this.#context;
    if (this.#dropped > 0) telemetry.count('join_events_dropped_total', this.#dropped, { topology, stage });
  }
}

function timeOf(event: Remembered): number {
  return event[0] as number; // it is the first of its values
}

function valueOf(name: string, value: string | Expression, where: string): Value {
  if (isExpression(value)) return { name, isText: value.kind === 'string', evaluate: value.open(where) };
  return { name, isText: false, evaluate: ({ columns }) => columns[value] as Column };
}

function cellOf(column: Column, row: number): number | string | null {
  const value = valueAt(column, row);
  invariant(!Array.isArray(value), 'no list is joined');
  return value;
}

export function openJoin(parts: JoinParts, context: StageContext): StageInstance {
  const machine = new JoinMachine(parts, context);
  return { operator: syncOperator(machine), keyedState: machine.state };
}
