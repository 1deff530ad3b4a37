// Reads predictions from their topic for a subscriber that resumes further back than memory reaches (control path).
import { setTimeout as sleep } from 'node:timers/promises';
import { placeBefore } from '../../core/place.ts';
import { PREDICTION_PAGE_POLL_MS } from '../../core/port-limits.ts';
import { PredictionsTopic } from '../../runtime/recovery/predictions-topic.ts';
import type { Quarantine } from '../../ports/quarantine.ts';
import type { ReplayPredictions } from '../../serving/sockets/catch-up.ts';
import type { Topology } from '../../topology/define.ts';
import { topicsOf } from '../../topology/topics.ts';
import type { Adapters } from './adapters.ts';
import { PredictionPages } from './prediction-pages.ts';

/** @see ReplayPredictions */
export async function replayPredictions(
  topology: Topology,
  { log, codec }: Pick<Adapters, 'log' | 'codec'>,
  quarantine: Quarantine,
): Promise<ReplayPredictions> {
  const topics = topicsOf(topology);
  const topic = await PredictionsTopic.open(log, topics, codec, quarantine);
  const pages = new PredictionPages(log, topic, topics);
  return async function* replay({ origin: { partition }, afterOffset, beforeOffset }, gone) {
    let newest = afterOffset;
    let number = await pages.seek(partition, afterOffset);
    while (!gone.aborted) {
      const page = await pages.page(partition, number);
      for (const rows of page.rows) {
        const last = rows.offsets[rows.count - 1] as number;
        if (last <= newest) continue;
        newest = last;
        yield rows;
      }
      if (beforeOffset !== null && newest >= placeBefore(beforeOffset)) return;
      if (page.isWhole) number += 1;
      else if (beforeOffset === null) return;
      // Memory has the predictions from `beforeOffset` on: continue until the log has those before it too, so that there is no
      // gap.
      else await sleep(PREDICTION_PAGE_POLL_MS);
    }
  };
}
