// Positions of the fields in a record batch's header. https://kafka.apache.org/documentation/#recordbatch, magic 2

export const LENGTH_AT = 8;
/** The length does not count these bytes at the start. */
export const BEFORE_LENGTH_BYTES = 12;
export const LEADER_EPOCH_AT = 12;
export const MAGIC_AT = 16;
export const CRC_AT = 17;
/** The checksum covers everything from here on. */
export const ATTRIBUTES_AT = 21;
export const LAST_OFFSET_DELTA_AT = 23;
export const BASE_TIMESTAMP_AT = 27;
export const MAX_TIMESTAMP_AT = 35;
export const PRODUCER_ID_AT = 43;
export const PRODUCER_EPOCH_AT = 51;
export const BASE_SEQUENCE_AT = 53;
export const COUNT_AT = 57;
export const HEADER_BYTES = 61;

export const MAGIC = 2;

/** Bits of the attributes. */
export const CODEC_MASK = 0x07;
export const LOG_APPEND_TIME = 0x08;
export const TRANSACTIONAL = 0x10;
export const CONTROL = 0x20;

/** The timestamp of a record that has none, and here of one whose time is none. */
export const NO_TIMESTAMP = -1;
