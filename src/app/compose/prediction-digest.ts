// A digest of all predictions of a run (hot path, once per block): equal for two runs that predict the same, bit by bit.
import { createHash, type Hash } from 'node:crypto';
import { type PredictionBlock, predictionId } from '../../core/blocks.ts';

/**
 * SHA-256 over id and score, and the probabilities of all classes, of every prediction in id order: topic, partition, then offset. Partitions deliver in
 * offset order, so one running hash per partition is enough; they are combined at the end.
 */
export class PredictionDigest {
  readonly #hashes = new Map<string, Hash>();

  add(block: PredictionBlock): void {
    const name = `${block.origin.topic}-${String(block.origin.partition).padStart(6, '0')}`;
    const hash = this.#hashes.get(name) ?? createHash('sha256');
    this.#hashes.set(name, hash);
    let text = '';
    for (let i = 0; i < block.count; i++) {
      text += `${predictionId(block.origin, block.offsets[i] as number)} ${block.scores[i]}${classText(block, i)}\n`;
    }
    hash.update(text);
  }

  hex(): string {
    const whole = createHash('sha256');
    for (const [name, hash] of [...this.#hashes].sort(([a], [b]) => (a < b ? -1 : 1))) {
      whole.update(`${name} ${hash.copy().digest('hex')}\n`);
    }
    return whole.digest('hex');
  }
}

/** A digest for each target of a topology, by the name of the topology that has it. */
export class TargetDigests {
  readonly #digests = new Map<string, PredictionDigest>();

  of(topology: string): PredictionDigest {
    const digest = this.#digests.get(topology) ?? new PredictionDigest();
    this.#digests.set(topology, digest);
    return digest;
  }
}

function classText({ classes }: PredictionBlock, row: number): string {
  if (classes === undefined) return '';
  const { outputs, names } = classes;
  return ` ${outputs.subarray(row * names.length, (row + 1) * names.length).join()}`;
}
