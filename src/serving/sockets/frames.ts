// WebSocket frames (hot path): one frame per block, serialised and encoded once for all subscribers of a whole topology.
import type { ClassScores, LabelBlock, PredictionBlock } from '../../core/blocks.ts';
import { placeText } from '../../core/place.ts';
import { partitionName } from '../../core/topic-partition.ts';
import type { FrameError, SubscribeMessage } from './protocol.ts';

/** The columns of a PredictionBlock that a subscriber sees, without the feature matrix, which memory need not keep. */
export type PredictionRows = Pick<
  PredictionBlock,
  'origin' | 'count' | 'offsets' | 'eventTimeMs' | 'keys' | 'scores' | 'flags' | 'version'
> & { readonly classes?: Omit<ClassScores, 'shadowOutputs'> };

const OPENING = '{"type":"predictions","items":[';
const encoder = new TextEncoder();

type Classes = NonNullable<PredictionRows['classes']>;

function classMembers(
  { names, width, outputs, tops }: Classes,
  row: number,
): { class?: string; outputs: number[] } {
  return {
    ...(tops === null ? {} : { class: names[tops[row] as number] as string }),
    outputs: Array.from(outputs.subarray(row * width, (row + 1) * width)),
  };
}

function classText(classes: Classes, row: number): string {
  return `,${JSON.stringify(classMembers(classes, row)).slice(1)}`;
}

/** Rows from `from` on as one frame, only those of `key` if it is set; null if no row remains. */
export function predictionsFrame(rows: PredictionRows, from: number, key: string | null): Uint8Array | null {
  const idHead = `{"id":${JSON.stringify(partitionName(rows.origin)).slice(0, -1)}-`;
  const tail = `,"version":${JSON.stringify(rows.version)},"flags":`;
  let text = '';
  for (let i = from; i < rows.count; i++) {
    const rowKey = rows.keys[i] as string;
    if (key !== null && rowKey !== key) continue;
    if (text !== '') text += ',';
    text +=
      idHead +
      placeText(rows.offsets[i] as number) +
      '","key":' +
      JSON.stringify(rowKey) +
      ',"eventTime":' +
      rows.eventTimeMs[i] +
      ',"score":' +
      rows.scores[i] +
      tail +
      rows.flags[i] +
      (rows.classes === undefined ? '}' : classText(rows.classes, i));
  }
  return text === '' ? null : encoder.encode(`${OPENING}${text}]}`);
}

/** The rows at `indices` as one frame, for subscribers of one key. */
export function pickedFrame(rows: PredictionRows, indices: readonly number[]): Uint8Array {
  const items = indices.map((i) => ({
    id: `${partitionName(rows.origin)}-${placeText(rows.offsets[i] as number)}`,
    key: rows.keys[i],
    eventTime: rows.eventTimeMs[i],
    score: rows.scores[i],
    version: rows.version,
    flags: rows.flags[i],
    ...(rows.classes === undefined ? {} : classMembers(rows.classes, i)),
  }));
  return encoder.encode(JSON.stringify({ type: 'predictions', items }));
}

/** Joined labels, only those of `key` if it is set; null if none remains. A label that will never arrive is null. */
export function labelsFrame(block: LabelBlock, key: string | null): Uint8Array | null {
  const name = partitionName(block.origin);
  const items: unknown[] = [];
  for (let i = 0; i < block.count; i++) {
    if (key !== null && block.keys[i] !== key) continue;
    const label = block.labels[i] as number;
    items.push({
      id: `${name}-${placeText(block.predictionOffsets[i] as number)}`,
      key: block.keys[i],
      label: Number.isNaN(label) ? null : (block.classes?.names[label] ?? label),
      labelTime: block.labelTimeMs[i],
      ...(block.revisions === undefined ? {} : { revision: block.revisions.numbers[i] }),
      score: block.scores[i],
      version: block.versions[i],
    });
  }
  return items.length === 0 ? null : encoder.encode(JSON.stringify({ type: 'labels', items }));
}

export function subscribedFrame(to: SubscribeMessage): Uint8Array {
  const { topology, key, labels, sample } = to;
  return encoder.encode(JSON.stringify({ type: 'subscribed', topology, key, labels, sample }));
}

export function authenticatedFrame(name: string): Uint8Array {
  return encoder.encode(JSON.stringify({ type: 'authenticated', name }));
}

export function errorFrame(error: FrameError): Uint8Array {
  return encoder.encode(JSON.stringify({ type: 'error', ...error }));
}
