// Bodies that bring events: those that expand, nest or repeat without end, that are no JSON, and that are almost an event; from
// those who may send events, and from strangers. None of them may cost more than its answer.
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { INGEST_BODY_BYTES_MAX, INGEST_ROWS_MAX } from '../../../src/core/port-limits.ts';
import type { Chance } from '../../gauntlet/random.ts';
import { exchange } from '../../support/raw-http.ts';
import type { Attack } from '../attack.ts';
import type { Target } from '../target.ts';
import { playAll } from './talk.ts';

interface HostileBody {
  readonly kind: string;
  readonly body: Buffer;
  readonly headers?: readonly string[];
}

const AT_ONCE = 8;
const MUTATED = 60;
const BOMB_BYTES = 8 * INGEST_BODY_BYTES_MAX;
const LINES = 'Content-Type: application/x-ndjson';
const BATCH = 'Content-Type: application/cloudevents-batch+json';

/** Its time is before that of the good events, and is not changed: a later one would make those late, which is no fault. */
const TIMED = '{"at":1672531200000,';

/** Almost an event: what becomes of it is no good event, whatever other byte is changed. */
function hostileEvent(chance: Chance): string {
  return `${TIMED}"id":"hostile-${chance.below(1e9)}","card":"c","holder":"h","amount":1}`;
}

const HOSTILE_VALUES = [
  '1e400',
  '-1e400',
  '123456789012345678901234567890',
  '"\\ud800"',
  '{"a":[]}',
  '[[1]]',
];

function* eventBodies(chance: Chance): Generator<HostileBody> {
  const event = hostileEvent(chance);
  for (const value of HOSTILE_VALUES)
    for (const column of ['id', 'amount', 'at', '__proto__', 'constructor']) {
      const body = event.replace('{', `{${JSON.stringify(column)}:${value},`);
      yield { kind: 'hostile values', body: Buffer.from(body) };
    }
  for (let i = 0; i < MUTATED; i++) {
    const body = Buffer.from(event);
    for (let bytes = 1 + chance.below(4); bytes > 0; bytes--)
      body[TIMED.length + chance.below(body.length - TIMED.length)] = chance.below(256);
    yield {
      kind: 'mutated events',
      body: body.subarray(0, body.length - (chance.once(4) ? chance.below(40) : 0)),
    };
  }
}

function* largeBodies(chance: Chance): Generator<HostileBody> {
  const fill = (piece: string): Buffer =>
    Buffer.from(`[${piece.repeat(Math.floor(INGEST_BODY_BYTES_MAX / piece.length) - 1)}0]`);
  yield { kind: 'arrays of nothing', body: fill('[],') };
  yield { kind: 'arrays of nothing', body: fill('{},') };
  yield { kind: 'deep arrays', body: Buffer.from('['.repeat(INGEST_BODY_BYTES_MAX)) };
  yield { kind: 'deep arrays', body: Buffer.from(`[${'{"a":'.repeat(300_000)}`) };
  yield { kind: 'long strings', body: Buffer.from(`{"id":"${'x'.repeat(INGEST_BODY_BYTES_MAX - 20)}"}`) };
  yield { kind: 'long strings', body: Buffer.from(`["${'\\'.repeat(INGEST_BODY_BYTES_MAX - 20)}`) };
  yield { kind: 'many lines', headers: [LINES], body: Buffer.from('{}\n'.repeat(INGEST_ROWS_MAX + 1)) };
  yield { kind: 'many lines', headers: [LINES], body: Buffer.alloc(INGEST_BODY_BYTES_MAX, '\n') };
  yield {
    kind: 'many lines',
    headers: [LINES],
    body: Buffer.from(`${hostileEvent(chance)} 1\n`.repeat(50_000)),
  };
  yield { kind: 'envelopes', headers: [BATCH], body: fill('{"specversion":"1.0"},') };
  yield { kind: 'too large', body: Buffer.alloc(INGEST_BODY_BYTES_MAX + 1, ' ') };
}

function* compressedBodies(chance: Chance): Generator<HostileBody> {
  const bomb = Buffer.alloc(BOMB_BYTES, ' ');
  const gzip = gzipSync(bomb);
  const zstd = zstdCompressSync(bomb);
  for (const [encoding, body] of [
    ['gzip', gzip],
    ['zstd', zstd],
    ['gzip', gzipSync(gzip)],
    ['gzip', gzip.subarray(0, 1 + chance.below(gzip.length))],
    ['zstd', zstd.subarray(0, 1 + chance.below(zstd.length))],
    ['gzip', zstd],
    ['zstd', gzip],
    ['br', gzip],
    ['gzip, gzip', gzipSync(gzip)],
  ] as const)
    yield { kind: 'compressed bodies', headers: [`Content-Encoding: ${encoding}`], body };
}

const statuses: ReadonlySet<number> = new Set([200, 207, 400, 413, 415, 422, 429]);
/** A connection that ends while a body is still sent, whose answer its sender then loses. */
const TURNED_AWAY = 0;
const SENT_AT_ONCE_BYTES = 65_536;

async function post(target: Target, { headers = [], body }: HostileBody, who: readonly string[]) {
  const type = headers.some((line) => line.startsWith('Content-Type'))
    ? []
    : ['Content-Type: application/json'];
  const head = [
    `POST /v1/topics/${target.stage.topology.source.topic} HTTP/1.1`,
    'Host: 127.0.0.1',
    'Connection: close',
    ...type,
    ...headers,
    ...who,
    `Content-Length: ${body.length}`,
  ].join('\r\n');
  const { status, body: answer } = await exchange(
    target.port,
    `${head}\r\n\r\n${body.toString('latin1')}`,
    target.from,
  );
  target.inspect('a response', answer);
  return { status, answer };
}

async function tryBody(target: Target, hostile: HostileBody, isStranger: boolean): Promise<void> {
  const { status, answer } = await post(target, hostile, isStranger ? [] : target.bearer('producer'));
  target.tries(isStranger ? 'bodies of strangers' : hostile.kind);
  const shown = `${hostile.kind}, ${hostile.body.length} bytes: ${status} ${answer.slice(0, 120)}`;
  if (isStranger) {
    if (status !== 401 && status !== 429 && status !== 413 && status !== TURNED_AWAY)
      target.found(status < 300 ? 'unauthorized' : 'wrong', `as a stranger, ${shown}`);
  } else if (!statuses.has(status) && !(status === TURNED_AWAY && hostile.body.length > SENT_AT_ONCE_BYTES))
    target.found('wrong', shown);
}

export const hostileBodies: Attack = {
  name: 'hostile bodies',
  async play(target, chance) {
    const bodies = [...eventBodies(chance), ...compressedBodies(chance), ...largeBodies(chance)];
    await playAll([...bodies], AT_ONCE, (body) => tryBody(target, body, false));
    // Strangers last: their failures slow down what the address sends next.
    const unknown = Array.from({ length: AT_ONCE }, () => chance.pick(bodies));
    await playAll(unknown, AT_ONCE, (body) => tryBody(target, body, true));
  },
};
