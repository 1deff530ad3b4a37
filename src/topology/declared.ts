// The parts of a topology that declare settings and metrics (control path).
import type { Declares } from '../core/declares.ts';
import type { Topology } from './definition.ts';
import { tablesOf } from './tables-of.ts';

export function declaringParts(topology: Topology): readonly Declares[] {
  const { source, stages, sinks = [], routes = [] } = topology;
  const origins = tablesOf(topology).map(({ table }) => table.from);
  const formats = [source, ...origins].flatMap((origin) => ('format' in origin ? (origin.format ?? []) : []));
  return [topology, ...formats, ...stages, ...sinks, ...routes];
}
