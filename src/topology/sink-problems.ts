// What must hold for the sinks that a topology lists (control path).
import type { SinkDefinition } from '../ports/sink.ts';

const NAME = /^[a-z][a-z0-9-]*$/;
/** The engine's own sinks, and what else `/readyz` lists. */
const RESERVED = ['history', 'websocket', 'report', 'log', 'state', 'shutdown'];

export function sinkProblems(sinks: readonly SinkDefinition[]): string[] {
  const problems: string[] = [];
  const names = new Set<string>();
  for (const { name } of sinks) {
    if (!NAME.test(name)) problems.push(`sink name '${name}' is not lower-case letters, digits and dashes`);
    if (RESERVED.includes(name)) problems.push(`sink name '${name}' is one of the engine's own`);
    if (names.has(name)) problems.push(`sink name '${name}' is used twice`);
    names.add(name);
  }
  return problems;
}
