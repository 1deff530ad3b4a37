// Who may do what, written down from SECURITY.md and the issue of the roles, and not from the engine's table: the attack
// takes the routes from there and the answers from here. What is not in here is a finding.
import type { Visitor } from '../credentials.ts';

/** Everyone, also with a credential that does not hold. */
const EVERYONE = 'everyone';
type Allowed = typeof EVERYONE | readonly Visitor[];

const WATCH = ['viewer', 'operator', 'approver', 'admin', 'token'] as const;
const CONSUME = ['subscriber', 'admin', 'token'] as const;
const PRODUCE = ['producer', 'admin', 'token'] as const;
const REGISTER_MODELS = ['operator', 'admin', 'token'] as const;
const CHANGE_MODELS = ['approver', 'admin', 'token'] as const;

/** By `METHOD path`, as in docs/reference/rest.md. */
export const routes: ReadonlyMap<string, Allowed> = new Map<string, Allowed>([
  ["GET / and the dashboard's files", EVERYONE],
  // The WebSocket: a client says who it is by its first message, or in the upgrade.
  ['GET /ws', EVERYONE],
  ['GET /livez', EVERYONE],
  ['GET /readyz', EVERYONE],
  ['GET /metrics', WATCH],
  ['GET /api/state', WATCH],
  ['GET /api/models', WATCH],
  ['GET /api/openapi.json', WATCH],
  ['GET /api/features/:topology/:key', CONSUME],
  ['GET /v1/features/:service', CONSUME],
  ['POST /v1/features/:service', CONSUME],
  ['POST /v1/topics/:topic', PRODUCE],
  ['POST /api/models', REGISTER_MODELS],
  ['POST /api/models/promote', CHANGE_MODELS],
  ['POST /api/models/rollback', CHANGE_MODELS],
]);

/** By the field that names the message, as in docs/asyncapi.yaml. */
export const messages: ReadonlyMap<string, Allowed> = new Map<string, Allowed>([
  ['authenticate', EVERYONE],
  ['subscribe', CONSUME],
]);

/** A token of the issuer gives the role that its name says. */
function roleOf(visitor: Visitor): string {
  return visitor.startsWith('jwt ') ? visitor.slice('jwt '.length) : visitor;
}

export function isAllowed(allowed: Allowed, visitor: Visitor): boolean {
  return allowed === EVERYONE || allowed.some((one) => one === roleOf(visitor));
}

const STRANGERS: ReadonlySet<Visitor> = new Set<Visitor>([
  'anonymous',
  'wrong key',
  'no key at all',
  'revoked',
  'expired',
  'of another topology',
  'jwt expired',
  'jwt of another issuer',
  'jwt for another audience',
  'jwt unsigned',
  'jwt by a shared secret',
  'jwt by another key',
  'jwt with its own key',
]);

/** Visitors whose credential does not hold; they are answered 401, or 429 once there were too many of them. */
export function isStranger(visitor: Visitor): boolean {
  return STRANGERS.has(visitor);
}
