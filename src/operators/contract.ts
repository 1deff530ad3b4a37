// The contract stage (hot path): what an event must be before anything is computed from it. Rules are checked column
// by column; every violation is counted by rule and, as declared, dead-lettered, flagged or defaulted.
import { shown, type OptionProblem } from '../core/option-checks.ts';
import type { Batch, Column } from '../core/batch.ts';
import { NULL_CODE } from '../core/dictionary.ts';
import { defined } from '../core/definition.ts';
import { invariant } from '../core/errors.ts';
import { stableJson } from '../core/stable-json.ts';
import { stringHash } from '../core/string-hash.ts';
import { RuleAlert } from './contract-alert.ts';
import type { OpenRule, Rule } from './contract-rule.ts';
import { RuleSilence } from './contract-silence.ts';
import { ruleStates } from './contract-state.ts';
import { MaskSet } from './predicate.ts';
import { RowFilter } from './rows.ts';
import { stageArguments } from './stage-arguments.ts';
import type { Stage, StageContext, StageInstance } from './stage.ts';
import { syncOperator } from './stage.ts';

/** Bits of `Batch.flags`. */
export const ROW_FLAGGED = 1;
export const ROW_DEFAULTED = 2;

interface OpenedRule {
  readonly rule: Rule;
  readonly open: OpenRule;
  readonly alert: RuleAlert | null;
  readonly silence: RuleSilence | null;
}

/** Whether a rule gives defaults that do not depend on earlier events: they are known before state is read. */
function isPreviewed({ otherwise, memory }: Rule): boolean {
  return typeof otherwise === 'object' && memory === undefined;
}

class ContractMachine {
  readonly #rules: readonly OpenedRule[];
  readonly #context: StageContext;
  readonly #where: MaskSet;
  readonly #filter = new RowFilter();
  readonly #rejected = new Set<number>();

  constructor(opened: readonly OpenedRule[], context: StageContext) {
    this.#rules = opened;
    this.#context = context;
    this.#where = new MaskSet(
      opened.map(({ rule }) => rule.where),
      context,
    );
  }

  batch(batch: Batch): Batch {
    this.#where.fill(batch);
    this.#rejected.clear();
    let out = batch;
    for (const [i, opened] of this.#rules.entries()) {
      out = this.#check(out, opened, this.#where.masks[i] as Uint8Array);
      opened.silence?.checked(batch, this.#rejected);
    }
    if (this.#rejected.size === 0) return out;
    this.#filter.begin(out);
    for (const row of out.rows) if (!this.#rejected.has(row)) this.#filter.keep(row);
    return this.#filter.end(out);
  }

  /** The batch with the defaults that it will get, from the rules before one; rows that will be refused stay. */
  preview(batch: Batch, before: number = this.#rules.length): Batch {
    this.#where.fill(batch);
    this.#rejected.clear();
    let out = batch;
    for (const [i, opened] of this.#rules.entries()) {
      if (i >= before) break;
      if (!isPreviewed(opened.rule)) continue;
      const broken = this.#broken(out, opened, this.#where.masks[i] as Uint8Array);
      if (broken !== null) out = this.#mark(out, opened.rule, broken);
    }
    return out;
  }

  /** Rows that break a rule; null for none. */
  #broken(batch: Batch, { rule, open }: OpenedRule, where: Uint8Array): number[] | null {
    const violates = open.violates(batch, rule.column === null ? undefined : batch.columns[rule.column]);
    let broken: number[] | null = null;
    const { rows } = batch;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as number;
      if (where[row] === 1 && !this.#rejected.has(row) && violates(row)) (broken ??= []).push(row);
    }
    return broken;
  }

  #check(batch: Batch, opened: OpenedRule, where: Uint8Array): Batch {
    const broken = this.#broken(batch, opened, where);
    const { rule, alert } = opened;
    alert?.checked(batch, broken);
    if (broken === null) return batch;
    this.#context.telemetry.count('contract_violations_total', broken.length, {
      topology: this.#context.topology,
      rule: rule.name,
      action: typeof rule.otherwise === 'string' ? rule.otherwise : 'default',
    });
    if (rule.otherwise === 'alert') return batch;
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

  silent(elapsedMs: number): void {
    for (const { silence } of this.#rules) silence?.silent(elapsedMs);
  }

  close(): void {
    for (const { alert, silence } of this.#rules) {
      alert?.close();
      silence?.close();
    }
  }
}

