// A topology as data (control path): what `millrace describe --json` prints, and `millrace check --against` compares.
import type { Schema } from '../core/schema.ts';
import { flag, list, object, oneOf, record, text, textOrNull, valuesOf, type Check } from '../core/shape.ts';
import { MillraceError } from '../core/errors.ts';
import type { ContractStage } from '../operators/contract.ts';
import type { Requirement, Rule } from '../operators/contract-rule.ts';
import { KEY_SEPARATOR } from '../operators/joined-key.ts';
import { describePredicate } from '../operators/predicate.ts';
import type { Topology } from './definition.ts';
import { describedColumn, type DescribedColumn } from './described-column.ts';
import { describedFeatures, type DescribedFeature } from './described-features.ts';
import { describedStages, type DescribedStage } from './described-stages.ts';
import { describedTables, type DescribedTable } from './describe-tables.ts';
import { hopsOf, sourceKey } from './hops.ts';
import { isKind } from './stage-list.ts';
import { declaredName } from './targets.ts';
import { topicsOf } from './topics.ts';

export type { DescribedColumn } from './described-column.ts';
export type { DescribedFeature } from './described-features.ts';
export type { DescribedStage } from './described-stages.ts';

export interface DescribedRule {
  readonly name: string;
  readonly action: 'dead-letter' | 'flag' | 'alert' | 'default';
  /** Which events it is for; empty for all. */
  readonly where: string;
  readonly requires: Requirement;
}

export interface TopologyDescription {
  /** Version of this form. */
  readonly description: 1;
  readonly name: string;
  readonly source: {
    readonly topic: string;
    readonly format: string;
    readonly eventTime: string;
    /** The columns that producers key records by, joined by `|`; absent if it is not declared. */
    readonly key?: string;
    readonly columns: Readonly<Record<string, DescribedColumn>>;
    /** What becomes of columns with personal data before a stage sees them; left out by versions that did not say. */
    readonly sensitive?: Readonly<Partial<Record<string, string>>>;
  };
  /** The lookup tables; left out by versions that had none. */
  readonly tables?: readonly DescribedTable[];
  readonly rules: readonly DescribedRule[];
  /** In their order; left out by versions that did not describe them. */
  readonly stages?: readonly DescribedStage[];
  readonly features: readonly DescribedFeature[];
  /** The topics of hops by the views that need one; absent without such views. */
  readonly hops?: Readonly<Record<string, string>>;
  readonly predictions: {
    readonly topic: string;
    readonly format: string;
    readonly key: string;
    readonly task: string;
  } | null;
  /** The main target, and what the others predict, by their names; absent where there is one target. */
  readonly targets?: {
    readonly main: string;
    readonly others: Readonly<
      Record<
        string,
        {
          readonly predictions: NonNullable<TopologyDescription['predictions']>;
          readonly features: readonly DescribedFeature[];
          /** Its score and labels stages: it shares the others. */
          readonly stages?: readonly DescribedStage[];
        }
      >
    >;
  };
  /** The topic of a repartition stage, and its key. */
  readonly repartitioned: { readonly topic: string; readonly key: string } | null;
}

/** @param schema the columns of the source */
export function descriptionOf(topology: Topology, schema: Schema): TopologyDescription {
  const { name, source, stages, features, repartition } = topology;
  const topics = topicsOf(topology);
  const key = sourceKey(source);
  const hops = hopsOf(declaredName(topology), source, features).flatMap((hop) =>
    hop.views.map((view) => [view.name, hop.name]),
  );
  return {
    description: 1,
    name,
    source: {
      topic: source.topic,
      format: source.format?.name ?? 'avro',
      eventTime: source.eventTime,
      ...(key === null ? {} : { key: key.join(KEY_SEPARATOR) }),
      columns: columnsOf(topology, schema),
      sensitive: { ...source.sensitive },
    },
    tables: describedTables(topology),
    rules: stages.filter(isKind<ContractStage>('contract')).flatMap(({ rules }) => rules.map(ruleOf)),
    stages: describedStages(topology),
    features: features === null ? [] : describedFeatures(features),
    ...(hops.length === 0 ? {} : { hops: Object.fromEntries(hops) as Record<string, string> }), // entry by entry
    predictions: predictionsOf(topology),
    ...describedTargets(topology),
    repartitioned:
      repartition === null || topics.repartitioned === undefined
        ? null
        : { topic: topics.repartitioned, key: repartition.options.key.join(KEY_SEPARATOR) },
  };
}

