// What to do about records that were set aside (control path): a sentence for each code that a dead letter can have.
import type { ErrorCode } from './errors.ts';

const AFTERWARDS = 'then run millrace replay-dead-letters';

/** For every code of a record fault; a test holds it against `faultKinds`. */
export const recordRemedies: Partial<Readonly<Record<ErrorCode, string>>> = {
  SCHEMA_INVALID: `Add the default, the null or the symbol that the topology's schema lacks, or correct the producer; ${AFTERWARDS}.`,
  SCHEMA_UNKNOWN: `Register the schema, or let the engine's user read it; ${AFTERWARDS}.`,
  EVENT_MALFORMED: 'Correct the producer: the value is not what its schema says.',
  EVENT_NOT_FRAMED: `Name the source's format, json() for JSON objects or protobuf({ descriptor }) for Protobuf messages, or write the topic with a serializer of the schema registry; ${AFTERWARDS}.`,
  EVENT_TIME_RANGE: "Correct the producer's event time, or the logical type of its field.",
  EVENT_TIME_AHEAD: `Correct the producer's clock, or allow more with watermarks({ allowedAheadMs }); ${AFTERWARDS}.`,
  BATCH_UNREADABLE: 'Find the producer by the batch, and send its records again.',
  BATCH_TOO_LARGE: 'Let the producer write smaller batches, and send these records again.',
  STAGE_FAILED: `Correct the function of the stage; ${AFTERWARDS}.`,
  CONTRACT_TYPE: `Correct the producer or the contract; ${AFTERWARDS}.`,
  CONTRACT_NULL: `Correct the producer or the contract; ${AFTERWARDS}.`,
  CONTRACT_RANGE: `Correct the producer or the contract; ${AFTERWARDS}.`,
  CONTRACT_CATEGORY: `Correct the producer or the contract; ${AFTERWARDS}.`,
  CONTRACT_REFERENCE: `Add the row to the table, or correct the producer; ${AFTERWARDS}.`,
  CONTRACT_PATTERN: `Correct the producer or the contract; ${AFTERWARDS}.`,
  CONTRACT_LENGTH: `Correct the producer or the contract; ${AFTERWARDS}.`,
  CONTRACT_CONDITION: `Correct the producer or the contract; ${AFTERWARDS}.`,
  CONTRACT_ORDER: `Correct the producer or the contract; ${AFTERWARDS}.`,
  CONTRACT_VOLUME: `Correct the producer or the contract; ${AFTERWARDS}.`,
  CONTRACT_DISTRIBUTION: `Correct the producer or the contract; ${AFTERWARDS}.`,
  CONTRACT_FRESHNESS: "Correct the producer's clock, or the contract.",
  OUTPUT_TOO_LARGE: `Raise max.message.bytes of the topic, restart; ${AFTERWARDS}.`,
  OUTPUT_REFUSED: `Correct the settings of the topic; ${AFTERWARDS}.`,
};

/** Empty for a code that no record is set aside with. */
export function remedyOf(code: string): string {
  return Object.hasOwn(recordRemedies, code) ? (recordRemedies[code as ErrorCode] ?? '') : ''; // it is one of its keys
}
