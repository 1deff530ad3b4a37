/**
 * The Kafka client as the rest of this adapter sees it (types only, and the version that they were made for). Everything
 * outside this folder uses these interfaces, KafkaError and the codes in error-codes.ts, and no other part of the client.
 *
 * What every implementation owes its callers:
 *
 * - Each call settles within ANSWER_MS_MAX per request that it sends, also if a connection breaks.
 * - Each failure is a KafkaError. Its `fault` is a closed classification (see error-codes.ts); `code` is the error code
 *   of the broker's answer. Calls of `TopicAdmin` and `GroupMember` retry while brokers are unavailable; the others fail
 *   at once, so that the caller can decide.
 * - test/integration/kafka-client.test.ts is the contract; `npm run test:kafka` runs it on each supported Kafka version.
 *
 * ## What the kafkajs implementation relies on
 *
 * The files named kafkajs-*.ts implement the interfaces with kafkajs. Its public API covers topics, idempotent publishing
 * and group membership. Transactions that do not cost an object per record, reading without a group, and the owner's
 * offset in a transaction need more. The following was read from the source of the version below; a test fails if
 * another version is installed. Before an upgrade, check each of these and run `npm run test:kafka`.
 *
 * | in                    | relies on                                               | because                                   |
 * | --------------------- | ------------------------------------------------------- | ----------------------------------------- |
 * | kafkajs-cluster       | the `Cluster` that a consumer gives its partition       | it has the leaders and the connections,   |
 * |                       | assigner when it is made (typed; its methods too)       | with TLS, SASL and API versions; nothing  |
 * |                       |                                                         | else in the public API gives access       |
 * | kafkajs-connections   | `broker.connectionPool.send({ request, response })` and | requests that carry records are encoded   |
 * |                       | `broker.versions` (untyped); Fetch has a connection of  | and decoded here, as whole batches: the   |
 * |                       | its own per broker; `decode` may return                 | client's own way makes several objects    |
 * |                       | `clientSideThrottleTime`                                | for each record                           |
 * | kafkajs-connections   | `broker.leaveGroup` (untyped)                           | a member that died cannot leave itself    |
 * | kafkajs-transactions  | `broker.initProducerId`, `addPartitionsToTxn`,          | the public producer sends each record as  |
 * |                       | `addOffsetsToTxn`, `txnOffsetCommit`, `endTxn`, and     | objects, one request after the other, and |
 * |                       | `cluster.findGroupCoordinator` with a coordinator type  | looks for its coordinator each time       |
 * |                       | (untyped)                                               |                                           |
 * | kafkajs-member        | a consumer whose topics are paused in GROUP_JOIN        | heartbeats must not wait for scoring, and |
 * |                       | fetches nothing and still sends heartbeats; HEARTBEAT   | the join event lacks the generation       |
 * |                       | carries the generation; a client that gives up emits    |                                           |
 * |                       | CRASH with `restart: false` (all public)                |                                           |
 * | kafkajs-admin         | a TypeError of `fetchTopicMetadata`                     | `BrokerPool.withBroker` drops the errors  |
 * |                       | means that no broker answered                           | of all brokers and returns null           |
 * | kafkajs-admin         | an admin client remembers a topic's partitions for five | it is replaced when a topic has grown     |
 * |                       | minutes (public option of a cluster, not of an admin)   |                                           |
 * | kafkajs-member        | `metadataMaxAge`: at most that late a member whose      | a group's leader alone would notice added |
 * |                       | topic has grown joins again (public)                    | partitions, after five minutes            |
 * | kafkajs-admin         | `waitForLeaders: false` returns once the controller     | `waitForLeaders: true` fails while a      |
 * |                       | created the topics (public)                             | broker does not know the new topic yet    |
 * | kafkajs-errors        | the names of error classes; `type` and a numeric `code` | not every class is exported with a type,  |
 * |                       | on protocol errors; the message of a code that kafkajs  | and newer codes are in that message alone |
 * |                       | does not know; `cause` and `errors`; a TypeError in its | kafkajs reads properties of connections   |
 * |                       | own code means that a connection has gone               | that have gone                            |
 * | kafkajs-log           | the namespaces and two messages of its log lines        | they are expected, or the error that they |
 * |                       |                                                         | report is also thrown                     |
 *
 * Two defects of that version shape the interfaces: a request written to a connection as it closes is never answered
 * (see within.ts, and RenewedConnections), and a consumer that is stopped during its own restart goes on running
 * (see kafkajs-member.ts).
 */
import type { TopicPartition } from '../../../core/topic-partition.ts';
import type { CommittedOffset, LogRecord } from '../../../ports/event-log.ts';
import type { Membership } from './options.ts';
import type { WireRequest } from './wire-request.ts';

/** The version of kafkajs that the table above was read from. */
export const KAFKAJS_VERSION_READ = '2.2.4';

export interface KafkaClient {
  readonly admin: TopicAdmin;
  readonly publisher: RecordPublisher;
  /** A new set of connections, not connected yet; no request on another set delays its requests. */
  connections(): BrokerConnections;
  /** A new member of a group, not joined yet. */
  member(request: MemberRequest): GroupMember;
}

/** Leader of a partition while none is elected. */
export const NO_LEADER = -1;

