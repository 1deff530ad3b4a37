// The parts of a topology that declare settings and metrics (control path).
import type { Declares } from '../core/declares.ts';
import type { Topology } from './definition.ts';

export function declaringParts(topology: Topology): readonly Declares[] {
  const { source, stages, sinks = [], routes = [] } = topology;
  return [topology, ...(source.format === undefined ? [] : [source.format]), ...stages, ...sinks, ...routes];
}
