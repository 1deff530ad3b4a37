// The life of a stage in a pipeline: keys before a batch, snapshots at a barrier, and the end.
import t from 'tap';
import type { Barrier, StreamElement } from '../../../src/core/batch.ts';
import { emptyDelta } from '../../../src/core/state-delta.ts';
import {
  asyncOperator,
  defineTopology,
  derive,
  stringFrom,
  syncOperator,
  text,
  watermarks,
  type KeyedState,
  type Stage,
  type StageInstance,
} from '../../../src/index.ts';
import { Pipeline, type PartitionContext } from '../../../src/runtime/task/pipeline.ts';
import { FakeTelemetry, RowBatches } from '../../../src/testing/index.ts';
import { unlabelled } from '../../../src/tasks/unlabelled.ts';

const string = { kind: 'string', nullable: true } as const;
const schema = { key: string, at: { kind: 'number', nullable: true } } as const;

function barrierAt(offsetNext: number, watermarkMs: number): Barrier {
  return {
    kind: 'barrier',
    epoch: 1,
    offsetNext,
    watermarkMs,
    controlMs: null,
    delta: emptyDelta(),
    released: Promise.resolve(),
  };
}

function contextOf(barriers: Barrier[]): PartitionContext {
  return {
    topology: 'test',
    origin: { topic: 'test', partition: 0 },
    schema,
    telemetry: new FakeTelemetry(),
    task: unlabelled,
    nowMs: () => 0,
    allowedLatenessMs: 0,
    controlIntervalMs: 100,
    isAligned: false,
    hotKeysMax: 10,
    predictionKeyBytesMax: Number.POSITIVE_INFINITY,
    restoredWatermarkMs: 0,
    model: { champion: null, shadow: null, swapAtBarrier: () => undefined },
    committed: { covers: () => false, find: () => -1, score: () => 0, flags: () => 0, version: () => '' },
    controlBarrier(_controlMs, offsetNext, watermarkMs) {
      const barrier = barrierAt(offsetNext, watermarkMs);
      barriers.push(barrier);
      return barrier;
    },
    reject: () => undefined,
    dropped: () => undefined,
    late: () => undefined,
    repartitioned: () => undefined,
  };
}

/** A stage that writes down what is asked of it; its keys are chained: `a` wants `a+`, which wants `a++`. */
function recorder(id: string, calls: string[], but: Partial<StageInstance> = {}): Stage {
  const known = new Set<string>();
  const keyedState: KeyedState = {
    wantedKeys(_batch, into) {
      for (const key of known.size === 0 ? ['a'] : [...known].map((last) => `${last}+`)) into.add(key);
    },
    hydrate(key, blob) {
      known.add(key);
      calls.push(`${id} hydrate ${key} ${blob === null ? 'nothing' : String(blob[0])}`);
    },
    snapshot({ offsetNext }, changes) {
      calls.push(`${id} snapshot ${offsetNext}`);
      changes.put('a', Uint8Array.of(1), 0, null);
      changes.append('list', Uint8Array.of(2), 0, 5);
      changes.delete('gone');
    },
    evict: () => void calls.push(`${id} evict`),
  };
  return {
    id,
    kind: 'recorder',
    summary: '',
    reads: [],
    memoryMs: 1,
    open: (): StageInstance => ({
      operator: syncOperator({ batch: (batch) => batch }),
      keyedState,
      operatorState: {
        restore: (blob) => void calls.push(`${id} restore ${blob[0]}`),
        snapshot: ({ offsetNext }) => Uint8Array.of(offsetNext),
      },
      ...but,
    }),
  };
}

const source = { topic: 'test', eventTime: 'at', partitions: 1 };

t.test('keys are read in up to three rounds, each once, and handed to their stage', async (t) => {
  const calls: string[] = [];
  const topology = defineTopology({
    name: 'test',
    source,
    stages: [recorder('one', calls), watermarks(), recorder('two', calls)],
  });
  const pipeline = new Pipeline(topology, contextOf([]));
  pipeline.restore(new Map([['two', Uint8Array.of(7)]]));
  const reads: Array<readonly string[]> = [];
  const store = {
    async get(keys: readonly string[]) {
      reads.push(keys);
      return keys.map((key) => (key === 'one:a' ? Uint8Array.of(5) : null));
    },
  };
  await pipeline.hydrate(new RowBatches(schema, 'at').next([{ key: 'x', at: 1 }]), store);
  t.same(reads, [
    ['one:a', 'two:a'],
    ['one:a+', 'two:a+'],
    ['one:a++', 'two:a++'],
  ]);
  t.same(calls.slice(0, 5), [
    'two restore 7',
    'one evict',
    'two evict',
    'one hydrate a 5',
    'two hydrate a nothing',
  ]);
});

