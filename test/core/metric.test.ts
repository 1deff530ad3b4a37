// Metrics of a project: names that Prometheus and the conventions accept, recorded through the telemetry.
import t from 'tap';
import { counter, duration, gauge } from '../../src/core/metric.ts';
import { RecordingTelemetry } from '../support/recording-telemetry.ts';

t.test('each kind records under its own name', (t) => {
  const calls: unknown[][] = [];
  const telemetry = {
    count: (...call: unknown[]) => void calls.push(['count', ...call]),
    gauge: (...call: unknown[]) => void calls.push(['gauge', ...call]),
    observe: (...call: unknown[]) => void calls.push(['observe', ...call]),
  };
  counter('audit_events_total', 'Events.', ['region']).add(telemetry, 2, { region: 'eu' });
  gauge('audit_queue', 'Queue.').set(telemetry, 5);
  duration('audit_seconds', 'Time.', ['region']).observe(telemetry, 12, { region: 'us' });
  t.strictSame(calls, [
    ['count', 'audit_events_total', 2, { region: 'eu' }],
    ['gauge', 'audit_queue', 5, undefined],
    ['observe', 'audit_seconds', 12, { region: 'us' }],
  ]);
  counter('audit_events_total', 'Events.').add(new RecordingTelemetry(), 1);
  t.end();
});

t.test('names and labels that are refused', (t) => {
  const refused = (message: RegExp): { code: string; message: RegExp } => ({
    code: 'CONFIG_INVALID',
    message,
  });
  t.throws(() => counter('audit_events', ''), refused(/end in _total/));
  t.throws(() => gauge('audit_events_total', ''), refused(/end in _total/));
  t.throws(() => duration('audit_time', ''), refused(/ends in _seconds/));
  t.throws(() => counter('millrace_events_total', ''), refused(/reserved for the engine/));
  t.throws(() => gauge('Audit-queue', ''), refused(/lower-case/));
  t.throws(() => gauge('audit_queue', '', ['the region']), refused(/a label has lower-case/));
  t.end();
});
