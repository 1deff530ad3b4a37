// Each visitor against each route and WebSocket message of the engine's table: what each may do says oracle/access.ts.
import { WebSocket } from 'ws';
import { accessTable } from '../../../src/serving/access/table.ts';
import type { Attack } from '../attack.ts';
import { visitors, type Visitor } from '../credentials.ts';
import { isAllowed, isStranger, messages, routes } from '../oracle/access.ts';
import type { Target } from '../target.ts';

/** How a WebSocket client says who it is. */
const ways = ['header', 'subprotocol', 'message'] as const;
type Way = (typeof ways)[number];

const ANSWER_MS_MAX = 15_000;
/** Requests at the same time. */
const MIXED = 32;

/** A request that does no harm where it is allowed: there is no such version, topology or key. */
function requestFor(route: string, topology: string): { method: string; target: string; body?: string } {
  const [method = '', path = ''] = route.split(' ');
  if (route.startsWith('GET / and')) return { method: 'GET', target: '/' };
  const target = path
    .replace(':topology', topology)
    .replace(':key', 'card=unseen')
    .replace(':topic', 'not-here');
  return method === 'GET'
    ? { method, target }
    : { method, target, body: JSON.stringify({ topology: 'not-here', version: 'v0' }) };
}

function judge(status: number, may: boolean, visitor: Visitor): boolean {
  if (may) return status !== 0 && status !== 401 && status !== 403 && status !== 429 && status < 500;
  return isStranger(visitor) ? status === 401 || status === 429 : status === 403;
}

async function tryRoute(target: Target, route: string, visitor: Visitor): Promise<void> {
  const allowed = routes.get(route);
  if (allowed === undefined) return target.found('unauthorized', `the oracle does not know ${route}`);
  const headers = target.bearer(visitor);
  const { body, ...request } = requestFor(route, target.name);
  const more = body === undefined ? {} : { body, headers: [...headers, 'Content-Type: application/json'] };
  const { status, headers: got } = await target.request({ ...request, headers, ...more });
  target.tries('requests by role');
  const may = isAllowed(allowed, visitor);
  if (!judge(status, may, visitor))
    target.found(may ? 'wrong' : 'unauthorized', `${route} as ${visitor}: ${status}`);
  if (status === 401 && !(got.get('www-authenticate') ?? '').startsWith('Bearer'))
    target.found('wrong', `${route} as ${visitor}: 401 without WWW-Authenticate`);
}

/** The first answer to a message other than that of the authentication, or how the connection ended. */
function answerTo(target: Target, visitor: Visitor, way: Way, message: string): Promise<string> {
  const sent = target.credential(visitor);
  const client = new WebSocket(
    `ws://127.0.0.1:${target.port}/ws`,
    way === 'subprotocol' && sent !== null ? ['millrace', `bearer.${sent}`] : [],
    {
      localAddress: target.from,
      headers: way === 'header' && sent !== null ? { authorization: `Bearer ${sent}` } : {},
    },
  );
  return new Promise<string>((resolve) => {
    const late = setTimeout(() => resolve('no answer'), ANSWER_MS_MAX);
    client.on('open', () => {
      if (way === 'message' && sent !== null) client.send(JSON.stringify({ authenticate: sent }));
      client.send(message);
    });
    client.on('message', (data: Buffer) => {
      const text = data.toString();
      target.inspect('a WebSocket frame', text);
      const { type, code } = JSON.parse(text) as { type: string; code?: string };
      if (type !== 'authenticated') resolve(code ?? type);
    });
    client.on('error', (error) => resolve(error.message));
    client.on('close', (code) => resolve(`closed ${code}`));
    client.once('close', () => clearTimeout(late));
  }).finally(() => client.terminate());
}

const REFUSED = /^(?:UNAUTHORIZED|FORBIDDEN|TOO_MANY_FAILURES|closed 4001)$/;

async function trySubscription(target: Target, visitor: Visitor, way: Way): Promise<void> {
  const allowed = messages.get('subscribe') ?? [];
  // A token is no name of a subprotocol where it has characters that RFC 9110 does not allow.
  if (visitor === 'token' && way === 'subprotocol') return;
  const answer = await answerTo(target, visitor, way, JSON.stringify({ subscribe: target.name }));
  target.tries('WebSocket messages by role');
  const may = isAllowed(allowed, visitor);
  if (may ? answer !== 'subscribed' : !REFUSED.test(answer))
    target.found(may ? 'wrong' : 'unauthorized', `subscription as ${visitor} by ${way}: ${answer}`);
}

/** A role holds for the topologies that it was granted for: a key of this one is no key of another. */
async function tryOtherTopology(target: Target, visitor: Visitor): Promise<void> {
  const headers = target.bearer(visitor);
  const { status } = await target.request({ method: 'GET', target: '/api/models?topology=other', headers });
  target.tries('requests by role');
  // The token is for every topology.
  const isRight = visitor === 'token' ? status < 500 && status !== 403 : judge(status, false, visitor);
  if (!isRight) target.found('unauthorized', `models of another topology as ${visitor}: ${status}`);
}

/** A credential in the URL is refused, whosever it is. */
async function tryUrl(target: Target, visitor: Visitor): Promise<void> {
  const credential = target.credential(visitor);
  if (credential === null) return;
  for (const path of ['/api/state', '/ws']) {
    const query = `token=${encodeURIComponent(credential)}`;
    const { status } = await target.request({ method: 'GET', target: `${path}?${query}` });
    target.tries('requests by role');
    if (status !== 400 && status !== 429)
      target.found('unauthorized', `a credential in the URL as ${visitor}: ${status}`);
  }
}

async function tryAll(target: Target, visitor: Visitor): Promise<void> {
  for (const route of Object.keys(accessTable.routes)) await tryRoute(target, route, visitor);
  await tryOtherTopology(target, visitor);
  await tryUrl(target, visitor);
  for (const way of ways) await trySubscription(target, visitor, way);
}

export const authorization: Attack = {
  name: 'authorization',
  async play(target, chance) {
    for (const message of Object.keys(accessTable.messages))
      if (!messages.has(message)) target.found('unauthorized', `the oracle does not know ${message}`);
    // Strangers last: their failures slow down what the address sends next.
    for (const isLate of [false, true]) {
      const group = visitors.filter((visitor) => isStranger(visitor) === isLate);
      await Promise.all(group.map((visitor) => tryAll(target, visitor)));
    }
    // At the same time, so that one answer could be taken for that of another. The token is left out: as it can be guessed,
    // it has to wait for the failures of its address.
    const routesNow = Object.keys(accessTable.routes);
    const mixed = visitors.filter((visitor) => visitor !== 'token');
    const pairs = Array.from({ length: MIXED }, () => [chance.pick(routesNow), chance.pick(mixed)] as const);
    await Promise.all(pairs.map(([route, visitor]) => tryRoute(target, route, visitor)));
  },
};