t.test('a barrier inside a batch closes the epoch for the stages before it at its offset', async (t) => {
  const calls: string[] = [];
  const barriers: Barrier[] = [];
  const topology = defineTopology({
    name: 'test',
    source,
    stages: [recorder('one', calls), watermarks(), recorder('two', calls)],
  });
  const pipeline = new Pipeline(topology, contextOf(barriers));
  const elements: StreamElement[] = [];
  const done = new Promise<void>((resolve) => {
    pipeline.output.subscribe((element) => {
      elements.push(element);
      if (element.kind === 'watermark' && element.endsInput) resolve();
    });
  });
  pipeline.push(new RowBatches(schema, 'at').next([{ at: 10 }, { at: 90 }, { at: 130 }]));
  await done;
  t.same(
    elements.map((element) => (element.kind === 'batch' ? `batch of ${element.rows.length}` : element.kind)),
    ['batch of 2', 'watermark', 'barrier', 'batch of 1', 'watermark'],
  );
  t.same(calls, ['one snapshot 2', 'two snapshot 2']);
  t.match(barriers[0]?.delta, {
    puts: [
      { key: 'one:a', served: null, ttlMs: null },
      { key: 'two:a', served: null },
    ],
    appends: [{ key: 'one:list', ttlMs: 5 }, { key: 'two:list' }],
    deletes: ['one:gone', 'two:gone'],
  });
  t.same(
    [...(barriers[0]?.delta.stages ?? [])].map(([stage, blob]) => [stage, blob[0]]),
    [
      ['one', 2],
      ['two', 2],
    ],
  );
});

t.test(
  'what later stages want is what they will meet, and each stage knows the columns before it',
  async (t) => {
    const seen: string[][] = [];
    const watching = (id: string): Stage => ({
      ...recorder(id, []),
      open(context): StageInstance {
        seen.push(Object.keys(context.schema));
        const instance = recorder(id, []).open(context);
        const keyedState: KeyedState = {
          ...(instance.keyedState as KeyedState),
          wantedKeys: (batch) => void seen.push(Object.keys(batch.columns)),
        };
        return { ...instance, keyedState };
      },
    });
    const topology = defineTopology({
      name: 'test',
      source,
      stages: [watching('one'), derive({ twice: stringFrom([text('key')], (key) => key) }), watching('two')],
    });
    const pipeline = new Pipeline(topology, contextOf([]));
    await pipeline.hydrate(new RowBatches(schema, 'at').next([{ key: 'x', at: 1 }]), { get: async () => [] });
    const [before, after] = [
      ['key', 'at'],
      ['key', 'at', 'twice'],
    ];
    t.same(seen, [before, after, before, after]);
  },
);

t.test('a stage that waits keeps what follows behind it', async (t) => {
  const waiting: Stage = {
    ...recorder('waiting', []),
    open: (): StageInstance => ({
      operator: asyncOperator({
        async batch(batch) {
          await new Promise((resolve) => setTimeout(resolve, batch.size === 1 ? 10 : 0));
          return batch;
        },
      }),
    }),
  };
  const pipeline = new Pipeline(
    defineTopology({ name: 'test', source, stages: [watermarks(), waiting] }),
    contextOf([]),
  );
  const sizes: Array<number | string> = [];
  const batches = new RowBatches(schema, 'at');
  const done = new Promise<void>((resolve) => {
    pipeline.output.subscribe((element) => {
      sizes.push(element.kind === 'batch' ? element.rows.length : element.kind);
      if (element.kind === 'barrier') resolve();
    });
  });
  pipeline.push(batches.next([{ at: 1 }]));
  pipeline.push(batches.next([{ at: 2 }, { at: 3 }]));
  pipeline.push(barrierAt(3, 3));
  await done;
  t.same(sizes, [1, 'watermark', 2, 'watermark', 'barrier']);
});

t.test('every stage is closed, also if one of them fails to', async (t) => {
  const closed: string[] = [];
  const stages = [
    recorder('one', [], {
      close() {
        closed.push('one');
        throw new Error('the client is gone');
      },
    }),
    recorder('two', [], { close: async () => void closed.push('two') }),
    recorder('three', []),
  ];
  const pipeline = new Pipeline(defineTopology({ name: 'test', source, stages }), contextOf([]));
  await t.rejects(pipeline.close(), { message: 'the client is gone' });
  t.same(closed, ['one', 'two']);
});
