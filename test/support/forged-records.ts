/** Records of the engine's own topics as a forger begins with them: well-formed, to be bent in one place. */
import { crc32 } from 'node:zlib';

/** Key, reason or version in records that only a forger writes. */
export const FORGED = 'forged';
/** Within the range of dates, but no boundary or event of today. */
export const FAR_MS: number = Date.UTC(2290, 0, 1);
/** The first instant that a Date cannot represent. */
export const TOO_LATE_MS = 8_640_000_000_000_001;

const NOTHING = Buffer.alloc(0);

/** The value of a record, by field. */
export type Forgery = Readonly<Record<string, unknown>>;

/** Bytes that are no record of any schema. */
export const junkValues: readonly Buffer[] = [
  Buffer.from('junk'),
  NOTHING,
  Buffer.from([0, 0, 0, 39, 15, 1, 2, 3]),
];

export function forgedPrediction(id: string): Forgery {
  return { id, key: FORGED, eventTime: Date.UTC(2024, 0, 1), score: 0.9, version: 'v1', flags: 0 };
}

export const forgedObservation: Forgery = {
  format: 2,
  partition: 0,
  boundaryMs: null,
  idle: null,
  predictions: 0,
  labelsNever: 0,
  width: 0,
  offsets: NOTHING,
  features: NOTHING,
  scores: NOTHING,
  versions: [],
  labels: NOTHING,
};

export function forgedUpdate(topology: string): Forgery {
  return {
    topology,
    version: 'v1',
    status: 'champion',
    model: NOTHING,
    manifest: '',
    reason: FORGED,
    atMs: 0,
  };
}

export function forgedJob(topology: string): Forgery {
  return { topology, version: 'v7', reason: '', atMs: 1, fromMs: 0, champion: null, seed: 1 };
}

/** A head of a snapshot with the checksum of one, whose position no engine can have. */
export function forgedHead(topic: string): Buffer {
  const members = [{ topic, partition: 99, idle: false, reachedMs: FAR_MS }];
  const head = { format: 1, atMs: FAR_MS, offset: 1e12, pending: [], members, parts: [] };
  const json = Buffer.from(JSON.stringify(head));
  const sum = Buffer.alloc(4);
  sum.writeUInt32LE(crc32(json));
  return Buffer.concat([json, sum]);
}
