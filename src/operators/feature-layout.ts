// What a features stage is declared with, and the layout of its vector (control path).
import {
  byName,
  column as columnCheck,
  listOf,
  objectWith,
  shown,
  type OptionCheck,
  type OptionChecks,
} from '../core/option-checks.ts';
import { predicateCheck } from '../window/predicate.ts';
import {
  anyColumn,
  numberColumn,
  stringColumn,
  type AnyRead,
  type NoColumns,
  type NumberRead,
  type StringRead,
} from '../core/columns.ts';
import { defined, partsOf, problemsOf, type PartTree } from '../core/definition.ts';
import { isExpression, type Expression } from '../core/expression.ts';
import { FEATURES_MAX } from '../core/topology-limits.ts';
import { formatDuration } from '../core/time.ts';
import type { FeatureSpec } from '../core/feature-spec.ts';
import { suggestion } from '../core/unknown-keys.ts';
import { predicateReads, type Predicate } from '../window/predicate.ts';
import { inputNames } from './derived-column.ts';
import type { Hop } from './hop.ts';
import { KEY_SEPARATOR } from './joined-key.ts';
import { describeSelection } from './predicate.ts';
import type { Stage } from './stage.ts';
import type { View } from './view.ts';

/**
 * A feature taken from the scored event itself.
 * @typeParam Reads the column that it reads: 'amount: number'
 */
export interface FieldFeature<Reads extends string = string> {
  readonly kind: 'numeric' | 'categorical';
  readonly column: string;
  readonly reads: readonly Reads[];
}

export type Fields = Readonly<Record<string, FieldFeature>>;
export type Views = Readonly<Record<string, View>>;
/** The names of features: of a field as it is, of a view's feature as `view.feature`. */
export type FeatureName<F extends Fields, V extends Views> =
  ([F] extends [never] ? never : keyof F & string) | ([V] extends [never] ? never : ViewFeature<V>);

type ViewFeature<V extends Views> = {
  [N in keyof V & string]: V[N] extends View<string, infer M> ? `${N}.${M}` : never;
}[keyof V & string];

export interface FeaturesOptions<
  F extends Fields = Fields,
  V extends Views = Views,
  When extends Predicate = Predicate,
> {
  /** Which events are scored; all by default. */
  readonly when?: When;
  /** Features taken from the scored event itself, by name. */
  readonly fields?: F;
  /** Windowed aggregates by entity key, by name of the view. */
  readonly views?: V;
  /**
   * Features computed from the others, by expressions over their names: `divide('amount', 'card.mean_1h')`. Null, such as a
   * division by zero, is a missing feature.
   */
  readonly derived?: Readonly<
    // Inferred from fields and views alone, not from the names that are used here.
    Record<string, Expression<NumberRead<FeatureName<NoInfer<F>, NoInfer<V>>>, 'number' | 'boolean'>>
  >;
  /**
   * Named lists of features: `{ fraud_v1: ['card.count_1h', 'amount'] }`. The reading API serves a service by its name, and
   * `score({ service })` gives the model these features alone.
   */
  readonly services?: Readonly<Record<string, readonly string[]>>;
}

/** The columns that a field, or a view, reads. */
export type ReadsOf<Part extends FieldFeature | View> = Part extends {
  readonly reads: ReadonlyArray<infer Reads extends string>;
}
  ? Reads
  : never;

/** The columns of the views' keys. */
export type KeyReadsOf<V extends Views> = KeyReads<V[keyof V & string]>;

type KeyReads<One extends View> = One extends View<string, string, infer Key> ? AnyRead<Key> : never;

/** The options with their defaults. */
export interface FeaturesSettings extends FeaturesOptions {
  readonly when: Predicate;
}

export interface FeaturesStage<Reads extends string = string, Once extends string = string> extends Stage<
  Reads,
  NoColumns,
  Once
> {
  readonly kind: 'features';
  readonly readsOnce: readonly Once[];
  readonly options: FeaturesSettings;
  /**
   * The vector's layout: fields in order, each view's features, named `view.feature`, then what is derived. Where the score
   * stage names a service, its features.
   */
  readonly features: readonly FeatureSpec[];
  /** The same stage with the vector of a service that it has. */
  ofService(name: string): FeaturesStage;
  /** The same stage with the features of some views from the answers of hops: the vector is the same. */
  answeredBy(hops: readonly Hop[]): FeaturesStage;
}

const numericExpression: OptionCheck = (value) =>
  isExpression(value) && value.kind !== 'string'
    ? null
    : `${isExpression(value) ? value.text : shown(value)} is no numeric expression, such as divide('amount', 'card.mean_1h')`;

const featureName: OptionCheck = (value) =>
  typeof value === 'string' ? null : `${shown(value)} is no name of a feature`;

/** What each option must be. */
export const FEATURES_CHECKS: OptionChecks<FeaturesOptions> = {
  when: predicateCheck,
  fields: byName(objectWith(['kind', 'column', 'reads'], 'feature: use numeric or categorical'), 'fields'),
  views: byName(objectWith(['key', 'features', 'reads'], 'view: use view(key, features)'), 'views'),
  derived: byName(numericExpression, 'expressions'),
  services: byName(listOf(featureName), 'lists of features'),
};

function fieldFeature<R extends string>(
  kind: FieldFeature['kind'],
  column: string,
  read: R,
): FieldFeature<R> {
  const what = columnCheck(column);
  const feature: FieldFeature<R> = { kind, column, reads: what === null ? [read] : [] };
  return defined(feature, { given: {}, problems: what === null ? [] : [['', what]] });
}

