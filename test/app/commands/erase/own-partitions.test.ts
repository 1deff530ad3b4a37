// A command that owns partitions and gives up.
import { Observable } from 'rxjs';
import t from 'tap';
import type { Adapters } from '../../../../src/app/compose/adapters.ts';
import { applyEverywhere, type OwnParts } from '../../../../src/app/commands/erase/own-partitions.ts';
import { MillraceError } from '../../../../src/core/errors.ts';
import type { Assignment } from '../../../../src/ports/event-log.ts';
import { Erasures } from '../../../../src/runtime/erasure/erasures.ts';
import { hashedOrders as topology } from '../../../support/orders.ts';

t.test('it leaves the group while a service stays away', async (t) => {
  let lost: (error: Error) => void = () => undefined;
  let isReleased = false;
  const assignment = {
    topic: 'orders',
    partition: 0,
    generation: 1,
    revoked: new AbortController().signal,
    released: () => {
      isReleased = true;
    },
  } as unknown as Assignment; // what the command uses of it
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
  const request = {
    kind: 'request',
    digest: 'a'.repeat(64),
    entity: 'ann',
    topicId: null,
    ends: [1],
    sequence: 1,
    requestedAtMs: 1,
  } as const;
  const parts = { topology, adapters, erasures: new Erasures(), request } as unknown as OwnParts;
  await t.rejects(
    applyEverywhere(parts, () => undefined),
    { message: 'the group is lost' },
  );
  t.equal(tries, 2);
  t.ok(isReleased);
});
