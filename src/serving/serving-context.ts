// What the engine's own routes use (control path): more than a project's routes may.
import type { ModelManifest } from '../core/reports.ts';
import type { Role } from '../core/roles.ts';
import type { GivenFile, ModelImport } from '../learning/imported/model-import.ts';
import type { Actor } from '../ports/audit.ts';
import type { Caller } from '../ports/identity.ts';
import type { Ingest } from '../ports/ingest.ts';
import type { Route, RouteContext, ServedFeatures } from '../ports/route.ts';
import type { HttpResponse } from '../ports/web-server.ts';

/** A promotion that was published. */
export interface Promotion {
  /** The version that becomes the champion. */
  readonly version: string;
  /**
   * `taken`: every partition scores with it. `waiting`: some did not take it within the wait. `no-engine`: none runs, and
   * engines take it when they start. `unseen`: the engine's log is in its own memory.
   */
  readonly outcome: 'taken' | 'waiting' | 'no-engine' | 'unseen';
  /** Partitions that have not taken it. */
  readonly waiting: readonly number[];
}

/**
 * The commands publish a model update and wait until every partition has taken it.
 * @throws MODEL_UNKNOWN for a version or topology that is not here, MODEL_INVALID if engines refuse the model
 */
export interface ModelCommands {
  list(topology: string): Promise<readonly ModelManifest[]>;
  /**
   * @param by who asks for it: the audit log has it
   * @param waitMs how long to wait for the partitions; by default as long as the settings say
   */
  promote(topology: string, version: string, by: Actor, waitMs?: number): Promise<Promotion>;
  rollback(topology: string, by: Actor, waitMs?: number): Promise<Promotion>;
}

/** Registers models that others made. @throws MODEL_INVALID with what to do about it; nothing is registered then */
export type ModelImporter = (given: GivenFile, by: Actor, topology: string) => Promise<ModelImport>;

/** A target of the topology that runs here. */
export interface ServedTarget {
  /** The id of its score stage. */
  readonly name: string;
  /** What its models and predictions are known by. */
  readonly topology: string;
}

/** Null if the topology does not run here, or its online store has nothing for the key. */
export type FeatureReader = (topology: string, key: string, atMs?: number) => Promise<ServedFeatures | null>;

export interface ServingContext extends RouteContext {
  /** Where the topology has several, the main one first; else empty. */
  readonly targets: readonly ServedTarget[];
  readonly models: ModelCommands;
  readonly importModel: ModelImporter;
  readonly readFeatures: FeatureReader;
  /** The door for events; null where the process takes none. */
  readonly ingest: Ingest | null;
  /** The response to a caller who lacks the role for a topology, which may be another one; null for one who has it. */
  readonly refusal: (caller: Caller, needed: Role, topology: string) => HttpResponse | null;
  /** JSON of the DashboardState of a target, with or without values of events. */
  readonly state: (hasValues: boolean, topology: string) => string;
  /** Prometheus text. */
  readonly metrics: () => Promise<string>;
  /** The project's routes, which the engine's own come before. */
  readonly projectRoutes: readonly Route[];
}