/** A numeric column of the scored event as a feature; NaN where null. */
export function numeric<const C extends string>(column: C): FieldFeature<NumberRead<C>> {
  return fieldFeature('numeric', column, numberColumn(column));
}
/** A string column of the scored event as a categorical feature: a stable code, equal for equal strings. */
export function categorical<const C extends string>(column: C): FieldFeature<StringRead<C>> {
  return fieldFeature('categorical', column, stringColumn(column));
}

/** The layout of the vector. */
export function layoutOf(options: FeaturesOptions): FeatureSpec[] {
  const specs: FeatureSpec[] = Object.entries(options.fields ?? {}).map(([name, { kind }]) => ({
    name,
    kind,
  }));
  for (const [name, { features }] of Object.entries(options.views ?? {})) {
    for (const [feature, { definition }] of Object.entries(features)) {
      const kind = definition.output === 'category' ? 'categorical' : 'numeric';
      specs.push({ name: `${name}.${feature}`, kind });
    }
  }
  for (const name of Object.keys(options.derived ?? {})) specs.push({ name, kind: 'numeric' });
  return specs;
}

/** What is wrong with the features, by path. */
export function featureProblems({
  fields,
  views,
  derived,
  services,
}: FeaturesOptions): Array<[string, string]> {
  const features = layoutOf({ ...(fields && { fields }), ...(views && { views }) }).map(({ name }) => name);
  const problems = Object.entries(derived ?? {}).flatMap(([name, expression]) =>
    inputNames(expression)
      .filter((input) => !features.includes(input))
      .map((input): [string, string] => [
        `derived.${name}`,
        `there is no feature '${input}'${suggestion(input, features)}`,
      ]),
  );
  const all = [...features, ...Object.keys(derived ?? {})];
  problems.push(...serviceProblems(services ?? {}, all, Object.keys(views ?? {})));
  for (const name of new Set(all.filter((one, i) => all.indexOf(one) < i)))
    problems.push(['', `there are two features named '${name}'`]);
  const count = features.length + Object.keys(derived ?? {}).length;
  if (count === 0 || count > FEATURES_MAX)
    problems.push(['', `a model takes 1 to ${FEATURES_MAX} features, here are ${count}`]);
  return problems;
}

/** @param views names that are taken: a view serves all of its features by its own name */
function serviceProblems(
  services: Readonly<Record<string, readonly string[]>>,
  features: readonly string[],
  views: readonly string[],
): Array<[string, string]> {
  return Object.entries(services).flatMap(([service, names]) => {
    const path = `services.${service}`;
    const unknown = names.filter((name) => !features.includes(name));
    const twice = names.filter((name, i) => names.indexOf(name) < i);
    return [
      ...(views.includes(service) ? [[path, 'a view has this name'] as [string, string]] : []),
      ...(names.length === 0 ? [[path, 'it has no feature'] as [string, string]] : []),
      ...unknown.map((name): [string, string] => [
        path,
        `there is no feature '${name}'${suggestion(name, features)}`,
      ]),
      ...twice.map((name): [string, string] => [path, `it has the feature '${name}' twice`]),
    ];
  });
}

/** What is wrong with the expressions themselves, by path. */
export function expressionProblems({ derived = {} }: FeaturesOptions): Array<[string, string]> {
  const all = (tree: PartTree): Array<[string, string]> => [
    ...problemsOf(tree).map(({ path, what }): [string, string] => [path, what]),
    ...tree.inner.flatMap(all),
  ];
  return partsOf(derived, 'derived').flatMap(all);
}

/** Every column that the stage reads, once. */
export function readsOf({ when, fields, views }: FeaturesSettings): string[] {
  const parts: ReadonlyArray<FieldFeature | View> = [
    ...Object.values(fields ?? {}),
    ...Object.values(views ?? {}),
  ];
  return [...new Set([...predicateReads(when), ...parts.flatMap(({ reads }) => reads)])];
}

/** Of these, those of which an event has one value: all but what is aggregated. */
export function readsOnceOf({ when, fields, views }: FeaturesSettings): string[] {
  const keys = Object.values(views ?? {}).flatMap(({ key }) => key.map((column) => anyColumn(column)));
  const own = Object.values(fields ?? {}).flatMap(({ reads }) => reads);
  return [...new Set([...predicateReads(when), ...own, ...keys])];
}

/** How far back the longest window reaches, ms. */
export function longestWindowMs(options: FeaturesOptions): number {
  const aggregates = Object.values(options.views ?? {}).flatMap(({ features }) => Object.values(features));
  return aggregates.reduce((most, { over }) => Math.max(most, over.memoryMs), 0);
}

/** One line about the stage. */
export function summarize(options: FeaturesSettings): string {
  const views = Object.entries(options.views ?? {}).map(([name, { key, features }]) => {
    const aggregates = Object.values(features);
    const longest = Math.max(...aggregates.map(({ over }) => over.lengthMs));
    return `${name} by ${key.join(KEY_SEPARATOR)}: ${aggregates.length} aggregates up to ${formatDuration(longest)}`;
  });
  const fields = Object.keys(options.fields ?? {}).length;
  const derived = Object.entries(options.derived ?? {}).map(([name, { text }]) => `${name} = ${text}`);
  const services = Object.entries(options.services ?? {}).map(
    ([name, features]) => `service ${name}: ${features.join(', ')}`,
  );
  const first = `${fields} fields${describeSelection(options.when)}`;
  return [first, ...views, ...derived, ...services].join('; ');
}
