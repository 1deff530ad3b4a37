// What an engine consists of (types).
import type { SchemaCodec } from '../ports/codec.ts';
import type { EventLog } from '../ports/event-log.ts';
import type { EventArchive, History } from '../ports/history.ts';
import type { Quarantine } from '../ports/quarantine.ts';
import type { StateStores } from '../ports/state-store.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { Topology } from '../topology/define.ts';
import type { SourceFormat } from '../topology/source-format.ts';
import type { ControlLink } from './boundaries/control-link.ts';
import type { Sinks } from './commit/sinks.ts';
import type { ModelHub } from './models/model-hub.ts';
import type { PersonalKeys } from './personal/protection.ts';
import type { Tables } from './tables/tables.ts';
import type { TaskSettings } from './task/task-parts.ts';

export interface EngineParts {
  readonly topology: Topology;
  readonly log: EventLog;
  /** The format of the source. */
  readonly format: Pick<SourceFormat, 'decoder'>;
  readonly codec: SchemaCodec;
  readonly stores: StateStores;
  /** Receives the events of a source that is archived; null if history is off. */
  readonly history: History | null;
  /** What another part of the topology archives of the same source; left out for one that archives itself, or not at all. */
  readonly archive?: EventArchive | null;
  readonly sinks: Sinks;
  readonly hub: ModelHub;
  readonly control: ControlLink;
  readonly telemetry: Telemetry;
  readonly quarantine: Quarantine;
  /** The lookup tables of the topology, which the engine starts and closes; left out for one without any. */
  readonly tables?: Tables;
  /** Keys for sensitive columns; left out, the source may have none. */
  readonly personal?: PersonalKeys | null;
  readonly nowMs: () => number;
  readonly settings: TaskSettings;
}
