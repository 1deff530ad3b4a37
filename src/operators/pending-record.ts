// A prediction that waits, as bytes of the state (hot path).
import type { ClassScores } from '../core/blocks.ts';

export interface PendingPrediction {
  readonly key: string;
  readonly offset: number;
  readonly timeMs: number;
  readonly score: number;
  /** NaN if no shadow model scored. */
  readonly shadowScore: number;
  readonly flags: number;
  readonly version: string;
  /** Of a task with several classes: the probabilities, and those of the shadow model behind them, NaN if none scored. */
  readonly outputs?: Float32Array;
  /** Of a prediction that waits for a correction: what it has. */
  readonly settled?: SettledLabel;
}

export interface SettledLabel {
  /** NaN for none. */
  readonly label: number;
  /** How many corrections there were. */
  readonly revision: number;
}

const NUMBERS_BYTES = 33;
/** In the byte of the flags: the probabilities follow, behind their number. */
const HAS_OUTPUTS = 0x80;
/** Label and revision follow the numbers. */
const HAS_LABEL = 0x40;
const LABEL_BYTES = 12;
const LENGTH_BYTES = 2;

/** The probabilities of a row, then those of the shadow model. */
export function bothOutputs({ names, outputs, shadowOutputs }: ClassScores, row: number): Float32Array {
  const { length } = names;
  const both = new Float32Array(2 * length).fill(Number.NaN, length);
  both.set(outputs.subarray(row * length, (row + 1) * length));
  if (shadowOutputs !== null) both.set(shadowOutputs.subarray(row * length, (row + 1) * length), length);
  return both;
}

export function encodePending(pending: PendingPrediction): Uint8Array {
  const { outputs, settled } = pending;
  const outputsBytes = outputs === undefined ? 0 : LENGTH_BYTES + outputs.byteLength;
  const outputsAt = NUMBERS_BYTES + (settled === undefined ? 0 : LABEL_BYTES);
  const bytes = Buffer.alloc(outputsAt + outputsBytes + Buffer.byteLength(pending.version));
  bytes.writeDoubleLE(pending.offset, 0);
  bytes.writeDoubleLE(pending.timeMs, 8);
  bytes.writeDoubleLE(pending.score, 16);
  bytes.writeDoubleLE(pending.shadowScore, 24);
  const has = (outputs === undefined ? 0 : HAS_OUTPUTS) | (settled === undefined ? 0 : HAS_LABEL);
  bytes.writeUInt8(pending.flags | has, 32);
  if (settled !== undefined) {
    bytes.writeDoubleLE(settled.label, NUMBERS_BYTES);
    bytes.writeUInt32LE(settled.revision, NUMBERS_BYTES + 8);
  }
  if (outputs !== undefined) {
    bytes.writeUInt16LE(outputs.length, outputsAt);
    bytes.set(
      new Uint8Array(outputs.buffer, outputs.byteOffset, outputs.byteLength),
      outputsAt + LENGTH_BYTES,
    );
  }
  bytes.write(pending.version, outputsAt + outputsBytes);
  return bytes;
}

export function decodePending(key: string, blob: Uint8Array): PendingPrediction {
  const bytes = Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength);
  const flags = bytes.readUInt8(32);
  const hasOutputs = (flags & HAS_OUTPUTS) !== 0;
  const hasLabel = (flags & HAS_LABEL) !== 0;
  const outputsAt = NUMBERS_BYTES + (hasLabel ? LABEL_BYTES : 0);
  const from = outputsAt + LENGTH_BYTES;
  const end = hasOutputs ? from + 4 * bytes.readUInt16LE(outputsAt) : outputsAt;
  return {
    key,
    offset: bytes.readDoubleLE(0),
    timeMs: bytes.readDoubleLE(8),
    score: bytes.readDoubleLE(16),
    shadowScore: bytes.readDoubleLE(24),
    flags: flags & ~(HAS_OUTPUTS | HAS_LABEL),
    version: bytes.toString('utf8', end),
    // Copied: the bytes need not be aligned.
    ...(hasOutputs ? { outputs: new Float32Array(Uint8Array.from(bytes.subarray(from, end)).buffer) } : {}),
    ...(hasLabel
      ? {
          settled: {
            label: bytes.readDoubleLE(NUMBERS_BYTES),
            revision: bytes.readUInt32LE(NUMBERS_BYTES + 8),
          },
        }
      : {}),
  };
}
