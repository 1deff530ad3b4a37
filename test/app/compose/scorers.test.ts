// A provider that was asked for and does not work is told: scoring goes on without it, and slower than was meant.
import t from 'tap';
import { openScorers } from '../../../src/app/compose/adapters.ts';
import { readConfig } from '../../../src/app/settings/config.ts';
import { FakeTelemetry } from '../../../src/testing/index.ts';

async function told(
  environment: Readonly<Record<string, string>>,
): Promise<Record<'warn' | 'info', string[]>> {
  const lines: Record<'warn' | 'info', string[]> = { warn: [], info: [] };
  class Telemetry extends FakeTelemetry {
    override warn(what: string, detail?: Readonly<Record<string, unknown>>): void {
      lines.warn.push(`${what}: ${String(detail?.['provider'])}`);
    }
    override info(what: string, detail?: Readonly<Record<string, unknown>>): void {
      lines.info.push(`${what}: ${String(detail?.['provider'])}`);
    }
  }
  const scorers = await openScorers(readConfig(environment), new Telemetry());
  await scorers.close();
  return lines;
}

t.test('asked for', async (t) => {
  const { warn, info } = await told({ MILLRACE_PROVIDERS: 'webgpu,cpu' });
  const [used = ''] = info;
  t.match(used, /^models run on an execution provider: (webgpu|cpu)$/);
  t.strictSame(warn, used.endsWith('cpu') ? ['an execution provider is not available: webgpu'] : []);
});

t.test('by default no GPU is nothing to warn of', async (t) => {
  const { warn, info } = await told({});
  t.strictSame(warn, []);
  t.match(info.at(-1), /^models run on an execution provider: (cuda|cpu)$/);
});
