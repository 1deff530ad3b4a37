// The contract stage (hot path): what an event must be before anything is computed from it. Rules are checked column
// by column; every violation is counted by rule and, as declared, dead-lettered, flagged or defaulted.
import { shown, type OptionProblem } from '../core/option-checks.ts';
import type { Batch, Column } from '../core/batch.ts';
import { NULL_CODE } from '../core/dictionary.ts';
import { defined } from '../core/definition.ts';
import type { Rule } from './contract-rules.ts';
import { MaskSet } from './predicate.ts';
import { RowFilter } from './rows.ts';
import { stageArguments } from './stage-arguments.ts';
import type { Stage, StageContext, StageInstance } from './stage.ts';
import { syncOperator } from './stage.ts';

/** Bits of `Batch.flags`. */
export const ROW_FLAGGED = 1;
export const ROW_DEFAULTED = 2;

class ContractMachine {
  readonly #rules: readonly Rule[];
  readonly #context: StageContext;
  readonly #where: MaskSet;
  readonly #filter = new RowFilter();
  readonly #rejected = new Set<number>();

  constructor(rules: readonly Rule[], context: StageContext) {
    this.#rules = rules;
    this.#context = context;
    this.#where = new MaskSet(
      rules.map((rule) => rule.where),
      context,
    );
  }

  batch(batch: Batch): Batch {
    this.#where.fill(batch);
    this.#rejected.clear();
    let out = batch;
    for (const [i, rule] of this.#rules.entries())
      out = this.#check(out, rule, this.#where.masks[i] as Uint8Array);
    if (this.#rejected.size === 0) return out;
    this.#filter.begin(out);
    for (const row of out.rows) if (!this.#rejected.has(row)) this.#filter.keep(row);
    return this.#filter.end(out);
  }

  /** The batch with the defaults that it will get; rows that will be refused stay. */
  preview(batch: Batch): Batch {
    this.#where.fill(batch);
    this.#rejected.clear();
    let out = batch;
    for (const [i, rule] of this.#rules.entries()) {
      if (typeof rule.otherwise === 'string') continue;
      const broken = this.#broken(out, rule, this.#where.masks[i] as Uint8Array);
      if (broken !== null) out = this.#mark(out, rule, broken);
    }
    return out;
  }

  /** Rows that break a rule; null for none. */
  #broken(batch: Batch, rule: Rule, where: Uint8Array): number[] | null {
    const violates = rule.violates(batch, rule.column === null ? undefined : batch.columns[rule.column]);
    let broken: number[] | null = null;
    const { rows } = batch;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as number;
      if (where[row] === 1 && violates(row) && !this.#rejected.has(row)) (broken ??= []).push(row);
    }
    return broken;
  }

  #check(batch: Batch, rule: Rule, where: Uint8Array): Batch {
    const broken = this.#broken(batch, rule, where);
    if (broken === null) return batch;
    this.#context.telemetry.count('contract_violations_total', broken.length, {
      topology: this.#context.topology,
      rule: rule.name,
      action: typeof rule.otherwise === 'string' ? rule.otherwise : 'default',
    });
    if (rule.otherwise === 'dead-letter') {
      for (const row of broken) {
        this.#rejected.add(row);
        this.#context.reject(batch, row, rule.code, `the event breaks the rule ${rule.name}`);
      }
      return batch;
    }
    return this.#mark(batch, rule, broken);
  }

  #mark(batch: Batch, rule: Rule, broken: readonly number[]): Batch {
    const flags = batch.flags?.slice() ?? new Uint8Array(batch.size);
    const bit = rule.otherwise === 'flag' ? ROW_FLAGGED : ROW_DEFAULTED;
    for (const row of broken) flags[row] = (flags[row] as number) | bit;
    if (typeof rule.otherwise === 'string' || rule.column === null) return { ...batch, flags };
    const column = replaced(batch.columns[rule.column] as Column, broken, rule.otherwise.default);
    return { ...batch, flags, columns: { ...batch.columns, [rule.column]: column } };
  }
}

export interface ContractStage<Reads extends string = string> extends Stage<Reads> {
  readonly kind: 'contract';
  readonly rules: ReadonlyArray<Rule<Reads>>;
}

/** A copy of the column with another value in some rows: the original may be in use elsewhere. */
function replaced(column: Column, rows: readonly number[], value: number | string | null): Column {
  if (column.kind === 'number') {
    const values = column.values.slice();
    for (const row of rows) values[row] = typeof value === 'number' ? value : Number.NaN;
    return { ...column, values };
  }
  const codes = column.codes.slice();
  const code = typeof value === 'string' ? column.dictionary.encode(value) : NULL_CODE;
  for (const row of rows) codes[row] = code;
  return { ...column, codes };
}

function isRule(value: unknown): value is Rule {
  return typeof value === 'object' && value !== null && 'violates' in value && 'reads' in value;
}

function listProblems(given: unknown): OptionProblem[] {
  if (!Array.isArray(given)) return [['rules', `${shown(given)} is no list of rules`]];
  if (given.length === 0) return [['rules', 'there is no rule']];
  return given.flatMap((rule: unknown, i): OptionProblem[] =>
    isRule(rule) ? [] : [[`rules[${i}]`, `${shown(rule)} is no rule`]],
  );
}

/**
 * Checks events against rules, in order; an event that a rule dead-letters is not checked further.
 * @example contract([required('origin'), range('windSpeed', 0, 150, { otherwise: { default: null } })])
 */
export function contract<R extends string>(rules: ReadonlyArray<Rule<R>>): ContractStage<R>;
export function contract<R extends string>(id: string, rules: ReadonlyArray<Rule<R>>): ContractStage<R>;
export function contract<R extends string>(
  first: string | ReadonlyArray<Rule<R>>,
  second: ReadonlyArray<Rule<R>> = [],
): ContractStage<R> {
  const [id, given] = stageArguments('contract', first, second);
  const list: readonly unknown[] = Array.isArray(given) ? given : [];
  const rules = list.filter(isRule) as unknown as ReadonlyArray<Rule<R>>; // as the overloads say
  const stage: ContractStage<R> = {
    id,
    kind: 'contract',
    rules,
    summary: rules.map((rule) => rule.name).join(', '),
    reads: [...new Set(rules.flatMap((rule) => rule.reads))],
    memoryMs: 0,
    open(context): StageInstance {
      const machine = new ContractMachine(rules, context);
      const operator = syncOperator(machine);
      const hasDefaults = rules.some((rule) => typeof rule.otherwise === 'object');
      return hasDefaults ? { operator, preview: (batch) => machine.preview(batch) } : { operator };
    },
  };
  const noColumn = rules.flatMap((rule, i) =>
    rule.column === null && typeof rule.otherwise === 'object'
      ? [
          [
            `rules[${i}]`,
            `the rule ${rule.name} has no column to default: use 'dead-letter' or 'flag'`,
          ] as const,
        ]
      : [],
  );
  return defined(stage, { given: { rules: given }, problems: [...listProblems(given), ...noColumn] });
}
