// A log and its assignments with some of their methods replaced (for tests). Their classes have private state, which a
// spread would lose.
import type { Assignment, EventLog } from '../../src/ports/event-log.ts';

export function forwardingLog(inner: EventLog, replaced: Partial<EventLog>): EventLog {
  return {
    ensureTopics: (topics) => inner.ensureTopics(topics),
    partitionCounts: (topics) => inner.partitionCounts(topics),
    topicId: (topic) => inner.topicId(topic),
    partitionCount: (topic) => inner.partitionCount(topic),
    subscribe: (request) => inner.subscribe(request),
    tail: (topic, from) => inner.tail(topic, from),
    follow: (partition, from) => inner.follow(partition, from),
    offsets: (topic) => inner.offsets(topic),
    ends: (topic) => inner.ends(topic),
    committedOffsets: (groupId, topic) => inner.committedOffsets(groupId, topic),
    recordedOffset: (...of) => inner.recordedOffset(...of),
    memberCount: (groupId, topic) => inner.memberCount(groupId, topic),
    offsetForTime: (partition, timestampMs) => inner.offsetForTime(partition, timestampMs),
    read: (topic, partition, from, to) => inner.read(topic, partition, from, to),
    deleteRecords: (topic, partition, offset) => inner.deleteRecords(topic, partition, offset),
    publish: (topic, records) => inner.publish(topic, records),
    epochWriter: (id) => inner.epochWriter(id),
    recordWriter: (id) => inner.recordWriter(id),
    close: () => inner.close(),
    ...replaced,
  };
}

export function assignmentOpening(inner: Assignment, open: Assignment['open']): Assignment {
  const { topic, partition, generation, revoked, rebalancingSinceMs } = inner;
  return {
    topic,
    partition,
    generation,
    revoked,
    rebalancingSinceMs,
    open,
    pause: () => inner.pause(),
    resume: () => inner.resume(),
    released: () => inner.released(),
  };
}
