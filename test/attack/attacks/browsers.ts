// What pages of other origins try with a browser of an administrator: cross-site requests, DNS rebinding, form posts, other
// forms of a path. Every request has a credential that may do what it asks for, so only these rules stand against it.
import type { Chance } from '../../gauntlet/random.ts';
import { rawUpgrade } from '../../support/raw-http.ts';
import type { Attack } from '../attack.ts';
import type { Target } from '../target.ts';
import { pathBends } from './http-grammar.ts';
import { talk } from './talk.ts';

const PROMOTE = '/api/models/promote';
const BODY = JSON.stringify({ version: 'v0' });
const JSON_TYPE = 'Content-Type: application/json';
/** What the route answers, if a request comes to it: there is no such version. */
const ROUTED = 'MODEL_UNKNOWN';
const PATHS_TRIED = 24;

const foreignOrigins = (port: number): string[] => [
  'http://evil.example',
  'null',
  `http://127.0.0.1:${port + 1}`,
  'http://127.0.0.1',
  `https://127.0.0.1.evil.example:${port}`,
  `http://127.0.0.1:${port}.evil.example`,
  `http://user@127.0.0.1:${port}`,
  '',
];

const foreignHosts = [
  'evil.example',
  '127.0.0.1.evil.example',
  'localhost.evil.example',
  '127.0.0.1:80@evil.example',
  '[::ffff:10.0.0.1]',
  '10.0.0.1',
] as const;

const otherTypes = [
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/json; charset=utf-16',
  'application/jsonx',
  'text/plain; application/json',
  'application/json, text/plain',
  '',
] as const;

interface Try {
  readonly headers: readonly string[];
  readonly target?: string;
  readonly host?: string;
}

async function promote(target: Target, { headers, target: path = PROMOTE, host }: Try): Promise<string> {
  const {
    status,
    body,
    headers: got,
  } = await target.request({
    method: 'POST',
    target: path,
    headers: [`Authorization: Bearer ${target.credential('admin')}`, ...headers],
    body: BODY,
    host: host ?? `127.0.0.1:${target.port}`,
  });
  target.tries('requests as a browser');
  if (got.has('set-cookie') || got.get('access-control-allow-origin') !== undefined)
    target.found('wrong', `${headers.join()}: cookies or sharing with another origin`);
  return `${status} ${/"code":"(\w+)"/.exec(body)?.[1] ?? ''}`;
}

async function mustBe(target: Target, expected: RegExp, one: Try): Promise<void> {
  const answer = await promote(target, one);
  if (!expected.test(answer))
    target.found('unauthorized', `${JSON.stringify(one)}: ${answer} instead of ${expected.source}`);
}

async function tryUpgrade(target: Target, origin: string): Promise<void> {
  const credential = `Authorization: Bearer ${target.credential('admin')}`;
  const head = rawUpgrade('/ws', [`Origin: ${origin}`, credential]);
  const withPort = head.replace('Host: 127.0.0.1', `Host: 127.0.0.1:${target.port}`);
  const text = await talk(target, [Buffer.from(withPort)], 'wait');
  target.tries('requests as a browser');
  if (text.startsWith('HTTP/1.1 101')) target.found('unauthorized', `a page of ${origin} opens a WebSocket`);
}

async function tryPaths(target: Target, chance: Chance): Promise<void> {
  for (let i = 0; i < PATHS_TRIED; i++) {
    const path = chance.pick(pathBends)(PROMOTE, chance);
    const answer = await promote(target, { headers: [JSON_TYPE], target: path });
    if (answer.includes(ROUTED))
      target.found('unauthorized', `${JSON.stringify(path.slice(0, 99))}: ${answer}`);
  }
}

export const browsers: Attack = {
  name: 'browsers',
  async play(target, chance) {
    const own = `Origin: http://127.0.0.1:${target.port}`;
    // Otherwise the refusals below say nothing.
    await mustBe(target, /^404 MODEL_UNKNOWN$/, { headers: [JSON_TYPE, own] });
    await mustBe(target, /^404 MODEL_UNKNOWN$/, { headers: [JSON_TYPE], host: `localhost:${target.port}` });
    for (const origin of foreignOrigins(target.port)) {
      await mustBe(target, /^403 ORIGIN_REFUSED$/, { headers: [JSON_TYPE, `Origin: ${origin}`] });
      await tryUpgrade(target, origin);
    }
    for (const site of ['cross-site', 'same-site'])
      await mustBe(target, /^403 ORIGIN_REFUSED$/, { headers: [JSON_TYPE, `Sec-Fetch-Site: ${site}`] });
    for (const host of foreignHosts)
      await mustBe(target, /^(?:403 HOST_REFUSED|400 )/, { headers: [JSON_TYPE], host });
    for (const type of otherTypes)
      await mustBe(target, /^415 MEDIA_TYPE_UNSUPPORTED$/, { headers: [`Content-Type: ${type}`] });
    await tryPaths(target, chance);
  },
};