function openedFor(rules: readonly Rule[], context: StageContext): StageInstance {
  const opened = rules.map((rule, i): OpenedRule => {
    const open = rule.open(context);
    const label = labelOf(rules, i);
    return {
      rule,
      open,
      alert: rule.otherwise === 'alert' ? new RuleAlert(label, context) : null,
      silence: open.silence === undefined ? null : new RuleSilence(label, open.silence, context),
    };
  });
  const machine = new ContractMachine(opened, context);
  const firstDefault = rules.findIndex((rule) => isPreviewed(rule));
  const hasDefaults = firstDefault >= 0;
  const named = opened.map(({ rule, open }, i) => ({
    name: ruleIdentity(rule),
    open,
    seen: (batch: Batch): Batch => (hasDefaults && firstDefault < i ? machine.preview(batch, i) : batch),
  }));
  return {
    operator: syncOperator(machine),
    ...ruleStates(named),
    ...(hasDefaults ? { preview: (batch: Batch) => machine.preview(batch) } : {}),
    ...(opened.some(({ silence }) => silence !== null)
      ? { silent: (elapsedMs: number) => machine.silent(elapsedMs) }
      : {}),
    close: () => machine.close(),
  };
}

/** Names a rule in conditions: those of the same name are numbered. */
function labelOf(rules: readonly Rule[], at: number): string {
  const { name } = rules[at] as Rule;
  const nth = rules.slice(0, at).filter((rule) => rule.name === name).length;
  return nth === 0 ? name : `${name}#${nth + 1}`;
}

/** What tells rules with state apart: renamed, or with other parameters, a rule begins without state. */
function ruleIdentity({ name, requires }: Rule): string {
  return `${name} ${stringHash(stableJson(requires)).toString(36)}`;
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
  if (column.kind === 'list') {
    invariant(value === null, 'the default of a list is null');
    const [starts, ends] = [column.starts.slice(), column.ends.slice()];
    for (const row of rows) starts[row] = ends[row] = -1;
    return { ...column, starts, ends };
  }
  const codes = column.codes.slice();
  const code = typeof value === 'string' ? column.dictionary.encode(value) : NULL_CODE;
  for (const row of rows) codes[row] = code;
  return { ...column, codes };
}

/** Columns whose rows of a table are fetched before the batch enters the stages. */
function fetchedKeys(tables: Rule['tables'] = []): string[] {
  return tables.filter(({ table }) => table.from.kind === 'http').map(({ key }) => key);
}

function isRule(value: unknown): value is Rule {
  return typeof value === 'object' && value !== null && 'requires' in value && 'reads' in value;
}

function listProblems(given: unknown): OptionProblem[] {
  if (!Array.isArray(given)) return [['rules', `${shown(given)} is no list of rules`]];
  if (given.length === 0) return [['rules', 'there is no rule']];
  return given.flatMap((rule: unknown, i): OptionProblem[] =>
    isRule(rule) ? [] : [[`rules[${i}]`, `${shown(rule)} is no rule`]],
  );
}

/**
 * Checks events against rules, in order; an event that a rule dead-letters is not checked further. Rules that keep state
 * (`monotonic` and expectations) look at what no rule before them has set aside.
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
  const late = rules.filter((rule) => typeof rule.otherwise === 'object' && !isPreviewed(rule));
  const stage: ContractStage<R> = {
    id,
    kind: 'contract',
    rules,
    summary: rules.map((rule) => rule.name).join(', '),
    reads: [...new Set(rules.flatMap((rule) => rule.reads))],
    keys: [
      ...new Set(rules.flatMap(({ memory, tables }) => [...(memory?.keys ?? []), ...fetchedKeys(tables)])),
    ],
    tables: rules.flatMap(({ tables = [] }) => tables),
    // Later stages cannot find state by what depends on earlier events.
    replaces: late.flatMap(({ column }) => column ?? []),
    memoryMs: Math.max(0, ...rules.map(({ memory }) => memory?.memoryMs ?? 0)),
    open: (context): StageInstance => openedFor(rules, context),
  };
  const noColumn = rules.flatMap((rule, i) =>
    rule.column === null && typeof rule.otherwise === 'object'
      ? [
          [
            `rules[${i}]`,
            `the rule ${rule.name} has no column to default: use 'dead-letter', 'flag' or 'alert'`,
          ] as const,
        ]
      : [],
  );
  const circular = rules.flatMap((rule, i) =>
    (rule.memory?.keys ?? []).flatMap((key): OptionProblem[] => {
      const earlier = rules
        .slice(0, i)
        .find(({ column }, k) => column === key && late.includes(rules[k] as Rule<R>));
      const what = `the rule ${rule.name} finds its state by '${key}', which ${earlier?.name} replaces`;
      return earlier === undefined ? [] : [[`rules[${i}]`, `${what}: put it before that rule`]];
    }),
  );
  const identities = rules.filter(({ memory }) => memory !== undefined).map((rule) => ruleIdentity(rule));
  const twice = rules
    .filter((rule) => identities.indexOf(ruleIdentity(rule)) !== identities.lastIndexOf(ruleIdentity(rule)))
    .map(({ name }) => ['rules', `the rule ${name} is there twice with the same parameters`] as const);
  return defined(stage, {
    given: { rules: given },
    problems: [...listProblems(given), ...noColumn, ...circular, ...twice],
  });
}
