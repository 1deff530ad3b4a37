// Features of many entities by the name of a service (control path): which views it reads, and what is said of each feature.
import { MillraceError } from '../../core/errors.ts';
import { FEATURES_ENTITIES_MAX } from '../../core/process-limits.ts';
import { nearest } from '../../core/unknown-keys.ts';
import { inputNames } from '../../operators/derived-column.ts';
import { DerivedFeatures } from '../../operators/derived-features.ts';
import { layoutOf, type FeaturesStage } from '../../operators/feature-layout.ts';
import { viewPrefix } from '../../operators/view-state.ts';
import type {
  EntityFeatures,
  FeaturesReader,
  FeaturesReply,
  FeaturesRequest,
  FeatureStatus,
} from '../../ports/features.ts';
import type { StateStores } from '../../ports/state-store.ts';
import type { Topology } from '../../topology/define.ts';
import { askedKeys, malformed } from './asked-entities.ts';
import { findStates, REBUILDING, type Found, type WantedKey } from './found-states.ts';
import { nowOf, ViewReader } from './view-reader.ts';

/** A feature of a service, and the views that it is computed from: one, or those that a derived feature reads. */
interface ServedFeature {
  readonly name: string;
  /** In the vector of the stage. */
  readonly at: number;
  readonly views: readonly number[];
}

interface ServicePlan {
  readonly features: readonly ServedFeature[];
  readonly views: ReadonlyArray<{ readonly name: string; readonly at: number; readonly reader: ViewReader }>;
}

/** What is known of an entity in one view. */
interface ViewFacts {
  readonly status: 'present' | Exclude<FeatureStatus, 'present' | 'null'>;
  readonly eventTimeMs: number | null;
  readonly freshnessMs: number | null;
}

const NOT_FOUND: ViewFacts = { status: 'not_found', eventTimeMs: null, freshnessMs: null };
const IS_REBUILDING: ViewFacts = { ...NOT_FOUND, status: 'rebuilding' };

/** @param nowMs the clock */
export function featureServices(
  topology: Topology,
  stores: Pick<StateStores, 'served'>,
  nowMs: () => number = Date.now,
): FeaturesReader {
  const stage = topology.features;
  if (stage === null)
    return { services: [], read: ({ service }) => Promise.reject(unknownService(service, [])) };
  const { allowedLatenessMs } = topology.watermarks;
  const { options } = stage;
  const names = layoutOf(options).map(({ name }) => name);
  const derived = new DerivedFeatures(options.derived ?? {}, names, `stage ${stage.id}`);
  const plans = plansOf(stage, allowedLatenessMs);
  const keyOf = askedKeys(topology);

  const read = async (request: FeaturesRequest): Promise<FeaturesReply> => {
    const plan = plans.get(request.service);
    if (plan === undefined) throw unknownService(request.service, [...plans.keys()]);
    const { entities } = request;
    if (entities.length === 0 || entities.length > FEATURES_ENTITIES_MAX)
      throw malformed(`a request has 1 to ${FEATURES_ENTITIES_MAX} entities, this one ${entities.length}`);
    const wanted = plan.views.flatMap(({ name, reader }) =>
      entities.map((entity, i): WantedKey => {
        const joined = keyOf(entity, reader.view.key, i);
        return { view: name, key: `${stage.id}:${viewPrefix(name)}${joined}`, entity: joined };
      }),
    );
    const { states, partitions } = await findStates(topology, stores, wanted);
    const vectors = new Float32Array(entities.length * names.length).fill(Number.NaN);
    const clockMs = nowMs();
    const facts = plan.views.map(({ at, reader }, v) =>
      entities.map((_entity, i): ViewFacts => {
        const index = v * entities.length + i;
        const state = states[index] ?? null;
        const { key } = wanted[index] as WantedKey;
        const known = factsOf(reader, state, key, { request, clockMs, allowedLatenessMs });
        if (known.status === 'present') vectors.set(reader.values, i * names.length + at);
        return known;
      }),
    );
    derived.compute(vectors, entities.length, new Map());
    return {
      features: plan.features.map(({ name }) => name),
      results: entities.map((_entity, i) =>
        resultOf(
          plan,
          facts.map((ofView) => ofView[i] as ViewFacts),
          vectors.subarray(i * names.length, (i + 1) * names.length),
        ),
      ),
      partitions,
    };
  };
  return { services: [...plans.keys()], read };
}

interface At {
  readonly request: FeaturesRequest;
  readonly clockMs: number;
  readonly allowedLatenessMs: number;
}

