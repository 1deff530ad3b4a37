// The meta hash of a partition as Redis gives it (control path): decoded as if another program had written it.
import { type CheckpointFields, sealCheckpoint } from '../../core/checkpoint-seal.ts';
import { stageKey } from '../../core/lost-state.ts';
import { frameOf, openFrames } from '../../core/state-frame.ts';
import type { Checkpoint } from '../../ports/state-store.ts';
import { STAGE_FIELD } from './scripts.ts';

/** Changes with the layout of the keys: what another one has written is rebuilt. */
const LAYOUT = '2';
const TEXT = new TextDecoder('utf-8');

/** What the meta hash says; `damage` why it does not count, null if it does. */
export interface Meta {
  readonly commit: string;
  /** Null if there is none, or it does not verify. */
  readonly checkpoint: Checkpoint | null;
  readonly damage: string | null;
}

/** Fields and values of the meta hash for a checkpoint. @param stages all that have a blob, with those in `blobs` */
export function metaFields(
  scope: number,
  at: CheckpointFields,
  stages: Iterable<string>,
  blobs: ReadonlyMap<string, Uint8Array>,
): Array<string | Buffer> {
  const fields: Array<string | Buffer> = [
    'layout',
    LAYOUT,
    'epoch',
    String(at.epoch),
    'offset',
    String(at.offsetNext),
    'watermark',
    String(at.watermarkMs),
    'model',
    at.modelVersion,
    'seal',
    sealCheckpoint(scope, at, stages),
  ];
  for (const [stage, blob] of blobs) fields.push(STAGE_FIELD + stage, frameOf(scope, stageKey(stage), blob));
  return fields;
}

/** @param live number of keys in the index */
export function readMeta(scope: number, live: number, hash: readonly Buffer[]): Meta {
  const text = new Map<string, string>();
  const blobs = new Map<string, Uint8Array>();
  for (let i = 0; i + 1 < hash.length; i += 2) {
    const name = TEXT.decode(hash[i]);
    const value = hash[i + 1] as Buffer;
    if (name.startsWith(STAGE_FIELD)) blobs.set(name.slice(STAGE_FIELD.length), value);
    else text.set(name, TEXT.decode(value));
  }
  const commit = text.get('commit') ?? '';
  const damage = damageOf(scope, live, text, blobs);
  if (damage !== null || !text.has('offset')) return { commit, checkpoint: null, damage };
  const stages = new Map<string, Uint8Array>();
  const lost: string[] = [];
  for (const [stage, value] of blobs) {
    const blob = openFrames(scope, stageKey(stage), value);
    if (blob === null) lost.push(stageKey(stage));
    else stages.set(stage, blob);
  }
  return { commit, checkpoint: { ...fieldsOf(text), stages, lost }, damage };
}

function fieldsOf(text: ReadonlyMap<string, string>): CheckpointFields {
  return {
    epoch: Number(text.get('epoch')),
    offsetNext: Number(text.get('offset')),
    watermarkMs: Number(text.get('watermark')),
    modelVersion: text.get('model') ?? '',
  };
}

/** Why the checkpoint cannot be used; null if it can, or if there is none. */
function damageOf(
  scope: number,
  live: number,
  text: ReadonlyMap<string, string>,
  blobs: ReadonlyMap<string, Uint8Array>,
): string | null {
  const offset = text.get('offset');
  if (offset === undefined) {
    const isEmpty = live === 0 && blobs.size === 0 && !text.has('commit') && !text.has('keys');
    return isEmpty ? null : 'the checkpoint is gone';
  }
  const layout = text.get('layout');
  if (layout !== LAYOUT) return `the layout of the state is ${layout ?? '1'}, not ${LAYOUT}`;
  const fields = fieldsOf(text);
  if (text.get('seal') !== sealCheckpoint(scope, fields, blobs.keys()))
    return 'the checkpoint does not verify';
  if (!Number.isSafeInteger(fields.offsetNext) || fields.offsetNext < 0) return 'the offset is no offset';
  if (Number(text.get('keys') ?? '0') !== live) return 'the index of the keys has lost some';
  return null;
}
