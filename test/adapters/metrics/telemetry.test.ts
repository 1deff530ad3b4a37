import { pino } from 'pino';
import t from 'tap';
import { metrics } from '../../../src/adapters/metrics/metric-names.ts';
import { PromTelemetry } from '../../../src/adapters/metrics/telemetry.ts';
import { isCode } from '../../../src/core/errors.ts';
import { keepSecret } from '../../../src/core/secrets.ts';
import { counter, duration } from '../../../src/core/metric.ts';

function open(strict: boolean): { telemetry: PromTelemetry; lines: Array<Record<string, unknown>> } {
  const lines: Array<Record<string, unknown>> = [];
  const write = (line: string): void => void lines.push(JSON.parse(line) as Record<string, unknown>);
  return { telemetry: new PromTelemetry(pino({ base: null }, { write }), strict), lines };
}

await t.test('counters and gauges add up, with their labels', async (t) => {
  const { telemetry } = open(true);
  telemetry.count('events_total', 5, { topology: 'flights' });
  telemetry.count('events_total', 7, { topology: 'flights' });
  telemetry.gauge('feed_subscribers', 3);
  telemetry.gauge('feed_subscribers', 2);
  const text = await telemetry.text();
  t.match(text, 'millrace_events_total{topology="flights"} 12\n');
  t.match(text, 'millrace_feed_subscribers 2\n');
  t.match(text, 'millrace_nodejs_eventloop_lag_seconds ');
  t.match(text, 'millrace_process_resident_memory_bytes ');
});

await t.test('no secret is in metrics and conditions', async (t) => {
  keepSecret('canary-of-telemetry');
  const { telemetry } = open(true);
  const where = 'http://ann:canary-of-telemetry@h:1';
  telemetry.raise('registry_unavailable', where, 'canary-of-telemetry is refused');
  t.match(telemetry.conditions(), [{ where: 'http://ann:***@h:1', reason: '*** is refused' }]);
  telemetry.count('events_total', 1, { topology: 'canary-of-telemetry' });
  t.notMatch(await telemetry.text(), 'canary');
  telemetry.clear('registry_unavailable', where);
  t.strictSame(telemetry.conditions(), []);
});

await t.test('durations are recorded in milliseconds and served in seconds', async (t) => {
  const { telemetry } = open(true);
  t.equal(telemetry.percentiles('score_duration_seconds'), null, 'nothing yet');
  for (let ms = 1; ms <= 1_000; ms++) {
    telemetry.observe('score_duration_seconds', ms, { topology: 'flights' });
  }
  const text = await telemetry.text();
  t.match(text, 'millrace_score_duration_seconds_count{topology="flights"} 1000\n');
  t.match(text, 'millrace_score_duration_seconds_bucket{le="0.1",topology="flights"} 100\n');
  const p99 = Number(/millrace_score_duration_seconds_quantile\{quantile="0.99"\} (\S+)/.exec(text)?.[1]);
  t.ok(Math.abs(p99 - 0.99) <= 0.001, `three digits of 0.99 s: ${p99}`);
  const all = telemetry.percentiles('score_duration_seconds');
  t.equal(all?.n, 1_000);
  t.ok(Math.abs((all?.p50 ?? 0) - 500) <= 0.5);
  t.ok(Math.abs((all?.max ?? 0) - 1_000) <= 1);
});

await t.test('taking the percentiles of an interval resets them, but not the total', (t) => {
  const { telemetry } = open(true);
  telemetry.observe('feed_latency_seconds', 8);
  t.equal(telemetry.takePercentiles('feed_latency_seconds')?.n, 1);
  t.equal(telemetry.takePercentiles('feed_latency_seconds'), null);
  telemetry.observe('feed_latency_seconds', 70_000);
  t.equal(telemetry.takePercentiles('feed_latency_seconds')?.n, 1, 'longer than a minute still counts');
  t.equal(telemetry.percentiles('feed_latency_seconds')?.n, 2);
  t.end();
});

await t.test('a name that is not declared', (t) => {
  const strict = open(true).telemetry;
  const refused = (act: () => void): boolean => {
    try {
      act();
    } catch (error) {
      return isCode(error, 'INVARIANT');
    }
    return false;
  };
  t.ok(refused(() => strict.count('no_such_total', 1)));
  t.ok(
    refused(() => strict.gauge('events_total', 1)),
    'or is declared as another kind',
  );
  t.ok(refused(() => strict.observe('no_such_seconds', 1)));
  const { telemetry, lines } = open(false);
  telemetry.count('no_such_total', 1);
  telemetry.count('no_such_total', 1);
  t.equal(lines.length, 1, 'outside tests it is logged once');
  t.end();
});

await t.test('metrics of a project are served under their own names', async (t) => {
  const { telemetry } = open(true);
  const audited = counter('audit_events_total', 'Events that were audited.', ['region']);
  const took = duration('audit_duration_seconds', 'One audit.');
  telemetry.declare([audited, took]);
  audited.add(telemetry, 3, { region: 'eu' });
  took.observe(telemetry, 20);
  const text = await telemetry.text();
  t.match(text, '# HELP audit_events_total Events that were audited.\n');
  t.match(text, 'audit_events_total{region="eu"} 3\n');
  t.match(text, 'audit_duration_seconds_sum 0.02\n');
  t.match(text, 'audit_duration_seconds_quantile{quantile="0.5"} 0.02');
  for (const taken of [audited, counter('events_total', 'As a metric of the engine.')])
    t.throws(() => telemetry.declare([taken]), { code: 'CONFIG_INVALID', message: /is taken/ });
});

await t.test('log lines carry their detail', (t) => {
  const { telemetry, lines } = open(true);
  telemetry.info('model swapped', { version: 'v2' });
  telemetry.warn('slow');
  telemetry.error('gone');
  t.match(lines, [
    { level: 30, msg: 'model swapped', version: 'v2' },
    { level: 40, msg: 'slow' },
    { level: 50, msg: 'gone' },
  ]);
  t.end();
});

await t.test('names follow the convention', (t) => {
  for (const [name, { kind }] of Object.entries(metrics)) {
    t.match(name, /^[a-z][a-z0-9_]*$/);
    t.equal(name.endsWith('_total'), kind === 'counter', `${name}: _total is for counters`);
    if (kind === 'duration') t.ok(name.endsWith('_seconds'), `${name}: durations are in seconds`);
  }
  t.end();
});
