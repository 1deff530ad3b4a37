// Sliding and tumbling windows, declared (control path). Both are served from rings of panes.
import { defined } from '../../core/definition.ts';
import { duration } from '../../core/option-checks.ts';
import { MS_PER_HOUR } from '../../core/time.ts';
import { WINDOW_PANES_MAX } from '../../core/limits.ts';
import { defineWindow } from '../define-window.ts';
import type { WindowSpec, WindowDefinition } from '../window.ts';
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

/**
 * The last `sizeMs`, which moves on by panes. An event sees what has arrived before it in the log, itself included, in
 * whole panes: that of its own event time and the size / pane - 1 before it. An event that comes late, within the allowed
 * lateness, sees no later pane; of its own pane it sees everything that has arrived, also what is later in event time.
 * @param paneMs granularity; a twelfth of the size by default
 */
export function sliding(sizeMs: number, paneMs: number = sizeMs / PANES_DEFAULT): WindowSpec {
  return paneWindow('sliding', sizeMs, paneMs);
}

/**
 * Consecutive windows [k * size, (k + 1) * size). A feature reads the one before that of its event: what has arrived of it.
 */
export function tumbling(sizeMs: number): WindowSpec {
  return paneWindow('tumbling', sizeMs, sizeMs);
}
