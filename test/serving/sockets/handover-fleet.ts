// A model of a fleet that serves predictions, for tests of its clients: processes that die, freeze and return, a log that
// shows a commit a little later, and a client that is connected to all processes.
import fc from 'fast-check';
import { parsePredictionId } from '../../../src/core/blocks.ts';
import type { ReplayPredictions, ReplayRequest } from '../../../src/serving/sockets/catch-up.ts';
import type { PredictionRows } from '../../../src/serving/sockets/frames.ts';
import { PredictionHub } from '../../../src/serving/sockets/prediction-hub.ts';
import { predictionBlock } from '../../support/prediction-block.ts';
import { RecordingTelemetry } from '../../support/recording-telemetry.ts';
import { FakeSocket } from './fake-socket.ts';

export const TOPIC: string = 'flights';
export const PARTITIONS: number = 2;
export const PROCESSES: number = 3;

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Not every event has a prediction. */
const isPredicted = (offset: number): boolean => offset % 3 !== 1;

/** The committed predictions of each partition. */
export class Log {
  /** The group's offset by partition. */
  readonly next: number[] = Array.from({ length: PARTITIONS }, () => 0);
  /** Records that readers see: the newest transaction may be committed and not visible yet. */
  readonly #shown: number[] = Array.from({ length: PARTITIONS }, () => 0);

  commit(partition: number, next: number, isShown: boolean): void {
    this.next[partition] = Math.max(next, this.next[partition] as number);
    if (isShown) this.show(partition);
  }

  show(partition: number): void {
    this.#shown[partition] = this.next[partition] as number;
  }

  /** Source offsets of the predictions visible to readers. */
  predictions(partition: number): number[] {
    return Array.from({ length: this.#shown[partition] as number }, (_, at) => at).filter(isPredicted);
  }

  async *#replay(
    { origin, afterOffset, beforeOffset }: ReplayRequest,
    gone: AbortSignal,
  ): AsyncGenerator<PredictionRows> {
    let newest = afterOffset;
    for (;;) {
      await tick();
      if (gone.aborted) return;
      const committed = this.predictions(origin.partition);
      const end = committed.at(-1) ?? -1;
      const wanted = committed.filter((at) => at > newest && (beforeOffset === null || at < beforeOffset));
      for (let i = 0; i < wanted.length; i += 3) {
        await tick();
        yield predictionBlock(origin, wanted.slice(i, i + 3));
      }
      newest = wanted.at(-1) ?? newest;
      if (beforeOffset === null || end >= beforeOffset) return;
    }
  }

  readonly replay: ReplayPredictions = (request, gone) => this.#replay(request, gone);
}

/** One engine's process: it continues with a partition that it has lost until it is notified. */
export class Process {
  readonly #log: Log;
  hub: PredictionHub;
  /** Offset of the next event, by partition that it owns or believes to own. */
  readonly position: Map<number, number> = new Map();

  constructor(log: Log) {
    this.#log = log;
    this.hub = this.#open();
  }

  #begins(hub: PredictionHub, partition: number): void {
    hub.begins('flights', { topic: TOPIC, partition }, this.#log.predictions(partition).at(-1) ?? null);
  }

