// The name of a source within the records that parts of topologies send each other (control path): with the log's id of the
// topic, as one that is deleted and created again has the same name and the same offsets.

/** No name of a topic has it. */
const MARK = '@';

/** Bytes that a mark adds to the name at most: ids are 16 bytes in hexadecimal. */
export const MARK_BYTES_MAX = 40;

/** @param topicId null if the log has no ids */
export function markedTopic(topic: string, topicId: string | null): string {
  return topicId === null ? topic : topic + MARK + topicId;
}

export function plainTopic(marked: string): string {
  const end = marked.indexOf(MARK);
  return end < 0 ? marked : marked.slice(0, end);
}
