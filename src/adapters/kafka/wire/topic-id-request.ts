// The Metadata request, version 10 (control path), for the id of one topic: a topic that is deleted and created again under
// its name has another one. The first version with ids, from Kafka 2.8 on.
// Metadata => [topic_id name TAGS] allow_auto_topic_creation include_cluster_operations include_topic_operations TAGS
import { KafkaError } from '../client/kafka-error.ts';
import type { WireRequest } from '../client/wire-request.ts';
import { ByteReader } from '../records/byte-reader.ts';
import { ByteWriter } from '../records/byte-writer.ts';

const ID_BYTES = 16;
const NO_TAGS = 0;

export function topicIdRequest(topic: string): WireRequest<string> {
  const name = Buffer.from(topic);
  const out = new ByteWriter();
  out.int8(NO_TAGS); // the end of the header
  compactLength(out, 1);
  out.bytes(Buffer.alloc(ID_BYTES)); // by its name
  compactLength(out, name.length);
  out.bytes(name);
  out.int8(NO_TAGS);
  for (let option = 0; option < 3; option++) out.int8(0);
  out.int8(NO_TAGS);
  return {
    name: 'Metadata',
    apiKey: 3,
    apiVersion: 10,
    body: out.view(),
    decode: (body) => decode(body, topic),
  };
}

/** Compact strings and arrays have their length plus one as an unsigned varint, seven bits a byte. */
function compactLength(out: ByteWriter, length: number): void {
  let rest = length + 1;
  for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) out.bytes(Uint8Array.of((rest % 0x80) | 0x80));
  out.bytes(Uint8Array.of(rest));
}

/** In hexadecimal. @throws KafkaError for a topic that does not exist */
function decode(body: Buffer, topic: string): string {
  const read = new ByteReader(body);
  skipTags(read);
  read.int32(); // throttle time
  const brokers = lengthOf(read);
  for (let i = 0; i < brokers; i++) {
    read.int32();
    read.bytes(lengthOf(read)); // host
    read.int32();
    read.bytes(lengthOf(read)); // rack
    skipTags(read);
  }
  read.bytes(lengthOf(read)); // the cluster's id
  read.int32(); // the controller
  if (lengthOf(read) < 1) throw new KafkaError('refused', `${topic}: the answer names no topic`);
  const code = read.int16();
  if (code !== 0) throw KafkaError.ofCode(code, topic);
  read.bytes(lengthOf(read)); // name
  return read.bytes(ID_BYTES).toString('hex');
}

/** The length of a compact string or array; 0 for null. */
function lengthOf(read: ByteReader): number {
  return Math.max(0, unsignedVarint(read) - 1);
}

function skipTags(read: ByteReader): void {
  const count = unsignedVarint(read);
  for (let i = 0; i < count; i++) {
    unsignedVarint(read);
    read.bytes(unsignedVarint(read)); // throws past the end, which bounds the loop
  }
}

function unsignedVarint(read: ByteReader): number {
  let value = 0;
  for (let scale = 1; scale <= 0x1000_0000; scale *= 0x80) {
    const byte = read.bytes(1)[0] as number;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return value;
  }
  return value;
}
