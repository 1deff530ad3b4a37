// From declared windows to rings of panes in a slab (control path: runs once a view). Each window has one ring.
import { MillraceError } from '../../core/errors.ts';
import { WINDOW_PANES_MAX } from '../../core/window-limits.ts';
import type { OpenWindow, WindowAggregates } from '../window.ts';

export interface PaneParameters {
  readonly kind: 'sliding' | 'tumbling';
  readonly sizeMs: number;
  readonly paneMs: number;
}

export interface Ring {
  readonly aggregates: WindowAggregates;
  readonly isSliding: boolean;
  readonly paneMs: number;
  readonly seconds: number;
  /** Panes that a query merges. */
  readonly span: number;
  /** Panes that are kept: the span and what allowed lateness needs. */
  readonly panes: number;
  /** Slots of one pane: the count of its updates, then the aggregates. */
  readonly width: number;
  /** First slot of the ring within a key's record: newest pane index, the panes, then the cache. */
  readonly base: number;
  /** First slot of the cached merge of the closed panes: the pane that it is for, then `width` slots. */
  readonly cache: number;
}

export interface PaneLayout {
  readonly rings: readonly Ring[];
  /** Slots of one key's record. */
  readonly stride: number;
  /** Event time after its last update at which a key holds nothing that a query could see, ms. */
  readonly ttlMs: number;
}

function ringPanes(
  { kind, sizeMs, paneMs }: PaneParameters,
  allowedLatenessMs: number,
): { span: number; panes: number } {
  // A tumbling feature reads the pane before the current one, so it keeps two.
  const span = kind === 'sliding' ? sizeMs / paneMs : 1;
  const panes = (kind === 'sliding' ? span : 2) + Math.ceil(allowedLatenessMs / paneMs);
  if (panes > WINDOW_PANES_MAX) {
    throw new MillraceError('TOPOLOGY_INVALID', `a window needs ${panes} panes, allowed lateness included`, {
      remedy: `Choose larger panes or less allowed lateness: ${WINDOW_PANES_MAX} panes at most.`,
    });
  }
  return { span, panes };
}

/** Lays out the windows in their order. */
export function layOutPanes(
  windows: ReadonlyArray<OpenWindow<PaneParameters>>,
  allowedLatenessMs: number,
): PaneLayout {
  let base = 0;
  let ttlMs = 0;
  const rings = windows.map(({ parameters, aggregates }): Ring => {
    const { kind, sizeMs, paneMs } = parameters;
    const { span, panes } = ringPanes(parameters, allowedLatenessMs);
    const width = 1 + aggregates.width;
    const cache = base + 1 + panes * width;
    const isSliding = kind === 'sliding';
    const ring = { aggregates, isSliding, paneMs, seconds: sizeMs / 1_000, span, panes, width, base, cache };
    base = cache + 1 + width;
    ttlMs = Math.max(ttlMs, panes * paneMs);
    return ring;
  });
  return { rings, stride: base, ttlMs };
}
