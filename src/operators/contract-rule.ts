// A rule of a contract (control path): what all rules have in common. What a rule opens is on the hot path: it decides once
// per batch how it looks at a row.
import {
  checkedOptions,
  column as columnCheck,
  shown,
  type OptionCheck,
  type OptionChecks,
  type OptionProblem,
} from '../core/option-checks.ts';
import type { Batch, Column } from '../core/batch.ts';
import { numberColumn, parseRead, stringColumn } from '../core/columns.ts';
import { defined } from '../core/definition.ts';
import type { ErrorCode } from '../core/errors.ts';
import type { TableUse } from '../ports/table.ts';
import { predicateCheck, predicateReads, type Predicate, type PredicateReads } from '../window/predicate.ts';
import type { KeyedState, OperatorState, StageContext } from './stage.ts';

/**
 * What happens to an event that breaks a rule: it is set aside; it goes on with a flag that its prediction carries; it goes
 * on, and the condition `contract_broken` is raised; or the value is replaced. A default of null makes the value missing.
 * Each is counted in `millrace_contract_violations_total`.
 */
export type Otherwise = 'dead-letter' | 'flag' | 'alert' | { readonly default: number | string | null };

export interface RuleOptions<P extends Predicate = Predicate> {
  /** `dead-letter` by default. */
  readonly otherwise?: Otherwise;
  /** Which events the rule is for; all by default. */
  readonly where?: P;
}

/** What a rule allows its column, as plain data. */
export interface Allowed {
  readonly low?: number;
  readonly high?: number;
  /** Whole numbers alone. */
  readonly isWhole?: boolean;
  /** These strings alone. */
  readonly texts?: readonly string[];
}

/** @typeParam Reads the columns that it reads: 'amount: number' */
export interface Rule<Reads extends string = string> {
  /** Metric label: `range(windSpeed)`. */
  readonly name: string;
  readonly code: ErrorCode;
  readonly column: string | null;
  readonly reads: readonly Reads[];
  readonly otherwise: Otherwise;
  readonly where: Predicate;
  /** For what varies values within the contract, such as `millrace models probe`; absent where it can't be said so. */
  readonly allows?: Allowed;
  readonly memory?: RuleMemory;
  /** The tables that it reads. */
  readonly tables?: readonly TableUse[];
  /** What it requires, as data: what `millrace describe` prints, and `millrace check --against` compares. */
  readonly requires: Requirement;
  /**
   * Opens it for one partition. A rule that keeps state is called for the rows in offset order, each once, and for those
   * alone that no earlier rule has set aside.
   */
  open(context: StageContext): OpenRule;
}

/** A requirement in the terms of its rule: `{ low: 0, high: 10 }`. */
export type Requirement = Readonly<Record<string, unknown>>;

/** Called once per batch; the result says whether a row breaks the rule. */
export type Violates = (batch: Batch, column: Column | undefined) => (row: number) => boolean;

/** When a rule that expects events finds that none come. */
export interface Silence {
  /** Time without an event after which that is certain, ms. */
  readonly afterMs: number;
  /** Event time of the newest event that it has counted; -Infinity before the first. */
  newestMs(): number;
}

export interface OpenRule {
  readonly violates: Violates;
  /** Absent if the rule expects none. */
  readonly silence?: Silence;
  /** What it remembers by key. */
  readonly keyedState?: KeyedState;
  /** What it remembers of the partition. */
  readonly operatorState?: OperatorState;
}

/** How far the state of a rule reaches, and what finds it; absent for a rule without state. */
export interface RuleMemory {
  readonly memoryMs: number;
  readonly keys: readonly string[];
}

const otherwise: OptionCheck = (value) => {
  if (value === 'dead-letter' || value === 'flag' || value === 'alert') return null;
  if (typeof value !== 'object' || value === null || !('default' in value))
    return `${shown(value)} is not 'dead-letter', 'flag', 'alert' or { default: value }`;
  const { default: given } = value;
  const isValue = given === null || typeof given === 'string' || Number.isFinite(given);
  return isValue ? null : `the default ${shown(given)} is no number, string or null`;
};
export const OPTIONS: OptionChecks<RuleOptions> = { otherwise, where: predicateCheck };

/** What a rule has besides the options of all rules, and how it looks at rows. */
export interface RuleParts {
  /** The checks of its options; those of all rules by default. */
  readonly known?: OptionChecks<RuleOptions>;
  /** What is wrong with its arguments. */
  readonly problems?: readonly string[];
  readonly allows?: Allowed;
  readonly requires?: Requirement;
  /** Parts of its definition that have problems of their own: expressions. */
  readonly inner?: readonly object[];
  /** Of a rule with state. */
  readonly memory?: RuleMemory;
  readonly tables?: readonly TableUse[];
  /** `dead-letter` by default. */
  readonly otherwise?: Otherwise;
}

function isColumn(value: unknown): boolean {
  return columnCheck(value) === null;
}

/** A rule that takes columns of any kind takes those of the kind of its default. */
function withDefault<R extends string>(read: R, own: string | null, treatment: Otherwise): R {
  const { column, kind } = parseRead(read);
  const value = typeof treatment === 'object' ? treatment.default : null;
  if (kind !== 'any' || column !== own || value === null) return read;
  const narrow = typeof value === 'string' ? stringColumn(column) : numberColumn(column);
  return narrow as string as R; // one of those that `any` stands for
}

/** The column that a rule is about, null for the event as a whole, and all that it reads. */
export interface RuleRead<R extends string> {
  readonly column: string | null;
  readonly reads: readonly R[];
}

export function rule<R extends string, P extends Predicate>(
  kind: string,
  code: ErrorCode,
  read: RuleRead<R>,
  given: RuleOptions<P>,
  look: Violates | Pick<Rule, 'open'>,
  parts: RuleParts = {},
): Rule<R | PredicateReads<P>> {
  const { known = OPTIONS, problems = [], allows, requires = {}, inner = [], memory, tables } = parts;
  const checked = checkedOptions<RuleOptions>(given, known);
  const options = checked.options as RuleOptions<P>; // those of `given`
  const where = options.where ?? ({} as P); // P is EveryEvent if there is no predicate
  const hasColumn = read.column === null || isColumn(read.column);
  const treatment = options.otherwise ?? parts.otherwise ?? 'dead-letter';
  const made: Rule<R | PredicateReads<P>> = {
    name: read.column === null ? kind : `${kind}(${read.column})`,
    code,
    column: read.column,
    reads: [
      ...(hasColumn ? read.reads.map((name) => withDefault(name, read.column, treatment)) : []),
      ...predicateReads(where),
    ],
    otherwise: treatment,
    where,
    ...(allows === undefined ? {} : { allows }),
    ...(memory === undefined ? {} : { memory }),
    ...(tables === undefined ? {} : { tables }),
    requires,
    open: typeof look === 'function' ? (): OpenRule => ({ violates: look }) : look.open,
  };
  const columnProblems: OptionProblem[] = hasColumn
    ? []
    : [['', `${kind} needs the name of a column, not ${shown(read.column)}`]];
  return defined(made, {
    given: { ...(Object(given) as object), ...Object.fromEntries(inner.map((part, i) => [`[${i}]`, part])) },
    options: { ...known, ...Object.fromEntries(inner.map((_, i) => [`[${i}]`, true])) },
    problems: [...checked.problems, ...columnProblems, ...problems.map((what) => ['', what] as const)],
  });
}
