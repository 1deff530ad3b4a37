// Damaged events among good ones (control path): endless, equal for equal seeds.
import type { RecordEncoder } from '../../src/ports/codec.ts';
import { Random } from '../../src/stats/random.ts';
import type { Tick } from '../jobs/standard.ts';
import { QUANTITY_MAX, TIME_MAX, TIME_MIN, VALUE_MAX } from './topology.ts';

export const damages = [
  'random bytes',
  'wrong magic byte',
  'unknown schema id',
  'truncated',
  'flipped bit',
  'empty',
  'null',
  'wrong length',
] as const;
export type Damage = (typeof damages)[number];

const KEYS = 1_000;
const BITS = 8;
const FRAME_BYTES = 5;
const RANDOM_BYTES_MAX = 80;
/** Ids below it are those of schemas that the registry may hold. */
const UNKNOWN_ID_MIN = 1_000;
const ID_END = 2 ** 31;

export class Corpus {
  readonly #random: Random;
  readonly #encoder: RecordEncoder<Tick>;
  readonly #total: number;
  #made = 0;

  /** @param total events that are asked for: they share the contract's time between them */
  constructor(seed: number, encoder: RecordEncoder<Tick>, total: number) {
    this.#random = new Random(seed);
    this.#encoder = encoder;
    this.#total = total;
  }

  good(): Buffer {
    const random = this.#random;
    const n = this.#made++;
    const time = TIME_MIN + Math.floor((n / this.#total) * (TIME_MAX - TIME_MIN));
    return this.#encoder.encode({
      id: String(n),
      key: `key-${random.nextInt(KEYS)}`,
      time,
      value: VALUE_MAX * random.nextDouble(),
      quantity: random.nextInt(QUANTITY_MAX + 1),
    });
  }

  damaged(damage: Damage): Buffer | null {
    if (damage === 'null') return null;
    if (damage === 'empty') return Buffer.alloc(0);
    const random = this.#random;
    if (damage === 'random bytes') return this.#bytes(1 + random.nextInt(RANDOM_BYTES_MAX));
    const bytes = this.good();
    switch (damage) {
      case 'wrong magic byte':
        bytes[0] = 1 + random.nextInt(255);
        return bytes;
      case 'unknown schema id':
        bytes.writeInt32BE(UNKNOWN_ID_MIN + random.nextInt(ID_END - UNKNOWN_ID_MIN), 1);
        return bytes;
      case 'truncated':
        return bytes.subarray(0, random.nextInt(bytes.length));
      case 'flipped bit': {
        const at = random.nextInt(bytes.length);
        bytes[at] = (bytes[at] as number) ^ (1 << random.nextInt(BITS));
        return bytes;
      }
      case 'wrong length':
        return this.#misframed(bytes);
    }
  }

  /** A frame that is cut short, one whose id has two bytes, or bytes behind the record. */
  #misframed(bytes: Buffer): Buffer {
    const random = this.#random;
    switch (random.nextInt(3)) {
      case 0:
        return bytes.subarray(0, 1 + random.nextInt(FRAME_BYTES - 1));
      case 1:
        return Buffer.concat([bytes.subarray(0, 1), bytes.subarray(3)]);
      default:
        return Buffer.concat([bytes, this.#bytes(1 + random.nextInt(BITS))]);
    }
  }

  #bytes(count: number): Buffer {
    return Buffer.from(Uint8Array.from({ length: count }, () => this.#random.nextInt(256)));
  }
}
