// The error codes of a broker's answers, as of Kafka 4.4 (control path): what each is called, whether the same request
// may succeed later, and what the adapter makes of it. Source: org.apache.kafka.common.protocol.Errors, where a code is
// retriable if its exception is a RetriableException. test/vectors/KafkaErrorCodes.java prints the list. What is
// retriable is always unavailable: UNKNOWN_TOPIC_OR_PARTITION is the answer of a broker that has just created the topic.

/** What went wrong, as far as a caller decides by it. */
export type KafkaFault =
  /** No broker accepts a connection at an address. A wrong address looks like a broker that is away. */
  | 'unreachable'
  /** Brokers are away, starting or electing, or did not answer in time: a retry may succeed. */
  | 'unavailable'
  /** A newer owner has the transactional id, or the broker ended the transaction: a new producer starts from its last commit. */
  | 'fenced'
  /** The broker never accepts this record: its size, its timestamp or its contents. */
  | 'record'
  /** The credentials or the SASL mechanism are wrong. */
  | 'unauthenticated'
  /** The user must not do this. */
  | 'unauthorized'
  /** The broker is too old for a request. */
  | 'unsupported'
  /** Any other answer or failure: it would be the same again. */
  | 'refused';

export interface ErrorCode {
  readonly code: number;
  /** As Kafka's documentation names it. */
  readonly name: string;
  readonly isRetriable: boolean;
  readonly fault: KafkaFault;
}

export const UNKNOWN_SERVER_ERROR = -1;
export const OFFSET_OUT_OF_RANGE = 1;
export const UNKNOWN_TOPIC_OR_PARTITION = 3;
export const LEADER_NOT_AVAILABLE = 5;
export const MESSAGE_TOO_LARGE = 10;
export const RECORD_LIST_TOO_LARGE = 18;
export const INVALID_TIMESTAMP = 32;
export const INVALID_PARTITIONS = 37;
export const INVALID_CONFIG = 40;
export const POLICY_VIOLATION = 44;
export const DUPLICATE_SEQUENCE_NUMBER = 46;
export const CONCURRENT_TRANSACTIONS = 51;
export const OPERATION_NOT_ATTEMPTED = 55;

