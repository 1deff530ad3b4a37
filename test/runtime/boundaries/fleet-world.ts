// A fleet's control of boundaries on an embedded log, with what it decides, restores and reports.
import { EmbeddedLog } from '../../../src/adapters/embedded/log.ts';
import type { TopicPartition } from '../../../src/core/topic-partition.ts';
import { ControlObservations } from '../../../src/operators/observations.ts';
import type { RecordEncoder } from '../../../src/ports/codec.ts';
import type { EventLog } from '../../../src/ports/event-log.ts';
import { FleetControl } from '../../../src/runtime/boundaries/fleet-control.ts';
import {
  observationRecords,
  type ObservationsRecord,
} from '../../../src/runtime/boundaries/observation-record.ts';
import { FakeQuarantine } from '../../support/fake-quarantine.ts';
import { FakeTelemetry } from '../../../src/testing/index.ts';
import type { Topology } from '../../../src/topology/define.ts';
import { topicSpecs, topicsOf, type TopologyTopics } from '../../../src/topology/topics.ts';
import { ordersCodec, ordersTopology } from '../../support/orders.ts';

function topologyOf(partitions: number): Topology {
  return ordersTopology({ partitions, control: { everyMs: 10, mode: 'aligned' } });
}
export const topology: Topology = topologyOf(1);
export const topics: TopologyTopics = topicsOf(topology);
const codec = ordersCodec();
export const encoder: RecordEncoder<ObservationsRecord> = await codec.encoder(`${topics.observations}-value`);
const decoder = await codec.decoder<ObservationsRecord>(`${topics.observations}-value`);
export const origin: TopicPartition = { topic: topology.source.topic, partition: 0 };

export class World {
  readonly log: EmbeddedLog = new EmbeddedLog({ path: null });
  readonly telemetry: FakeTelemetry = new FakeTelemetry();
  readonly quarantine: FakeQuarantine = new FakeQuarantine();
  readonly decided: number[] = [];
  /** Predictions that each decision has counted. */
  readonly predictions: number[] = [];
  readonly failures: Error[] = [];
  restored = 0;
  lost = 0;
  /** Throws in decisions. */
  decide: (atMs: number) => void = () => undefined;
  /** A decision takes until it resolves. */
  decision: Promise<void> = Promise.resolve();
  /** The boundary whose decision has begun last. */
  deciding: number = Number.NaN;
  #fleet: FleetControl | null = null;
  readonly #topology: Topology;

  constructor(partitions = 1) {
    this.#topology = topologyOf(partitions);
  }

  async open(log: EventLog = this.log): Promise<FleetControl> {
    const fleet = new FleetControl({
      source: this.#topology.source,
      name: this.#topology.name,
      others: [],
      mode: 'aligned',
      log,
      encoder,
      decoder,
      keeper: {
        decide: async ({ atMs, observations }) => {
          this.deciding = atMs;
          this.decide(atMs);
          await this.decision;
          this.decided.push(atMs);
          this.predictions.push(observations.reduce((sum, { predictions }) => sum + predictions, 0));
        },
        remaining: () => undefined,
      },
      loop: {
        restore: (parts) => void (this.restored = parts.size),
        lost: () => void (this.lost += 1),
        resumed: async () => undefined,
      },
      telemetry: this.telemetry,
      quarantine: this.quarantine,
      nowMs: () => 0,
      failed: (error) => this.failures.push(error),
    });
    this.#fleet = fleet;
    fleet.start();
    return fleet;
  }

  async prepare(): Promise<void> {
    await this.log.ensureTopics(topicSpecs(this.#topology));
  }

  async boundary(atMs: number, partition = 0): Promise<void> {
    const arrived = new ControlObservations({ ...origin, partition }).drain(true);
    const [record] = observationRecords(atMs, arrived);
    await this.publish(encoder.encode(record as ObservationsRecord));
  }

  /** An epoch between boundaries. */
  async predicted(predictions: number, partition = 0): Promise<void> {
    const seen = new ControlObservations({ ...origin, partition }).drain(true);
    const [record] = observationRecords(null, { ...seen, predictions });
    await this.publish(encoder.encode(record as ObservationsRecord));
  }

  async publish(value: Buffer): Promise<void> {
    await this.log.publish(topics.observations, [{ key: null, value, timestampMs: 0 }]);
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  async stop(): Promise<void> {
    this.#fleet?.close();
    await this.log.close();
  }

  get conditions(): string[] {
    return [...this.telemetry.conditions.keys()];
  }
}
