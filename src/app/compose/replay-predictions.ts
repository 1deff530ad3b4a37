// Reads predictions from their topic for a subscriber that resumes further back than memory reaches (control path).
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { PredictionsTopic, type FoundPrediction } from '../../runtime/recovery/predictions-topic.ts';
import type { Quarantine } from '../../ports/quarantine.ts';
import type { ReplayPredictions, ReplayRequest } from '../../serving/sockets/catch-up.ts';
import type { PredictionRows } from '../../serving/sockets/frames.ts';
import type { Topology } from '../../topology/define.ts';
import { topicsOf } from '../../topology/topics.ts';
import type { Adapters } from './adapters.ts';

/** Poll interval for predictions that are served but not committed yet, ms. */
const COMMIT_POLL_MS = 50;

function rowsOf(request: ReplayRequest, found: readonly FoundPrediction[]): PredictionRows {
  return {
    origin: request.origin,
    count: found.length,
    offsets: Float64Array.from(found, ({ offset }) => offset),
    eventTimeMs: Float64Array.from(found, ({ record }) => record.eventTime),
    keys: found.map(({ record }) => record.key),
    scores: Float32Array.from(found, ({ record }) => record.score),
    flags: Uint8Array.from(found, ({ record }) => record.flags),
    version: found[0]?.record.version ?? '',
  };
}

/** Splits rows into runs of one model version, as a block has one. */
function* byVersion(found: readonly FoundPrediction[]): Generator<FoundPrediction[]> {
  let from = 0;
  for (let i = 1; i <= found.length; i++) {
    if (i < found.length && found[i]?.record.version === found[from]?.record.version) continue;
    yield found.slice(from, i);
    from = i;
  }
}

/** Hundreds may resume together, and an embedded log reads without waiting for anything. */
const turn = (): Promise<void> => setImmediate();

/** @see ReplayPredictions */
export async function replayPredictions(
  topology: Topology,
  { log, codec }: Pick<Adapters, 'log' | 'codec'>,
  quarantine: Quarantine,
): Promise<ReplayPredictions> {
  const topic = await PredictionsTopic.open(log, topicsOf(topology), codec, quarantine);
  return async function* replay(request, gone) {
    const { partition } = request.origin;
    let at = await topic.seek(partition, request.afterOffset);
    await turn();
    let newest = request.afterOffset;
    let last = -1;
    for (;;) {
      const { high } = await topic.range(partition);
      for await (const found of topic.read(partition, at, high, turn)) {
        if (gone.aborted) return;
        const wanted = found.filter(
          ({ offset }) => offset > newest && (request.beforeOffset === null || offset < request.beforeOffset),
        );
        newest = wanted.at(-1)?.offset ?? newest;
        last = found.at(-1)?.offset ?? last;
        // Not from `high`: records of a transaction that is still open are read later.
        at = (found.at(-1)?.at ?? at - 1) + 1;
        for (const run of byVersion(wanted)) yield rowsOf(request, run);
        if (request.beforeOffset !== null && last >= request.beforeOffset) return;
      }
      // Memory has the predictions from `beforeOffset` on: continue until the log has that one too, so that there is no gap.
      if (request.beforeOffset === null || last >= request.beforeOffset) return;
      if (gone.aborted) return;
      await sleep(COMMIT_POLL_MS);
    }
  };
}
