// Zstandard data of any number of frames, in any pieces: all of it is read, and what is no frame is an error.
import { pipeline, Readable } from 'node:stream';
import { zstdCompressSync, constants } from 'node:zlib';
import fc from 'fast-check';
import t from 'tap';
import { createZstdExpander, expandZstd } from '../../src/core/zstd-frames.ts';
import { pieces } from '../support/file-rows.ts';

const CHUNK = { chunkSize: 8_192 };
const BYTES_MAX = 10_000_000;

async function streamed(chunks: Iterable<Buffer>, framesMax?: number): Promise<Buffer> {
  const expander = createZstdExpander({ ...CHUNK, ...(framesMax === undefined ? {} : { framesMax }) });
  const output = pipeline(Readable.from(chunks), expander, () => undefined);
  const parts: Buffer[] = [];
  for await (const part of output as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts);
}

/** A frame that is skipped, as pzstd writes them. */
function skippable(content: Uint8Array): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(0x184d_2a5c);
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, content]);
}

interface Frame {
  readonly frame: Buffer;
  readonly plain: Buffer;
}

/** Every form of frame header, and blocks of each type. */
const compressed = fc
  .record({
    plain: fc.oneof(
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
      fc.integer({ min: 0, max: 140_000 }).map((length) => Buffer.alloc(length, 'x')),
      fc
        .integer({ min: 250, max: 70_000 })
        .map((length) => Buffer.from(`${Math.sqrt(length)}`.repeat(length / 8))),
    ),
    hasChecksum: fc.boolean(),
    hasSize: fc.boolean(),
  })
  .map(({ plain, hasChecksum, hasSize }): Frame => {
    const params = {
      [constants.ZSTD_c_checksumFlag]: Number(hasChecksum),
      [constants.ZSTD_c_contentSizeFlag]: Number(hasSize),
    };
    return {
      plain,
      frame: zstdCompressSync(plain, { params, ...(hasSize ? { pledgedSrcSize: plain.length } : {}) }),
    };
  });
const skipped = fc
  .uint8Array({ maxLength: 30 })
  .map((content): Frame => ({ plain: Buffer.alloc(0), frame: skippable(content) }));
const frames = fc.array(fc.oneof({ weight: 4, arbitrary: compressed }, skipped), {
  minLength: 1,
  maxLength: 6,
});

t.test('property: frames in any pieces are what was compressed', async (t) => {
  await fc.assert(
    fc.asyncProperty(frames, fc.integer({ min: 1, max: 4_000 }), async (list, size) => {
      const bytes = Buffer.concat(list.map(({ frame }) => frame));
      const plain = Buffer.concat(list.map((one) => one.plain));
      if (!(await streamed(pieces(bytes, size))).equals(plain)) throw new Error('streamed');
      if (!expandZstd(bytes, BYTES_MAX).equals(plain)) throw new Error('at once');
    }),
    { numRuns: 100 },
  );
  t.pass();
});

t.test('what follows a frame and is none, and a part of a frame, are errors', async (t) => {
  const frame = zstdCompressSync('{"a":1}\n');
  const damaged = [
    Buffer.concat([frame, Buffer.from('{"a":2}\n')]),
    Buffer.concat([frame, Buffer.from('x')]),
    Buffer.concat([frame, Buffer.alloc(16)]),
    Buffer.concat([frame, frame.subarray(0, -3)]),
    Buffer.concat([skippable(Buffer.alloc(9)), frame.subarray(0, 6)]),
    Buffer.concat([frame, skippable(Buffer.alloc(9)).subarray(0, -1)]),
  ];
  for (const bytes of damaged) {
    for (const size of [1, bytes.length])
      await t.rejects(streamed(pieces(bytes, size)), `${bytes.toString('hex')} by ${size}`);
    t.throws(() => expandZstd(bytes, BYTES_MAX), bytes.toString('hex'));
  }
});

t.test('what many frames cost is bounded', async (t) => {
  const frame = zstdCompressSync('x'.repeat(100));
  const three = Buffer.concat([frame, frame, frame]);
  t.equal((await streamed([three], 3)).length, 300);
  await t.rejects(streamed([three], 2), { message: 'there are more than 2 frames' });
  t.equal(expandZstd(three, 300).length, 300);
  t.throws(() => expandZstd(three, 299), { code: 'ERR_BUFFER_TOO_LARGE' });
});
