// A million damaged events among good ones (control path): each bad one must be in the dead-letter topic once with its
// bytes and its place, each good one predicted once, whatever an independent decoder says is good and bad.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child } from '../child.ts';
import { shown, table } from '../figures.ts';
import { openCodec } from '../jobs/codec.ts';
import type { Tick } from '../jobs/standard.ts';
import { Services } from '../services.ts';
import type { BenchOptions, SuiteResult } from '../suite.ts';
import type { MalformedAnswer, MalformedRequest } from './engine-process.ts';
import { makeEvents, publishEvents, type Counts } from './events.ts';
import { Oracle, typeOf } from './oracle.ts';
import { readMalformed, type MalformedOutcome } from './outcome.ts';
import { malformedTopology } from './topology.ts';

const DAMAGED = 1_000_000;
/** Undamaged events for each damaged one. */
const UNDAMAGED_SHARE = 0.25;
/** Of all events: compilation, connections, first fetches. */
const WARM_UP_SHARE = 0.1;
const RUN_MS_MAX = 600_000;

interface Digested extends Omit<MalformedAnswer, 'kind'> {
  readonly counts: Counts;
  readonly outcome: MalformedOutcome;
}

async function runEngine(request: MalformedRequest): Promise<MalformedAnswer> {
  const child = new Child<MalformedAnswer>(new URL('./engine-process.ts', import.meta.url), request);
  try {
    const done = await child.next('done', RUN_MS_MAX);
    child.send({ kind: 'end' });
    await child.gone;
    return done;
  } finally {
    await child.end('SIGKILL');
  }
}

async function measure(counts: Counts, profileFolder: string | null): Promise<Digested> {
  const services = new Services();
  const folder = mkdtempSync(join(tmpdir(), 'millrace-malformed-'));
  try {
    const { brokers, redisUrl } = await services.servers();
    const registryFile = join(folder, 'schema-registry.json');
    const subject = `${malformedTopology.source.topic}-value`;
    const encoder = await (await openCodec(subject, registryFile)).encoder<Tick>(subject);
    const sample = encoder.encode({ id: '', key: '', time: 0, value: 0, quantity: 0 });
    const schema = join(import.meta.dirname, '..', 'jobs', 'schemas', `${subject}.avsc`);
    const events = makeEvents(encoder, new Oracle(typeOf(schema), sample.readInt32BE(1)), counts);
    await publishEvents(brokers, events);
    const total = counts.damaged + counts.undamaged;
    const warmUp = Math.floor(WARM_UP_SHARE * total);
    const place = { brokers, redisUrl, stateFile: null, registryFile };
    const { events: measured, seconds, cpuMicros } = await runEngine({ place, total, warmUp, profileFolder });
    return { counts, events: measured, seconds, cpuMicros, outcome: await readMalformed(brokers, events) };
  } finally {
    await services.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function problemsOf({ predictions, deadLetters, misplaced, changed, late }: MalformedOutcome): string[] {
  const says: ReadonlyArray<readonly [number, string]> = [
    [predictions.lost, 'good events without a prediction'],
    [predictions.doubled, 'predictions doubled'],
    [deadLetters.lost, 'bad events without a dead letter'],
    [deadLetters.doubled, 'dead letters doubled'],
    [misplaced, 'predictions of bad events, dead letters of good ones, or of none'],
    [changed, 'dead letters with other bytes'],
    [late, 'events called late'],
  ];
  return says.flatMap(([count, what]) => (count > 0 ? [`${count} ${what}`] : []));
}

function textOf(
  { counts, events, seconds, cpuMicros, outcome }: Digested,
  problems: readonly string[],
): string {
  const whole = (count: number): string => count.toLocaleString('en-US');
  const { good, bad, predictions, deadLetters, byCode, readBy } = outcome;
  const facts = [
    ['good, by avsc', whole(good), String(predictions.lost), String(predictions.doubled)],
    ['bad', whole(bad), String(deadLetters.lost), String(deadLetters.doubled)],
  ];
  const codes = Object.entries(byCode)
    .sort(([, a], [, b]) => b - a)
    .map(([code, count]) => [code, whole(count)]);
  return [
    table(
      [`${whole(counts.damaged)} damaged, ${whole(counts.undamaged)} not`, 'events', 'lost', 'doubled'],
      facts,
    ),
    '',
    table(['dead letters by code', ''], codes),
    '',
    `${shown(events / seconds)} events a second, ${shown(cpuMicros / events)} µs CPU an event`,
    problems.length === 0
      ? `HOLDS: each bad event is a dead letter once, with its bytes and place, each good one is predicted once (read_committed by ${readBy})`
      : `DOES NOT HOLD: ${problems.join('; ')}`,
  ].join('\n');
}

export async function malformed(options: BenchOptions, _services: Services): Promise<SuiteResult> {
  const damaged = options.events ?? DAMAGED;
  const counts = { damaged, undamaged: Math.round(UNDAMAGED_SHARE * damaged) };
  const digested = await measure(counts, options.profileFolder);
  const problems = problemsOf(digested.outcome);
  return {
    figures: { ...digested, problems },
    text: textOf(digested, problems),
    holds: problems.length === 0,
  };
}
