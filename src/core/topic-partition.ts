// Where an event stands in the log.

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** `topic-partition`, the name used in logs, metrics and keys. */
export function partitionName(of: TopicPartition): string {
  return `${of.topic}-${of.partition}`;
}
