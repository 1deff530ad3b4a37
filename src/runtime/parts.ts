// Runs the parts of a topology beside the topology itself (control path): each is an engine with a group of its own,
// without model, sinks or boundaries.
import { Sinks } from './commit/sinks.ts';
import type { ControlLink } from './boundaries/control-link.ts';
import { Engine } from './engine.ts';
import type { EngineParts } from './engine-parts.ts';
import { ModelHub } from './models/model-hub.ts';
import type { EventArchive, EventSource } from '../ports/history.ts';
import type { Topology } from '../topology/define.ts';

/** For a topology without boundaries. */
const NO_BOUNDARIES: Omit<ControlLink, 'sourceEnded'> = {
  isDurable: false,
  join: () => undefined,
  active: () => undefined,
  idle: () => undefined,
  leave: () => undefined,
  beforeBoundary: async () => undefined,
  closeEpoch: () => [],
  arrive: async () => true,
  resume: async () => true,
};

/** What the parts have in common with the topology. */
export interface PartsOptions extends Pick<
  EngineParts,
  'log' | 'codec' | 'stores' | 'telemetry' | 'quarantine' | 'nowMs' | 'settings'
> {
  /** What the topology archives of its source; null if that is nothing. */
  readonly archive: EventArchive | null;
  readonly format: (part: Topology) => EngineParts['format'];
  /** Called if a part cannot continue: the process must end. */
  readonly failed: (error: Error) => void;
}

/** Engines in the order in which they start: those that answer before the one that sends to them. */
export async function startParts(
  parts: readonly Topology[],
  { archive, format, failed, ...common }: PartsOptions,
): Promise<Engine[]> {
  const engines: Engine[] = [];
  for (const topology of parts) {
    const engine = new Engine({
      ...common,
      topology,
      format: format(topology),
      history: null,
      archive:
        archive !== null && topology.part?.role === 'front'
          ? archiveOf(archive, topology.part.topology)
          : null,
      sinks: new Sinks([]),
      hub: new ModelHub(),
      control: { ...NO_BOUNDARIES, sourceEnded: false },
    });
    engine.failure.catch(failed);
    await engine.start();
    engines.push(engine);
  }
  return engines;
}

/** As the topology has it, for the part that reads the same source: a store that is lost is rebuilt in both. */
function archiveOf(archive: EventArchive, topology: string): EventArchive {
  const own = (source: EventSource): EventSource => ({ ...source, topology });
  return {
    flush: () => archive.flush(),
    eventOffsetForTime: (source, timestampMs) => archive.eventOffsetForTime(own(source), timestampMs),
    holdsEvents: (source, from, to) => archive.holdsEvents(own(source), from, to),
    readEvents: (source, from, to) => archive.readEvents(own(source), from, to),
  };
}

/** After the topology itself, which waits for them. @param boundMs as for Engine.stop */
export async function stopParts(engines: readonly Engine[], boundMs: number): Promise<void> {
  await Promise.all(engines.map((engine) => engine.stop(boundMs)));
}
