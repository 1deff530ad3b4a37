// The access table has a row for every route, message and verb, and none for what does not exist.
import t from 'tap';
import type { Verb } from '../../../src/app/cli/verb.ts';
import { verbs } from '../../../src/app/cli/program.ts';
import { accessTable, DASHBOARD_FILES, requiredBy } from '../../../src/serving/access/table.ts';
import { engineRoutes } from '../../../src/serving/routes/engine-routes.ts';
import { staticRoutes } from '../../../src/serving/routes/static-files.ts';
import { messageKinds, parseMessage } from '../../../src/serving/sockets/protocol.ts';

/** The names of the verbs with an action: `models list`. */
function actionsOf(verb: Verb, parents = ''): string[] {
  const name = `${parents}${verb.name}`;
  return verb.verbs.length === 0 ? [name] : verb.verbs.flatMap((child) => actionsOf(child, `${name} `));
}

const sorted = (names: Iterable<string>): string[] => [...names].sort((a, b) => (a < b ? -1 : 1));

t.test('every route of the engine', async (t) => {
  const routes = engineRoutes.map(({ method, path }) => `${method} ${path}`);
  t.same(sorted(Object.keys(accessTable.routes)), sorted([...routes, DASHBOARD_FILES]));
  for (const { method, path, access } of engineRoutes)
    t.equal(
      access,
      accessTable.routes[`${method} ${path}`],
      `${method} ${path} requires what the table says`,
    );
  for (const { access } of await staticRoutes()) t.equal(access, accessTable.routes[DASHBOARD_FILES]);
  const changing = engineRoutes.filter(({ method }) => method !== 'GET');
  t.ok(changing.length > 0);
  for (const { path, access } of changing) t.not(access, 'open', `${path} changes something`);
});

t.test('every message of a WebSocket client', (t) => {
  t.same(sorted(Object.keys(accessTable.messages)), sorted(messageKinds));
  for (const kind of messageKinds) t.match(parseMessage(JSON.stringify({ [kind]: 'x' })), { kind });
  t.end();
});

t.test('every verb', (t) => {
  t.same(
    sorted(Object.keys(accessTable.verbs)),
    sorted(verbs.flatMap((verb) => actionsOf(verb))),
    'src/serving/access/table.ts says which role each verb requires',
  );
  t.end();
});

t.test('what has no row is not served', (t) => {
  t.throws(() => requiredBy('routes', 'GET /api/secrets'), { code: 'INVARIANT' });
  t.end();
});