/** What is retriable is also unavailable; what is left out is refused. */
const ROWS: ReadonlyArray<readonly [code: number, name: string, what?: KafkaFault | 'retriable']> = [
  [-1, 'UNKNOWN_SERVER_ERROR', 'unavailable'],
  [1, 'OFFSET_OUT_OF_RANGE'],
  [2, 'CORRUPT_MESSAGE', 'retriable'],
  [3, 'UNKNOWN_TOPIC_OR_PARTITION', 'retriable'],
  [4, 'INVALID_FETCH_SIZE'],
  [5, 'LEADER_NOT_AVAILABLE', 'retriable'],
  [6, 'NOT_LEADER_OR_FOLLOWER', 'retriable'],
  [7, 'REQUEST_TIMED_OUT', 'retriable'],
  [8, 'BROKER_NOT_AVAILABLE', 'unavailable'],
  [9, 'REPLICA_NOT_AVAILABLE', 'retriable'],
  [10, 'MESSAGE_TOO_LARGE', 'record'],
  [11, 'STALE_CONTROLLER_EPOCH', 'unavailable'],
  [12, 'OFFSET_METADATA_TOO_LARGE'],
  [13, 'NETWORK_EXCEPTION', 'retriable'],
  [14, 'COORDINATOR_LOAD_IN_PROGRESS', 'retriable'],
  [15, 'COORDINATOR_NOT_AVAILABLE', 'retriable'],
  [16, 'NOT_COORDINATOR', 'retriable'],
  [17, 'INVALID_TOPIC_EXCEPTION'],
  [18, 'RECORD_LIST_TOO_LARGE', 'record'],
  [19, 'NOT_ENOUGH_REPLICAS', 'retriable'],
  [20, 'NOT_ENOUGH_REPLICAS_AFTER_APPEND', 'retriable'],
  [21, 'INVALID_REQUIRED_ACKS'],
  [22, 'ILLEGAL_GENERATION', 'unavailable'],
  [23, 'INCONSISTENT_GROUP_PROTOCOL'],
  [24, 'INVALID_GROUP_ID'],
  [25, 'UNKNOWN_MEMBER_ID', 'unavailable'],
  [26, 'INVALID_SESSION_TIMEOUT'],
  [27, 'REBALANCE_IN_PROGRESS', 'unavailable'],
  [28, 'INVALID_COMMIT_OFFSET_SIZE'],
  [29, 'TOPIC_AUTHORIZATION_FAILED', 'unauthorized'],
  [30, 'GROUP_AUTHORIZATION_FAILED', 'unauthorized'],
  [31, 'CLUSTER_AUTHORIZATION_FAILED', 'unauthorized'],
  [32, 'INVALID_TIMESTAMP', 'record'],
  [33, 'UNSUPPORTED_SASL_MECHANISM', 'unauthenticated'],
  [34, 'ILLEGAL_SASL_STATE', 'unauthenticated'],
  [35, 'UNSUPPORTED_VERSION', 'unsupported'],
  [36, 'TOPIC_ALREADY_EXISTS'],
  [37, 'INVALID_PARTITIONS'],
  [38, 'INVALID_REPLICATION_FACTOR'],
  [39, 'INVALID_REPLICA_ASSIGNMENT'],
  [40, 'INVALID_CONFIG'],
  [41, 'NOT_CONTROLLER', 'retriable'],
  [42, 'INVALID_REQUEST'],
  [43, 'UNSUPPORTED_FOR_MESSAGE_FORMAT', 'unsupported'],
  [44, 'POLICY_VIOLATION'],
  [45, 'OUT_OF_ORDER_SEQUENCE_NUMBER', 'fenced'],
  [46, 'DUPLICATE_SEQUENCE_NUMBER', 'fenced'],
  [47, 'INVALID_PRODUCER_EPOCH', 'fenced'],
  [48, 'INVALID_TXN_STATE', 'fenced'],
  [49, 'INVALID_PRODUCER_ID_MAPPING', 'fenced'],
  [50, 'INVALID_TRANSACTION_TIMEOUT'],
  [51, 'CONCURRENT_TRANSACTIONS', 'retriable'],
  [52, 'TRANSACTION_COORDINATOR_FENCED', 'fenced'],
  [53, 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED', 'unauthorized'],
  [54, 'SECURITY_DISABLED'],
  [55, 'OPERATION_NOT_ATTEMPTED', 'unavailable'],
  [56, 'KAFKA_STORAGE_ERROR', 'retriable'],
  [57, 'LOG_DIR_NOT_FOUND', 'unavailable'],
  [58, 'SASL_AUTHENTICATION_FAILED', 'unauthenticated'],
  [59, 'UNKNOWN_PRODUCER_ID', 'fenced'],
  [60, 'REASSIGNMENT_IN_PROGRESS', 'unavailable'],
  [61, 'DELEGATION_TOKEN_AUTH_DISABLED', 'unauthenticated'],
  [62, 'DELEGATION_TOKEN_NOT_FOUND', 'unauthenticated'],
  [63, 'DELEGATION_TOKEN_OWNER_MISMATCH', 'unauthenticated'],
  [64, 'DELEGATION_TOKEN_REQUEST_NOT_ALLOWED', 'unauthenticated'],
  [65, 'DELEGATION_TOKEN_AUTHORIZATION_FAILED', 'unauthorized'],
  [66, 'DELEGATION_TOKEN_EXPIRED', 'unauthenticated'],
  [67, 'INVALID_PRINCIPAL_TYPE', 'unauthenticated'],
  [68, 'NON_EMPTY_GROUP'],
  [69, 'GROUP_ID_NOT_FOUND'],
  [70, 'FETCH_SESSION_ID_NOT_FOUND', 'retriable'],
  [71, 'INVALID_FETCH_SESSION_EPOCH', 'retriable'],
  [72, 'LISTENER_NOT_FOUND', 'retriable'],
  [73, 'TOPIC_DELETION_DISABLED'],
  [74, 'FENCED_LEADER_EPOCH', 'retriable'],
  [75, 'UNKNOWN_LEADER_EPOCH', 'retriable'],
  [76, 'UNSUPPORTED_COMPRESSION_TYPE', 'unsupported'],
  [77, 'STALE_BROKER_EPOCH', 'unavailable'],
  [78, 'OFFSET_NOT_AVAILABLE', 'retriable'],
  [79, 'MEMBER_ID_REQUIRED', 'unavailable'],
  [80, 'PREFERRED_LEADER_NOT_AVAILABLE', 'retriable'],
  [81, 'GROUP_MAX_SIZE_REACHED'],
  [82, 'FENCED_INSTANCE_ID'],
  [83, 'ELIGIBLE_LEADERS_NOT_AVAILABLE', 'retriable'],
  [84, 'ELECTION_NOT_NEEDED', 'retriable'],
  [85, 'NO_REASSIGNMENT_IN_PROGRESS'],
  [86, 'GROUP_SUBSCRIBED_TO_TOPIC'],
  [87, 'INVALID_RECORD', 'record'],
  [88, 'UNSTABLE_OFFSET_COMMIT', 'retriable'],
  [89, 'THROTTLING_QUOTA_EXCEEDED', 'retriable'],
  [90, 'PRODUCER_FENCED', 'fenced'],
  [91, 'RESOURCE_NOT_FOUND'],
  [92, 'DUPLICATE_RESOURCE'],
  [93, 'UNACCEPTABLE_CREDENTIAL', 'unauthenticated'],
  [94, 'INCONSISTENT_VOTER_SET'],
  [95, 'INVALID_UPDATE_VERSION'],
  [96, 'FEATURE_UPDATE_FAILED'],
  [97, 'PRINCIPAL_DESERIALIZATION_FAILURE', 'unauthenticated'],
  [98, 'SNAPSHOT_NOT_FOUND'],
  [99, 'POSITION_OUT_OF_RANGE'],
  [100, 'UNKNOWN_TOPIC_ID', 'retriable'],
  [101, 'DUPLICATE_BROKER_REGISTRATION'],
  [102, 'BROKER_ID_NOT_REGISTERED', 'unavailable'],
  [103, 'INCONSISTENT_TOPIC_ID', 'retriable'],
  [104, 'INCONSISTENT_CLUSTER_ID'],
  [105, 'TRANSACTIONAL_ID_NOT_FOUND', 'fenced'],
  [106, 'FETCH_SESSION_TOPIC_ID_ERROR', 'retriable'],
  [107, 'INELIGIBLE_REPLICA', 'unavailable'],
  [108, 'NEW_LEADER_ELECTED', 'unavailable'],
  [109, 'OFFSET_MOVED_TO_TIERED_STORAGE', 'unavailable'],
  [110, 'FENCED_MEMBER_EPOCH', 'unavailable'],
  [111, 'UNRELEASED_INSTANCE_ID'],
  [112, 'UNSUPPORTED_ASSIGNOR', 'unsupported'],
  [113, 'STALE_MEMBER_EPOCH', 'unavailable'],
  [114, 'MISMATCHED_ENDPOINT_TYPE'],
  [115, 'UNSUPPORTED_ENDPOINT_TYPE', 'unsupported'],
  [116, 'UNKNOWN_CONTROLLER_ID', 'unavailable'],
  [117, 'UNKNOWN_SUBSCRIPTION_ID'],
  [118, 'TELEMETRY_TOO_LARGE'],
  [119, 'INVALID_REGISTRATION'],
  [120, 'TRANSACTION_ABORTABLE', 'fenced'],
  [121, 'INVALID_RECORD_STATE'],
  [122, 'SHARE_SESSION_NOT_FOUND', 'retriable'],
  [123, 'INVALID_SHARE_SESSION_EPOCH', 'retriable'],
  [124, 'FENCED_STATE_EPOCH'],
  [125, 'INVALID_VOTER_KEY'],
  [126, 'DUPLICATE_VOTER'],
  [127, 'VOTER_NOT_FOUND'],
  [128, 'INVALID_REGULAR_EXPRESSION'],
  [129, 'REBOOTSTRAP_REQUIRED', 'unavailable'],
  [130, 'STREAMS_INVALID_TOPOLOGY'],
  [131, 'STREAMS_INVALID_TOPOLOGY_EPOCH'],
  [132, 'STREAMS_TOPOLOGY_FENCED'],
  [133, 'SHARE_SESSION_LIMIT_REACHED', 'retriable'],
  [134, 'GROUP_DELETION_FAILED'],
  [135, 'STREAMS_TOPOLOGY_DESCRIPTION_UPDATE_FAILED'],
  [136, 'CONTROLLER_ID_NOT_REGISTERED'],
];

const CODES: ReadonlyMap<number, ErrorCode> = new Map(
  ROWS.map(([code, name, what = 'refused']) => {
    const isRetriable = what === 'retriable';
    return [code, { code, name, isRetriable, fault: isRetriable ? 'unavailable' : what }];
  }),
);

/** Codes of Kafka versions newer than the table are final refusals. */
export function errorCode(code: number): ErrorCode {
  return CODES.get(code) ?? { code, name: `error code ${code}`, isRetriable: false, fault: 'refused' };
}
