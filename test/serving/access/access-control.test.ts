// Roles, anonymous callers, and what a refusal says.
import fc from 'fast-check';
import t from 'tap';
import { FAILURE_ADDRESSES_MAX } from '../../../src/core/port-limits.ts';
import { type Access, type Role, roleIncludes, roles } from '../../../src/core/roles.ts';
import type { CredentialVerifier, Grant, Identity } from '../../../src/ports/identity.ts';
import { AccessControl, isRefusal } from '../../../src/serving/access/access-control.ts';
import { mayDo } from '../../../src/serving/access/caller.ts';
import { hasCredential } from '../../../src/serving/access/credential-in-url.ts';
import { FailureThrottle } from '../../../src/serving/access/failure-throttle.ts';
import { bearerOf, bearerProtocol } from '../../../src/serving/access/http-access.ts';
import { tokenVerifier } from '../../../src/serving/access/token-verifier.ts';
import { RecordingTelemetry } from '../../support/recording-telemetry.ts';

let clockMs = 0;

function control(anonymous: readonly Role[] | null, verifiers: readonly CredentialVerifier[]): AccessControl {
  return new AccessControl({
    topology: 'flights',
    anonymous,
    verifiers,
    telemetry: new RecordingTelemetry(),
    nowMs: () => clockMs,
  });
}

/** What callers without a credential may do. */
function openTo(access: AccessControl): readonly Access[] {
  return roles.filter((role) => mayDo(access.anonymous, role, 'flights'));
}

const keys: CredentialVerifier = {
  isConfigured: true,
  leavesReadingOpen: false,
  canBeGuessed: false,
  recognises: (credential) => credential.startsWith('key-'),
  verify: async () => null,
  close: async () => {},
};

t.test('what callers without a credential may do', async (t) => {
  const none = control(null, [tokenVerifier(null)]);
  t.same(openTo(none), roles, 'everything while no credentials are in use');
  t.equal(await none.identify('whatever', '192.0.2.1'), none.anonymous, 'and no credential is looked at');
  t.same(
    openTo(control(null, [tokenVerifier('12345678')])),
    ['viewer', 'subscriber'],
    'read, beside the token',
  );
  t.same(openTo(control(null, [keys, tokenVerifier('12345678')])), [], 'nothing where keys are in use');
  t.same(openTo(control(['approver'], [keys])), ['viewer', 'approver'], 'what the setting says');
  t.same(openTo(control([], [])), [], 'nothing, if the setting says so');
});

t.test('the verifier that recognises a credential decides about it', async (t) => {
  const access = control([], [keys, tokenVerifier('key-of-the-token')]);
  t.ok(isRefusal(await access.identify('key-of-the-token', '192.0.2.1')), 'no second verifier is asked');
  const token = control([], [tokenVerifier('12345678')]);
  t.match(await token.identify('12345678', '192.0.2.1'), { kind: 'token' });
  t.match(await token.identify('1234567', '192.0.2.1'), { status: 401 });
});

t.test('a wrong credential on what is open to all', async (t) => {
  const access = control([], [keys, tokenVerifier('12345678')]);
  for (let i = 0; i < 50; i++)
    t.equal(await access.identify('key-1', '192.0.2.7', true), access.anonymous, 'is none');
  t.match(
    await access.identify('key-1', '192.0.2.7'),
    { status: 401 },
    'and the address does not wait for it',
  );
  for (let i = 0; i < 50; i++) await access.identify('guess', '192.0.2.8', true);
  t.equal(await access.identify('12345678', '192.0.2.8', true), access.anonymous, 'but who guesses waits');
  t.match(await access.identify('12345678', '192.0.2.8'), { status: 429 });
});

t.test('an identity that no longer holds is refused', async (t) => {
  const expired: Identity = { kind: 'key', name: 'k', grants: [], holds: () => false };
  const access = control([], [{ ...keys, verify: async () => expired }]);
  t.match(await access.identify('key-1', '192.0.2.1'), { status: 401, code: 'UNAUTHORIZED' });
});

t.test('401 without a credential, 403 with one that does not suffice', (t) => {
  const access = control([], [keys]);
  const viewer: Identity = {
    kind: 'key',
    name: 'key 1',
    grants: [{ role: 'viewer', topology: 'flights' }],
    holds: () => true,
  };
  t.match(access.authorize(access.anonymous, 'viewer'), { status: 401 });
  t.match(access.authorize(viewer, 'approver'), { status: 403, message: /approver/ });
  t.equal(access.authorize(viewer, 'viewer'), null);
  t.equal(access.authorize(access.anonymous, 'open'), null);
  t.end();
});

