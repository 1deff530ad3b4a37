// docs/asyncapi.yaml matches the code: topics, schemas, error codes, close codes.
import { existsSync, readFileSync } from 'node:fs';
import t from 'tap';
import {
  CLOSE_TOO_SLOW,
  CLOSE_TRY_LATER,
  CLOSE_UNAUTHORIZED,
  frameErrorCodes,
  parseMessage,
} from '../../src/serving/sockets/protocol.ts';
import {
  artifactsTopic,
  dataKeysTopic,
  erasuresTopic,
  ingestedSpec,
  replayedLettersSpec,
  topicsOf,
} from '../../src/topology/topics.ts';

const file = new URL('../../docs/asyncapi.yaml', import.meta.url);
const text = readFileSync(file, 'utf8');

function all(pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, found]) => found as string);
}

const topics = topicsOf({ name: 'flights', source: { topic: 'flights' }, repartition: null } as Parameters<
  typeof topicsOf
>[0]);
t.same(
  new Set(all(/^ {4}address: (flights\S*)$/gm)),
  new Set([
    ...Object.values(topics),
    replayedLettersSpec('flights').topic,
    ingestedSpec('flights').topic,
    artifactsTopic('flights'),
    dataKeysTopic('flights'),
    erasuresTopic('flights'),
  ]),
  'the topics of a topology',
);

const schemas = all(/\$ref: (\.\.\/\S+\.avsc)/g);
t.ok(schemas.length >= 7);
for (const schema of schemas) t.ok(existsSync(new URL(schema, file)), schema);

const codes = /enum:\s*\[([^\]]*)\]/.exec(text.slice(text.indexOf('type: { const: error }')))?.[1] ?? '';
t.same(codes.match(/[A-Z_]+/g), [...frameErrorCodes], 'error codes');
for (const code of [1001, 1009, CLOSE_TRY_LATER, CLOSE_UNAUTHORIZED, CLOSE_TOO_SLOW]) {
  t.match(text, new RegExp(`\\b${code} `), `close code ${code}`);
}

const refs = all(/\$ref: '#\/components\/(messages\/\w+)'/g);
t.ok(refs.length >= 10);
for (const ref of refs) t.match(text, new RegExp(`^ {4}${ref.split('/')[1]}:$`, 'm'), ref);

for (const example of all(/- payload: (\{ subscribe.*\})$/gm)) {
  const json = example.replace(/([a-zA-Z][\w-]*)/g, (word) => (word === 'true' ? word : `"${word}"`));
  t.match(parseMessage(json), { kind: 'subscribe' }, `a message as documented: ${json}`);
}