function predictionsOf(topology: Topology): TopologyDescription['predictions'] {
  const { score, task, predictions } = topology;
  if (score === null) return null;
  const { predictions: topic } = topicsOf(topology);
  return { topic, format: predictions?.format ?? 'avro', key: score.options.key, task: task.name };
}

function describedTargets({ target, otherTargets = [] }: Topology): Pick<TopologyDescription, 'targets'> {
  if (target === undefined) return {};
  const others = otherTargets.flatMap((other) => {
    const predictions = predictionsOf(other);
    if (other.target === undefined || predictions === null) return [];
    const features = other.features === null ? [] : describedFeatures(other.features);
    const stages = describedStages(other).filter(({ kind }) => kind === 'score' || kind === 'labels');
    return [[other.target.name, { predictions, features, stages }] as const];
  });
  return { targets: { main: target.name, others: Object.fromEntries(others) } };
}

function columnsOf({ source }: Topology, schema: Schema): TopologyDescription['source']['columns'] {
  const columns = Object.entries(schema).map(
    ([name, spec]) => [name, describedColumn(source.schema?.[name] ?? null, spec)] as const,
  );
  return Object.fromEntries(columns);
}

function ruleOf({ name, otherwise, where, requires }: Rule): DescribedRule {
  return {
    name,
    action: typeof otherwise === 'string' ? otherwise : 'default',
    where: describePredicate(where),
    requires,
  };
}

const ifThere =
  (check: Check): Check =>
  (value) =>
    value === undefined ? null : check(value);
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null ? null : check(value);

const columnsShape = valuesOf(object({ type: text, nullable: flag, symbols: ifThere(list(text)) }));
const tableShape = object({
  name: text,
  origin: text,
  format: textOrNull,
  key: text,
  time: text,
  columns: columnsShape,
});

const featuresShape = list(object({ name: text, kind: oneOf('numeric', 'categorical'), definition: text }));
const stagesShape = ifThere(list(object({ id: text, kind: text, keepsState: flag, declaration: record })));
const predictionsShape = object({ topic: text, format: text, key: text, task: text });

const shape: Check = object({
  description: (value) => (value === 1 ? null : 'is of another version of Millrace'),
  name: text,
  source: object({
    topic: text,
    format: text,
    eventTime: text,
    key: ifThere(text),
    columns: columnsShape,
    sensitive: ifThere(valuesOf(text)),
  }),
  tables: (value) => (value === undefined ? null : list(tableShape)(value)),
  rules: list(
    object({
      name: text,
      action: oneOf('dead-letter', 'flag', 'alert', 'default'),
      where: text,
      requires: record,
    }),
  ),
  stages: stagesShape,
  features: featuresShape,
  hops: ifThere(valuesOf(text)),
  predictions: orNull(predictionsShape),
  targets: ifThere(
    object({
      main: text,
      others: valuesOf(
        object({ predictions: predictionsShape, features: featuresShape, stages: stagesShape }),
      ),
    }),
  ),
  repartitioned: orNull(object({ topic: text, key: textOrNull })),
});

/** Reads what `millrace describe --json` printed. @throws MillraceError DATA_INVALID */
export function parseDescription(json: string, where: string): TopologyDescription {
  const invalid = (what: string): MillraceError =>
    new MillraceError('DATA_INVALID', `it is no description of a topology: ${what}`, {
      where,
      remedy: 'Give what millrace describe TOPOLOGY --json printed, or a topology file.',
    });
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw invalid('it is no JSON');
  }
  const problem = shape(value);
  if (problem !== null) throw invalid(`the JSON ${problem}`);
  return value as TopologyDescription; // its shape has just been checked
}
