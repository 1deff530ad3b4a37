// Opening, flushing, retrying and monitoring the sinks of an engine.
import t from 'tap';
import { MillraceError } from '../../../src/core/errors.ts';
import type { Sink, SinkContext, SinkDefinition } from '../../../src/ports/sink.ts';
import { Sinks } from '../../../src/runtime/commit/sinks.ts';
import { FakeTelemetry } from '../../../src/testing/index.ts';

class TestSink implements Sink {
  bufferedRows = 0;
  flushes = 0;
  isClosed = false;
  /** The errors of the next flushes, in order. */
  readonly failures: unknown[] = [];

  predictions(): void {}
  labels(): void {}
  async flush(): Promise<void> {
    this.flushes += 1;
    if (this.failures.length > 0) throw this.failures.shift();
    this.bufferedRows = 0;
  }
  async close(): Promise<void> {
    this.isClosed = true;
  }
}

const define = (name: string, sink: Sink, delivery: SinkDefinition['delivery'] = 'after-commit') => ({
  name,
  delivery,
  open: () => sink,
});

const contexts =
  (telemetry: FakeTelemetry) =>
  (name: string): SinkContext => ({
    topology: 'orders',
    source: { topic: 'orders', partitions: 1 },
    features: ['amount'],
    telemetry,
    folder: `data/sinks/${name}`,
  });

t.test(
  'flushes of an unavailable sink are retried until it takes the rows, and it is not ready meanwhile',
  async (t) => {
    const telemetry = new FakeTelemetry();
    const sink = new TestSink();
    sink.bufferedRows = 5;
    sink.failures.push(
      new Error('connection refused'),
      new MillraceError('SINK_UNAVAILABLE', 'still unavailable'),
    );
    const sinks = await Sinks.open([define('audit', sink)], contexts(telemetry));
    t.equal(sinks.bufferedRows, 5);
    const { audit } = sinks.checks();
    await audit?.();
    const flushed = sinks.flush();
    await t.rejects(
      async () => {
        while (sink.flushes === 0) await Promise.resolve();
        await Promise.resolve();
        await audit?.();
      },
      { code: 'SINK_UNAVAILABLE', message: /connection refused/ },
    );
    while (!telemetry.conditions.has('sink_unavailable audit')) await Promise.resolve();
    await flushed;
    await audit?.();
    t.equal(sink.flushes, 3);
    t.equal(sinks.bufferedRows, 0);
    t.equal(telemetry.counts.get('sink_failures_total{"topology":"orders","sink":"audit"}'), 2);
    t.equal(telemetry.conditions.size, 0, 'the condition ends with the first success');
  },
);

t.test('a fault of the configuration is not retried', async (t) => {
  const sink = new TestSink();
  sink.failures.push(new MillraceError('CONFIG_INVALID', 'the token is rejected'));
  const sinks = await Sinks.open([define('audit', sink)], contexts(new FakeTelemetry()));
  await t.rejects(sinks.flush(), { code: 'CONFIG_INVALID' });
  t.equal(sink.flushes, 1);
});

t.test('an engine that is stopping does not wait for an unavailable sink', async (t) => {
  const sink = new TestSink();
  const sinks = await Sinks.open([define('audit', sink)], contexts(new FakeTelemetry()));
  sinks.stopRetrying();
  sink.failures.push(new Error('connection refused'));
  await t.rejects(sinks.flush(), { code: 'SINK_UNAVAILABLE' });
});

t.test('an immediate sink is not flushed and does not affect readiness', async (t) => {
  const live = new TestSink();
  live.failures.push(new Error('never thrown'));
  const sinks = await Sinks.open([define('live', live, 'immediate')], contexts(new FakeTelemetry()));
  await sinks.flush();
  t.equal(live.flushes, 0);
  t.same(sinks.checks(), {});
});

t.test('a ping, if there is one, determines readiness', async (t) => {
  const sink = Object.assign(new TestSink(), { ping: () => Promise.reject(new Error('no answer')) });
  const sinks = await Sinks.open([define('audit', sink, 'immediate')], contexts(new FakeTelemetry()));
  await t.rejects(sinks.checks()['audit']?.() ?? Promise.resolve(), { message: 'no answer' });
});

t.test('if a sink fails to open, those opened before it are closed', async (t) => {
  const first = new TestSink();
  const second: SinkDefinition = {
    name: 'second',
    delivery: 'immediate',
    open: () => Promise.reject(new Error('no disk')),
  };
  await t.rejects(Sinks.open([define('first', first), second], contexts(new FakeTelemetry())), {
    message: 'no disk',
  });
  t.ok(first.isClosed);
});

t.test('each sink is opened with its context, and all are closed even if one of them fails', async (t) => {
  const telemetry = new FakeTelemetry();
  const seen: SinkContext[] = [];
  const broken = Object.assign(new TestSink(), { close: () => Promise.reject(new Error('stuck')) });
  const last = new TestSink();
  const sinks = await Sinks.open(
    [
      {
        name: 'broken',
        delivery: 'immediate',
        open: (context) => {
          seen.push(context);
          return broken;
        },
      },
      define('last', last),
    ],
    contexts(telemetry),
  );
  t.match(seen, [{ topology: 'orders', features: ['amount'], folder: 'data/sinks/broken' }]);
  await sinks.close();
  t.ok(last.isClosed);
  t.same(telemetry.lines, ['a sink did not close']);
});
