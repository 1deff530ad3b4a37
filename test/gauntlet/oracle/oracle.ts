// Says for each record of a world's source what must become of it. It knows the topic's records, the registry's schemas
// and the world's declaration, and imports nothing from the engine.
import { eventKinds, type Declaration } from '../declaration.ts';
import { EventOracle, type DecodedEvent, type Registered, type SetAside } from './decode.ts';
import { LabelOracle, type Joined } from './labels.ts';
import { categoryOf } from './murmur2.ts';
import { FIRST_VERSION, scoreOf, type Champion } from './score.ts';
import { windowValues, type Update } from './windows.ts';

export interface SourceRecord {
  readonly partition: number;
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

export interface ExpectedPrediction {
  readonly key: string;
  readonly timeMs: number;
  /** NaN where missing. */
  readonly features: readonly number[];
  readonly score: number;
  readonly version: string;
  readonly flags: number;
}

export type Fate =
  | {
      readonly is: 'predicted';
      readonly prediction: ExpectedPrediction;
      /** Whether it may be set aside instead, as its key is larger than some topics accept. */
      readonly orTooLarge: boolean;
    }
  /** Used, but not an event that is scored. */
  | { readonly is: 'passed' }
  | { readonly is: 'set aside'; readonly codes: readonly string[] }
  | { readonly is: 'late'; readonly orTooLarge: boolean }
  | { readonly is: 'duplicate' };

export interface Expected {
  /** By `partition-offset`. */
  readonly fates: ReadonlyMap<string, Fate>;
  /** By `partition-offset` of the prediction. */
  readonly labels: ReadonlyMap<string, Joined>;
}

/** Half of a broker's default limit: a prediction's record has its key twice. */
const KEY_BYTES_SURE = 500_000;
/** Below a broker's default limit, with the fields that a late record adds. */
const LATE_BYTES_SURE = 1_040_000;
/** Of predictions before there was a model. */
const NO_VERSION = 'none';
const FLAG_FALLBACK = 1;
const FLAG_DEFAULTED = 4;

class PartitionOracle {
  readonly #declaration: Declaration;
  readonly #partition: number;
  readonly #champions: readonly Champion[];
  readonly #updates = new Map<string, Update[]>();
  readonly #seen = new Map<string, number[]>();
  readonly labels: LabelOracle;
  #watermarkMs = Number.NEGATIVE_INFINITY;

  /** @param champions in the order of their promotion */
  constructor(declaration: Declaration, partition: number, champions: readonly Champion[]) {
    this.#declaration = declaration;
    this.#partition = partition;
    this.#champions = champions;
    this.labels = new LabelOracle(declaration.labelTimeoutMs, declaration.earlyMs);
  }

