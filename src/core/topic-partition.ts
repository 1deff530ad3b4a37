// The place of an event in the log.

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** `topic-partition`, the name used in logs, metrics and keys. */
export function partitionName({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}
