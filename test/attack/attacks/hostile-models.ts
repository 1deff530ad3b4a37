// Models of an attacker in the topic of updates: none may score an event, whatever it is made of and even if a trusted trainer signed it, and
// a good one that follows is taken.
import { generateKeyPairSync } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { championManifest } from '../../../bench/fleet/champion-manifest.ts';
import type { ModelManifest } from '../../../src/core/reports.ts';
import { packUpdate } from '../../../src/runtime/models/model-update.ts';
import { ModelKeys } from '../../../src/runtime/models/model-keys.ts';
import { fixedManifest, fixedModel } from '../../chaos/model.ts';
import type { Chance } from '../../gauntlet/random.ts';
import { endlessLoop, externalData, foreignOperator, growingLoop } from '../../support/hostile-models.ts';
import type { Attack } from '../attack.ts';
import type { Target } from '../target.ts';

const TAKEN_MS_MAX = 60_000;
const POLL_MS = 100;
const GROWING_TRIPS = 40;
const SENT = 4;

interface Update {
  readonly manifest: ModelManifest;
  readonly model: Uint8Array;
}

type Make = (target: Target, version: string, width: number, chance: Chance) => Update;

function manifestOf({ stage }: Target, version: string, model: Uint8Array): ModelManifest {
  return championManifest(stage.topology, version, fixedManifest(stage.topology).reference, model);
}

function signed({ stage }: Target, manifest: ModelManifest): ModelManifest {
  return new ModelKeys([], stage.secrets.signing).sign(manifest);
}

/** Signed by a trainer that is trusted, and hostile all the same. */
function trusted(make: (width: number) => Uint8Array): Make {
  return (target, version, width) => {
    const model = make(width);
    return { manifest: signed(target, manifestOf(target, version, model)), model };
  };
}

const hostile: Readonly<Record<string, Make>> = {
  'not signed': (target, version, width) => {
    const model = fixedModel(width);
    return { manifest: manifestOf(target, version, model), model };
  },
  'signed by a stranger': (target, version, width) => {
    const model = fixedModel(width);
    const { privateKey } = generateKeyPairSync('ed25519');
    return { manifest: new ModelKeys([], privateKey).sign(manifestOf(target, version, model)), model };
  },
  'signed as another version': (target, version, width) => {
    const model = fixedModel(width);
    return { manifest: { ...signed(target, manifestOf(target, 'v1', model)), version }, model };
  },
  'other bytes than were signed': (target, version, width) => ({
    manifest: signed(target, manifestOf(target, version, fixedModel(width))),
    model: endlessLoop(width),
  }),
  'signature of junk': (target, version, width) => {
    const model = fixedModel(width);
    const manifest = signed(target, manifestOf(target, version, model));
    const key = manifest.signature?.key ?? '';
    return { manifest: { ...manifest, signature: { key, value: '!'.repeat(88) } }, model };
  },
  'reads a file': trusted((width) => externalData(width, 'package.json')),
  'reads a file above': trusted((width) => externalData(width, '../../../../etc/passwd')),
  'an operator of another domain': trusted((width) => foreignOperator(width, 'graph')),
  'such an operator in a loop': trusted((width) => foreignOperator(width, 'subgraph')),
  'never ends': trusted(endlessLoop),
  'grows without end': trusted((width) => growingLoop(width, GROWING_TRIPS)),
  'no ONNX': trusted(() => Buffer.from('this is no ONNX file')),
  empty: trusted(() => new Uint8Array(0)),
  'half a model': trusted((width) => fixedModel(width).subarray(0, 100)),
  'another width': trusted((width) => fixedModel(width + 1)),
  'random bytes': (target, version, _width, chance) => {
    const model = Uint8Array.from({ length: 1 + chance.below(5_000) }, () => chance.below(256));
    return { manifest: signed(target, manifestOf(target, version, model)), model };
  },
};

async function publish(target: Target, { manifest, model }: Update): Promise<void> {
  const encode = await target.encoder('model-updates');
  const value = encode(packUpdate(manifest, model, 'forged', 0));
  await target.forge('model-updates', [value], { key: `${target.name}/${manifest.version}` });
}

export const hostileModels: Attack = {
  name: 'hostile models',
  async play(target, chance) {
    const { traffic, stage } = target;
    const width = stage.topology.features?.features.length ?? 0;
    const run = `r${Date.now().toString(36)}`;
    for (let i = 0; i < SENT; i++) {
      const kind = chance.pick(Object.keys(hostile));
      const update = hostile[kind]?.(target, `hostile-${run}-${i}`, width, chance);
      if (update !== undefined) await publish(target, update);
      target.tries('hostile models');
    }
    const version = `good-${run}`;
    const model = fixedModel(width);
    traffic.champions.add(version);
    await publish(target, { manifest: signed(target, manifestOf(target, version, model)), model });
    for (
      const untilMs = performance.now() + TAKEN_MS_MAX;
      !traffic.versions.has(version);
      await sleep(POLL_MS)
    ) {
      if (performance.now() < untilMs) continue;
      const { body } = await target.request({ method: 'GET', target: '/readyz' });
      return target.found('stuck', `the good model after hostile ones is not taken: ${body}`);
    }
  },
};
