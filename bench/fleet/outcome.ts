// What a run left in the predictions topic (control path), as an independent read_committed consumer sees it.
import { openLog } from '../../src/app/compose/adapters.ts';
import { parsePredictionId } from '../../src/core/blocks.ts';
import type { PredictionRecord } from '../../src/runtime/records.ts';
import { FakeTelemetry } from '../../src/testing/index.ts';
import { topicsOf } from '../../src/topology/topics.ts';
import type { Topology } from '../../src/topology/define.ts';
import { readTopics } from './read-topics.ts';
import type { Setting } from './setting.ts';

export interface Outcome {
  /** Events in the source topic. */
  readonly events: number;
  readonly predictions: number;
  /** Events without a prediction. */
  readonly lost: number;
  /** Predictions beyond the first of an event. */
  readonly doubled: number;
  /** Predictions of no event. */
  readonly strange: number;
  readonly readBy: string;
}

/** Every event of the source must have its one prediction. */
export async function readOutcome(setting: Setting, topology: Topology): Promise<Outcome> {
  const topics = topicsOf(topology);
  const log = await openLog(await setting.config('reader', setting.kafka.environment), new FakeTelemetry());
  const ends = (await log.offsets(topics.source)).map(({ high }) => high);
  await log.close();
  const counts = ends.map((end) => new Uint8Array(end));
  const decoder = await setting.codec.decoder<PredictionRecord>(`${topics.predictions}-value`);
  const values: Buffer[] = [];
  const readBy = await readTopics(setting.kafka.brokers, [topics.predictions], ({ value }) => {
    if (value !== null) values.push(value);
  });
  let strange = 0;
  for (const value of values) {
    const at = parsePredictionId((await decoder.decode(value)).id);
    const seen = at?.topic === topics.source ? counts[at.partition] : undefined;
    if (at === null || seen === undefined || at.offset >= seen.length) strange += 1;
    else seen[at.offset] = Math.min(255, (seen[at.offset] as number) + 1);
  }
  let lost = 0;
  let doubled = 0;
  for (const seen of counts) {
    for (const count of seen) {
      if (count === 0) lost += 1;
      else doubled += count - 1;
    }
  }
  const events = ends.reduce((sum, end) => sum + end, 0);
  return { events, predictions: values.length, lost, doubled, strange, readBy };
}