  #open(): PredictionHub {
    const hub = new PredictionHub({ telemetry: new RecordingTelemetry(), replay: this.#log.replay });
    hub.add('flights', TOPIC, PARTITIONS);
    for (let p = 0; p < PARTITIONS; p++) this.#begins(hub, p);
    return hub;
  }

  restart(): void {
    this.position.clear();
    this.hub = this.#open();
  }

  /** Fences older writers of the partition; the transaction that they had open becomes visible. */
  begin(partition: number): void {
    this.#log.show(partition);
    this.#begins(this.hub, partition);
    this.position.set(partition, this.#log.next[partition] as number);
  }

  predict(partition: number, events: number): void {
    const from = this.position.get(partition);
    if (from === undefined) return;
    const offsets = Array.from({ length: events }, (_, i) => from + i).filter(isPredicted);
    this.position.set(partition, from + events);
    if (offsets.length > 0)
      this.hub.predictions('flights', predictionBlock({ topic: TOPIC, partition }, offsets));
  }

  commit(partition: number, isShown: boolean): void {
    this.#log.commit(partition, this.position.get(partition) ?? 0, isShown);
  }
}

interface Connection {
  readonly socket: FakeSocket;
  readonly named: readonly number[];
  /** Ids that have reached the client. */
  received: number;
}

/** A client that is connected to every process; it names its last id of each partition, from any of them. */
export class Client {
  readonly seen: Array<Set<number>> = Array.from({ length: PARTITIONS }, () => new Set());
  readonly last: number[] = Array.from({ length: PARTITIONS }, () => -1);
  readonly connections: Array<Connection | null> = Array.from({ length: PROCESSES }, () => null);
  readonly doubles: string[] = [];

  connect(nth: number, { hub }: Process): void {
    const before = this.connections[nth] ?? null;
    if (before !== null && before.socket.open) return;
    if (before !== null) this.receive(nth);
    const socket = new FakeSocket();
    this.connections[nth] = { socket, named: [...this.last], received: 0 };
    const after = this.last.flatMap((last, p) => (last < 0 ? [] : [`${TOPIC}-${p}-${last}`]));
    hub.subscribe(socket, { topology: 'flights', key: null, after, labels: false, sample: false });
  }

  receive(nth: number): void {
    const connection = this.connections[nth] ?? null;
    if (connection === null) return;
    const { socket, named } = connection;
    const { ids } = socket;
    for (; connection.received < ids.length; connection.received++) {
      const id = ids[connection.received] as string;
      const { partition, offset } = parsePredictionId(id) as { partition: number; offset: number };
      if (offset <= (named[partition] as number) || ids.indexOf(id) < connection.received)
        this.doubles.push(id);
      this.seen[partition]?.add(offset);
      this.last[partition] = Math.max(offset, this.last[partition] as number);
    }
  }

  /** Frames in flight do not arrive. */
  lose(nth: number, { hub }: Process): void {
    const connection = this.connections[nth] ?? null;
    if (connection === null) return;
    connection.socket.close(1006, 'broken');
    hub.drop(connection.socket);
    this.connections[nth] = null;
  }
}

export type Step =
  | { readonly kind: 'predict'; readonly partition: number; readonly events: number }
  | { readonly kind: 'linger'; readonly process: number; readonly partition: number; readonly events: number }
  | { readonly kind: 'commit' | 'hang' | 'fail'; readonly partition: number }
  | { readonly kind: 'move'; readonly partition: number; readonly process: number }
  | { readonly kind: 'kill' | 'break' | 'connect' | 'receive'; readonly process: number }
  | { readonly kind: 'tick' };

const process = fc.nat(PROCESSES - 1);
const partition = fc.nat(PARTITIONS - 1);
const events = fc.integer({ min: 1, max: 5 });
export const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('predict' as const), partition, events }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('linger' as const), process, partition, events }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('commit' as const, 'hang' as const, 'fail' as const),
      partition,
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('move' as const), partition, process }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constantFrom('kill' as const, 'break' as const, 'connect' as const, 'receive' as const),
      process,
    }),
  },
  { weight: 4, arbitrary: fc.constant({ kind: 'tick' as const }) },
);

export class Fleet {
  readonly log: Log = new Log();
  readonly processes: Process[] = Array.from({ length: PROCESSES }, () => new Process(this.log));
  readonly client: Client = new Client();
  /** The owner of each partition, according to the group. */
  readonly owners: number[] = Array.from({ length: PARTITIONS }, () => 0);

  process(nth: number): Process {
    return this.processes[nth] as Process;
  }

  owner(partition: number): Process {
    return this.process(this.owners[partition] as number);
  }

  /** The client has an id of every partition; it does not resume a partition that it does not name. */
  begin(): void {
    for (let p = 0; p < PARTITIONS; p++) this.owner(p).begin(p);
    for (let nth = 0; nth < PROCESSES; nth++) this.client.connect(nth, this.process(nth));
    for (let p = 0; p < PARTITIONS; p++) this.owner(p).predict(p, 2);
    for (let nth = 0; nth < PROCESSES; nth++) this.client.receive(nth);
  }

  async act(step: Step): Promise<void> {
    switch (step.kind) {
      case 'predict':
        return this.owner(step.partition).predict(step.partition, step.events);
      case 'linger': // one that may have lost the partition and has not heard of it
        return this.process(step.process).predict(step.partition, step.events);
      case 'commit':
        return this.owner(step.partition).commit(step.partition, true);
      case 'hang': // decided, and not shown until the next commit or the next owner
        return this.owner(step.partition).commit(step.partition, false);
      case 'fail': // its epoch was not committed: the task restarts
        return this.owner(step.partition).begin(step.partition);
      case 'move':
        this.owners[step.partition] = step.process;
        return this.process(step.process).begin(step.partition);
      case 'kill':
        return this.#kill(step.process);
      case 'break':
        return this.client.lose(step.process, this.process(step.process));
      case 'connect':
        return this.client.connect(step.process, this.process(step.process));
      case 'receive':
        return this.client.receive(step.process);
      case 'tick':
        return tick();
    }
  }

  #kill(nth: number): void {
    this.client.lose(nth, this.process(nth));
    this.process(nth).restart();
    for (const [partition, owner] of this.owners.entries()) {
      if (owner !== nth) continue;
      const next = (nth + 1) % PROCESSES;
      this.owners[partition] = next;
      this.process(next).begin(partition);
    }
  }

  /** Everything is committed and served. */
  async end(): Promise<void> {
    for (let p = 0; p < PARTITIONS; p++) {
      this.owner(p).predict(p, 3);
      this.owner(p).commit(p, true);
    }
    for (let i = 0; i < 60; i++) {
      for (let nth = 0; nth < PROCESSES; nth++) this.client.receive(nth);
      for (let nth = 0; nth < PROCESSES; nth++) this.client.connect(nth, this.process(nth));
      await tick();
    }
  }
}
