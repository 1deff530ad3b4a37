// Views of other keys than the source's (control path): which they are, and by how few hops their events come together.
import { PARTITIONS_DEFAULT } from '../operators/repartition.ts';
import type { FeaturesStage, Views } from '../operators/feature-layout.ts';
import type { Hop, HopView } from '../operators/hop.ts';
import type { View } from '../operators/view.ts';
import { parseRead } from '../core/columns.ts';
import { stableJson } from '../core/stable-json.ts';
import { stringHash } from '../core/string-hash.ts';
import { aggregateContent } from '../window/aggregate-content.ts';
import { predicateReads } from '../window/predicate.ts';
import type { SourceOptions } from './source.ts';

type KeyedSource = Pick<SourceOptions, 'key' | 'partitions'>;

/** The columns that producers key records by; null if the source does not say. */
export function sourceKey({ key }: Pick<SourceOptions, 'key'>): readonly string[] | null {
  if (key === undefined) return null;
  return typeof key === 'string' ? [key] : key;
}

function includes(key: readonly string[], columns: readonly string[]): boolean {
  return columns.every((column) => key.includes(column));
}

/** The views whose entities have events in several partitions. */
export function foreignViews(source: KeyedSource, features: FeaturesStage | null): Views {
  const key = sourceKey(source);
  if (key === null || (source.partitions ?? PARTITIONS_DEFAULT) === 1) return {};
  const views = Object.entries(features?.options.views ?? {});
  return Object.fromEntries(views.filter(([, view]) => !includes(view.key, key)));
}

/** The name of a hop by this key, which is one of a topic. */
function hopName(topology: string, key: readonly string[]): string {
  return `${topology}.by-${key.join('-').replaceAll(/[^A-Za-z0-9_-]/g, '-')}`;
}

/**
 * The hops of a topology: a topic by a key brings together the events of each view whose key includes it, so there is one
 * for each key that includes no other.
 */
export function hopsOf(topology: string, source: KeyedSource, features: FeaturesStage | null): Hop[] {
  const views = Object.entries(foreignViews(source, features));
  const keys: Array<readonly string[]> = [];
  for (const [, { key }] of views) {
    const isLeast = views.every(([, other]) => !includes(key, other.key) || includes(other.key, key));
    if (isLeast && !keys.some((one) => includes(one, key))) keys.push(key);
  }
  const left = new Map(views);
  return keys.map((key) => {
    const served = [...left].filter(([, view]) => includes(view.key, key));
    for (const [name] of served) left.delete(name);
    const when = predicateReads(features?.options.when ?? {});
    return hopOf(hopName(topology, key), key, served, when, source.partitions ?? PARTITIONS_DEFAULT);
  });
}

function hopOf(
  name: string,
  key: readonly string[],
  served: ReadonlyArray<readonly [string, View]>,
  when: readonly string[],
  partitions: number,
): Hop {
  const views: HopView[] = [];
  let width = 0;
  for (const [view, { features }] of served) {
    views.push({ name: view, at: width });
    width += Object.keys(features).length;
  }
  const reads = [...served.flatMap(([, view]) => view.reads), ...when];
  const columns = [...new Set([...key, ...reads.map((read) => parseRead(read).column)])];
  return { name, key, views, columns, width, fingerprint: fingerprintOf(served), partitions };
}

/** Changes with everything that decides what the features of an answer mean. */
function fingerprintOf(views: ReadonlyArray<readonly [string, View]>): number {
  const parts = views.map(([name, { key, features }]) => [
    name,
    key,
    Object.entries(features).map(([feature, aggregate]) => [
      feature,
      aggregate.definition.name,
      ...aggregateContent(aggregate),
    ]),
  ]);
  return stringHash(stableJson(parts));
}
