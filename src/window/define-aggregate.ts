// Makes the function that declares an aggregate in a topology (control path).
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
import { predicateReads } from './predicate.ts';

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

/** False for what untyped code may give. */
function isWindow(over: unknown): boolean {
  return typeof over === 'object' && over !== null && 'definition' in over;
}

function declare(
  definition: AggregateDefinition,
  parameters: AggregateParameters,
  column: string | null,
  { over, where = {}, clip: bounds }: AggregateOptions,
): Aggregate {
  const { name, input } = definition;
  const clip = bounds ?? null;
  if (!isWindow(over)) throw invalid(name, 'has no window', 'Give one in `over`: sliding(hours(1)), say.');
  if ((input === 'none') !== (column === null)) {
    const [what, remedy] =
      column === null
        ? ['needs a column', 'Give the name of the column first.']
        : ['aggregates events', 'Give the options alone.'];
    throw invalid(name, what, remedy);
  }
  if (clip !== null && input !== 'none' && input !== 'number')
    throw invalid(name, 'takes strings, which have no order', 'Leave `clip` out.');
  if (clip !== null && !(clip.every((bound) => typeof bound === 'number') && clip[0] <= clip[1]))
    throw invalid(name, `clips to [${clip.join(', ')}]`, 'Give two numbers, the lower one first.');
  const reads: string[] = predicateReads(where);
  if (column !== null && input !== 'none') reads.unshift(COLUMN_READ[input](column));
  return { definition, parameters: stableJson(parameters), column, clip, over, where, reads };
}

/**
 * Makes the function that declares an aggregate in a topology.
 * @param definition the aggregate; or, where it has parameters, a function from them to the aggregate. Parameters are
 *   plain data, and stand beside `over` and `where` in a topology. Equal ones give the aggregate that was made first.
 * @throws MillraceError TOPOLOGY_INVALID
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
    const { over, where, clip, ...parameters } = options;
    const common = { over, ...(where && { where }), ...(clip && { clip }) };
    const aggregate = declare(definitionOf(parameters), parameters, column, common);
    // What parameters there are only their function knows.
    return defined(aggregate, {
      given: options,
      ...(typeof given === 'function' ? {} : { options: OPTIONS }),
    });
  };
}
