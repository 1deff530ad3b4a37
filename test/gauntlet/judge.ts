// Holds what a world's engine left, and what it said of itself, against the oracle.
import { createHash } from 'node:crypto';
import type { Left } from './left.ts';
import type { Scraped } from './metrics.ts';
import type { Expected, ExpectedPrediction, Fate, SourceRecord } from './oracle/oracle.ts';

export interface Verdict {
  readonly events: number;
  readonly predicted: number;
  readonly late: number;
  readonly duplicates: number;
  readonly setAside: ReadonlyMap<string, number>;
  /** Each is one line that says what and where. */
  readonly stuck: readonly string[];
  readonly lost: readonly string[];
  readonly doubled: readonly string[];
  readonly different: readonly string[];
  readonly processEnds: readonly string[];
  readonly metricsLied: readonly string[];
}

export interface Observed {
  /** Commands that answered otherwise than they should. */
  readonly wrongAnswers: readonly string[];
  /** Records that were gone before they were read, or that a setting skips. */
  readonly skipped: number;
  readonly left: Left;
  /** The counters of all lives together; null where a life was killed, and its counters with it. */
  readonly metrics: Scraped | null;
  /** What else the engine said that is not so. */
  readonly lies: readonly string[];
  readonly stuck: readonly string[];
  readonly processEnds: readonly string[];
}

const SCORE_TOLERANCE = 1e-5;
/** Means are sums in another order. */
const FEATURE_TOLERANCE = 2e-7;

function isNear(a: number, b: number): boolean {
  if (Object.is(a, b) || a === b) return true;
  return Number.isFinite(b) && Math.abs(a - b) <= FEATURE_TOLERANCE * Math.abs(b);
}

function predictionDifference(
  expected: ExpectedPrediction,
  id: string,
  found: Left['predictions'][number],
  left: Left,
): string | null {
  const { key, timeMs, score, flags, features } = expected;
  if (found.key !== key || found.timeMs !== timeMs)
    return `${id}: key ${found.key} at ${found.timeMs} instead of ${key} at ${timeMs}`;
  if (found.version !== expected.version) return `${id}: by ${found.version} instead of ${expected.version}`;
  // Negated, so that a score that is no number is none of the expected.
  if (!(Math.abs(found.score - score) <= SCORE_TOLERANCE) || found.flags !== flags)
    return `${id}: score ${found.score} flags ${found.flags} instead of ${score} flags ${flags}`;
  const vector = left.features.get(id);
  if (vector === undefined) return `${id}: no vector in feature_log`;
  const isSame =
    vector.length === features.length && vector.every((value, i) => isNear(value, features[i] as number));
  return isSame ? null : `${id}: vector ${vector.join(' ')} instead of ${features.join(' ')}`;
}

function countBy(ids: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
}

function isEqual(a: Buffer | null, b: Buffer | null): boolean {
  return a === null || b === null ? a === b : a.equals(b);
}

const hashOf = (bytes: Buffer | null): string =>
  createHash('sha256')
    .update(bytes ?? Buffer.alloc(0))
    .digest('hex');

class Comparison {
  readonly lost: string[] = [];
  readonly doubled: string[] = [];
  readonly different: string[] = [];
  readonly #left: Left;
  readonly #predictions: ReadonlyMap<string, Left['predictions'][number]>;
  readonly #letters: ReadonlyMap<string, Left['deadLetters'][number]>;
  readonly #late: ReadonlySet<string>;

  readonly #records: ReadonlyMap<string, SourceRecord>;

  constructor(left: Left, records: readonly SourceRecord[]) {
    this.#records = new Map(records.map((record) => [`${record.partition}-${record.offset}`, record]));
    this.#left = left;
    this.#predictions = new Map(left.predictions.map((prediction) => [prediction.id, prediction]));
    this.#letters = new Map(left.deadLetters.map((letter) => [letter.id, letter]));
    this.#late = new Set(left.late);
  }

  record(id: string, fate: Fate): void {
    const prediction = this.#predictions.get(id);
    const letter = this.#letters.get(id);
    const isLate = this.#late.has(id);
    const outcomes = [
      ...(prediction === undefined ? [] : ['predicted']),
      ...(letter === undefined ? [] : [`set aside as ${letter.code}`]),
      ...(isLate ? ['late'] : []),
    ];
    const wanted = fate.is === 'passed' || fate.is === 'duplicate' ? 0 : 1;
    if (outcomes.length > wanted) {
      this.different.push(`${id}: ${outcomes.join(' and ')} instead of ${describe(fate)}`);
    } else if (letter?.code === 'OUTPUT_TOO_LARGE' && 'orTooLarge' in fate && fate.orTooLarge) {
      this.#differs(this.#letterDifference(letter));
    } else if (outcomes.length < wanted) this.lost.push(`${id}: nothing instead of ${describe(fate)}`);
    else if (fate.is === 'predicted' && prediction !== undefined)
      this.#differs(predictionDifference(fate.prediction, id, prediction, this.#left));
    else if (fate.is === 'set aside' && letter !== undefined) {
      if (!fate.codes.includes(letter.code))
        this.#differs(`${id}: set aside as ${letter.code} instead of ${fate.codes.join(' or ')}`);
      else this.#differs(this.#letterDifference(letter));
    } else if (wanted === 1 && !(fate.is === 'late' && isLate))
      this.#differs(`${id}: ${outcomes.join()} instead of ${describe(fate)}`);
  }