/** Reads the state into the reader's values. */
function factsOf(reader: ViewReader, state: Found, key: string, at: At): ViewFacts {
  if (state === null) return NOT_FOUND;
  if (state === REBUILDING) return IS_REBUILDING;
  const { request, clockMs, allowedLatenessMs } = at;
  const { eventTimeMs, watermarkMs } = state;
  const asOfMs = request.asOfMs ?? nowOf(watermarkMs, clockMs);
  const freshnessMs = Math.max(0, asOfMs - eventTimeMs);
  const maxAgeMs = request.maxAgeMs ?? reader.view.maxAgeMs ?? Number.POSITIVE_INFINITY;
  // What a window keeps reaches back from the newest event of the entity by as much as a late event may be late.
  if (asOfMs < eventTimeMs - allowedLatenessMs)
    return { status: 'outside_history', eventTimeMs, freshnessMs };
  if (freshnessMs > maxAgeMs) return { status: 'outside_max_age', eventTimeMs, freshnessMs };
  // State of other windows counts as none: its owner does not use it either.
  return reader.read(key, state, asOfMs) ? { status: 'present', eventTimeMs, freshnessMs } : NOT_FOUND;
}

function resultOf(
  { features }: ServicePlan,
  facts: readonly ViewFacts[],
  vector: Float32Array,
): EntityFeatures {
  const values: Array<number | null> = [];
  const statuses: FeatureStatus[] = [];
  const eventTimeMs: Array<number | null> = [];
  const freshnessMs: Array<number | null> = [];
  for (const { at, views } of features) {
    const read = views.map((view) => facts[view] as ViewFacts);
    // Of several views that a derived feature reads, what is wrong with one, else the oldest.
    const worst =
      read.find(({ status }) => status !== 'present') ??
      read.reduce((a, b) => ((b.freshnessMs ?? 0) > (a.freshnessMs ?? 0) ? b : a));
    const value = vector[at] as number;
    const isMissing = worst.status === 'present' && Number.isNaN(value);
    statuses.push(isMissing ? 'null' : worst.status);
    values.push(worst.status === 'present' && !isMissing ? value : null);
    eventTimeMs.push(worst.eventTimeMs);
    freshnessMs.push(worst.freshnessMs);
  }
  return { values, statuses, eventTimeMs, freshnessMs };
}

/** The services by name, and each view as a service of all its features. */
function plansOf(stage: FeaturesStage, allowedLatenessMs: number): Map<string, ServicePlan> {
  const { options } = stage;
  const names = layoutOf(options).map(({ name }) => name);
  const viewNames = Object.keys(options.views ?? {});
  const readers = new Map(
    Object.entries(options.views ?? {}).map(([name, view]) => [
      name,
      new ViewReader(view, allowedLatenessMs),
    ]),
  );
  const ownFeatures = (view: string): string[] =>
    (readers.get(view)?.names ?? []).map((feature) => `${view}.${feature}`);
  const viewOf = new Map(
    viewNames.flatMap((view) => ownFeatures(view).map((feature) => [feature, view] as const)),
  );
  /** The views of a feature; null for one that reads the event itself. */
  const viewsOf = (feature: string): string[] | null => {
    const expression = options.derived?.[feature];
    const inputs = expression === undefined ? [feature] : inputNames(expression);
    const views = inputs.map((input) => viewOf.get(input));
    return views.every((view) => view !== undefined) && views.length > 0 ? [...new Set(views)] : null;
  };
  const planOf = (features: readonly string[]): ServicePlan => {
    const served = features.flatMap((name) => {
      const views = viewsOf(name);
      return views === null ? [] : [{ name, at: names.indexOf(name), views }];
    });
    const used = [...new Set(served.flatMap(({ views }) => views))];
    return {
      features: served.map(({ views, ...feature }) => ({
        ...feature,
        views: views.map((view) => used.indexOf(view)),
      })),
      views: used.map((name) => ({
        name,
        at: names.indexOf(ownFeatures(name)[0] as string),
        reader: readers.get(name) as ViewReader,
      })),
    };
  };
  return new Map([
    ...viewNames.map((view) => [view, planOf(ownFeatures(view))] as const),
    ...Object.entries(options.services ?? {}).map(([name, list]) => [name, planOf(list)] as const),
  ]);
}

function unknownService(service: string, known: readonly string[]): MillraceError {
  const near = nearest(service, known);
  return new MillraceError('DATA_INVALID', `there is no service or view '${service}'`, {
    remedy:
      near === null
        ? `The topology has these: ${known.length === 0 ? 'none' : known.join(', ')}.`
        : `Did you mean '${near}'? The topology has these: ${known.join(', ')}.`,
  });
}
