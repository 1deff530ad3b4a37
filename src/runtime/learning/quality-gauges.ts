// Figures of quality as gauges (control path): at each boundary, and after a restart, before the next one.
import type { Telemetry } from '../../ports/telemetry.ts';
import type { LoopJournal } from './loop-journal.ts';
import { confusionCells, namedFigures } from './quality-rows.ts';

/** Of the newest entry of the journal. */
export function showQuality(
  { quality, confusion }: Pick<LoopJournal, 'quality' | 'confusion'>,
  telemetry: Pick<Telemetry, 'gauge'>,
  topology: string,
): void {
  const newest = quality.at(-1);
  if (newest === undefined) return;
  for (const model of ['loop', 'frozen'] as const) {
    for (const [figure, value] of namedFigures(newest[model]))
      telemetry.gauge('quality', value, { topology, model, figure });
    const own = confusion?.[model];
    for (const { value, ...cell } of own === undefined ? [] : confusionCells(own))
      telemetry.gauge('confusion', value, { topology, model, ...cell });
  }
}
