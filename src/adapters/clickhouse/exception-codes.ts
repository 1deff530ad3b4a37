// What the engine makes of an error of ClickHouse (control path). Source: src/Common/ErrorCodes.cpp, which
// `SELECT code, name FROM system.errors` lists.
import { messageOf } from '../../core/errors.ts';

/** Codes that pass by themselves or once an operator gives the server room. Every other code would come again. */
export const passingExceptions: ReadonlyMap<number, string> = new Map([
  [3, 'UNEXPECTED_END_OF_FILE'],
  [23, 'CANNOT_READ_FROM_ISTREAM'],
  [24, 'CANNOT_WRITE_TO_OSTREAM'],
  [32, 'ATTEMPT_TO_READ_AFTER_EOF'],
  [33, 'CANNOT_READ_ALL_DATA'],
  [74, 'CANNOT_READ_FROM_FILE_DESCRIPTOR'],
  [75, 'CANNOT_WRITE_TO_FILE_DESCRIPTOR'],
  [76, 'CANNOT_OPEN_FILE'],
  [95, 'CANNOT_READ_FROM_SOCKET'],
  [96, 'CANNOT_WRITE_TO_SOCKET'],
  [159, 'TIMEOUT_EXCEEDED'],
  [160, 'TOO_SLOW'],
  [173, 'CANNOT_ALLOCATE_MEMORY'],
  [198, 'DNS_ERROR'],
  [201, 'QUOTA_EXCEEDED'],
  [202, 'TOO_MANY_SIMULTANEOUS_QUERIES'],
  [203, 'NO_FREE_CONNECTION'],
  [204, 'CANNOT_FSYNC'],
  [209, 'SOCKET_TIMEOUT'],
  [210, 'NETWORK_ERROR'],
  [225, 'NO_ZOOKEEPER'],
  [234, 'NO_REPLICA_HAS_PART'],
  [236, 'ABORTED'],
  [241, 'MEMORY_LIMIT_EXCEEDED'],
  [242, 'TABLE_IS_READ_ONLY'],
  [243, 'NOT_ENOUGH_SPACE'],
  [244, 'UNEXPECTED_ZOOKEEPER_ERROR'],
  [252, 'TOO_MANY_PARTS'],
  [254, 'NO_ACTIVE_REPLICAS'],
  [255, 'TOO_MANY_RETRIES_TO_FETCH_PARTS'],
  [265, 'NO_AVAILABLE_REPLICA'],
  [275, 'AIO_WRITE_ERROR'],
  [279, 'ALL_CONNECTION_TRIES_FAILED'],
  [285, 'TOO_FEW_LIVE_REPLICAS'],
  [286, 'UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE'],
  [289, 'REPLICA_IS_NOT_IN_QUORUM'],
  [290, 'LIMIT_EXCEEDED'],
  [297, 'SHARD_HAS_NO_CONNECTIONS'],
  [319, 'UNKNOWN_STATUS_OF_INSERT'],
  [364, 'RECEIVED_ERROR_TOO_MANY_REQUESTS'],
  [369, 'ALL_REPLICAS_ARE_STALE'],
  [373, 'SESSION_IS_LOCKED'],
  [384, 'PART_IS_TEMPORARILY_LOCKED'],
  [394, 'QUERY_WAS_CANCELLED'],
  [415, 'ALL_REPLICAS_LOST'],
  [416, 'REPLICA_STATUS_CHANGED'],
  [439, 'CANNOT_SCHEDULE_TASK'],
  [473, 'DEADLOCK_AVOIDED'],
  [499, 'S3_ERROR'],
  [500, 'AZURE_BLOB_STORAGE_ERROR'],
  [519, 'NO_REMOTE_SHARD_AVAILABLE'],
  [529, 'NOT_A_LEADER'],
  [568, 'RAFT_ERROR'],
  [571, 'DATABASE_REPLICATION_FAILED'],
  [574, 'DISTRIBUTED_TOO_MANY_PENDING_BYTES'],
  [659, 'UNKNOWN_STATUS_OF_TRANSACTION'],
  [677, 'THREAD_WAS_CANCELED'],
  [692, 'TOO_MANY_MUTATIONS'],
  [693, 'AWS_ERROR'],
  [696, 'ASYNC_LOAD_CANCELED'],
  [700, 'USER_SESSION_LIMIT_EXCEEDED'],
  [710, 'FAULT_INJECTED'],
  [722, 'ASYNC_LOAD_WAIT_FAILED'],
  [733, 'TABLE_IS_BEING_RESTARTED'],
  [734, 'CANNOT_WRITE_AFTER_BUFFER_CANCELED'],
  [735, 'QUERY_WAS_CANCELLED_BY_CLIENT'],
  [738, 'PART_IS_LOCKED'],
  [745, 'SERVER_OVERLOADED'],
  [749, 'TCP_CONNECTION_LIMIT_REACHED'],
  [762, 'HTTP_CONNECTION_LIMIT_REACHED'],
  [776, 'RESOURCE_LIMIT_EXCEEDED'],
  [777, 'MEMORY_RESERVATION_KILLED'],
  [778, 'MEMORY_RESERVATION_FAILED'],
  [904, 'TOO_MANY_UNAVAILABLE_SHARDS'],
  [999, 'KEEPER_EXCEPTION'],
  [1000, 'POCO_EXCEPTION'],
  [1001, 'STD_EXCEPTION'],
  [1002, 'UNKNOWN_EXCEPTION'],
]);

const REMEDIES: ReadonlyMap<number, string> = new Map([
  ...[192, 193, 194, 195, 291, 497, 516, 720].map(
    (code) => [code, 'Correct the user, the password and the database in MILLRACE_CLICKHOUSE_URL.'] as const,
  ),
  [81, 'Create the database that MILLRACE_CLICKHOUSE_URL names, or correct the name.'],
  [60, 'Start again: the engine creates the tables that are missing.'],
  [164, 'Give the user of MILLRACE_CLICKHOUSE_URL the right to write.'],
  [243, 'Give the disk of ClickHouse room.'],
  [252, 'Wait until ClickHouse has merged its parts, or write less often.'],
]);

export interface ExceptionFault {
  readonly passes: boolean;
  readonly remedy: string;
}

const AWAY = 'Check that ClickHouse answers at MILLRACE_CLICKHOUSE_URL and has room.';
const REFUSED = 'Compare the tables with docs/tables.md, and look into the log of ClickHouse.';

/** The code is a property of the HTTP client's errors, and in the message of those of chdb. */
function codeOf(error: unknown): number | null {
  if (error instanceof Error && 'code' in error && /^\d+$/.test(String(error.code)))
    return Number(error.code);
  const inMessage = /\bCode: (\d+)\b/.exec(messageOf(error));
  return inMessage === null ? null : Number(inMessage[1]);
}

/** An error without a code comes from a socket or a proxy, unless it is a bug. */
export function exceptionFault(error: unknown): ExceptionFault {
  const code = codeOf(error);
  if (code === null) {
    const isBug = error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError;
    return isBug ? { passes: false, remedy: REFUSED } : { passes: true, remedy: AWAY };
  }
  const passes = passingExceptions.has(code);
  return { passes, remedy: REMEDIES.get(code) ?? (passes ? AWAY : REFUSED) };
}
