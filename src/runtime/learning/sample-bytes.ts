// A sample of rows as bytes of a snapshot (control path): its size, then features and scores as Float32.
import { MillraceError } from '../../core/errors.ts';
import type { SampleMatrix } from '../../stats/row-sample.ts';

const HEAD_BYTES = 8;

export function sampleBytes({ width, rowCount, features, scores }: SampleMatrix): Uint8Array {
  const bytes = new ArrayBuffer(HEAD_BYTES + 4 * (features.length + scores.length));
  new Uint32Array(bytes, 0, 2).set([width, rowCount]);
  new Float32Array(bytes, HEAD_BYTES, features.length).set(features);
  new Float32Array(bytes, HEAD_BYTES + 4 * features.length, scores.length).set(scores);
  return new Uint8Array(bytes);
}

/** @throws DATA_INVALID if the bytes are no sample */
export function sampleOf(bytes: Uint8Array): SampleMatrix {
  // Copied: the bytes need not be aligned.
  const { buffer } = new Uint8Array(bytes);
  const [width = 0, rowCount = 0] = bytes.length < HEAD_BYTES ? [] : new Uint32Array(buffer, 0, 2);
  if (bytes.length !== HEAD_BYTES + 4 * rowCount * (width + 1)) {
    throw new MillraceError('DATA_INVALID', 'a sample of rows is damaged', {
      where: `${bytes.length} bytes for ${rowCount} rows of ${width} features`,
    });
  }
  return {
    width,
    rowCount,
    features: new Float32Array(buffer, HEAD_BYTES, rowCount * width),
    scores: new Float32Array(buffer, HEAD_BYTES + 4 * rowCount * width, rowCount),
  };
}
