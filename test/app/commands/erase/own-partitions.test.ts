// A command that owns partitions and gives up.
import { Observable } from 'rxjs';
import t from 'tap';
import type { Adapters } from '../../../../src/app/compose/adapters.ts';
import { applyEverywhere, type OwnParts } from '../../../../src/app/commands/erase/own-partitions.ts';
import { MillraceError } from '../../../../src/core/errors.ts';
import type { Assignment } from '../../../../src/ports/event-log.ts';
import { Erasures } from '../../../../src/runtime/erasure/erasures.ts';
import { hashedOrders as topology, ordersSchema } from '../../../support/orders.ts';

const request = {
  kind: 'request',
  digest: 'a'.repeat(64),
  entity: 'ann',
  topicId: null,
  ends: [1],
  sequence: 1,
  requestedAtMs: 1,
} as const;

function assignmentOf(released: () => void): Assignment {
  const revoked = new AbortController().signal;
  return { topic: 'orders', partition: 0, generation: 1, revoked, released } as unknown as Assignment; // what it uses
}

t.test('it leaves the group while a service stays away', async (t) => {
  let lost: (error: Error) => void = () => undefined;
  let isReleased = false;
  const assignment = assignmentOf(() => {
    isReleased = true;
  });
  const log = {
    memberCount: () => Promise.resolve(0),
    subscribe: () =>
      new Observable<Assignment>((subscriber) => {
        lost = (error) => subscriber.error(error);
        subscriber.next(assignment);
      }),
  };
  let tries = 0;
  const away = (): Promise<never> => {
    tries += 1;
    if (tries === 2) lost(new Error('the group is lost'));
    return Promise.reject(new MillraceError('STORE_UNAVAILABLE', 'the store is away'));
  };
  const adapters = { log, stores: { open: () => ({ restore: away }) } } as unknown as Adapters;
  const parts = { topology, adapters, erasures: new Erasures(), request } as unknown as OwnParts;
  await t.rejects(
    applyEverywhere(parts, () => undefined),
    { message: 'the group is lost' },
  );
  t.equal(tries, 2);
  t.ok(isReleased);
});

t.test('what another command requests is applied as well while it owns the partition', async (t) => {
  let applied = 0;
  let isReleased = false;
  const erasures = new Erasures();
  const writer = {
    close() {
      applied += 1;
      if (applied === 1) erasures.add({ ...request, digest: 'b'.repeat(64), topicId: 'another' });
      // As an engine that takes the partition over would.
      else erasures.add({ ...request, kind: 'applied', partition: 0, below: 1 });
      return Promise.resolve();
    },
  };
  const log = {
    memberCount: () => Promise.resolve(0),
    topicId: () => Promise.resolve(null),
    epochWriter: () => Promise.resolve(writer),
    subscribe: () =>
      new Observable<Assignment>((subscriber) => subscriber.next(assignmentOf(() => (isReleased = true)))),
  };
  const stores = { open: () => ({ restore: () => Promise.resolve(null) }) };
  const format = { decoder: () => Promise.resolve({ schema: ordersSchema, decode: () => undefined }) };
  const adapters = { log, stores } as unknown as Adapters;
  const parts = { topology, adapters, format, erasures, request } as unknown as OwnParts;
  t.match(await applyEverywhere(parts, () => undefined), [{ partition: 0, below: 1 }]);
  t.equal(applied, 2);
  t.ok(isReleased);
});
