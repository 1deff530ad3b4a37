// Makes the function that declares an aggregate in a topology (control path).
import {
  checkedOptions,
  column as columnCheck,
  objectWith,
  required,
  shown,
  type OptionCheck,
  type OptionProblem,
} from '../core/option-checks.ts';
import type { WindowSpec } from './window.ts';
import { anyColumn, numberColumn, stringColumn } from '../core/columns.ts';
import { defined } from '../core/definition.ts';
import { MillraceError } from '../core/errors.ts';
import { ACCUMULATOR_SLOTS_MAX } from '../core/limits.ts';
import { stableJson } from '../core/stable-json.ts';
import type {
  Aggregate,
  AggregateDefinition,
  AggregateFactory,
  AggregateInput,
  AggregateOptions,
  AggregateParameters,
} from './aggregate.ts';
import { predicateCheck, predicateReads } from './predicate.ts';

const NAME = /^[a-z][a-z0-9-]*$/;
const OPTIONS: Readonly<Record<keyof AggregateOptions, true>> = { over: true, where: true, clip: true };
const INPUTS: readonly AggregateInput[] = ['none', 'number', 'string', 'any'];
const COLUMN_READ = { number: numberColumn, string: stringColumn, any: anyColumn };

function invalid(name: string, what: string, remedy: string): MillraceError {
  return new MillraceError('TOPOLOGY_INVALID', `the aggregate '${name}' ${what}`, { remedy });
}

/** @throws MillraceError TOPOLOGY_INVALID */
function checkDefinition({ name, input, width }: AggregateDefinition): void {
  if (!NAME.test(name))
    throw invalid(name, 'has an invalid name', 'Use lower-case letters, digits and dashes.');
  if (!INPUTS.includes(input))
    throw invalid(name, `takes '${input}' from events`, `Use one of ${INPUTS.join(', ')}.`);
  if (!Number.isInteger(width) || width < 1 || width > ACCUMULATOR_SLOTS_MAX)
    throw invalid(name, `is ${width} slots wide`, `Use 1 to ${ACCUMULATOR_SLOTS_MAX} slots.`);
}

/** One definition for equal parameters, so that features with equal ones share an accumulator. */
function onePerParameters(
  make: (parameters: AggregateParameters) => AggregateDefinition,
): (parameters: AggregateParameters) => AggregateDefinition {
  const made = new Map<string, AggregateDefinition>();
  return (parameters) => {
    const key = stableJson(parameters);
    const known = made.get(key);
    if (known !== undefined) return known;
    const definition = make(parameters);
    checkDefinition(definition);
    made.set(key, definition);
    return definition;
  };
}

/** Stands for the window of an aggregate that is refused. */
const NO_WINDOW: WindowSpec = {
  definition: { name: 'none', memoryMs: () => 0, open: () => [] },
  parameters: {},
  key: '{}',
  memoryMs: 0,
  lengthMs: 0,
};

function clipCheck(input: AggregateInput): OptionCheck {
  return (clip) => {
    if (input !== 'none' && input !== 'number')
      return 'it takes strings, which have no order: leave `clip` out';
    const isRange =
      Array.isArray(clip) &&
      clip.length === 2 &&
      clip.every((bound) => typeof bound === 'number') &&
      (clip[0] as number) <= (clip[1] as number);
    return isRange ? null : `it clips to ${shown(clip)}: give two numbers, the lower one first`;
  };
}

const windowCheck: OptionCheck = (over) =>
  objectWith(['definition', 'memoryMs'], 'window')(over) === null
    ? null
    : `${shown(over)} is no window: give sliding(hours(1)), say`;

/** What is wrong with the column of an aggregate. */
function columnProblem(input: AggregateInput, column: unknown): string | null {
  if (input === 'none') return column === null ? null : 'it aggregates events: give the options alone';
  if (column === null) return 'it needs a column: give its name first';
  return columnCheck(column);
}

function declare(
  definition: AggregateDefinition,
  parameters: AggregateParameters,
  column: string | null,
  given: AggregateOptions,
): readonly [Aggregate, readonly OptionProblem[]] {
  const { name, input } = definition;
  const checks = { over: required(windowCheck), where: predicateCheck, clip: clipCheck(input) };
  const { options, problems } = checkedOptions<AggregateOptions>(given, checks);
  const { over = NO_WINDOW, where = {}, clip = null } = options;
  const wrong = columnProblem(input, column);
  const reads: string[] = predicateReads(where);
  if (column !== null && wrong === null && input !== 'none') reads.unshift(COLUMN_READ[input](column));
  const all: readonly OptionProblem[] = wrong === null ? problems : [...problems, ['', wrong]];
  return [
    {
      definition,
      parameters: stableJson(parameters),
      column: wrong === null ? column : null,
      clip,
      over,
      where,
      reads,
    },
    all.map(([path, what]) => [path, `the aggregate '${name}': ${what}`] as const),
  ];
}

/**
 * Makes the function that declares an aggregate in a topology.
 * @param definition the aggregate; or, where it has parameters, a function from them to the aggregate. Parameters are
 *   plain data, and stand beside `over` and `where` in a topology. Equal ones give the aggregate that was made first.
 * @throws MillraceError TOPOLOGY_INVALID if the definition makes no sense; what makes no sense in a topology is reported with it
 * @example
 * const product = defineAggregate({
 *   name: 'product', input: 'number', width: 1,
 *   clear: (slab, at) => void (slab[at] = 1),
 *   add: (slab, at, value) => void (slab[at]! *= value),
 *   merge: (to, a, from, b) => void (to[a]! *= from[b]!),
 *   read: (slab, at) => slab[at]!,
 * });
 * // in a view: { odds: product('odds', { over: sliding(hours(1)) }) }
 */
export function defineAggregate<I extends AggregateInput>(
  definition: AggregateDefinition<I>,
): AggregateFactory<I>;
export function defineAggregate<I extends AggregateInput, P extends object>(
  make: (parameters: P) => AggregateDefinition<I>,
): AggregateFactory<I, P>;
export function defineAggregate(
  given: AggregateDefinition | ((parameters: never) => AggregateDefinition),
): unknown {
  if (typeof given !== 'function') checkDefinition(given);
  const definitionOf =
    typeof given === 'function'
      ? onePerParameters(given as (parameters: AggregateParameters) => AggregateDefinition) // P, by the overload
      : (): AggregateDefinition => given;
  return (...args: [AggregateOptions] | [string, AggregateOptions]): Aggregate => {
    const [column, options] = args.length === 1 ? [null, args[0]] : args;
    const { over, where, clip, ...parameters } = Object(options) as AggregateOptions;
    const common = { over, ...(where !== undefined && { where }), ...(clip !== undefined && { clip }) };
    const [aggregate, problems] = declare(definitionOf(parameters), parameters, column, common);
    // What parameters there are only their function knows.
    return defined(aggregate, {
      given: Object(options) as object,
      ...(typeof given === 'function' ? {} : { options: OPTIONS }),
      problems,
    });
  };
}
