// The access table has a row for every route, message and verb, and none for what does not exist.
import type { Command } from 'commander';
import t from 'tap';
import type { Verb } from '../../../src/app/cli/verb.ts';
import { program, verbs } from '../../../src/app/cli/program.ts';
import { accessTable, DASHBOARD_FILES, requiredBy, SOCKET_PATH } from '../../../src/serving/access/table.ts';
import { engineRoutes, ownRoutes } from '../../../src/serving/routes/engine-routes.ts';
import { staticRoutes } from '../../../src/serving/routes/static-files.ts';
import { messageKinds, parseMessage } from '../../../src/serving/sockets/protocol.ts';

/** The names of the verbs with an action: `models list`. */
function actionsOf(verb: Verb, parents = ''): string[] {
  const name = `${parents}${verb.name}`;
  return verb.verbs.length === 0 ? [name] : verb.verbs.flatMap((child) => actionsOf(child, `${name} `));
}

/** What the command line accepts, by its parser. */
function accepted(command: Command, parents = ''): string[] {
  return command.commands.flatMap((child) =>
    child.commands.length === 0
      ? [`${parents}${child.name()}`]
      : accepted(child, `${parents}${child.name()} `),
  );
}

const sorted = (names: Iterable<string>): string[] => [...names].sort((a, b) => (a < b ? -1 : 1));

t.test('every route of the engine', async (t) => {
  const served = (await ownRoutes()).map(({ method, path }) => `${method} ${path}`);
  const files = new Set((await staticRoutes()).map(({ path }) => `GET ${path}`));
  const routes = served.filter((route) => !files.has(route));
  t.same(
    sorted(Object.keys(accessTable.routes)),
    sorted([...routes, DASHBOARD_FILES, `GET ${SOCKET_PATH}`]),
    'src/serving/access/table.ts says which role each route requires',
  );
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
  t.same(
    sorted(accepted(program())),
    sorted(Object.keys(accessTable.verbs)),
    'no other is on the command line',
  );
  t.end();
});

t.test('what has no row is not served', (t) => {
  t.throws(() => requiredBy('routes', 'GET /api/secrets'), { code: 'INVARIANT' });
  t.end();
});
