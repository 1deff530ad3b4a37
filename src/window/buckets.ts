// Aggregates by bucket (hot path, but for what is made once): the events of a window by what a string column says, each
// bucket with the state of one aggregate. One mechanism serves every aggregate: an accumulator of accumulators, whose `add`
// gets the hash of the bucket as well.
import type { OptionCheck } from '../core/option-checks.ts';
import { listOf, nonEmptyText, shown, whole } from '../core/option-checks.ts';
import { BUCKETS_MAX, TOP_BUCKETS_MAX } from '../core/window-limits.ts';
import { stableJson } from '../core/stable-json.ts';
import { categoryOfHash, stringHash } from '../core/string-hash.ts';
import type { Accumulator, AggregateDefinition, Buckets } from './aggregate.ts';
import type { BucketedState } from './bucketed-state.ts';
import { topBuckets } from './top-buckets.ts';

/** What follows the name of a feature, by the aggregates of which each is one. */
export type PartDefinitions = ReadonlyMap<string, AggregateDefinition>;

const OTHER = 'other';
const DROPPED = 'dropped';

/** What is wrong with `buckets`. */
export const bucketsCheck: OptionCheck = (buckets) => {
  if (!Array.isArray(buckets)) {
    const { top, ...others } = Object(buckets) as { readonly top?: unknown };
    if (top === undefined || Object.keys(others).length > 0)
      return `${shown(buckets)} is no list of buckets: give ['food', 'fuel'], say, or { top: 8 }`;
    return whole(1, TOP_BUCKETS_MAX)(top);
  }
  if (buckets.length === 0 || buckets.length > BUCKETS_MAX)
    return `it lists ${buckets.length} buckets: give 1 to ${BUCKETS_MAX}`;
  const wrong = listOf(nonEmptyText)(buckets);
  if (wrong !== null) return wrong;
  const twice = buckets.find((name, i) => buckets.indexOf(name) < i) as string | undefined;
  if (twice !== undefined) return `'${twice}' is listed twice`;
  const taken = buckets.find((name) => name === OTHER || name === DROPPED) as string | undefined;
  return taken === undefined ? null : `'${taken}' is what the feature of the other buckets is named`;
};

/** The states of declared buckets, one after the other, then that of the rest and the number of its events. */
function declaredBuckets(inner: Accumulator, names: readonly string[]): BucketedState {
  const { width, add, merge, clear } = inner;
  const hashes = Float64Array.from(names, stringHash);
  const count = hashes.length;
  const restAt = count * width;
  const droppedAt = restAt + width;
  const scratch = new Float64Array(width);
  return {
    accumulator: {
      width: droppedAt + 1,
      isSparse: true,
      clear: (slab, at) => {
        for (let i = 0; i <= count; i++) clear?.(slab, at + i * width);
      },
      add: (slab, at, value, timeMs, bucket = Number.NaN) => {
        let i = 0;
        while (i < count && hashes[i] !== bucket) i++;
        if (i === count) slab[at + droppedAt] = (slab[at + droppedAt] as number) + 1;
        add(slab, at + i * width, value, timeMs);
      },
      merge: (to, a, from, b) => {
        for (let i = 0; i <= count; i++) merge(to, a + i * width, from, b + i * width);
        to[a + droppedAt] = (to[a + droppedAt] as number) + (from[b + droppedAt] as number);
      },
    },
    buckets: names.map((name, i) => ({ name, stateAt: (_slab, at) => at + i * width })),
    rest: (slab, at) => scratch.set(slab.subarray(at + restAt, at + droppedAt)),
    scratch,
    dropped: (slab, at) => slab[at + droppedAt] as number,
  };
}

interface Made {
  readonly inner: Accumulator;
  readonly key: string;
  readonly state: BucketedState;
}

const made = new WeakMap<Accumulator['add'], Made[]>();

/** One for aggregates that share an accumulator, so that they share its buckets. */
function bucketedState(inner: Accumulator, buckets: Buckets): BucketedState {
  const key = stableJson(buckets);
  const all = made.get(inner.add) ?? [];
  made.set(inner.add, all);
  const known = all.find(
    (one) =>
      one.key === key &&
      one.inner.merge === inner.merge &&
      one.inner.clear === inner.clear &&
      one.inner.width === inner.width,
  );
  if (known !== undefined) return known.state;
  const state = 'top' in buckets ? topBuckets(inner, buckets.top) : declaredBuckets(inner, buckets);
  all.push({ inner, key, state });
  return state;
}

function partName(bucket: string, part: string): string {
  return part === '' ? bucket : `${bucket}_${part}`;
}

/** What follows the name of the aggregate in two of its features: a name of a bucket may end as that of another begins. */
export function nameOfTwo(parts: readonly string[], buckets: Buckets): string | null {
  const isTop = 'top' in buckets;
  const all = isTop ? Array.from({ length: buckets.top }, (_, place) => `${place + 1}`) : buckets;
  const names = [...all, OTHER].flatMap((bucket) => parts.map((part) => partName(bucket, part)));
  names.push(DROPPED, ...(isTop ? all.map((place) => `${place}_bucket`) : []));
  return names.find((name, i) => names.indexOf(name) < i) ?? null;
}

/**
 * The features of an aggregate by bucket: `<bucket>` of one feature, `<bucket>_<part>` of several; for the buckets with the
 * most events `<place>` and `<place>_bucket`; of the rest `other`, and `dropped`, the number of its events.
 */
export function bucketedParts(definitions: PartDefinitions, buckets: Buckets): PartDefinitions {
  const [first] = definitions.values();
  if (first === undefined) return definitions;
  const { accumulator, buckets: all, rest, scratch, dropped } = bucketedState(first, buckets);
  const base = { ...accumulator, name: `${first.name}-by-bucket`, input: first.input };
  const parts = new Map<string, AggregateDefinition>();
  for (const { name, stateAt, hash } of all) {
    for (const [part, { read, output = 'number' }] of definitions) {
      parts.set(partName(name, part), {
        ...base,
        output,
        read: (slab, at, timeMs, seconds) => {
          const from = stateAt(slab, at);
          return from < 0 ? Number.NaN : read(slab, from, timeMs, seconds);
        },
      });
    }
    if (hash !== undefined)
      parts.set(`${name}_bucket`, {
        ...base,
        output: 'category',
        read: (slab, at) => categoryOfHash(hash(slab, at)),
      });
  }
  for (const [part, { read, output = 'number' }] of definitions) {
    parts.set(partName(OTHER, part), {
      ...base,
      output,
      read: (slab, at, timeMs, seconds) => {
        rest(slab, at);
        return read(scratch, 0, timeMs, seconds);
      },
    });
  }
  return parts.set(DROPPED, { ...base, read: dropped });
}
