// Junk and forged records in every topic that the engine reads, and in its source, while it runs; now and then it then starts
// again and reads them first.
import { gzipSync } from 'node:zlib';
import { topicsOf } from '../../../src/topology/topics.ts';
import type { Chance } from '../../gauntlet/random.ts';
import {
  FAR_MS,
  FORGED,
  forgedHead,
  forgedJob,
  forgedObservation,
  forgedPrediction,
  forgedUpdate,
  junkValues,
  TOO_LATE_MS,
  type Forgery,
} from '../../support/forged-records.ts';
import type { Attack } from '../attack.ts';
import type { Target } from '../target.ts';

const RECORDS_MAX = 12;
const JUNK_BYTES_MAX = 4_000;
const BOMB_BYTES = 300_000_000;
/** Values of a number that no engine writes there, or not now. */
const strangeNumbers = [-1, 99, 1e12, FAR_MS, TOO_LATE_MS, -TOO_LATE_MS, Number.MAX_SAFE_INTEGER] as const;
const strangeTexts = ['', '../../v1', 'x'.repeat(10_000), '\u0000', 'other', '__proto__', 'v'] as const;

let bomb: string | null = null;

/** Base64 of a gzip that expands to BOMB_BYTES; made once, as it takes a second. */
function gzipBomb(): string {
  bomb ??= gzipSync(Buffer.alloc(BOMB_BYTES)).toString('base64');
  return bomb;
}

function junk(chance: Chance): Buffer {
  if (chance.once(3)) return chance.pick(junkValues);
  const bytes = Uint8Array.from({ length: chance.below(JUNK_BYTES_MAX) }, () => chance.below(256));
  // Half of it with the magic byte and a schema id that may exist.
  if (bytes.length > 5 && chance.once(2)) bytes.set([0, 0, 0, 0, chance.below(30)]);
  return Buffer.from(bytes);
}

/** The record with another value in one or two of its fields, of the same type. */
function bent(record: Forgery, chance: Chance): Forgery {
  const changed: Record<string, unknown> = { ...record };
  for (let i = 0; i <= chance.below(2); i++) {
    const name = chance.pick(Object.keys(record));
    const value = record[name];
    if (typeof value === 'string') changed[name] = chance.pick(strangeTexts);
    else if (Buffer.isBuffer(value)) changed[name] = Buffer.alloc(chance.below(100), chance.below(256));
    else if (name === 'idle') changed[name] = chance.once(2);
    else if (typeof value === 'number' || name === 'boundaryMs') changed[name] = chance.pick(strangeNumbers);
  }
  return changed;
}

interface Poison {
  /** A well-formed record to bend; null where only junk is written. */
  readonly record: (target: Target, chance: Chance) => Forgery | null;
  readonly more?: (target: Target, chance: Chance) => Forgery;
}

const poisons: Readonly<Record<string, Poison>> = {
  predictions: {
    record: ({ name, traffic }, chance) => {
      const near = (traffic.producer.ends[0] ?? 0) + chance.below(1_000);
      const id = chance.pick(['0-1000000000000', '99-1', `0-${near}`, '0-0', '-1-5', '0--1', 'x-y']);
      return forgedPrediction(`${name}-${id}`);
    },
  },
  observations: { record: () => forgedObservation },
  'retraining-jobs': { record: ({ name }) => forgedJob(name) },
  'model-updates': {
    record: ({ name }) => forgedUpdate(name),
    more: ({ name }, chance) => ({
      ...forgedUpdate(name),
      manifest: chance.pick([
        'no manifest',
        gzipSync('{"topology": 5}').toString('base64'),
        gzipSync('['.repeat(100_000)).toString('base64'),
        gzipBomb(),
      ]),
    }),
  },
  'loop-state': { record: () => null },
  'data-keys': {
    record: () => ({ id: 'ff', wrappedBy: 'ff', wrapped: Buffer.alloc(3), createdAtMs: 0 }),
  },
  audit: {
    record: ({ name }) => ({
      topology: name,
      sequence: 3,
      atMs: 0,
      action: 'promotion',
      actor: FORGED,
      from: FORGED,
      subject: 'v1',
      before: null,
      after: null,
      previous: '',
      hash: 'f'.repeat(64),
    }),
  },
  'dead-letters': { record: () => null },
  late: { record: () => null },
  'drift-reports': { record: () => null },
  quarantine: { record: () => null },
  'api-keys': { record: () => null },
};

async function poison(target: Target, kind: string, chance: Chance): Promise<void> {
  const { record, more } = poisons[kind] as Poison;
  const count = 1 + chance.below(RECORDS_MAX);
  const first = record(target, chance);
  const encode = first === null ? null : await target.encoder(kind);
  const values = Array.from({ length: count }, () => {
    if (encode === null || chance.once(3)) return junk(chance);
    const base = more !== undefined && chance.once(3) ? more(target, chance) : record(target, chance);
    try {
      return encode(bent(base ?? {}, chance));
    } catch {
      return junk(chance); // the schema has no such value
    }
  });
  const key = chance.pick([FORGED, FORGED, 'head', 'master', 'entity:x', '\u0000', '']);
  await target.forge(kind, values, { key });
}

/** Keys and roles in JSON that no engine takes. */
function forgedKeys({ name }: Target, chance: Chance): Buffer[] {
  const record = {
    v: 1,
    id: 'f'.repeat(16),
    name: 'x',
    sha256: 'f'.repeat(64),
    roles: ['admin'],
    topologies: [name],
  };
  return [
    Buffer.from(JSON.stringify(bent(record, chance))),
    Buffer.from('[]'),
    Buffer.from('null'),
    Buffer.from('{"v": 1}'),
    Buffer.from('['.repeat(10_000)),
  ];
}

export const poisonedTopics: Attack = {
  name: 'poisoned topics',
  async play(target, chance) {
    for (const kind of Object.keys(poisons)) await poison(target, kind, chance);
    await target.forge('api-keys', forgedKeys(target, chance));
    if (chance.once(2)) await target.forge('loop-state', [forgedHead(target.name)], { key: 'head' });
    const { source } = topicsOf(target.stage.topology);
    const messages = Array.from({ length: RECORDS_MAX }, () => ({ value: junk(chance) }));
    await target.stage.forger.send({ topic: source, messages });
    target.tries('records in the source', messages.length);
    if (chance.once(2)) await target.restart();
  },
};
