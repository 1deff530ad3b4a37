// Random WebSocket clients: handshakes that are right or bent in one place, then frames and messages of all kinds (RFC 6455).
import type { Chance } from '../../gauntlet/random.ts';

const paths = [
  '/ws',
  '/ws',
  '/ws',
  '/ws',
  '//',
  '/nothing',
  '/ws/',
  '/livez',
  'http://[',
  '*',
  '/ws?topology=TOPOLOGY',
] as const;

const upgrades = [
  'Connection: Upgrade\r\nUpgrade: websocket',
  'Connection: Upgrade\r\nUpgrade: websocket',
  'Connection: Upgrade\r\nUpgrade: websocket',
  'Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket',
  'Connection: Upgrade\r\nUpgrade: h2c, websocket',
  'Connection: Upgrade\r\nUpgrade: h2c',
  'Connection: Upgrade\r\nUpgrade: websocket\r\nUpgrade: h2c',
  'Connection: close\r\nUpgrade: websocket',
  'Upgrade: websocket',
  'Connection: Upgrade',
] as const;

const keys = [
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Key: short',
  'Sec-WebSocket-Key:',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  `Sec-WebSocket-Key: ${'a'.repeat(5_000)}`,
  'X: no key',
] as const;

const handshakeVersions = ['13', '13', '13', '13', '8', '0', '14', '-1', '13, 8', ''] as const;

const extras = [
  'Origin: http://evil.example',
  'Origin: null',
  'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits',
  'Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=999999',
  'Sec-WebSocket-Extensions: ;;;=,"',
  'Sec-WebSocket-Protocol: bearer.x, millrace',
  'Sec-WebSocket-Protocol: ,,,',
  'Sec-WebSocket-Protocol: bearer.',
  'Authorization: Bearer nothing',
  'Content-Length: 5',
  'Transfer-Encoding: chunked',
  'Sec-Fetch-Site: cross-site',
] as const;

