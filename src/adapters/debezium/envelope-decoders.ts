// What reads the envelope of a change (types alone).
import type { EventDecoder } from '../../ports/format.ts';

/** Decoders of one form of envelope: the columns are of the row after the change, or of the one before. */
export interface EnvelopeDecoders {
  readonly after: EventDecoder;
  readonly before: EventDecoder;
}
