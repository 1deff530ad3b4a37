// What the options of a definition must be (control path). Topologies may be JavaScript: an option can be anything. A
// factory drops the options that make no sense, goes on with their defaults, and reports all problems at once.
import { DURATION_MS_MAX, NAME_LENGTH_MAX } from './topology-limits.ts';

/** What is wrong with a value, as a clause; null if nothing is. */
export type OptionCheck = (value: unknown) => string | null;

/** A path within the options, and what is wrong there. */
export type OptionProblem = readonly [path: string, what: string];

/** By the names of all options. */
export type OptionChecks<O> = { readonly [N in keyof O]-?: OptionCheck };

/** Checks that are for options which must be given, with an example of a value. */
const mandatory = new WeakMap<OptionCheck, string>();

/**
 * The option must be given.
 * @param example a value as a topology has it: `minutes(5)`
 */
export function required(check: OptionCheck, example: string): OptionCheck {
  const checked: OptionCheck = (value) => check(value);
  mandatory.set(checked, example);
  return checked;
}

/** The options without those that make no sense, and what is wrong with these. */
export interface CheckedOptions<O> {
  readonly options: O;
  readonly problems: readonly OptionProblem[];
}

/**
 * Checks options one by one. An option that is undefined is not given. Names that are not in `checks` are left for
 * `defined`, which has a suggestion for each.
 */
export function checkedOptions<O extends object>(
  given: O,
  checks: OptionChecks<O>,
): CheckedOptions<Partial<O>> {
  if (!isPlainObject(given))
    return { options: {}, problems: [['', `${shown(given)} is given in place of options`]] };
  const problems: OptionProblem[] = [];
  const options: Partial<O> = { ...given };
  for (const name of Object.keys(checks) as Array<keyof O & string>) {
    const value = given[name];
    const check = checks[name];
    const example = mandatory.get(check);
    if (value === undefined && example === undefined) continue;
    const what = value === undefined ? `it is missing: give ${name}: ${example}, say` : check(value);
    if (what === null) continue;
    problems.push([name, what]);
    Reflect.deleteProperty(options, name);
  }
  return { options, problems };
}

function isPlainObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value as a definition has it; long ones are cut. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return `'${cut(value)}'`;
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return `[${cut(value.map((item) => shown(item)).join(', '))}]`;
  return 'an object';
}

const SHOWN_MAX = 60;

function cut(text: string): string {
  return text.length <= SHOWN_MAX ? text : `${text.slice(0, SHOWN_MAX)}…`;
}

function check(isGood: (value: unknown) => boolean, isNot: string): OptionCheck {
  return (value) => (isGood(value) ? null : `${shown(value)} is ${isNot}`);
}

/** Null is allowed. */
export function orNull(inner: OptionCheck): OptionCheck {
  return (value) => (value === null ? null : inner(value));
}

/** A number within [low, high]. */
export function number(low: number = -Number.MAX_VALUE, high: number = Number.MAX_VALUE): OptionCheck {
  const range =
    low === -Number.MAX_VALUE && high === Number.MAX_VALUE
      ? 'no finite number'
      : high === Number.MAX_VALUE
        ? `no number of ${low} or more`
        : `no number from ${low} to ${high}`;
  return check((value) => typeof value === 'number' && value >= low && value <= high, range);
}

/** A whole number within [low, high]. */
export function whole(low: number, high: number = Number.MAX_SAFE_INTEGER): OptionCheck {
  const range = high === Number.MAX_SAFE_INTEGER ? `${low} or more` : `from ${low} to ${high}`;
  return check(
    (value) => Number.isSafeInteger(value) && (value as number) >= low && (value as number) <= high,
    `no whole number, ${range}`,
  );
}

/** A number between 0 and 1, without these. */
export const share: OptionCheck = check(
  (value) => typeof value === 'number' && value > 0 && value < 1,
  'not a share between 0 and 1',
);

/** Milliseconds, at most some centuries. */
export function duration(kind: { readonly zero?: boolean; readonly unlimited?: boolean } = {}): OptionCheck {
  const isLong = (ms: number): boolean =>
    ms > DURATION_MS_MAX && !(kind.unlimited === true && ms === Infinity);
  return (value) => {
    if (typeof value !== 'number' || !(value >= 0) || (value === 0 && kind.zero !== true))
      return `${shown(value)} is not a duration in milliseconds: give minutes(5), say`;
    return isLong(value) ? `${value} ms is too long: ${DURATION_MS_MAX} ms, four centuries, at most` : null;
  };
}

export const flag: OptionCheck = check((value) => typeof value === 'boolean', 'not true or false');

export function oneOfTexts(texts: readonly string[]): OptionCheck {
  return check((value) => texts.includes(value as string), `not one of ${texts.join(', ')}`);
}

export const nonEmptyText: OptionCheck = check(
  (value) => typeof value === 'string' && value.trim() !== '',
  'no text',
);

/** The name of a column, of whatever source. */
export const column: OptionCheck = check(isColumn, 'no name of a column');

function isColumn(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '';
}

/** A list of names of columns, each once. */
export const columns: OptionCheck = (value) => {
  if (!Array.isArray(value)) return `${shown(value)} is no list of columns`;
  if (value.length === 0) return 'it names no column';
  const strange = value.find((name) => !isColumn(name));
  if (strange !== undefined || value.includes(undefined)) return `${shown(strange)} is no name of a column`;
  const twice = value.find((name, i) => value.indexOf(name) < i) as string | undefined;
  return twice === undefined ? null : `'${twice}' is named twice`;
};

/** A name of the user's own for a view or a feature: it becomes part of keys, of tables and of URLs. */
export function nameProblem(name: string): string | null {
  if (/^[\p{L}\p{N}_.-]+$/u.test(name) && name.length <= NAME_LENGTH_MAX) return null;
  return `'${cut(name)}' is no name: up to ${NAME_LENGTH_MAX} letters, digits, dashes, dots and underscores`;
}

/** An object by names, each value of which is checked. */
export function byName(inner: OptionCheck, what: string): OptionCheck {
  return (value) => {
    if (!isPlainObject(value)) return `${shown(value)} is no object of ${what} by name`;
    for (const [name, part] of Object.entries(value as object)) {
      const problem = nameProblem(name) ?? prefixed(name, inner(part));
      if (problem !== null) return problem;
    }
    return null;
  };
}

function prefixed(name: string, problem: string | null): string | null {
  return problem === null ? null : `'${name}': ${problem}`;
}

/** A list of up to `most` finite numbers, ascending. */
export function ascending(most: number): OptionCheck {
  return check(
    (value) =>
      Array.isArray(value) &&
      value.length > 0 &&
      value.length <= most &&
      value.every((item, i) => Number.isFinite(item) && (i === 0 || item > (value[i - 1] as number))),
    `no list of 1 to ${most} ascending numbers`,
  );
}

/** An object that has these members. */
export function objectWith(members: readonly string[], what: string): OptionCheck {
  return check(
    (value) => isPlainObject(value) && members.every((member) => member in (value as object)),
    `no ${what}`,
  );
}

/** A list whose items are all of a kind. */
export function listOf(inner: OptionCheck): OptionCheck {
  return (value) => {
    if (!Array.isArray(value)) return `${shown(value)} is no list`;
    for (const [i, item] of value.entries()) {
      const problem = inner(item);
      if (problem !== null) return `[${i}]: ${problem}`;
    }
    return null;
  };
}