  /** A dead letter has the record's bytes, or their heads and what their hashes are. */
  #letterDifference({ id, key, value, cut }: Left['deadLetters'][number]): string | null {
    const record = this.#records.get(id);
    if (record === undefined) return null;
    const isSame =
      cut === null
        ? isEqual(key, record.key) && isEqual(value, record.value)
        : cut.key === hashOf(record.key) && cut.value === hashOf(record.value);
    return isSame ? null : `${id}: its dead letter has other bytes`;
  }

  #differs(how: string | null): void {
    if (how !== null) this.different.push(how);
  }

  labels(expected: Expected['labels']): void {
    for (const [id, { label, maybe }] of expected) {
      const found = this.#left.labels.get(id);
      if (found === undefined && !maybe) this.lost.push(`${id}: its label ${label}`);
      if (found !== undefined && found !== label)
        this.different.push(`${id}: label ${found} instead of ${label}`);
    }
    for (const [id, label] of this.#left.labels)
      if (!expected.has(id)) this.different.push(`${id}: label ${label} instead of none`);
  }

  doubles(expected: Expected['fates']): void {
    const { predictions, deadLetters, late } = this.#left;
    for (const rows of [predictions, deadLetters])
      for (const [id, count] of countBy(rows.map((row) => row.id))) this.#once(id, count, expected);
    for (const [id, count] of countBy(late)) this.#once(id, count, expected);
  }

  #once(id: string, count: number, expected: Expected['fates']): void {
    if (count > 1) this.doubled.push(`${id}: ${count} times`);
    if (!expected.has(id)) this.different.push(`${id}: is no record of the source`);
  }
}

function describe(fate: Fate): string {
  return fate.is === 'set aside' ? `set aside as ${fate.codes.join(' or ')}` : fate.is;
}

/** What each counter must say: what is right is judged apart, so these are counts of what was left. */
function metricLies(metrics: Scraped, { fates }: Expected, left: Left, skipped: number): string[] {
  const all = [...fates.values()];
  const count = (is: Fate['is']): number => all.filter((fate) => fate.is === is).length;
  const expected = new Map<string, number>([
    ['millrace_events_total', all.length],
    ['millrace_predictions_total', left.predictions.length],
    ['millrace_events_late_total', left.late.length],
    ['millrace_events_duplicate_total', count('duplicate')],
    ['millrace_dead_letters_total', left.deadLetters.length],
    ['millrace_labels_joined_total', left.labels.size],
    ['millrace_offset_lag_events', 0],
    ['millrace_events_skipped_total', skipped],
  ]);
  for (const [code, letters] of countBy(left.deadLetters.map((letter) => letter.code)))
    expected.set(`millrace_dead_letters_total{code="${code}"}`, letters);
  return [...expected].flatMap(([name, value]) => {
    const said = metrics.get(name) ?? 0;
    return said === value ? [] : [`${name} says ${said} instead of ${value}`];
  });
}

/** @param records of the source */
export function judge(expected: Expected, records: readonly SourceRecord[], observed: Observed): Verdict {
  const { left, metrics, lies, stuck, processEnds, wrongAnswers, skipped } = observed;
  const comparison = new Comparison(left, records);
  for (const [id, fate] of expected.fates) comparison.record(id, fate);
  comparison.labels(expected.labels);
  comparison.doubles(expected.fates);
  const { lost, doubled, different } = comparison;
  const fates = [...expected.fates.values()];
  return {
    events: fates.length,
    predicted: fates.filter(({ is }) => is === 'predicted').length,
    late: fates.filter(({ is }) => is === 'late').length,
    duplicates: fates.filter(({ is }) => is === 'duplicate').length,
    setAside: countBy(left.deadLetters.map(({ code }) => code)),
    stuck,
    lost,
    doubled,
    different: [...different, ...wrongAnswers],
    processEnds,
    // Where events are stuck or lost, the counters only say so.
    metricsLied:
      metrics === null || stuck.length > 0 || processEnds.length > 0
        ? lies
        : [...lies, ...metricLies(metrics, expected, left, skipped)],
  };
}

export function isGood(verdict: Verdict): boolean {
  const { stuck, lost, doubled, different, processEnds, metricsLied } = verdict;
  return [stuck, lost, doubled, different, processEnds, metricsLied].every((faults) => faults.length === 0);
}
