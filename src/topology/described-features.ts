// The features of a topology as `millrace describe --json` prints them (control path).
import type { FeatureSpec } from '../core/feature-spec.ts';
import { stableJson } from '../core/stable-json.ts';
import { layoutOf, type FeaturesOptions, type FeaturesStage } from '../operators/feature-layout.ts';
import { KEY_SEPARATOR } from '../operators/joined-key.ts';
import { describePredicate } from '../operators/predicate.ts';

export interface DescribedFeature {
  readonly name: string;
  readonly kind: 'numeric' | 'categorical';
  /** What it is computed from. */
  readonly definition: string;
}

/** Those of the vector that models take. */
export function describedFeatures({ options, features }: FeaturesStage): DescribedFeature[] {
  return described(options, features);
}

/** Those that are served by the name of their view, and that no model of the topology takes. */
export function servedAlone({ options, features }: FeaturesStage): DescribedFeature[] {
  const taken = new Set(features.map(({ name }) => name));
  return described(
    options,
    layoutOf(options).filter(({ name }) => !taken.has(name)),
  );
}

function described(options: FeaturesOptions, features: readonly FeatureSpec[]): DescribedFeature[] {
  const { fields = {}, views = {}, derived = {} } = options;
  const definitions = new Map<string, string>();
  for (const [name, { kind, column }] of Object.entries(fields)) definitions.set(name, `${kind}(${column})`);
  for (const [view, { key, features: aggregates }] of Object.entries(views)) {
    for (const [name, { definition, parameters, column, over, where, clip }] of Object.entries(aggregates)) {
      const parts = [column, over.definition.name, over.key, describePredicate(where), clip, parameters];
      definitions.set(
        `${view}.${name}`,
        `${definition.name} by ${key.join(KEY_SEPARATOR)} ${stableJson(parts)}`,
      );
    }
  }
  for (const [name, { text: derivation }] of Object.entries(derived)) definitions.set(name, derivation);
  return features.map(({ name, kind }) => ({ name, kind, definition: definitions.get(name) ?? '' }));
}
