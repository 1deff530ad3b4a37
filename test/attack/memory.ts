// The bound of the engine's memory during an attack: what it has when it serves its first clients, and what its own limits let
// strangers add at the same time. Limits that the attack does not reach at once are not counted.
import { RECORD_BATCH_INFLATED_BYTES_MAX } from '../../src/core/log-limits.ts';
import { MANIFEST_BYTES_MAX } from '../../src/core/model-limits.ts';
import {
  HTTP_BODIES_BYTES_MAX,
  HTTP_BODY_BYTES_MAX,
  CONNECTIONS_PER_ADDRESS,
  SUBSCRIBER_BUFFER_BYTES_MAX,
} from '../../src/core/port-limits.ts';

/** Clients that do not read, at a time. */
export const NEVER_READING = 16;

/** What V8 and the allocator keep of garbage: its heap grows to twice what lives before it is collected. */
const GARBAGE_BYTES = 268_435_456;

/** @param servingBytes what the process has before the first attack */
export function memoryBound(servingBytes: number): number {
  const sockets = NEVER_READING * 2 * SUBSCRIBER_BUFFER_BYTES_MAX;
  const bodies = CONNECTIONS_PER_ADDRESS * HTTP_BODY_BYTES_MAX + HTTP_BODIES_BYTES_MAX;
  const records = RECORD_BATCH_INFLATED_BYTES_MAX + 2 * MANIFEST_BYTES_MAX;
  return servingBytes + sockets + bodies + records + GARBAGE_BYTES;
}
