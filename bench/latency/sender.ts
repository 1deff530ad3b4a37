// Publishes the schedule's events (control path): ticks to the engine, their bare names to the bare loop.
import type { SchemaCodec } from '../../src/ports/codec.ts';
import type { EventLog } from '../../src/ports/event-log.ts';
import { TickSource, type Tick } from '../jobs/standard.ts';
import { BARE_TOPIC } from './bare-loop.ts';
import { keepSchedule, WARM_UP, type Schedule, type Send } from './schedule.ts';

/** Sent as fast as they are taken, so that the engine's code is compiled before the schedule begins. */
const COMPILE_EVENTS = 40_000;
const COMPILE_CHUNK = 500;

export async function sendAll(
  log: EventLog,
  codec: SchemaCodec,
  schedule: Schedule,
): Promise<Record<Send['to'], number>> {
  const source = new TickSource(await codec.encoder<Tick>('ticks-value'));
  const toEngine = (ids: readonly string[]): Promise<void> =>
    log.publish(
      'ticks',
      ids.map((id) => source.next(id)),
    );
  for (let sent = 0; sent < COMPILE_EVENTS; sent += COMPILE_CHUNK) {
    await toEngine(Array.from({ length: COMPILE_CHUNK }, (_, i) => `${WARM_UP}${sent + i}`));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return keepSchedule(schedule, ({ to, ids }) => {
    if (to === 'engine') return toEngine(ids);
    const records = ids.map((id) => ({ key: null, value: Buffer.from(id), timestampMs: Date.now() }));
    return log.publish(BARE_TOPIC, records);
  });
}
