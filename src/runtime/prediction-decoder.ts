// Reads records of a predictions topic in either format (control path): a topology may change from one to the other, and
// the topic has both then.
import { MillraceError, messageOf } from '../core/errors.ts';
import type { RecordDecoder, SchemaCodec } from '../ports/codec.ts';
import type { TopologyTopics } from '../topology/topics.ts';
import type { PredictionRecord } from './records.ts';

const BRACE = 0x7b;

export async function openPredictionDecoder(
  codec: SchemaCodec,
  { predictions: topic, predictionSchema }: Pick<TopologyTopics, 'predictions' | 'predictionSchema'>,
): Promise<RecordDecoder<PredictionRecord>> {
  const avro = await codec.decoder<PredictionRecord>(`${topic}-value`, predictionSchema);
  return {
    decode: async (bytes) => (bytes[0] === BRACE ? ofJson(bytes, topic) : avro.decode(bytes)),
  };
}

function ofJson(bytes: Buffer, where: string): PredictionRecord {
  const malformed = (why: string, cause?: unknown): MillraceError =>
    new MillraceError('EVENT_MALFORMED', `the bytes are no prediction: ${why}`, { where, cause });
  let value: Readonly<Record<string, unknown>>;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as typeof value; // it begins with a brace
  } catch (cause) {
    throw malformed(messageOf(cause), cause);
  }
  const { id, key, eventTime, score, version, flags, class: top, outputs } = value;
  if (typeof id !== 'string' || typeof key !== 'string' || typeof version !== 'string')
    throw malformed('id, key or version is no text');
  if (typeof eventTime !== 'number' || typeof flags !== 'number' || !Number.isInteger(flags))
    throw malformed('eventTime or flags is no number');
  if (score !== null && typeof score !== 'number') throw malformed('score is no number');
  const record = { id, key, eventTime, score: Math.fround(score ?? Number.NaN), version, flags };
  if (outputs === undefined) return record;
  if (typeof top !== 'string' || !Array.isArray(outputs))
    throw malformed('class or outputs are of another kind');
  // What is no number was NaN, which JSON lacks.
  return {
    ...record,
    class: top,
    outputs: outputs.map((one) => Math.fround(typeof one === 'number' ? one : NaN)),
  };
}
