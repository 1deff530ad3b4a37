// What an attempt to make a task leaves behind if it fails.
import t from 'tap';
import { MillraceError } from '../../../src/core/errors.ts';
import type { OutputEncoders } from '../../../src/runtime/commit/epoch-outputs.ts';
import { DeadLetterLog } from '../../../src/runtime/commit/dead-letter-log.ts';
import type { EngineParts } from '../../../src/runtime/engine-parts.ts';
import type { Protection } from '../../../src/runtime/personal/protection.ts';
import { Claim } from '../../../src/runtime/recovery/claim.ts';
import { createTask, type Attempt } from '../../../src/runtime/task/create-task.ts';
import { ProfileBoard } from '../../../src/runtime/profiles/profile-board.ts';
import { RunStats } from '../../../src/runtime/task/run-stats.ts';
import type { SourceDecoder } from '../../../src/runtime/task/source-decoder.ts';
import { FakeTelemetry, MemoryStateStores } from '../../../src/testing/index.ts';
import { FakeQuarantine } from '../../support/fake-quarantine.ts';
import { ordersCodec, ordersTopology } from '../../support/orders.ts';

t.test('the writer is closed if the keys of the partition cannot be had', async (t) => {
  let open = 0;
  const epochWriter = async (): Promise<{ close: () => Promise<void> }> => {
    open += 1;
    return { close: async () => void (open -= 1) };
  };
  const telemetry = new FakeTelemetry();
  // Of the parts only those that are used before the task is there.
  const parts = {
    topology: ordersTopology({ partitions: 1 }),
    log: { epochWriter },
    codec: ordersCodec(),
    stores: new MemoryStateStores(),
    quarantine: new FakeQuarantine(),
    telemetry,
  } as unknown as EngineParts;
  const attempt = {
    assignment: { topic: 'orders', partition: 0, generation: 1 },
    claim: new Claim(1),
  } as unknown as Attempt;
  const away = {
    partition: async () => {
      t.equal(open, 1, 'no other process adds keys any more');
      throw new MillraceError('KEYS_UNAVAILABLE', 'away');
    },
  } as unknown as Protection;
  const letters = new DeadLetterLog(telemetry, 'orders.dead-letters', () => 0);
  const profiles = new ProfileBoard(() => 0);
  const [encoders, decoder] = [{} as OutputEncoders, {} as SourceDecoder];
  await t.rejects(
    createTask(parts, encoders, attempt, decoder, new RunStats(), profiles, letters, away, null),
    {
      code: 'KEYS_UNAVAILABLE',
    },
  );
  t.equal(open, 0);
});
