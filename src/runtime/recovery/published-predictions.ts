// What an earlier run has published of a topology (control path). The parts that answer publish no predictions.
import type { Quarantine } from '../../ports/quarantine.ts';
import type { SchemaCodec } from '../../ports/codec.ts';
import type { EventLog } from '../../ports/event-log.ts';
import type { Topology } from '../../topology/define.ts';
import { topicsOf } from '../../topology/topics.ts';
import { PredictionsTopic } from './predictions-topic.ts';

export type PublishedPredictions = Pick<PredictionsTopic, 'startAt' | 'range' | 'read' | 'last' | 'seek'>;

const NONE: PublishedPredictions = {
  startAt: () => undefined,
  range: async () => ({ low: 0, high: 0 }),
  // oxlint-disable-next-line require-yield
  async *read() {},
  last: async () => null,
  seek: async () => 0,
};

interface PublishedParts {
  readonly topology: Topology;
  readonly log: EventLog;
  readonly codec: SchemaCodec;
}

export async function openPredictions(
  { topology, log, codec }: PublishedParts,
  quarantine: Quarantine,
): Promise<PublishedPredictions> {
  const { part } = topology;
  if (part !== undefined && part.role !== 'main') return NONE;
  return PredictionsTopic.open(log, topicsOf(topology), codec, quarantine);
}
