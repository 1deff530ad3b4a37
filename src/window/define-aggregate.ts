// Makes the function that declares an aggregate in a topology (control path).
import { checkedOptions, type OptionChecks } from '../core/option-checks.ts';
import { defined } from '../core/definition.ts';
import { MillraceError } from '../core/errors.ts';
import { ACCUMULATOR_SLOTS_MAX } from '../core/window-limits.ts';
import { stableJson } from '../core/stable-json.ts';
import type {
  Aggregate,
  AggregateDefinition,
  AggregateFactory,
  AggregateInput,
  AggregateParameters,
  AggregateVector,
} from './aggregate.ts';
import { commonOptions, declare, givenTo, declareParts, OPTIONS, type CommonOptions } from './declare.ts';

const NAME = /^[a-z][a-z0-9-]*$/;
const INPUTS: readonly AggregateInput[] = ['none', 'number', 'string', 'any'];

export function invalid(name: string, what: string, remedy: string): MillraceError {
  return new MillraceError('TOPOLOGY_INVALID', `the aggregate '${name}' ${what}`, { remedy });
}

/** @throws MillraceError TOPOLOGY_INVALID */
export function checkedDefinition(definition: AggregateDefinition): AggregateDefinition {
  const { name, input, width } = definition;
  if (!NAME.test(name))
    throw invalid(name, 'has an invalid name', 'Use lower-case letters, digits and dashes.');
  if (!INPUTS.includes(input))
    throw invalid(name, `takes '${input}' from events`, `Use one of ${INPUTS.join(', ')}.`);
  if (!Number.isInteger(width) || width < 1 || width > ACCUMULATOR_SLOTS_MAX)
    throw invalid(name, `is ${width} slots wide`, `Use 1 to ${ACCUMULATOR_SLOTS_MAX} slots.`);
  return definition;
}

/** One value for equal parameters, so that features with equal ones share an accumulator. */
export function onePerParameters<T>(
  make: (parameters: AggregateParameters) => T,
): (parameters: AggregateParameters) => T {
  const made = new Map<string, T>();
  return (parameters) => {
    const key = stableJson(parameters);
    const known = made.get(key);
    if (known !== undefined) return known;
    const value = make(parameters);
    made.set(key, value);
    return value;
  };
}

/** Stands for an aggregate whose parameters are refused. */
export function standIn(name: string, input: AggregateInput): AggregateDefinition {
  return { name, input, width: 1, add: () => undefined, merge: () => undefined, read: () => Number.NaN };
}

/** The parameters of an aggregate. */
export interface ParameterChecks<I extends AggregateInput, P extends object> {
  /** Those of the aggregate. */
  readonly name: string;
  readonly input: I;
  /** What each must be: what is wrong with a value, as a clause, or null. Options that are in no check are refused. */
  readonly checks: OptionChecks<P>;
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
  checks?: ParameterChecks<I, P>,
): AggregateFactory<I, P>;
export function defineAggregate(
  given: AggregateDefinition | ((parameters: never) => AggregateDefinition),
  parameterChecks?: ParameterChecks<AggregateInput, object>,
): unknown {
  if (typeof given !== 'function') checkedDefinition(given);
  const definitionOf =
    typeof given === 'function'
      ? onePerParameters((parameters) => checkedDefinition(given(parameters as never))) // P, by the overload
      : (): AggregateDefinition => given;
  return (...args: [CommonOptions] | [string, CommonOptions]): Aggregate | AggregateVector => {
    const [column, options] = givenTo(args);
    const { common, parameters } = commonOptions(options);
    const wrong =
      parameterChecks === undefined
        ? []
        : checkedOptions<object>(parameters, parameterChecks.checks).problems;
    const definition =
      parameterChecks !== undefined && wrong.length > 0
        ? standIn(parameterChecks.name, parameterChecks.input)
        : definitionOf(parameters);
    // What parameters there are, only their function knows if there are no checks.
    const isKnown = typeof given !== 'function' || parameterChecks !== undefined;
    const place = {
      given: Object(options) as object,
      ...(isKnown && { options: { ...OPTIONS, ...parameterChecks?.checks } }),
    };
    if (common.bucketBy !== undefined || common.buckets !== undefined) {
      const [vector, problems] = declareParts(new Map([['', definition]]), parameters, column, common);
      return defined(vector, { ...place, problems: [...wrong, ...problems] });
    }
    const [aggregate, problems] = declare(definition, parameters, column, common);
    return defined(aggregate, { ...place, problems: [...wrong, ...problems] });
  };
}
