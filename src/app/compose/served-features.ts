// Served features of one entity, with their names (control path): computed from the windows that the online store has, as of
// an instant, so that they age.
import { MillraceError } from '../../core/errors.ts';
import type { ServedFeatures } from '../../ports/route.ts';
import type { StateStores } from '../../ports/state-store.ts';
import type { FeatureReader } from '../../serving/serving-context.ts';
import type { Topology } from '../../topology/define.ts';
import { findStates, REBUILDING } from './found-states.ts';
import { nowOf, ViewReader } from './view-reader.ts';

/**
 * Reads features of `view=entity`, for example `origin=JFK`; the values of an entity of several columns are joined by `|`, and
 * `|` and `\` within one are preceded by `\`. Reads throw STORE_UNAVAILABLE while the state is rebuilt.
 * @param nowMs the clock
 */
export function servedFeatures(
  topology: Topology,
  { stores }: { readonly stores: Pick<StateStores, 'served'> },
  nowMs: () => number = Date.now,
): FeatureReader {
  const stage = topology.features;
  const views = stage?.options.views ?? {};
  const { allowedLatenessMs } = topology.watermarks;
  const readers = new Map<string, ViewReader>();
  const readerOf = (name: string): ViewReader | null => {
    const view = Object.hasOwn(views, name) ? views[name] : undefined;
    if (view === undefined) return null;
    const reader = readers.get(name) ?? new ViewReader(view, allowedLatenessMs);
    readers.set(name, reader);
    return reader;
  };
  return async (name, key, atMs): Promise<ServedFeatures | null> => {
    if (stage === null || name !== topology.name) return null;
    const split = key.indexOf('=');
    const [view, entity] = [key.slice(0, Math.max(0, split)), key.slice(split + 1)];
    const reader = readerOf(view);
    if (reader === null) return null;
    const found = await findStates(topology, stores, [{ view, key: `${stage.id}:${key}`, entity }]);
    const [state] = found.states;
    if (state === undefined || state === null) return null;
    if (state === REBUILDING) throw rebuilding(topology.name, key);
    const { eventTimeMs, watermarkMs } = state;
    // Panes older than what a late event may still see are gone.
    const asOfMs = Math.max(atMs ?? nowOf(watermarkMs, nowMs()), watermarkMs - allowedLatenessMs);
    if (!reader.read(key, state, asOfMs)) return null;
    const values = reader.names.map((feature, i) => {
      const value = reader.values[i] as number;
      return [feature, Number.isNaN(value) ? null : value] as const;
    });
    const expired = reader.isExpired(eventTimeMs, asOfMs);
    return {
      values: Object.fromEntries(values),
      eventTimeMs,
      asOfMs,
      status: expired ? 'expired' : 'fresh',
      expired,
    };
  };
}

function rebuilding(where: string, key: string): MillraceError {
  return new MillraceError(
    'STORE_UNAVAILABLE',
    `the store has lost state of ${key}, which is being rebuilt`,
    {
      where,
      remedy: 'Ask again when the condition state_rebuilt is over: the engine reads the events once more.',
    },
  );
}
