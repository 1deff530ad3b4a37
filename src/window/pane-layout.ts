// From declared aggregates to slots in a slab (control path: runs once a stage).
// A view's aggregates over the same window share one ring of panes. Aggregates that need the same accumulator
// (mean and std of one column under one predicate) share it.
import { MillraceError } from '../core/errors.ts';
import { WINDOW_PANES_MAX } from '../core/limits.ts';
import { MOMENTS_WIDTH } from '../core/moments.ts';
import type { Aggregate, NumberTest, WindowSpec } from './definitions.ts';

/** How an accumulator's slots are filled and merged; see accumulators.ts. */
export type AccumulatorKind = 'count' | 'sum' | 'moments' | 'min' | 'max' | 'last' | 'share';

export interface Accumulator {
  readonly kind: AccumulatorKind;
  /** First slot within a pane; slot 0 counts the pane's updates. */
  readonly at: number;
  /** Index into the view's value columns; -1 where events are counted. */
  readonly column: number;
  readonly test: NumberTest | null;
  readonly low: number;
  readonly high: number;
  /** Index into the view's predicates. */
  readonly predicate: number;
}

/** One feature's way out of a ring: which accumulator, read how, into which column of the view's vector. */
export interface Output {
  readonly kind: Aggregate['kind'];
  readonly at: number;
  readonly feature: number;
  readonly sizeSeconds: number;
}

export interface Ring {
  readonly window: WindowSpec;
  /** Panes that a query merges. */
  readonly span: number;
  /** Panes kept: the span and what allowed lateness needs. */
  readonly panes: number;
  /** Slots of one pane. */
  readonly width: number;
  /** First slot of the ring within a key's record: newest pane index, the panes, then the cache. */
  readonly base: number;
  /** First slot of the cached merge of the closed panes: the pane that it is for, then `width` slots. */
  readonly cache: number;
  readonly accumulators: readonly Accumulator[];
  readonly outputs: readonly Output[];
}

export interface PaneLayout {
  readonly rings: readonly Ring[];
  /** Slots of one key's record. */
  readonly stride: number;
  readonly featureCount: number;
  /** Names of the value columns that accumulators index. */
  readonly columns: readonly string[];
  /** Canonical form of each predicate, as `predicateKey` gives it. */
  readonly predicates: ReadonlyArray<Aggregate['where']>;
  /** Event time after its last update at which a key holds nothing that a query could see, ms. */
  readonly ttlMs: number;
}

const ACCUMULATOR_OF: Readonly<Record<Aggregate['kind'], AccumulatorKind>> = {
  count: 'count',
  rate: 'count',
  sum: 'sum',
  mean: 'moments',
  std: 'moments',
  min: 'min',
  max: 'max',
  last: 'last',
  share: 'share',
};

export const ACCUMULATOR_WIDTH: Readonly<Record<AccumulatorKind, number>> = {
  count: 1,
  sum: 1,
  moments: MOMENTS_WIDTH,
  min: 1,
  max: 1,
  last: 2,
  share: 2,
};

/** The position of `value` in `list`, added where it is new. */
function intern(list: string[], value: string): number {
  const known = list.indexOf(value);
  return known >= 0 ? known : list.push(value) - 1;
}

function ringPanes(window: WindowSpec, allowedLatenessMs: number): { span: number; panes: number } {
  // A tumbling feature reads the pane before the current one, so it keeps two.
  const span = window.kind === 'sliding' ? window.sizeMs / window.paneMs : 1;
  const panes = (window.kind === 'sliding' ? span : 2) + Math.ceil(allowedLatenessMs / window.paneMs);
  if (panes > WINDOW_PANES_MAX) {
    throw new MillraceError('TOPOLOGY_INVALID', `a window needs ${panes} panes, allowed lateness included`, {
      remedy: `Choose larger panes or less allowed lateness: ${WINDOW_PANES_MAX} panes at most.`,
    });
  }
  return { span, panes };
}

/** Lays out one view's aggregates, in the order of its features. */
export function layOut(aggregates: readonly Aggregate[], allowedLatenessMs: number): PaneLayout {
  const columns: string[] = [];
  const predicates: string[] = [];
  const byWindow = new Map<string, Array<{ aggregate: Aggregate; feature: number }>>();
  for (const [feature, aggregate] of aggregates.entries()) {
    const name = `${aggregate.over.kind}:${aggregate.over.sizeMs}:${aggregate.over.paneMs}`;
    const group = byWindow.get(name) ?? [];
    group.push({ aggregate, feature });
    byWindow.set(name, group);
  }
  const rings: Ring[] = [];
  let base = 0;
  let ttlMs = 0;
  for (const group of byWindow.values()) {
    const window = (group[0] as (typeof group)[number]).aggregate.over;
    const accumulators: Accumulator[] = [];
    const outputs: Output[] = [];
    const known = new Map<string, Accumulator>();
    let width = 1;
    for (const { aggregate, feature } of group) {
      const kind = ACCUMULATOR_OF[aggregate.kind];
      const column = aggregate.column === null ? -1 : intern(columns, aggregate.column);
      const predicate = intern(predicates, JSON.stringify(aggregate.where));
      const name = `${kind}:${column}:${predicate}:${JSON.stringify([aggregate.test, aggregate.clip])}`;
      let accumulator = known.get(name);
      if (accumulator === undefined) {
        const [low, high] = aggregate.clip ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
        accumulator = { kind, at: width, column, test: aggregate.test, low, high, predicate };
        known.set(name, accumulator);
        accumulators.push(accumulator);
        width += ACCUMULATOR_WIDTH[kind];
      }
      outputs.push({ kind: aggregate.kind, at: accumulator.at, feature, sizeSeconds: window.sizeMs / 1_000 });
    }
    const { span, panes } = ringPanes(window, allowedLatenessMs);
    const cache = base + 1 + panes * width;
    rings.push({ window, span, panes, width, base, cache, accumulators, outputs });
    base = cache + 1 + width;
    ttlMs = Math.max(ttlMs, panes * window.paneMs);
  }
  return {
    rings,
    stride: base,
    featureCount: aggregates.length,
    columns,
    predicates: predicates.map((text) => JSON.parse(text) as Aggregate['where']),
    ttlMs,
  };
}
