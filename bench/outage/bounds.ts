// What an outage may cost a worker (control path), from the bounds in src/core and this job's sizes.
import { HISTORY_BLOCK_ROWS_MAX, SINK_ROWS_BUFFERED_MAX } from '../../src/core/history-limits.ts';
import { FETCH_PARTITION_BYTES_MAX } from '../../src/core/log-limits.ts';
import { TASK_QUEUE_ROWS_MAX } from '../../src/core/task-limits.ts';
import topology from '../fleet/topology.ts';

/** Rows of history that an event makes: its prediction and its features. */
const ROWS_AN_EVENT = 2;
/** Bytes of a row as text: topology, topic, partition, offset, time, key; then scores, or eight features in base64. */
const ROW_BYTES = 128;
/** Bytes of a record in a fetch, at least. */
const FETCHED_BYTES = 60;
/** Bytes of a record that waits undecoded: the same, and the objects of key and value. */
const RECORD_BYTES = 256;
/** Bytes of a row while its block is sent: the text, its lines, their ids, and the request. */
const SENDING_ROW_BYTES = 1_024;
/** V8 lets a heap grow to twice what lives in it before it collects. */
const HEAP_SLACK = 2;
const BYTES_PER_MIB = 2 ** 20;

const { partitions } = topology.source;

/**
 * Tasks look at the buffer before each fetch that they process, so each goes past the bound by one fetch at most; a worker
 * may have all partitions.
 */
export const rowsBufferedMax: number =
  SINK_ROWS_BUFFERED_MAX + partitions * ROWS_AN_EVENT * Math.ceil(FETCH_PARTITION_BYTES_MAX / FETCHED_BYTES);

/** MiB on top of what the worker took before: rows that wait, records that wait, and a block of each table on its way. */
export const growthMiBMax: number = Math.ceil(
  (HEAP_SLACK *
    (rowsBufferedMax * ROW_BYTES +
      partitions * TASK_QUEUE_ROWS_MAX * RECORD_BYTES +
      ROWS_AN_EVENT * HISTORY_BLOCK_ROWS_MAX * SENDING_ROW_BYTES)) /
    BYTES_PER_MIB,
);
