// Sliding and tumbling windows, declared (control path). Both are served from rings of panes.
import { defined } from '../../core/definition.ts';
import { checkedOptions, duration, type OptionChecks } from '../../core/option-checks.ts';
import { MS_PER_DAY, MS_PER_HOUR } from '../../core/time.ts';
import { WINDOW_PANES_MAX } from '../../core/window-limits.ts';
import { defineWindow } from '../define-window.ts';
import type { WindowSpec, WindowDefinition } from '../window.ts';
import { offsetTumbling } from '../settling/offset-tumbling.ts';
import { tiles } from '../tiles/tiles.ts';
import { layOutPanes, type PaneParameters } from './pane-layout.ts';
import { PaneState } from './pane-state.ts';

const PANES_DEFAULT = 12;

export const panesDefinition: WindowDefinition<PaneParameters> = {
  name: 'panes',
  byPredicate: false,
  lengthMs: ({ sizeMs }) => sizeMs,
  // A pane more: a window reaches back to the beginning of its first pane.
  memoryMs: ({ sizeMs, paneMs }) => sizeMs + paneMs,
  open: (windows, { allowedLatenessMs }) => [new PaneState(layOutPanes(windows, allowedLatenessMs))],
};

const panes: (parameters: PaneParameters) => WindowSpec = defineWindow(panesDefinition);

function paneWindow(kind: PaneParameters['kind'], sizeMs: number, paneMs: number): WindowSpec {
  const count = sizeMs / paneMs;
  const wrong = duration()(sizeMs) ?? duration()(paneMs);
  const isDivided = wrong === null && Number.isInteger(count) && count <= WINDOW_PANES_MAX;
  if (isDivided) return panes({ kind, sizeMs, paneMs });
  const what =
    wrong ??
    `a window of ${sizeMs} ms cannot be divided into panes of ${paneMs} ms: choose a pane that divides it into 1 to ${WINDOW_PANES_MAX} parts`;
  // Stands for the window: the topology is refused.
  const refused = panes({ kind, sizeMs: MS_PER_HOUR, paneMs: MS_PER_HOUR });
  return defined({ ...refused }, { given: {}, problems: [['', what]] });
}

/** Windows that are longer are made of tiles, unless their panes are given: a twelfth of them would be too coarse. */
const PANES_MS_MAX = 30 * MS_PER_DAY;

/**
 * The last `sizeMs`, which moves on by panes. An event sees what has arrived before it in the log, itself included, in
 * whole panes: that of its own event time and the size / pane - 1 before it. An event that comes late, within the allowed
 * lateness, sees no later pane; of its own pane it sees everything that has arrived, also what is later in event time.
 * Windows of more than 30 days, and those with `'tiles'`, are made of tiles of five minutes, an hour and a day instead: the
 * window reaches from `sizeMs` or up to one tile more before the event (a day from 12 days on, an hour from 12 hours on, else
 * five minutes), at no more than 24 + 12 tiles besides these. A late event is in the right tiles.
 * @param panes granularity, ms, or `'tiles'`; a twelfth of the size by default, up to 30 days
 */
export function sliding(sizeMs: number, panes?: number | 'tiles'): WindowSpec {
  if (panes === 'tiles' || (panes === undefined && sizeMs > PANES_MS_MAX)) {
    const wrong = duration()(sizeMs);
    return defined(tiles({ sizeMs: wrong === null ? sizeMs : MS_PER_HOUR }), {
      given: {},
      problems: wrong === null ? [] : [['', wrong]],
    });
  }
  return paneWindow('sliding', sizeMs, panes === undefined ? sizeMs / PANES_DEFAULT : panes);
}

/**
 * Windows of `sizeMs` that begin every `hopMs`: the newest one that has the event in it, so far. It is `sliding(sizeMs, hopMs)`
 * by the name that it has elsewhere: a feature is read for each event, and sees one window.
 */
export function hopping(sizeMs: number, hopMs: number): WindowSpec {
  return paneWindow('sliding', sizeMs, hopMs);
}

export interface TumblingOptions {
  /** By how much the windows begin after multiples of their size since 1970 in UTC, ms; below the size. Of days or weeks of a time zone use `calendar`. */
  readonly offset?: number;
}

/**
 * Consecutive windows [k * size, (k + 1) * size). A feature reads the one before that of its event: what has arrived of it.
 */
export function tumbling(sizeMs: number, options: TumblingOptions = {}): WindowSpec {
  const checks: OptionChecks<TumblingOptions> = { offset: duration({ zero: true }) };
  const { options: given, problems } = checkedOptions(options, checks);
  const { offset = 0 } = given;
  const wrong = duration()(sizeMs);
  const isOffset = wrong === null && offset > 0;
  const spec = isOffset
    ? offsetTumbling({ sizeMs, offsetMs: offset % sizeMs })
    : paneWindow('tumbling', sizeMs, sizeMs);
  const tooLong: ReadonlyArray<readonly [string, string]> =
    isOffset && offset >= sizeMs ? [['offset', `${offset} ms is not below the size of ${sizeMs} ms`]] : [];
  if (wrong !== null) return spec;
  return defined(spec, {
    given: Object(options) as object,
    options: checks,
    problems: [...problems, ...tooLong],
  });
}
