// An aggregate with its options, as it stands in a view (control path): what is wrong with them, and what it reads.
import {
  checkedOptions,
  column as columnCheck,
  objectWith,
  required,
  shown,
  type OptionCheck,
  type OptionProblem,
} from '../core/option-checks.ts';
import { anyColumn, numberColumn, stringColumn } from '../core/columns.ts';
import { ACCUMULATOR_SLOTS_MAX } from '../core/window-limits.ts';
import { stableJson } from '../core/stable-json.ts';
import type {
  Aggregate,
  AggregateDefinition,
  AggregateInput,
  AggregateOptions,
  AggregateParameters,
  AggregateVector,
  BucketOptions,
} from './aggregate.ts';
import { bucketedParts, bucketsCheck, nameOfTwo, type PartDefinitions } from './buckets.ts';
import { predicateCheck, predicateReads } from './predicate.ts';
import type { WindowSpec } from './window.ts';

/** The options that every aggregate takes. */
export type CommonOptions = AggregateOptions & Partial<BucketOptions>;

export const OPTIONS: Readonly<Record<keyof CommonOptions, true>> = {
  over: true,
  where: true,
  clip: true,
  bucketBy: true,
  buckets: true,
};

const COLUMN_READ = { number: numberColumn, string: stringColumn, any: anyColumn };

/** The options that every aggregate has, and those of this one. */
export function commonOptions(given: unknown): {
  readonly common: CommonOptions;
  readonly parameters: AggregateParameters;
} {
  const { over, where, clip, bucketBy, ...others } = Object(given) as CommonOptions;
  const { buckets, ...withoutBuckets } = others;
  // A number is that of the buckets of a sketch.
  const isList = buckets !== undefined && typeof buckets !== 'number';
  return {
    common: {
      over,
      ...(where !== undefined && { where }),
      ...(clip !== undefined && { clip }),
      ...(bucketBy !== undefined && { bucketBy }),
      ...(isList && { buckets }),
    },
    parameters: isList ? withoutBuckets : others,
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

/** An aggregate, and what is wrong with it. */
export function declare(
  definition: AggregateDefinition,
  parameters: AggregateParameters,
  column: string | null,
  given: CommonOptions,
): readonly [Aggregate, readonly OptionProblem[]] {
  const { name, input } = definition;
  const checks = {
    over: required(windowCheck, 'sliding(hours(1))'),
    where: predicateCheck,
    clip: clipCheck(input),
    bucketBy: columnCheck,
    buckets: bucketsCheck,
  };
  const { options, problems } = checkedOptions<CommonOptions>(given, checks);
  const { over = NO_WINDOW, where = {}, clip = null, bucketBy = null, buckets } = options;
  const wrong = columnProblem(input, column);
  const reads: string[] = predicateReads(where);
  if (bucketBy !== null) reads.unshift(stringColumn(bucketBy));
  if (column !== null && wrong === null && input !== 'none') reads.unshift(COLUMN_READ[input](column));
  const all: readonly OptionProblem[] = wrong === null ? problems : [...problems, ['', wrong]];
  return [
    {
      definition,
      parameters: stableJson(bucketBy === null ? parameters : { ...parameters, bucketBy, buckets }),
      column: wrong === null ? column : null,
      bucketBy,
      clip,
      over,
      where,
      reads,
    },
    all.map(([path, what]) => [path, `the aggregate '${name}': ${what}`] as const),
  ];
}

/** What is wrong with the buckets of an aggregate, beside the two options themselves. */
function bucketProblems(
  given: PartDefinitions,
  definitions: PartDefinitions,
  { bucketBy, buckets }: CommonOptions,
): OptionProblem[] {
  if (bucketBy === undefined)
    return buckets === undefined
      ? []
      : [['bucketBy', "it is missing: name the column of the buckets, 'category', say"]];
  if (buckets === undefined) return [['buckets', "it is missing: give ['food', 'fuel'], say, or { top: 8 }"]];
  if (bucketsCheck(buckets) !== null) return [];
  const [first] = definitions.values();
  const width = first?.width ?? 0;
  if (width > ACCUMULATOR_SLOTS_MAX)
    return [
      [
        'buckets',
        `the state has ${width} slots in each stretch of a window: give fewer buckets or a smaller aggregate, ${ACCUMULATOR_SLOTS_MAX} slots at most`,
      ],
    ];
  const twice = nameOfTwo([...given.keys()], buckets);
  if (twice !== null)
    return [['buckets', `two of its features are named '${twice}': rename a bucket, or what it has of each`]];
  const isOrdered = [...given.values()].some((one) => one.isOrdered === true);
  return isOrdered && 'top' in buckets
    ? [['buckets', 'it needs events in their order, which the rest of { top } has not: list the buckets']]
    : [];
}

/** The features of an aggregate with several of them, or with buckets, and what is wrong with it. */
export function declareParts(
  given: PartDefinitions,
  parameters: AggregateParameters,
  column: string | null,
  common: CommonOptions,
): readonly [AggregateVector, readonly OptionProblem[]] {
  const { bucketBy, buckets } = common;
  const isBucketed = bucketBy !== undefined && buckets !== undefined && bucketsCheck(buckets) === null;
  const definitions = isBucketed ? bucketedParts(given, buckets) : given;
  const declared = [...definitions].map(
    ([part, definition]) => [part, declare(definition, parameters, column, common)] as const,
  );
  const [first] = declared;
  const parts = Object.fromEntries(declared.map(([part, [aggregate]]) => [part, aggregate]));
  return [
    { parts, reads: first?.[1][0].reads ?? [] },
    [...(first?.[1][1] ?? []), ...bucketProblems(given, definitions, common)],
  ];
}

/** A column and options, as JavaScript may give them: without either, what is missing is reported. */
export function givenTo(
  args: readonly [CommonOptions] | readonly [string, CommonOptions],
): readonly [column: string | null, options: CommonOptions] {
  const [first, second]: readonly unknown[] = args;
  const options = typeof first === 'string' ? second : first;
  return [typeof first === 'string' ? first : null, (options ?? {}) as CommonOptions]; // its parts are checked
}
