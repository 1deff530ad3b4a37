// Promotes versions over HTTP, as an operator does, and says what was answered otherwise than it should be.
import { join } from 'node:path';
import { FileModelRegistry } from '../../src/adapters/registry/file-model-registry.ts';
import type { Topology } from '../../src/index.ts';
import { worldModel, type ModelSpec } from './model.ts';

const WAIT_MS = 30_000;

/** Puts a version into the registry of the engine's data folder, as a trainer does. */
export async function registerModel(topology: Topology, dataFolder: string, spec: ModelSpec): Promise<void> {
  const { model, manifest } = worldModel(topology, spec);
  const registry = new FileModelRegistry(join(dataFolder, 'models'));
  await registry.register({ ...manifest, status: 'candidate' }, model);
}

/** The answer of a promotion: its status and outcome. */
export async function promoteOver(url: string, version: string): Promise<string> {
  const response = await fetch(new URL('api/models/promote', url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ version, waitMs: WAIT_MS }),
  });
  const body = (await response.json()) as { outcome?: string; error?: { code?: string }; code?: string };
  return `${response.status} ${body.outcome ?? body.error?.code ?? body.code ?? ''}`;
}
