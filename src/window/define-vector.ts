// Makes the function that declares an aggregate with several features in a topology (control path).
import { defined } from '../core/definition.ts';
import { checkedOptions, type OptionChecks } from '../core/option-checks.ts';
import type {
  Accumulator,
  AggregateDefinition,
  AggregateInput,
  AggregateParameters,
  AggregateVector,
  VectorFactory,
} from './aggregate.ts';
import type { PartDefinitions } from './buckets.ts';
import { commonOptions, declareParts, OPTIONS, type CommonOptions } from './declare.ts';
import { onePerParameters, standIn } from './define-aggregate.ts';

/** How one feature is read from the accumulator. */
export type VectorPart = Pick<AggregateDefinition, 'read' | 'output'>;

export interface VectorState extends Accumulator {
  /** The features, in their order in the vector, by what follows the declared name and an underscore. */
  readonly parts: Readonly<Record<string, VectorPart>>;
}

/** What an aggregate with several features takes from each event. */
export type VectorInput = Extract<AggregateInput, 'number' | 'string'>;

export interface VectorDefinition<I extends VectorInput, P extends object> {
  readonly name: string;
  readonly input: I;
  readonly checks: OptionChecks<P>;
  readonly make: (parameters: P) => VectorState;
}

/** The features of a vector share one accumulator: they are aggregates with the same functions. */
function partDefinitions(name: string, input: AggregateInput, state: VectorState): PartDefinitions {
  const { parts, ...accumulator } = state;
  return new Map(
    Object.entries(parts).map(([part, read]) => [part, { ...accumulator, ...read, name, input }]),
  );
}

/**
 * Makes the function that declares an aggregate with several features. In a view, `{ amount: quantiles(...) }` unfolds into
 * features named `amount_<part>`.
 */
export function defineVector<I extends VectorInput, P extends object, Part extends string>(
  definition: VectorDefinition<I, P>,
): VectorFactory<I, P, Part>;
export function defineVector(given: VectorDefinition<VectorInput, object>): unknown {
  const { name, input, checks, make } = given;
  const definitionsOf = onePerParameters((parameters: AggregateParameters) =>
    partDefinitions(name, input, make(parameters)),
  );
  return (...args: [CommonOptions] | [string, CommonOptions]): AggregateVector => {
    const [column, options] = args.length === 1 ? [null, args[0]] : args;
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
