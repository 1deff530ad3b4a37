// What the engine's own routes use (control path): more than a project's routes may.
import type { ModelManifest } from '../core/reports.ts';
import type { Route, RouteContext, ServedFeatures } from '../ports/route.ts';

/** Commands resolve with the version that becomes the champion; they throw MODEL_UNKNOWN. */
export interface ModelCommands {
  list(topology: string): Promise<readonly ModelManifest[]>;
  promote(topology: string, version: string): Promise<string>;
  rollback(topology: string): Promise<string>;
}

/** Null if the topology does not run here, or its online store has nothing for the key. */
export type FeatureReader = (topology: string, key: string) => Promise<ServedFeatures | null>;

export interface ServingContext extends RouteContext {
  readonly models: ModelCommands;
  readonly readFeatures: FeatureReader;
  /** JSON of a DashboardState. */
  readonly state: () => string;
  /** Prometheus text. */
  readonly metrics: () => Promise<string>;
  /** The project's routes, which the engine's own come before. */
  readonly projectRoutes: readonly Route[];
}
