// The models of another topology are refused as any route is: 401 or 403 with the challenge, and counted.
import t from 'tap';
import type { CredentialVerifier } from '../../../src/ports/identity.ts';
import { AccessControl } from '../../../src/serving/access/access-control.ts';
import { exampleStart } from '../../e2e/example-run.ts';
import { openExampleServing } from '../../support/example-serving.ts';
import { RecordingTelemetry } from '../../support/recording-telemetry.ts';

const verifier: CredentialVerifier = {
  isConfigured: true,
  leavesReadingOpen: false,
  canBeGuessed: false,
  recognises: () => true,
  verify: async () => ({
    kind: 'key',
    name: 'key 1',
    grants: [{ role: 'viewer', topology: 'flights' }],
    holds: () => true,
  }),
  close: async () => {},
};

t.test('a viewer of the running topology', async (t) => {
  const telemetry = new RecordingTelemetry();
  const access = new AccessControl({ topology: 'flights', anonymous: [], verifiers: [verifier], telemetry });
  const { serving } = await openExampleServing({ state: () => exampleStart(0), telemetry, access });
  t.teardown(() => serving.close(100));
  const ask = (query: string): Promise<Response> =>
    fetch(`${serving.url}api/models${query}`, { headers: { authorization: 'Bearer key' } });
  t.equal((await ask('')).status, 200);
  t.equal((await ask('?topology=flights')).status, 200);
  const refused = await ask('?topology=payments');
  t.equal(refused.status, 403);
  t.match(refused.headers.get('www-authenticate'), /error="insufficient_scope", scope="viewer"/);
  t.equal(telemetry.counts.get('access_refusals_total'), 1);
});
