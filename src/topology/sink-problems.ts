// What must hold for the sinks that a topology lists (control path).
import { NAME_LENGTH_MAX } from '../core/topology-limits.ts';
import { listOf, objectWith, shown } from '../core/option-checks.ts';
import type { SinkDefinition } from '../ports/sink.ts';

const NAME = /^[a-z][a-z0-9-]*$/;
const DELIVERIES: ReadonlyArray<SinkDefinition['delivery']> = ['immediate', 'after-commit'];
/** The engine's own sinks, and what else `/readyz` lists. */
const RESERVED = ['history', 'websocket', 'report', 'log', 'state', 'shutdown'];

const LIST = listOf(objectWith(['name', 'delivery', 'open'], 'sink: it has no name, delivery and open'));

export function sinkProblems(given: readonly SinkDefinition[]): string[] {
  const wrong = LIST(given);
  const problems: string[] = wrong === null ? [] : [`sinks: ${wrong}`];
  const sinks = wrong === null ? given : [];
  const names = new Set<string>();
  for (const sink of sinks) {
    const { name, delivery } = sink;
    if (!DELIVERIES.includes(delivery))
      problems.push(
        `sink ${shown(name)} has the delivery ${shown(delivery)}, not ${DELIVERIES.join(' or ')}`,
      );
    if (typeof sink.open !== 'function') problems.push(`sink ${shown(name)} has no function open`);
    if (typeof name !== 'string' || !NAME.test(name) || name.length > NAME_LENGTH_MAX)
      problems.push(`sink name '${name}' is not lower-case letters, digits and dashes`);
    if (RESERVED.includes(name)) problems.push(`sink name '${name}' is one of the engine's own`);
    if (names.has(name)) problems.push(`sink name '${name}' is used twice`);
    names.add(name);
  }
  return problems;
}
