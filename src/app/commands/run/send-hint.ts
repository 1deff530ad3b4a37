// The command that sends a first event to a running topology (control path): nothing else fills an embedded log.
import { listPath } from '../../../core/list-path.ts';
import { isListKind, itemKind } from '../../../core/schema.ts';
import { isCode } from '../../../core/errors.ts';
import type { ColumnSpec } from '../../../core/schema.ts';
import type { EventEncoder } from '../../../ports/format.ts';
import type { Schemas } from '../../../ports/schemas.ts';
import type { Topology } from '../../../topology/define.ts';
import { givenColumns } from '../../../topology/source-format.ts';
import { openFormat } from '../../compose/adapters.ts';

/**
 * `curl URL -d EVENT`, with an event of the present; null for a format that is only read.
 * @param url of the port, ending in a slash
 */
export async function sendHint(topology: Topology, schemas: Schemas, url: string): Promise<string | null> {
  const { topic, eventTime } = topology.source;
  const format = openFormat(topology, schemas);
  let encoder: EventEncoder;
  try {
    encoder = await format.encoder();
  } catch (error) {
    if (isCode(error, 'TOPOLOGY_INVALID')) return null;
    throw error;
  }
  const schema = givenColumns((await format.decoder()).schema, encoder);
  const required = Object.entries(schema).filter(([name, { nullable }]) => !nullable || name === eventTime);
  const now = new Date().toISOString();
  const event = Object.fromEntries(
    required.map(([name, spec]) => [
      name,
      name === eventTime ? now : example(name, spec, topology.source.schema?.[name]?.type),
    ]),
  );
  // Not --json, which curl has since 7.82 alone.
  return `curl ${url}v1/topics/${topic} -H 'content-type: application/json' -d '${JSON.stringify(event)}'`;
}

type Example = string | number | boolean;

function example(name: string, spec: ColumnSpec, type?: string): Example | Example[] {
  const { kind, symbols } = spec;
  if (isListKind(kind)) {
    const item = type?.replace(/^list\(|\??\)\??$/g, '');
    return [example(listPath(name).outer.at(-1) ?? name, { ...spec, kind: itemKind(kind) }, item) as Example];
  }
  if (type === 'int64') return 1;
  if (type === 'bytes') return Buffer.from(name).toString('base64');
  if (kind === 'string') return symbols?.[0] ?? `${name}-1`;
  return type === 'boolean' ? true : 1;
}
