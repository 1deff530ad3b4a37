// The engine that the damaged events go through (control path): tells time and CPU of what comes after the warm-up, up
// to the last commit.
import { setTimeout as sleep } from 'node:timers/promises';
import { argument, heard, tellParent } from '../child.ts';
import { openEngine, type Place } from '../engine/open.ts';
import { profile } from '../engine/profile.ts';
import { logisticModel } from '../jobs/standard.ts';
import { malformedTopology } from './topology.ts';

export interface MalformedRequest {
  readonly place: Place;
  /** Events in the topic, and of those the ones before measuring begins. */
  readonly total: number;
  readonly warmUp: number;
  readonly profileFolder: string | null;
}

export interface MalformedAnswer {
  readonly kind: 'done';
  readonly events: number;
  readonly seconds: number;
  readonly cpuMicros: number;
}

const tell: (message: MalformedAnswer) => void = tellParent;
const POLL_MS = 5;

const { place, total, warmUp, profileFolder } = argument() as MalformedRequest;
const width = malformedTopology.features?.features.length ?? 0;
const bench = await openEngine(place, malformedTopology, logisticModel(width), []);
const { stats } = bench.engine;

async function taken(events: number): Promise<void> {
  while (stats.events < events) await sleep(POLL_MS);
}

const begun = taken(warmUp);
const ended = taken(total);
const profiled = profileFolder === null ? null : profile('malformed', profileFolder, begun, ended);
await begun;
const before = { events: stats.events, atMs: performance.now(), cpu: process.cpuUsage() };
await ended;
await profiled;
await bench.engine.stop(60_000); // the last epoch is committed
const cpu = process.cpuUsage(before.cpu);
tell({
  kind: 'done',
  events: stats.events - before.events,
  seconds: (performance.now() - before.atMs) / 1_000,
  cpuMicros: cpu.user + cpu.system,
});
await heard('end');
await bench.close();
process.exit(0);
