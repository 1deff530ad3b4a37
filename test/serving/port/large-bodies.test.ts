// Large bodies: all requests under way share one bound, and what has ended gives its share back.
import t from 'tap';
import { HTTP_BODIES_BYTES_MAX, HTTP_BODY_BYTES_MAX } from '../../../src/core/port-limits.ts';
import type { BodyTaker, HttpResponse, RequestHead } from '../../../src/ports/web-server.ts';
import { reply } from '../../../src/serving/response.ts';
import { openPort } from '../../support/open-port.ts';

const LARGE = HTTP_BODIES_BYTES_MAX / 4;

const port = openPort({
  http: () => reply.json(200, {}),
  sockets: { path: '/ws', session: () => ({ opened: () => {}, message: () => {}, closed: () => {} }) },
  largeBody: ({ path }) =>
    path === '/large' ? LARGE : path === '/refused' ? reply.error(401, 'UNAUTHORIZED', 'no', 'No.') : null,
});

function request(target: string): HttpResponse | BodyTaker {
  const head: RequestHead = {
    method: 'POST',
    target,
    headers: [['Host', 'localhost']],
    peer: '127.0.0.1',
    encrypted: false,
  };
  return port.request(head);
}

function taker(target: string): BodyTaker {
  const outcome = request(target);
  if ('status' in outcome) throw new Error(`refused with ${outcome.status}`);
  return outcome;
}

t.test('the bound of a route is its own', async (t) => {
  t.equal(taker('/large').bytesMax, LARGE);
  t.equal(taker('/other').bytesMax, HTTP_BODY_BYTES_MAX);
  t.match(request('/refused'), { status: 401 }, 'before the body');
});

t.test('bytes count until their request has ended', async (t) => {
  const open = Array.from({ length: 4 }, () => taker('/large'));
  for (const one of open) t.equal(one.received(LARGE), null);
  const late = taker('/large');
  t.match(late.received(1), {
    status: 429,
    headers: { 'retry-after': '1', 'content-security-policy': /none/ },
  });
  late.ended();
  t.equal(taker('/other').received(HTTP_BODY_BYTES_MAX), null, 'small ones do not count');
  for (const one of open) one.ended();
  const next = taker('/large');
  t.equal(next.received(LARGE), null);
  next.ended();
});
