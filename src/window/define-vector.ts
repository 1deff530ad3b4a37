// Makes the function that declares an aggregate with several features in a topology (control path).
import { defined } from '../core/definition.ts';
import { checkedOptions, nameProblem, type OptionChecks } from '../core/option-checks.ts';
import type {
  Accumulator,
  AggregateDefinition,
  AggregateInput,
  AggregateParameters,
  AggregateVector,
  VectorFactory,
} from './aggregate.ts';
import type { PartDefinitions } from './buckets.ts';
import { commonOptions, givenTo, declareParts, OPTIONS, type CommonOptions } from './declare.ts';
import { checkedDefinition, invalid, onePerParameters, standIn } from './define-aggregate.ts';

const NAME_REMEDY = 'Name it by letters, digits and underscores.';

/** How one feature is read from the accumulator. */
export type VectorPart = Pick<AggregateDefinition, 'read' | 'output'>;

/** The state of an aggregate with several features, and how each is read from it. */
export interface VectorState<Part extends string = string> extends Accumulator {
  /** The features, in their order in the vector, by what follows the declared name and an underscore. */
  readonly parts: Readonly<Record<Part, VectorPart>>;
}

/** What an aggregate with several features takes from each event. */
export type VectorInput = Extract<AggregateInput, 'number' | 'string'>;

/** An aggregate with several features. */
export interface VectorDefinition<I extends VectorInput, P extends object, Part extends string = string> {
  /** Lower-case letters, digits and dashes. */
  readonly name: string;
  readonly input: I;
  /** What each parameter must be: what is wrong with a value, as a clause, or null. Others are refused. */
  readonly checks: OptionChecks<P>;
  /** Called once for equal parameters. */
  readonly make: (parameters: P) => VectorState<Part>;
}

/** The features of a vector share one accumulator: they are aggregates with the same functions. */
function partDefinitions(name: string, input: AggregateInput, state: VectorState): PartDefinitions {
  const { parts, ...accumulator } = state;
  return new Map(
    Object.entries(parts).map(([part, read]) => [part, { ...accumulator, ...read, name, input }]),
  );
}

/**
 * Makes the function that declares an aggregate with several features, which share one state. In a view,
 * `{ amount: quantiles(...) }` unfolds into features named `amount_<part>`.
 * @throws MillraceError TOPOLOGY_INVALID if the definition makes no sense; what makes no sense in a topology is reported with it
 * @example
 * const extent = defineVector({
 *   name: 'extent', input: 'number', checks: {},
 *   make: () => ({
 *     width: 2,
 *     clear: (slab, at) => void slab.fill(NaN, at, at + 2),
 *     add: (slab, at, value) => join(slab, at, value, value),
 *     merge: (to, a, from, b) => join(to, a, from[b]!, from[b + 1]!),
 *     parts: { low: { read: (slab, at) => slab[at]! }, high: { read: (slab, at) => slab[at + 1]! } },
 *   }),
 * });
 */
export function defineVector<I extends VectorInput, P extends object, Part extends string>(
  definition: VectorDefinition<I, P, Part>,
): VectorFactory<I, P, Part>;
export function defineVector(given: VectorDefinition<VectorInput, object>): unknown {
  const { name, input, checks, make } = given;
  checkedDefinition(standIn(name, input));
  const definitionsOf = onePerParameters((parameters: AggregateParameters) => {
    const definitions = partDefinitions(name, input, make(parameters));
    for (const [part, definition] of definitions) {
      checkedDefinition(definition);
      const problem = nameProblem(part);
      if (problem !== null) throw invalid(name, `has a feature that has no name: ${problem}`, NAME_REMEDY);
    }
    if (definitions.size === 0) throw invalid(name, 'has no feature', 'Give it parts: { low: { read } }.');
    return definitions;
  });
  return (...args: [CommonOptions] | [string, CommonOptions]): AggregateVector => {
    const [column, options] = givenTo(args);
    const { common, parameters } = commonOptions(options);
    const wrong = checkedOptions<object>(parameters, checks).problems;
    const definitions: PartDefinitions =
      wrong.length > 0 ? new Map([['refused', standIn(name, input)]]) : definitionsOf(parameters);
    const [vector, problems] = declareParts(definitions, parameters, column, common);
    return defined(vector, {
      given: Object(options) as object,
      options: { ...OPTIONS, ...checks },
      problems: [...wrong, ...problems],
    });
  };
}
