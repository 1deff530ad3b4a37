// The entities of a prediction as text (hot path, once a row).
import type { FeatureBlock } from '../../core/blocks.ts';

/** Whose features a prediction has: JSON of entity by view, empty where there is no key. */
export function entitiesOf({ entities = [] }: FeatureBlock, row: number): string {
  return JSON.stringify(Object.fromEntries(entities.map(({ view, keys }) => [view, keys[row] ?? ''])));
}
