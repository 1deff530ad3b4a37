/** Thrown by the decoders of compressed batches for bytes that would expand past RECORD_BATCH_INFLATED_BYTES_MAX. */
export class TooLarge extends Error {}
