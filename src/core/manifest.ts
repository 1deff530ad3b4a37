// Manifests of models as they are stored (control path): those that 0.1.0 wrote are read as well.
import { parseExactJson } from './exact-json.ts';
import { manifestProblem } from './manifest-shape.ts';
import type { ModelManifest } from './reports.ts';

/** Parameters that 0.1.0 kept with the network's, as there was one trainer. */
interface GateParams {
  readonly gateShare: number;
  readonly gateConfidence: number;
  readonly gateTolerance: number;
  readonly refitAfterGate: boolean;
  readonly validationShare: number;
  readonly halfLifeDays: number | null;
}

type Manifest010 = Omit<ModelManifest, 'task' | 'trainer' | 'gate' | 'newestRowMs'> & {
  readonly params: GateParams & Readonly<Record<string, unknown>>;
};

/** A manifest from its JSON, of this version or of 0.1.0. @throws SyntaxError or TypeError for anything else */
export function parseManifest(json: string): ModelManifest {
  const parsed: unknown = parseExactJson(json);
  if (typeof parsed !== 'object' || parsed === null) throw new TypeError('a manifest is a JSON object');
  const stored = parsed as ModelManifest | Manifest010; // checked next
  const manifest = 'params' in stored ? upgrade(stored) : stored;
  const problem = manifestProblem(manifest);
  if (problem !== null) throw new TypeError(`the manifest ${problem}`);
  return manifest;
}

function upgrade({ params, ...manifest }: Manifest010): ModelManifest {
  const {
    gateShare,
    gateConfidence,
    gateTolerance,
    refitAfterGate,
    validationShare: _validation,
    halfLifeDays: _halfLife,
    ...network
  } = params;
  return {
    ...manifest,
    task: 'binary',
    trainer: { name: 'mlp', params: network },
    gate: { share: gateShare, confidence: gateConfidence, tolerance: gateTolerance, refit: refitAfterGate },
    // A champion was refitted on all rows; one that was not knows a few rows less, and its next gate sees those too.
    newestRowMs: manifest.interval.toMs,
  };
}