/** `a.x` is a target of `a`. */
const topologyName = fc.constantFrom('a', 'b', 'c', 'a.x', 'ab.x');
const grant: fc.Arbitrary<Grant> = fc.record({
  role: fc.constantFrom(...roles),
  topology: fc.oneof(topologyName, fc.constant('*')),
});

t.test(
  'a grant for one topology is one for its targets, and gives nothing on another; admin includes every role',
  (t) => {
    fc.assert(
      fc.property(fc.array(grant), topologyName, fc.constantFrom(...roles), (grants, topology, needed) => {
        const identity: Identity = { kind: 'key', name: 'k', grants, holds: () => true };
        const expected = grants.some(
          ({ role, topology: of }) =>
            (of === '*' || of === topology || (of === 'a' && topology === 'a.x')) &&
            (role === needed ||
              role === 'admin' ||
              (needed === 'viewer' && (role === 'operator' || role === 'approver'))),
        );
        t.equal(mayDo(identity, needed, topology), expected);
        t.equal(mayDo(identity, 'open', topology), true);
      }),
    );
    for (const role of roles) t.ok(roleIncludes('admin', role));
    t.notOk(roleIncludes('operator', 'approver'), 'who operates does not approve');
    t.end();
  },
);

t.test('the header of a bearer credential', (t) => {
  t.equal(bearerOf('Bearer abc'), 'abc');
  t.equal(bearerOf('bearer  abc '), 'abc');
  for (const other of [undefined, '', 'Basic abc', 'Bearer', 'Bearer ', 'Bearer a b', 'XBearer a'])
    t.equal(bearerOf(other), null, String(other));
  t.end();
});

t.test('wrong credentials make their address wait, and no other', async (t) => {
  const good: Identity = { kind: 'key', name: 'k', grants: [], holds: () => true };
  const known: CredentialVerifier = { ...keys, verify: async (text) => (text === 'key-good' ? good : null) };
  const access = control([], [known, tokenVerifier('12345678')]);
  const statuses = async (credential: string, address: string): Promise<unknown> => {
    const found = await access.identify(credential, address);
    return isRefusal(found) ? found.status : found.kind;
  };
  clockMs = 1_000_000;
  for (let i = 0; i < 6; i++) t.equal(await statuses('87654321', '192.0.2.1'), 401);
  t.match(await access.identify('87654321', '192.0.2.1'), { status: 429, retryAfterS: 1 });
  t.equal(await statuses('12345678', '192.0.2.1'), 429, 'what can be guessed is not compared meanwhile');
  t.equal(await statuses('key-good', '192.0.2.1'), 'key', 'what cannot be guessed is');
  t.equal(await statuses('12345678', '192.0.2.2'), 'token', 'another address');
  clockMs += 1_000;
  t.equal(await statuses('12345678', '192.0.2.1'), 'token', 'after the wait');
  t.equal(await statuses('87654321', '192.0.2.1'), 401);
  t.match(await access.identify('87654321', '192.0.2.1'), { status: 429, retryAfterS: 2 }, 'it doubles');
  for (let i = 0; i < 12; i++) {
    clockMs += 60_000;
    await statuses('87654321', '192.0.2.1');
  }
  t.match(await access.identify('87654321', '192.0.2.1'), { status: 429, retryAfterS: 60 }, 'up to a minute');
  clockMs += 900_000;
  t.equal(await statuses('87654321', '192.0.2.1'), 401);
  t.equal(await statuses('87654321', '192.0.2.1'), 401, 'forgotten after a while');
});

t.test('an IPv6 network counts as one address; addresses in memory are bounded', (t) => {
  const throttle = new FailureThrottle(() => 0);
  for (let i = 0; i < 7; i++) throttle.failed(`2001:db8::${i}`);
  t.ok(throttle.waitMs('2001:db8:0:0:1::1') > 0);
  t.equal(throttle.waitMs('2001:db8:0:1::1'), 0);
  for (let i = 0; i < FAILURE_ADDRESSES_MAX; i++) throttle.failed(`198.51.${i >> 8}.${i & 255}`);
  t.equal(throttle.waitMs('2001:db8::1'), 0, 'the oldest is forgotten');
  t.end();
});

t.test('credentials in a URL', (t) => {
  const key = `millrace_0123456789abcdef_${'A'.repeat(43)}`;
  for (const query of ['token=x', 'Access_Token=x', `topology=${key}`, 'x=eyJhbGciOiJub25lIn0.e30.'])
    t.ok(hasCredential(new URLSearchParams(query)), query);
  for (const query of ['', 'topology=flights&key=UA1&after=flights-0-1', 'at=12', 'x=eyJ'])
    t.notOk(hasCredential(new URLSearchParams(query)), query);
  t.equal(bearerProtocol(`millrace, bearer.${key}`), key);
  t.equal(bearerProtocol('millrace'), null);
  t.equal(bearerProtocol(undefined), null);
  t.end();
});
