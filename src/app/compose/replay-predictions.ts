// Reads predictions back from their topic, for a subscriber that resumes further back than memory reaches (control path).
import { PredictionsTopic, type FoundPrediction } from '../../runtime/recovery/predictions-topic.ts';
import type { ReplayPredictions, ReplayRequest } from '../../serving/sockets/catch-up.ts';
import type { PredictionRows } from '../../serving/sockets/frames.ts';
import type { Topology } from '../../topology/define.ts';
import { topicsOf } from '../../topology/topics.ts';
import type { Adapters } from './adapters.ts';

/** Milliseconds between two looks for predictions that are served but not committed yet. */
const COMMIT_POLL_MS = 50;

function rowsOf(request: ReplayRequest, of: readonly FoundPrediction[]): PredictionRows {
  return {
    origin: request.origin,
    count: of.length,
    offsets: Float64Array.from(of, (found) => found.offset),
    eventTimeMs: Float64Array.from(of, (found) => found.record.eventTime),
    keys: of.map((found) => found.record.key),
    scores: Float32Array.from(of, (found) => found.record.score),
    flags: Uint8Array.from(of, (found) => found.record.flags),
    version: of[0]?.record.version ?? '',
  };
}

/** Runs of rows by model version: a block has one. */
function* byVersion(of: readonly FoundPrediction[]): Generator<FoundPrediction[]> {
  let from = 0;
  for (let i = 1; i <= of.length; i++) {
    if (i < of.length && of[i]?.record.version === of[from]?.record.version) continue;
    yield of.slice(from, i);
    from = i;
  }
}

/** @see ReplayPredictions */
export async function replayPredictions(
  topology: Topology,
  { log, codec }: Pick<Adapters, 'log' | 'codec'>,
): Promise<ReplayPredictions> {
  const { predictions } = topicsOf(topology);
  const topic = await PredictionsTopic.open(log, predictions, codec);
  return async function* replay(request, gone) {
    const { partition } = request.origin;
    let at = await topic.seek(partition, request.afterOffset);
    let newest = request.afterOffset;
    let last = -1;
    for (;;) {
      const { high } = await topic.range(partition);
      for await (const found of topic.read(partition, at, high)) {
        if (gone.aborted) return;
        const wanted = found.filter(
          ({ offset }) => offset > newest && (request.beforeOffset === null || offset < request.beforeOffset),
        );
        newest = wanted.at(-1)?.offset ?? newest;
        last = found.at(-1)?.offset ?? last;
        // Not from `high`: what an open transaction kept from being read has yet to come.
        at = (found.at(-1)?.at ?? at - 1) + 1;
        for (const run of byVersion(wanted)) yield rowsOf(request, run);
      }
      // Memory holds on from `beforeOffset`: go on until the log has that one too, so that nothing lies between.
      if (request.beforeOffset === null || last >= request.beforeOffset) return;
      if (gone.aborted) return;
      await new Promise((resolve) => setTimeout(resolve, COMMIT_POLL_MS));
    }
  };
}
