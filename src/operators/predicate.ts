// Predicates as row masks (hot path): branches are chosen once per batch, not once per row.
import type { Batch, Column } from '../core/batch.ts';
import { NULL_CODE } from '../core/dictionary.ts';
import { isExpression, type FailedRows } from '../core/expression.ts';
import {
  isOfNumber,
  passes,
  type Condition,
  type Conditions,
  type NumberTest,
  type Predicate,
} from '../window/predicate.ts';
import { FailedRowsOutput, type FailureContext } from './failed-rows.ts';

function maskNumbers(column: Column, test: NumberTest | boolean, rows: Int32Array, mask: Uint8Array): void {
  if (column.kind !== 'number') return void mask.fill(0);
  const { values } = column;
  if (typeof test === 'boolean') {
    const wanted = test ? 1 : 0;
    for (const row of rows) if (values[row] !== wanted) mask[row] = 0;
    return;
  }
  for (const row of rows) if (!passes(test, values[row] as number)) mask[row] = 0;
}

function maskStrings(column: Column, wanted: readonly string[], rows: Int32Array, mask: Uint8Array): void {
  if (column.kind !== 'string') return void mask.fill(0);
  const codes = wanted.map((value) => column.dictionary.find(value)).filter((code) => code !== NULL_CODE);
  const found = column.codes;
  const only = codes[0];
  if (only === undefined) return void mask.fill(0);
  if (codes.length === 1) {
    for (const row of rows) if (found[row] !== only) mask[row] = 0;
    return;
  }
  for (const row of rows) if (!codes.includes(found[row] as number)) mask[row] = 0;
}

/** Sets `mask[row]` to 1 for the live rows that are selected, 0 for others; `failed` gets those for which a function threw. */
export type FillMask = (batch: Batch, mask: Uint8Array, failed: FailedRows) => void;

/**
 * Opens a predicate for one partition.
 * @param where it stands, for errors
 */
export function openPredicate(predicate: Predicate, where: string): FillMask {
  if (!isExpression(predicate)) return (batch, mask) => fillConditions(predicate, batch, mask);
  const evaluate = predicate.open(where);
  return (batch, mask, failed) => {
    const column = evaluate(batch, failed);
    mask.fill(0, 0, batch.size);
    if (column.kind !== 'number') return;
    const { values } = column;
    const { rows } = batch;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as number;
      if (values[row] === 1) mask[row] = 1;
    }
  };
}

function fillConditions(predicate: Conditions, batch: Batch, mask: Uint8Array): void {
  mask.fill(1, 0, batch.size);
  for (const [name, condition] of Object.entries(predicate)) {
    const column = batch.columns[name] as Column;
    if (isOfNumber(condition)) maskNumbers(column, condition, batch.rows, mask);
    else maskStrings(column, typeof condition === 'string' ? [condition] : condition, batch.rows, mask);
  }
}

/** A predicate for people: `type = arrived and arrDelay >= 15`; empty if it holds for every row. */
export function describePredicate(predicate: Predicate): string {
  if (isExpression(predicate)) return predicate.text;
  const signs = { atLeast: '>=', above: '>', atMost: '<=', below: '<' } as const;
  return Object.entries<Condition>(predicate)
    .map(([name, condition]) => {
      if (typeof condition === 'boolean') return `${name} = ${condition}`;
      if (isOfNumber(condition)) return `${name} ${signs[condition.op]} ${condition.value}`;
      return `${name} = ${typeof condition === 'string' ? condition : condition.join(' or ')}`;
    })
    .join(' and ');
}

/** A predicate as data, equal for predicates that are written alike: strings of a list are in one order. */
export function declaredPredicate(predicate: Predicate): unknown {
  if (isExpression(predicate)) return predicate.text;
  const conditions = Object.entries<Condition>(predicate).map(
    ([name, condition]) => [name, Array.isArray(condition) ? sorted(condition) : condition] as const,
  );
  return Object.fromEntries(conditions);
}

function sorted(values: readonly string[]): readonly string[] {
  return values.toSorted((a, b) => (a < b ? -1 : 1));
}

/** ` where type = arrived`, to be put behind something; empty for every row. */
export function describeSelection(predicate: Predicate): string {
  const text = describePredicate(predicate);
  return text === '' ? '' : ` where ${text}`;
}

/** Masks of several predicates, in arrays that are reused for each batch. */
export class MaskSet {
  readonly #predicates: readonly FillMask[];
  readonly #failed: FailedRowsOutput;
  readonly masks: Uint8Array[];

  constructor(predicates: readonly Predicate[], context: FailureContext) {
    this.#predicates = predicates.map((predicate) =>
      openPredicate(predicate, `stage ${context.stage}, a predicate`),
    );
    this.#failed = new FailedRowsOutput(context);
    this.masks = predicates.map(() => new Uint8Array(0));
  }

  /** A row for which a function throws is not selected, and reported. */
  fill(batch: Batch): void {
    const failed: FailedRows = new Map();
    for (let i = 0; i < this.#predicates.length; i++) {
      if ((this.masks[i] as Uint8Array).length < batch.size) this.masks[i] = new Uint8Array(batch.size);
      this.#predicates[i]?.(batch, this.masks[i] as Uint8Array, failed);
    }
    this.#failed.report(failed);
  }
}
