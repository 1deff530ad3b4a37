// Error codes of answers that we read ourselves (control path). https://kafka.apache.org/protocol.html#protocol_error_codes

const CODES: Readonly<Record<number, { readonly type: string; readonly retriable: boolean }>> = {
  1: { type: 'OFFSET_OUT_OF_RANGE', retriable: false },
  2: { type: 'CORRUPT_MESSAGE', retriable: true },
  3: { type: 'UNKNOWN_TOPIC_OR_PARTITION', retriable: true },
  5: { type: 'LEADER_NOT_AVAILABLE', retriable: true },
  6: { type: 'NOT_LEADER_OR_FOLLOWER', retriable: true },
  7: { type: 'REQUEST_TIMED_OUT', retriable: true },
  9: { type: 'REPLICA_NOT_AVAILABLE', retriable: true },
  10: { type: 'MESSAGE_TOO_LARGE', retriable: false },
  13: { type: 'NETWORK_EXCEPTION', retriable: true },
  19: { type: 'NOT_ENOUGH_REPLICAS', retriable: true },
  20: { type: 'NOT_ENOUGH_REPLICAS_AFTER_APPEND', retriable: true },
  29: { type: 'TOPIC_AUTHORIZATION_FAILED', retriable: false },
  45: { type: 'OUT_OF_ORDER_SEQUENCE_NUMBER', retriable: false },
  46: { type: 'DUPLICATE_SEQUENCE_NUMBER', retriable: false },
  47: { type: 'INVALID_PRODUCER_EPOCH', retriable: false },
  48: { type: 'INVALID_TXN_STATE', retriable: false },
  49: { type: 'INVALID_PRODUCER_ID_MAPPING', retriable: false },
  51: { type: 'CONCURRENT_TRANSACTIONS', retriable: true },
  53: { type: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED', retriable: false },
  56: { type: 'KAFKA_STORAGE_ERROR', retriable: true },
  59: { type: 'UNKNOWN_PRODUCER_ID', retriable: false },
  74: { type: 'FENCED_LEADER_EPOCH', retriable: true },
  75: { type: 'UNKNOWN_LEADER_EPOCH', retriable: true },
  78: { type: 'OFFSET_NOT_AVAILABLE', retriable: true },
  90: { type: 'PRODUCER_FENCED', retriable: false },
};

/** An answer that says no. `type` is Kafka's name of the code, as on the errors of the client. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly code: number;
  readonly type: string;
  readonly retriable: boolean;

  constructor(code: number, where: string) {
    const known = CODES[code] ?? { type: `error code ${code}`, retriable: false };
    super(`${where}: ${known.type}`);
    this.code = code;
    this.type = known.type;
    this.retriable = known.retriable;
  }
}