  event(event: DecodedEvent, offset: number, bytes: number): Fate {
    const broken = this.#broken(event);
    if (broken !== null) return { is: 'set aside', codes: [broken] };
    const { amountMax, allowedLatenessMs } = this.#declaration;
    const isDefaulted = event.amount < 0 || event.amount > amountMax;
    const amount = isDefaulted ? Number.NaN : event.amount;
    if (this.#isDuplicate(event)) return { is: 'duplicate' };
    if (event.timeMs > this.#watermarkMs) this.#watermarkMs = event.timeMs;
    else if (event.timeMs + allowedLatenessMs < this.#watermarkMs)
      return { is: 'late', orTooLarge: bytes > LATE_BYTES_SURE };
    const fate = this.#predict({ ...event, amount }, offset, isDefaulted);
    const key = event.id;
    if (fate.is === 'predicted' && !fate.orTooLarge)
      this.labels.predicted(fate.prediction.key, offset, event.timeMs, this.#watermarkMs);
    if (event.kind === 'withdrawn' && key !== null)
      this.labels.arrived(key, Number.NaN, event.timeMs, this.#watermarkMs);
    if (event.kind === 'payment' && key !== null && !Number.isNaN(event.paid))
      this.labels.arrived(key, event.paid >= 1 ? 1 : 0, event.timeMs, this.#watermarkMs);
    return fate;
  }

  /** The code of the first rule that the event breaks with its life. */
  #broken({ kind, user, amount }: DecodedEvent): string | null {
    const { amountMax, amountOtherwise } = this.#declaration;
    if (kind === 'order' && user === null) return 'CONTRACT_NULL';
    if (kind !== null && !eventKinds.some((known) => known === kind)) return 'CONTRACT_CATEGORY';
    if (amountOtherwise === 'dead-letter' && (amount < 0 || amount > amountMax)) return 'CONTRACT_RANGE';
    return null;
  }

  #isDuplicate({ event, timeMs }: DecodedEvent): boolean {
    if (event === null) return false;
    const times = this.#seen.get(event) ?? [];
    this.#seen.set(event, times);
    if (times.some((other) => Math.abs(other - timeMs) <= this.#declaration.dedupeWithinMs)) return true;
    times.push(timeMs);
    return false;
  }

  #championAt(offset: number): Champion | null {
    const taken = this.#champions.filter(({ from }) => (from.get(this.#partition) ?? 0) <= offset);
    const first = { version: FIRST_VERSION, factor: 1, gain: 1, from: new Map() };
    return taken.at(-1) ?? (this.#declaration.hasModel ? first : null);
  }

  #predict(event: DecodedEvent, offset: number, isDefaulted: boolean): Fate {
    const { windows, fallback } = this.#declaration;
    const { user, amount, timeMs } = event;
    if (event.kind !== 'order' || user === null) return { is: 'passed' };
    const updates = this.#updates.get(user) ?? [];
    this.#updates.set(user, updates);
    updates.push({ timeMs, value: amount });
    const features = [Math.fround(amount), categoryOf(user), ...windowValues(windows, updates, timeMs)];
    const champion = this.#championAt(offset);
    const modelScore = champion === null ? Number.NaN : scoreOf(features, champion);
    const version = champion?.version ?? NO_VERSION;
    const isFallback = !(modelScore >= 0 && modelScore <= 1);
    const flags = (isFallback ? FLAG_FALLBACK : 0) | (isDefaulted ? FLAG_DEFAULTED : 0);
    const score = isFallback ? fallback : modelScore;
    const key = event.id ?? '';
    const orTooLarge = Buffer.byteLength(key) > KEY_BYTES_SURE;
    return { is: 'predicted', prediction: { key, timeMs, features, score, flags, version }, orTooLarge };
  }
}

const sizeOf = ({ key, value }: SourceRecord): number => (key?.length ?? 0) + (value?.length ?? 0);

function isSetAside(read: DecodedEvent | SetAside): read is SetAside {
  return 'codes' in read;
}

export interface OracleInput {
  readonly declaration: Declaration;
  readonly champions: readonly Champion[];
  readonly registered: Registered;
  /** Each partition's in the order of its offsets. */
  readonly records: readonly SourceRecord[];
}

export function foretell({ declaration, champions, registered, records }: OracleInput): Expected {
  const decoder = new EventOracle(declaration, registered);
  const partitions = new Map<number, PartitionOracle>();
  const fates = new Map<string, Fate>();
  for (const record of records) {
    const oracle =
      partitions.get(record.partition) ?? new PartitionOracle(declaration, record.partition, champions);
    partitions.set(record.partition, oracle);
    const read = decoder.read(record);
    const fate: Fate = isSetAside(read)
      ? { is: 'set aside', codes: read.codes }
      : oracle.event(read, record.offset, sizeOf(record));
    fates.set(`${record.partition}-${record.offset}`, fate);
  }
  const labels = new Map<string, Joined>();
  for (const [partition, oracle] of partitions)
    for (const joined of oracle.labels.joined) labels.set(`${partition}-${joined.predictionOffset}`, joined);
  return { fates, labels };
}
