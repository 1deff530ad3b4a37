// Runs the parts of a topology beside the topology itself (control path): each is an engine with a group of its own,
// without model, sinks or boundaries.
import { Sinks } from './commit/sinks.ts';
import type { ControlLink } from './boundaries/control-link.ts';
import { Engine } from './engine.ts';
import type { EngineParts } from './engine-parts.ts';
import { HopFormat } from './answers/hop-format.ts';
import { ModelHub } from './models/model-hub.ts';
import type { EventArchive } from '../ports/history.ts';
import type { PersonalKeys } from './personal/protection.ts';
import { sharedArchive } from './shared-archive.ts';
import type { Topology } from '../topology/define.ts';

/** For a topology without boundaries. */
const NO_BOUNDARIES: Omit<ControlLink, 'sourceEnded'> = {
  isDurable: false,
  join: () => undefined,
  active: () => undefined,
  idle: () => undefined,
  leave: () => undefined,
  closeEpoch: () => [],
  arrive: async () => true,
  resume: async () => true,
};

/** What the parts have in common with the topology. */
export interface PartsOptions extends Pick<
  EngineParts,
  'log' | 'codec' | 'stores' | 'telemetry' | 'quarantine' | 'nowMs' | 'settings'
> {
  /** Keys for the sensitive columns of the source; null if it has none. */
  readonly personal: PersonalKeys | null;
  /** What the topology archives of its source; null if that is nothing. */
  readonly archive: EventArchive | null;
  readonly format: (part: Topology) => EngineParts['format'];
  /** Called if a part cannot continue: the process must end. */
  readonly failed: (error: Error) => void;
}

/** Engines in the order in which they start: those that answer before the one that sends to them. */
export async function startParts(
  parts: readonly Topology[],
  { archive, format, personal, failed, ...common }: PartsOptions,
): Promise<Engine[]> {
  const engines: Engine[] = [];
  const front = parts.find(({ part }) => part?.role === 'front');
  for (const topology of parts) {
    const engine = new Engine({
      ...common,
      topology,
      format: formatOf(topology, front, format),
      history: null,
      archive:
        archive !== null && topology.part?.role === 'front'
          ? sharedArchive({ ...common, archive, topology: topology.part.topology, personal })
          : null,
      personal: topology.part?.role === 'front' ? personal : null,
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

/** A part that reads the topic of a hop finds there what the front has sent. */
function formatOf(
  topology: Topology,
  front: Topology | undefined,
  format: PartsOptions['format'],
): EngineParts['format'] {
  const [hop] = topology.part?.hops ?? [];
  return topology.part?.role === 'entity' && front !== undefined && hop !== undefined
    ? new HopFormat(front, format(front), hop.columns)
    : format(topology);
}

/** After the topology itself, which waits for them. @param boundMs as for Engine.stop */
export async function stopParts(engines: readonly Engine[], boundMs: number): Promise<void> {
  await Promise.all(engines.map((engine) => engine.stop(boundMs)));
}