/** @param topology its name */
export function fuzzedUpgrade(chance: Chance, topology: string): string {
  const lines = [
    `${chance.once(10) ? chance.pick(['POST', 'HEAD', 'get']) : 'GET'} ${chance.pick(paths).replace('TOPOLOGY', topology)} HTTP/1.${chance.once(15) ? 0 : 1}`,
    'Host: 127.0.0.1',
    chance.pick(upgrades),
    chance.pick(keys),
    `Sec-WebSocket-Version: ${chance.pick(handshakeVersions)}`,
    ...Array.from({ length: chance.below(3) }, () => chance.pick(extras)),
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

const LENGTH_16 = 126;
const LENGTH_64 = 127;
const LENGTH_7_MAX = 125;
const LENGTH_16_MAX = 65_535;

interface FrameForm {
  readonly fin: boolean;
  readonly reserved: number;
  readonly opcode: number;
  readonly isMasked: boolean;
  /** What the frame says that its payload has. */
  readonly length: number;
  /** Bytes of the length field: 0 for the shortest form. */
  readonly form: 0 | 2 | 8;
}

/** The bytes of a frame, which may lie about its length. */
export function frame(payload: Buffer, form: Partial<FrameForm> = {}): Buffer {
  const { fin = true, reserved = 0, opcode = 1, isMasked = true, length = payload.length } = form;
  const bytes = form.form ?? 0;
  const head = [(fin ? 0x80 : 0) | (reserved << 4) | opcode];
  const mask = isMasked ? 0x80 : 0;
  const size = Buffer.alloc(8);
  size.writeBigUInt64BE(BigInt.asUintN(64, BigInt(length)));
  if (bytes === 8 || length > LENGTH_16_MAX || length < 0) head.push(mask | LENGTH_64, ...size);
  else if (bytes === 2 || length > LENGTH_7_MAX) head.push(mask | LENGTH_16, ...size.subarray(6));
  else head.push(mask | length);
  if (!isMasked) return Buffer.concat([Buffer.from(head), payload]);
  const key = Buffer.from([1, 2, 3, 4]);
  const masked = Buffer.from(payload.map((byte, i) => byte ^ (key[i % 4] as number)));
  return Buffer.concat([Buffer.from(head), key, masked]);
}

export function textFrame(text: string): Buffer {
  return frame(Buffer.from(text));
}

const messages: ReadonlyArray<(chance: Chance, topology: string) => string> = [
  (_chance, topology) => JSON.stringify({ subscribe: topology }),
  (_chance, topology) => JSON.stringify({ subscribe: topology, after: [`${topology}-0-0`], labels: true }),
  (_chance, topology) => JSON.stringify({ subscribe: topology, sample: true }),
  () => '{"subscribe": "other"}',
  () => '{"subscribe": 5}',
  () => '{"subscribe": {"toString": "x"}}',
  () => '{"authenticate": "nothing"}',
  () => '{"authenticate": null}',
  (chance) => JSON.stringify({ authenticate: randomText(chance) }),
  () => '{"__proto__": {"admin": true}}',
  () => '{"subscribe": "x", "subscribe": "y"}',
  (chance) => '['.repeat(chance.below(16_000)),
  (chance) => `{"a":`.repeat(chance.below(3_000)),
  (chance, topology) =>
    JSON.stringify({
      subscribe: topology,
      after: Array.from({ length: chance.below(2_000) }, () => 'x-0-0'),
    }),
  () => '1e999999',
  () => 'null',
  () => '',
  (chance) => randomText(chance),
];

function randomText(chance: Chance): string {
  return Array.from({ length: chance.below(200) }, () => String.fromCharCode(chance.below(0xff_ff))).join('');
}

const opcodes = [0, 1, 1, 2, 3, 7, 8, 9, 10, 11, 15] as const;
const closeCodes = [1000, 1001, 1005, 1006, 0, 999, 2_999, 4_999, 65_535] as const;

/** One frame, or the pieces of a message. */
export function fuzzedFrames(chance: Chance, topology: string): Buffer {
  const payload = Buffer.from(chance.pick(messages)(chance, topology));
  switch (chance.below(12)) {
    case 0:
      return frame(payload, { isMasked: false });
    case 1:
      return frame(payload, { opcode: chance.pick(opcodes) });
    case 2:
      return frame(payload, { reserved: 1 + chance.below(7) });
    case 3:
      return frame(payload, { form: chance.pick([2, 8] as const) });
    case 4:
      return frame(payload, { length: chance.pick([-1, 2 ** 31, 2 ** 40, payload.length + 5, 70_000]) });
    case 5:
      return frame(Buffer.alloc(chance.pick([16_383, 16_385, 100_000]), 0x20));
    case 6:
      return frame(Buffer.from([0xc3, 0x28, 0xed, 0xa0, 0x80, 0xff]));
    case 7: {
      const code = Buffer.alloc(2);
      code.writeUInt16BE(chance.pick(closeCodes));
      return frame(Buffer.concat([code, Buffer.alloc(chance.below(130), 0x41)]), { opcode: 8 });
    }
    case 8: {
      const cut = chance.below(payload.length + 1);
      const first = frame(payload.subarray(0, cut), { fin: false });
      const ping = chance.once(2) ? frame(Buffer.from('p'), { opcode: 9 }) : Buffer.alloc(0);
      return Buffer.concat([first, ping, frame(payload.subarray(cut), { opcode: chance.pick([0, 0, 1]) })]);
    }
    case 9: // fragments that never end
      return Buffer.concat([
        frame(payload, { fin: false }),
        ...Array.from({ length: chance.below(200) }, () =>
          frame(Buffer.alloc(200), { fin: false, opcode: 0 }),
        ),
      ]);
    case 10:
      return Buffer.from(Uint8Array.from({ length: 1 + chance.below(500) }, () => chance.below(256)));
    default:
      return frame(payload);
  }
}
