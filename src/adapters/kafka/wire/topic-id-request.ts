// The Metadata request, version 10 (control path), for the id of one topic: a topic that is deleted and created again under
// its name has another one. The first version with ids, from Kafka 2.8 on.
// Metadata => [topic_id name TAGS] allow_auto_topic_creation include_cluster_operations include_topic_operations TAGS
import { KafkaError } from '../client/kafka-error.ts';
import type { WireRequest } from '../client/wire-request.ts';
import { ByteReader } from '../records/byte-reader.ts';
import { ByteWriter } from '../records/byte-writer.ts';
import { NO_TAGS, readCompactLength, skipTags, writeCompactLength, writeCompactString } from './compact.ts';

const ID_BYTES = 16;

export function topicIdRequest(topic: string): WireRequest<string> {
  const out = new ByteWriter();
  out.int8(NO_TAGS); // the end of the header
  writeCompactLength(out, 1);
  out.bytes(Buffer.alloc(ID_BYTES)); // by its name
  writeCompactString(out, topic);
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

/** In hexadecimal. @throws KafkaError for a topic that does not exist */
function decode(body: Buffer, topic: string): string {
  const read = new ByteReader(body);
  skipTags(read);
  read.int32(); // throttle time
  const brokers = readCompactLength(read);
  for (let i = 0; i < brokers; i++) {
    read.int32();
    read.bytes(readCompactLength(read)); // host
    read.int32();
    read.bytes(readCompactLength(read)); // rack
    skipTags(read);
  }
  read.bytes(readCompactLength(read)); // the cluster's id
  read.int32(); // the controller
  if (readCompactLength(read) < 1) throw new KafkaError('refused', `${topic}: the answer names no topic`);
  const code = read.int16();
  if (code !== 0) throw KafkaError.ofCode(code, topic);
  read.bytes(readCompactLength(read)); // name
  return read.bytes(ID_BYTES).toString('hex');
}
