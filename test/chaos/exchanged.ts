// What the parts of the topology send each other: the events of its hops, and the features that answer them.
import { AnswerReader } from '../../src/runtime/answers/answer-record.ts';
import { main } from './parts-progress.ts';
import type { PlacedValue } from './read-topic.ts';
import type { LeftRow } from './rows.ts';

const { hops = [], answers = '' } = main.part ?? {};

export const hopTopics: readonly string[] = hops.map(({ name }) => name);
export const answersTopic: string = answers;

export interface Exchanged {
  /** By their bytes, which no two events share that are no duplicates, with their place in the order of the hop. */
  readonly hops: readonly LeftRow[];
  /** Of each hop to each event. */
  readonly answers: readonly LeftRow[];
}

export async function readExchanged(
  read: (topic: string) => Promise<readonly PlacedValue[]>,
): Promise<Exchanged> {
  const events: LeftRow[] = [];
  for (const topic of hopTopics) {
    const counts: number[] = [];
    for (const { partition, value } of await read(topic)) {
      const nth = counts[partition] ?? 0;
      counts[partition] = nth + 1;
      events.push({ id: `${topic} ${value.toString('hex')}`, content: `${partition} ${nth}` });
    }
  }
  const answered: LeftRow[] = [];
  for (const { partition, value } of await read(answersTopic)) {
    const reader = new AnswerReader(value);
    const hop = hops.find(({ fingerprint }) => fingerprint === reader.fingerprint)?.name ?? 'none';
    const row = new Float32Array(reader.width);
    for (let i = 0; i < reader.count; i++) {
      reader.copy(i, row, 0);
      answered.push({ id: `${hop} ${partition}-${reader.offset(i)}`, content: row.join(' ') });
    }
  }
  return { hops: events, answers: answered };
}
