// Imports of models into a running engine (control path): it has the feature log open, whatever that is in.
import type { Audit } from '../../ports/audit.ts';
import { importModel } from '../../runtime/models/model-import.ts';
import type { ModelImporter } from '../../serving/serving-context.ts';
import type { Topology } from '../../topology/define.ts';
import type { Adapters } from './adapters.ts';

export function modelImporter(
  topology: Topology,
  { log, registry, history, scorers, modelKeys }: Adapters,
  audit: Audit,
): ModelImporter {
  const logged = {
    recentVectors: async (query: Parameters<typeof history.recentVectors>[0]) => {
      await history.flush();
      return history.recentVectors(query);
    },
  };
  const parts = {
    topology,
    log,
    registry,
    history: logged,
    scorers,
    keys: modelKeys,
    audit,
    nowMs: Date.now,
  };
  return (given, by) => importModel(parts, { ...given, examples: [], by });
}
