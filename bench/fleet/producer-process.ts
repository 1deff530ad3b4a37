// The producer of a fleet's load (control path), in a process of its own: events at a steady rate, each named by the
// instant at which it is meant to be sent, in microseconds. One that is sent late keeps its name.
import { setTimeout as sleep } from 'node:timers/promises';
import { openCodec, openLog } from '../../src/app/compose/adapters.ts';
import { readConfig } from '../../src/app/settings/config.ts';
import { FakeTelemetry } from '../../src/testing/index.ts';
import { argument, tellParent } from '../child.ts';
import { TickSource, type Tick } from '../jobs/standard.ts';
import { nowMicros } from '../latency/clock.ts';

export interface LoadRequest {
  readonly environment: Readonly<Record<string, string>>;
  readonly topic: string;
  /** Events a second. */
  readonly rate: number;
  readonly seconds: number;
}

export type LoadMessage =
  | { readonly kind: 'begun'; readonly atMicros: number }
  | { readonly kind: 'sent'; readonly count: number; readonly worstLateMs: number };

const tell: (message: LoadMessage) => void = tellParent;

const MICROS_PER_SECOND = 1_000_000;
const MICROS_PER_MS = 1_000;
/** A request to the broker each: as many a second as leave the broker time for its members. */
const TICK_MS = 10;

const { environment, topic, rate, seconds } = argument() as LoadRequest;
const config = readConfig(environment);
const log = await openLog(config, new FakeTelemetry());
const codec = openCodec(config);
const source = new TickSource(await codec.encoder<Tick>(`${topic}-value`));
await log.publish(topic, []); // metadata first: the schedule does not wait for it

const gap = MICROS_PER_SECOND / rate;
const total = rate * seconds;
const startMicros = nowMicros() + gap;
tell({ kind: 'begun', atMicros: startMicros });
let sent = 0;
let worstLateMicros = 0;
while (sent < total) {
  const atMicros = nowMicros();
  const due = Math.min(total, Math.floor((atMicros - startMicros) / gap) + 1);
  if (due > sent) {
    worstLateMicros = Math.max(worstLateMicros, atMicros - (startMicros + sent * gap));
    const records = Array.from({ length: due - sent }, (_, i) =>
      source.next(String(Math.round(startMicros + (sent + i) * gap))),
    );
    await log.publish(topic, records);
    sent = due;
  }
  await sleep(TICK_MS);
}
tell({ kind: 'sent', count: sent, worstLateMs: worstLateMicros / MICROS_PER_MS });
await log.close();
await codec.close();
process.exit(0);
