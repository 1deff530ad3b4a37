// Who may do what (control path): the one table from every route, WebSocket message and verb of the command line to the
// role that it requires. docs/guide/security.md is generated from it, and a test fails where a row is missing.
import { invariant } from '../../core/errors.ts';
import type { Access } from '../../core/roles.ts';

/** A row for each file of the dashboard, which are public: they hold no data. */
export const DASHBOARD_FILES = "GET / and the dashboard's files";

/** Where WebSockets are. */
export const SOCKET_PATH = '/ws';

interface AccessTable {
  /** Engine's own routes, `METHOD path`; a project's routes declare theirs. */
  readonly routes: Readonly<Record<string, Access>>;
  /** Messages that a WebSocket client sends, by the field that names them. */
  readonly messages: Readonly<Record<string, Access>>;
  /**
   * Verbs with an action. They work with the credentials of Kafka, Redis and ClickHouse and with the data folder, not
   * through the port: the role is that of the people who are given these.
   */
  readonly verbs: Readonly<Record<string, Access>>;
}

export const accessTable: AccessTable = {
  routes: {
    [DASHBOARD_FILES]: 'open',
    // Each message requires its own role: a browser can say who it is in its first one alone.
    [`GET ${SOCKET_PATH}`]: 'open',
    'GET /livez': 'open',
    'GET /readyz': 'open',
    'GET /metrics': 'viewer',
    'GET /api/state': 'viewer',
    'GET /api/models': 'viewer',
    'GET /api/openapi.json': 'viewer',
    'GET /api/features/:topology/:key': 'subscriber',
    'GET /v1/features/:service': 'subscriber',
    'POST /v1/features/:service': 'subscriber',
    'POST /v1/topics/:topic': 'producer',
    'POST /api/models': 'operator',
    'POST /api/models/promote': 'approver',
    'POST /api/models/rollback': 'approver',
  },
  messages: {
    authenticate: 'open',
    subscribe: 'subscriber',
  },
  verbs: {
    init: 'open',
    check: 'open',
    describe: 'open',
    types: 'open',
    'schema infer': 'operator',
    settings: 'open',
    start: 'operator',
    produce: 'producer',
    load: 'producer',
    run: 'operator',
    backfill: 'operator',
    'features get': 'subscriber',
    'models list': 'viewer',
    'models show': 'viewer',
    'models import': 'approver',
    'models export': 'operator',
    'models verify': 'viewer',
    'models probe': 'operator',
    'models promote': 'approver',
    'models rollback': 'approver',
    'models sign': 'approver',
    'models gc': 'approver',
    'models keygen': 'open',
    'keys create': 'admin',
    'keys list': 'admin',
    'keys revoke': 'admin',
    'dead-letters list': 'operator',
    'dead-letters show': 'operator',
    'dead-letters count': 'operator',
    'replay-dead-letters': 'operator',
    erase: 'admin',
    'audit list': 'operator',
    'audit verify': 'operator',
  },
};

/**
 * What a row of the table requires.
 * @throws MillraceError INVARIANT if there is no row: what has no row is not served
 */
export function requiredBy(kind: keyof AccessTable, name: string): Access {
  const required = accessTable[kind][name];
  invariant(required !== undefined, `the access table has no row for ${name} (${kind})`);
  return required;
}
