// Rows as TabSeparated text, one call per batch (hot path). Floats are written as their bits and vectors as base64 of
// their bytes, which takes a third of the time of decimal text on both sides, and is exact, NaN payloads included.
import type {
  ClassScores,
  LabelBlock,
  FeatureBlock,
  PredictionBlock,
  ViewEntities,
} from '../../core/blocks.ts';
import { itemOfPlace, offsetOfPlace } from '../../core/place.ts';
import type { EventRows } from '../../ports/history.ts';

/** Order of the columns in the text of `encodeFeatures`, `encodePredictions`, `encodeLabels` and `encodeEvents`. */
export const FEATURE_COLUMNS: readonly string[] =
  'topology topic partition offset item event_ms key feature_set packed entities'.split(' ');
export const PREDICTION_COLUMNS: readonly string[] =
  'topology topic partition offset item event_ms key score_bits shadow_bits flags model_version class packed_outputs'.split(
    ' ',
  );
export const LABEL_COLUMNS: readonly string[] = (
  'topology topic partition label_offset label_item prediction_offset prediction_item label_ms prediction_ms key ' +
  'label_bits score_bits shadow_bits flags model_version revision'
).split(' ');

export const EVENT_COLUMNS: readonly string[] =
  'topology topic partition offset offset_from offset_next record_ms packed_key packed_value'.split(' ');

const NAN_BITS = 0x7fc00000;

const SPECIAL = /[\\\t\n\r\0]/;
const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
  '\0': '\\0',
};

/** A string as TabSeparated text. */
export function escapeField(text: string): string {
  return SPECIAL.test(text) ? text.replaceAll(/[\\\t\n\r\0]/g, (c) => ESCAPES[c] ?? c) : text;
}

const QUOTED_SPECIAL = /[\\\t\n\r\0']/;

/** A string within a value of several, as TabSeparated text. */
function quoted(text: string): string {
  return QUOTED_SPECIAL.test(text) ? `'${escapeField(text).replaceAll("'", "\\'")}'` : `'${text}'`;
}

/** The start of each entry of the map from views to entities. */
function viewHeads(entities: readonly ViewEntities[]): string[] {
  return entities.map(({ view }, v) => `${v === 0 ? '' : ','}${quoted(view)}:`);
}

/** The entities of one row, as a map from views; empty where there is no key. */
function entitiesOf(entities: readonly ViewEntities[], heads: readonly string[], row: number): string {
  let text = '{';
  for (let v = 0; v < entities.length; v++) {
    const { keys } = entities[v] as ViewEntities;
    text += `${heads[v]}${quoted(keys[row] ?? '')}`;
  }
  return `${text}}`;
}

function bitsOf(values: Float32Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length);
}

/** The fields at the start of each row of a block. */
function headOf(topology: string, block: { readonly origin: PredictionBlock['origin'] }): string {
  return `${escapeField(topology)}\t${escapeField(block.origin.topic)}\t${block.origin.partition}\t`;
}

/** Offset and item. */
function placeFields(place: number): string {
  return `${offsetOfPlace(place)}\t${itemOfPlace(place)}`;
}

export function encodeFeatures(topology: string, featureSet: string, block: FeatureBlock): Buffer {
  const { count, width, features, offsets, eventTimeMs, keys, entities = [] } = block;
  const heads = viewHeads(entities);
  const head = headOf(topology, block);
  const set = escapeField(featureSet);
  const packed = Buffer.from(features.buffer, features.byteOffset, features.byteLength);
  const rowBytes = width * Float32Array.BYTES_PER_ELEMENT;
  let text = '';
  for (let i = 0; i < count; i++) {
    const vector = packed.toString('base64', i * rowBytes, (i + 1) * rowBytes);
    const time = Math.round(eventTimeMs[i] as number);
    text += `${head}${placeFields(offsets[i] as number)}\t${time}\t${escapeField(keys[i] as string)}\t${set}\t${vector}\t${entitiesOf(entities, heads, i)}\n`;
  }
  return Buffer.from(text, 'utf8');
}

export function encodePredictions(topology: string, block: PredictionBlock): Buffer {
  const { count, offsets, eventTimeMs, keys, flags, classes } = block;
  const head = headOf(topology, block);
  const version = escapeField(block.version);
  const classOf = classes === undefined ? null : classFields(classes);
  const scores = bitsOf(block.scores);
  const shadows = block.shadowScores === null ? null : bitsOf(block.shadowScores);
  let text = '';
  for (let i = 0; i < count; i++) {
    const time = Math.round(eventTimeMs[i] as number);
    const shadow = shadows === null ? NAN_BITS : shadows[i];
    text += `${head}${placeFields(offsets[i] as number)}\t${time}\t${escapeField(keys[i] as string)}\t${scores[i]}\t${shadow}\t${flags[i]}\t${version}\t${classOf === null ? '\t' : classOf(i)}\n`;
  }
  return Buffer.from(text, 'utf8');
}

/** The top class of a row, empty without classes, and all outputs in base64. */
function classFields({ names, width, outputs, tops }: ClassScores): (row: number) => string {
  const escaped = names.map(escapeField);
  const bytes = Buffer.from(outputs.buffer, outputs.byteOffset, outputs.byteLength);
  const rowBytes = width * Float32Array.BYTES_PER_ELEMENT;
  return (row) =>
    `${tops === null ? '' : escaped[tops[row] as number]}\t${bytes.toString('base64', row * rowBytes, (row + 1) * rowBytes)}`;
}

export function encodeLabels(topology: string, block: LabelBlock): Buffer {
  const { count, labelOffsets, predictionOffsets, labelTimeMs, predictionTimeMs, keys, flags, versions } =
    block;
  const head = headOf(topology, block);
  const labels = bitsOf(block.labels);
  const scores = bitsOf(block.scores);
  const shadows = bitsOf(block.shadowScores);
  let text = '';
  for (let i = 0; i < count; i++) {
    const times = `${Math.round(labelTimeMs[i] as number)}\t${Math.round(predictionTimeMs[i] as number)}`;
    const bits = `${labels[i]}\t${scores[i]}\t${shadows[i]}\t${flags[i]}`;
    const strings = `${escapeField(keys[i] as string)}\t${bits}\t${escapeField(versions[i] as string)}`;
    const revision = block.revisions?.numbers[i] ?? 0;
    const places = `${placeFields(labelOffsets[i] as number)}\t${placeFields(predictionOffsets[i] as number)}`;
    text += `${head}${places}\t${times}\t${strings}\t${revision}\n`;
  }
  return Buffer.from(text, 'utf8');
}

/** Bytes as base64, or NULL as TabSeparated writes it. */
function packed(bytes: Buffer | null): string {
  return bytes === null ? '\\N' : bytes.toString('base64');
}

export function encodeEvents(topology: string, rows: EventRows): Buffer {
  const { raw, begin, end, offsetFrom } = rows;
  const { offsets, timestampMs, keys, values } = raw;
  const head = headOf(topology, raw);
  let from = offsetFrom;
  let text = '';
  for (let i = begin; i < end; i++) {
    const offset = offsets[i] as number;
    const next = i + 1 < raw.count ? (offsets[i + 1] as number) : raw.offsetNext;
    const time = Math.round(timestampMs[i] as number);
    const bytes = `${packed(keys.at(i))}\t${packed(values.at(i))}`;
    text += `${head}${offset}\t${from}\t${next}\t${time}\t${bytes}\n`;
    from = offset + 1;
  }
  return Buffer.from(text, 'utf8');
}
