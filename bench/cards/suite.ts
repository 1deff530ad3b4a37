// The cards job in Millrace, Kafka Streams and Flink (control path): CPU an event, in turns on the same events.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KafkaEventLog } from '../../src/adapters/kafka/event-log.ts';
import { openBenchTelemetry, type Place } from '../engine/open.ts';
import { shown, spreadOf, table } from '../figures.ts';
import { cards } from '../jobs/cards.ts';
import { Services } from '../services.ts';
import type { SuiteResult } from '../suite.ts';
import { measure, measuredEvents, placeOf } from '../throughput/suite.ts';
import { buildPeers, runPeer, type Peer, type PeerFigures } from './peer.ts';

const ROUNDS = 3;
/** Scores of the same work: windows are summed in another order, and the engine is measured between batches. */
const SCORE_TOLERANCE = 0.002;

const PEERS: ReadonlyArray<readonly [name: string, peer: Peer]> = [
  ['Kafka Streams, hand-batched, heap state, at least once', 'KafkaStreamsJob'],
  ['Flink, hand-batched and chained, heap state, at least once', 'FlinkJob'],
];
const ENGINE = 'Millrace, Redis state, exactly once';

interface Measured extends PeerFigures {
  readonly name: string;
  readonly round: number;
}

async function engineFigures(place: Place): Promise<PeerFigures> {
  const slices = await measure(cards, place, null);
  const sum = (name: 'events' | 'seconds' | 'cpuMicros' | 'scoreSum' | 'predictions'): number =>
    slices.reduce((total, slice) => total + slice[name], 0);
  const last = slices.at(-1);
  return {
    perSecond: sum('events') / sum('seconds'),
    cpuMicros: sum('cpuMicros') / sum('events'),
    secondHalfCpuMicros: (last?.cpuMicros ?? Number.NaN) / (last?.events ?? Number.NaN),
    meanScore: sum('scoreSum') / sum('predictions'),
  };
}

async function ensureOutputs(brokers: readonly string[]): Promise<void> {
  const log = new KafkaEventLog({ brokers }, await openBenchTelemetry());
  try {
    const { partitions } = cards.topology.source;
    const topics = PEERS.map(([, peer]) => outputOf(peer));
    await log.ensureTopics(topics.map((topic) => ({ topic, partitions, compacted: false, retentionMs: -1 })));
  } finally {
    await log.close();
  }
}

function outputOf(peer: Peer): string {
  return `${peer}-predictions`;
}

/** Each contender once, on a broker of the round's own; each round begins with another one. */
async function playRound(round: number, model: string): Promise<Measured[]> {
  const services = new Services();
  try {
    const place = await placeOf('kafka', cards, services);
    const brokers = place.brokers ?? [];
    await ensureOutputs(brokers);
    const peers = PEERS.map(([name, peer]) => {
      const events = measuredEvents(cards);
      const run = { brokers, in: cards.topology.source.topic, out: outputOf(peer), model, events };
      return { name, figures: () => runPeer(peer, run) };
    });
    const contenders = [{ name: ENGINE, figures: () => engineFigures(place) }, ...peers];
    const first = round % contenders.length;
    const measured: Measured[] = [];
    for (const { name, figures } of [...contenders.slice(first), ...contenders.slice(0, first)])
      measured.push({ name, round, ...(await figures()) });
    return measured;
  } finally {
    await services.stop();
  }
}

export async function cardsBesidePeers(): Promise<SuiteResult> {
  buildPeers();
  const scratch = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  const model = join(scratch, 'model.onnx');
  writeFileSync(model, await cards.model());
  try {
    const measured: Measured[] = [];
    for (let round = 0; round < ROUNDS; round++)
      for (const figures of await playRound(round, model)) measured.push(figures);
    return resultOf(measured);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function resultOf(measured: readonly Measured[]): SuiteResult {
  const engineOf = (round: number): Measured =>
    measured.find((figures) => figures.round === round && figures.name === ENGINE) as Measured;
  const rows = [ENGINE, ...PEERS.map(([name]) => name)].map((name) => {
    const rounds = measured.filter((figures) => figures.name === name);
    const column = (figure: 'perSecond' | 'cpuMicros' | 'secondHalfCpuMicros'): string =>
      shown(spreadOf(rounds.map((figures) => figures[figure])).median);
    const { median: ratio } = spreadOf(
      rounds.map(
        ({ round, secondHalfCpuMicros }) => engineOf(round).secondHalfCpuMicros / secondHalfCpuMicros,
      ),
    );
    return [
      name,
      column('perSecond'),
      column('cpuMicros'),
      column('secondHalfCpuMicros'),
      `${ratio.toFixed(2)} x`,
    ];
  });
  const scores = measured.map(({ meanScore }) => meanScore);
  const isSameWork = Math.max(...scores) - Math.min(...scores) <= SCORE_TOLERANCE;
  const head = ['', 'events a second', 'CPU µs an event', 'second half', 'Millrace by it'];
  const note = isSameWork ? 'All have the same scores.' : `MEAN SCORES DIFFER: ${scores.join(', ')}`;
  return { figures: measured, text: `${table(head, rows)}\n\n${note}`, holds: isSameWork };
}
