// Records of Millrace's own topics, read as if a stranger had written them (control path): anyone who may write to a topic
// can put anything there, and it must neither end a process nor be taken for what it is not.
import { messageOf } from '../core/errors.ts';
import { isEnvironmentFault } from '../core/faults.ts';
import type { RecordDecoder } from '../ports/codec.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { RESTART_WAITS, retriesWhile } from '../resilience/retries.ts';

/**
 * The record; null for one that cannot be read.
 * @param stray called with the reason
 * @throws a fault of the environment: whether the record can be read is not known
 */
export async function readOwn<T>(
  decoder: RecordDecoder<T>,
  value: Buffer,
  stray: (why: string) => void = () => undefined,
): Promise<T | null> {
  try {
    return await decoder.decode(value);
  } catch (error) {
    if (isEnvironmentFault(error)) throw error;
    stray(messageOf(error));
    return null;
  }
}

/**
 * The same for a follower of a topic, which must miss no record: while its schema cannot be had, it waits.
 * @param where topic and partition, for the conditions that it raises
 */
export async function followOwn<T>(
  decoder: RecordDecoder<T>,
  value: Buffer,
  where: string,
  telemetry: Pick<Telemetry, 'raise' | 'clear'>,
): Promise<T | null> {
  const policy = retriesWhile(isEnvironmentFault, RESTART_WAITS, (error) =>
    telemetry.raise('registry_unavailable', where, error.message),
  );
  const record = await policy.execute(() =>
    readOwn(decoder, value, (why) => telemetry.raise('records_skipped', where, why)),
  );
  telemetry.clear('registry_unavailable', where);
  return record;
}