/** Connections to the brokers, with metadata of the topics that were added. */
export interface BrokerConnections {
  /** Returns at once if connected. */
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  /** Loads the metadata of these topics now and at each refresh. */
  addTopics(topics: readonly string[]): Promise<void>;
  refresh(): Promise<void>;
  /**
   * Node id of the leader as of the last refresh: NO_LEADER while none is elected, undefined if the metadata does not
   * name the partition.
   * @throws KafkaError (unavailable) before any metadata is loaded
   */
  leader(partition: TopicPartition): number | undefined;
  /** The first offset, or the one after the last, of a partition of an added topic. */
  offset(partition: TopicPartition, end: 'earliest' | 'latest'): Promise<number>;
  /** @throws KafkaError (unsupported) if the broker does not know this version of the request */
  send<T>(broker: number, request: WireRequest<T>): Promise<T>;
  /** Node id of the broker that coordinates a group; it may have moved since the last query. */
  groupCoordinator(groupId: string): Promise<number>;
  transactions(transactionalId: string): TransactionRequests;
  /** Takes a member out of its group; one that is alive joins again. */
  leaveGroup(membership: Membership): Promise<void>;
}

/** A producer's identity as the coordinator assigned it. */
export interface ProducerIdentity {
  readonly producerId: string;
  readonly producerEpoch: number;
}

export interface GroupOffset extends TopicPartition, CommittedOffset {
  readonly groupId: string;
}

/** The requests of one transactional id to its coordinators (KIP-98); the records go to the leaders by `send`. */
export interface TransactionRequests {
  /** Fences every older producer of the id and ends what it left open. */
  init(transactionTimeoutMs: number): Promise<ProducerIdentity>;
  /** @param topics partitions by topic */
  addPartitions(producer: ProducerIdentity, topics: ReadonlyMap<string, number[]>): Promise<void>;
  addOffsets(producer: ProducerIdentity, groupId: string): Promise<void>;
  commitOffset(producer: ProducerIdentity, offset: GroupOffset): Promise<void>;
  end(producer: ProducerIdentity, commits: boolean): Promise<void>;
  /** Coordinators are looked up again: one has moved, or a broker does not answer. */
  forgetCoordinators(): void;
}

export interface NewTopic {
  readonly topic: string;
  readonly partitions: number;
  /** -1 leaves it to the broker. */
  readonly replicationFactor: number;
  readonly config: Readonly<Record<string, string>>;
}

/**
 * Topics and offsets. While brokers are unavailable a call is retried for some seconds; an address where no broker
 * listens fails at once.
 */
export interface TopicAdmin {
  /** Partition counts of those of the given topics that exist, whatever the state of other topics of the cluster. */
  existing(topics: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Resolves when the topics have leaders. A topic that exists already is left as it is. */
  createTopics(topics: readonly NewTopic[]): Promise<void>;
  /** Adds partitions to a topic until it has `partitions`; one that has them already is left as it is. */
  addPartitions(topic: string, partitions: number): Promise<void>;
  /** By topic. @throws KafkaError (refused) if one does not exist */
  partitionCounts(topics: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** The named settings of topics, by topic. @throws KafkaError (unauthorized) if the user may not read them */
  settings(
    topics: readonly string[],
    names: readonly string[],
  ): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>>;
  /** [low, high) of each partition, in the order of partitions. */
  offsets(topic: string): Promise<Array<{ readonly low: number; readonly high: number }>>;
  /** The first offset whose record has this timestamp or a later one; the end if there is none. */
  offsetForTime(partition: TopicPartition, timestampMs: number): Promise<number>;
  /** Deletes the records of a partition below an offset. */
  deleteRecords(partition: TopicPartition, offset: number): Promise<void>;
  /** By partition; absent if nothing was committed. */
  committedOffsets(groupId: string, topic: string): Promise<ReadonlyMap<number, CommittedOffset>>;
  /** 0 for a group that does not exist. */
  memberCount(groupId: string): Promise<number>;
  close(): Promise<void>;
}

/** What a topic accepts, as far as it is known. */
export interface PublishLimits {
  readonly sendBytesMax: number;
  times(nowMs: number): { readonly earliestMs: number; readonly latestMs: number };
  /** Whether it may help to learn from a refusal once more. */
  mayLearn(): boolean;
  learnTimes(message: string, nowMs: number): void;
}

/** Publishes outside of transactions, idempotently. */
export interface RecordPublisher {
  /** Resolves when all are acknowledged. */
  publish(
    topic: string,
    records: readonly LogRecord[],
    partitionCount: number,
    limits: PublishLimits,
  ): Promise<void>;
  close(): Promise<void>;
}

/** A member as the group's leader sees it. */
export interface MemberClaim {
  readonly memberId: string;
  /** What the member's `claim` returned when it joined; null if it sent nothing. */
  readonly claim: Buffer | null;
}

export interface MemberRequest {
  readonly groupId: string;
  readonly topic: string;
  readonly sessionTimeoutMs: number;
  /** The protocol's name on the wire: all members of a group must have one in common. */
  readonly protocol: string;
  /** What this member reports to the leader whenever it joins. */
  readonly claim: () => Buffer;
  /** Runs in the leader: partitions [0, partitionCount) of `topic` by member id. Members come sorted by id. */
  readonly assign: (
    topic: string,
    members: readonly MemberClaim[],
    partitionCount: number,
  ) => ReadonlyMap<string, readonly number[]>;
  /** Called when the group accepts the member, before its partitions are known. */
  readonly entered: (memberId: string) => void;
  readonly joined: (joined: Joined) => void;
  /** The member has ended and does not rejoin. */
  readonly failed: (error: Error) => void;
}

export interface Joined {
  readonly generation: number;
  readonly partitions: readonly number[];
  /** This member took part in every generation since it last joined: no other member has had what it keeps. */
  readonly isContinuous: boolean;
  /** When this member learned of the rebalance, performance.now(). */
  readonly rebalancingSinceMs: number;
}

/** Membership of a consumer group: joins and sends heartbeats, and rejoins for as long as brokers are unavailable. */
export interface GroupMember {
  /** Resolves when joining has begun. */
  start(): Promise<void>;
  /** Leaves the group. */
  stop(): Promise<void>;
}
