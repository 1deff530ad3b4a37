import { pino } from 'pino';
import t from 'tap';
import { PromTelemetry } from '../../../src/adapters/metrics/telemetry.ts';
import { CONDITION_LOG_MS, CONDITIONS_MAX } from '../../../src/core/process-limits.ts';

const WARN = 40;

interface Line {
  readonly level: number;
  readonly msg: string;
  readonly where?: string;
  readonly why?: string;
  readonly times?: number;
}

function open(): { telemetry: PromTelemetry; warnings: () => Line[]; clock: { ms: number } } {
  const lines: Line[] = [];
  const clock = { ms: 1_000 };
  const write = (line: string): void => void lines.push(JSON.parse(line) as Line);
  const telemetry = new PromTelemetry(pino({ base: null }, { write }), true, () => clock.ms);
  return { telemetry, clock, warnings: () => lines.filter(({ level }) => level === WARN) };
}

await t.test('a condition that lasts is logged once per interval, with a count', async (t) => {
  const { telemetry, clock, warnings } = open();
  for (let i = 0; i < 100; i++) {
    telemetry.raise('store_unavailable', 'redis', `attempt ${i}`);
    clock.ms += 100;
  }
  t.match(warnings(), [{ where: 'redis', why: 'attempt 0', times: 1 }]);
  t.equal(warnings().length, 1);
  clock.ms += CONDITION_LOG_MS;
  telemetry.raise('store_unavailable', 'redis', 'still away');
  t.match(warnings()[1], { why: 'still away', times: 100 });
  t.match(telemetry.conditions(), [
    { condition: 'store_unavailable', where: 'redis', reason: 'still away', sinceMs: 1_000 },
  ]);
  t.match(
    await telemetry.text(),
    'millrace_condition{condition="store_unavailable",where="redis"} 1\n',
    'the gauge is 1',
  );
  telemetry.clear('store_unavailable', 'redis');
  t.notMatch(await telemetry.text(), 'where="redis"', 'its series is gone');
  t.same(telemetry.conditions(), []);
});

await t.test('a condition that comes and goes is not logged more often', (t) => {
  const { telemetry, clock, warnings } = open();
  for (let i = 0; i < 50; i++) {
    telemetry.raise('partition_stuck', 'payments-0', 'no progress', { blocksReadiness: true });
    t.equal(telemetry.conditions().length, 1);
    telemetry.clear('partition_stuck', 'payments-0');
    clock.ms += 500;
  }
  t.equal(warnings().length, 1);
  telemetry.raise('partition_stuck', 'payments-1', 'no progress');
  t.equal(warnings().length, 2, 'another place is logged at once');
  t.end();
});

await t.test('those that block readiness come first; too many places count as one', (t) => {
  const { telemetry } = open();
  for (let i = 0; i < CONDITIONS_MAX + 10; i++) telemetry.raise('records_skipped', `payments-${i}`, 'gone');
  telemetry.raise('records_skipped', 'payments-3', 'blocks', { blocksReadiness: true });
  const raised = telemetry.conditions();
  t.match(raised[0], { where: 'payments-3', blocksReadiness: true });
  t.equal(raised.length, CONDITIONS_MAX + 1);
  t.match(raised.at(-1), { where: 'others' });
  t.end();
});
