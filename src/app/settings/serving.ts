// Settings of the serving port and of the log (control path). Each export is one setting and one field of Config.
import { PORT_MAX, PROMOTION_WAIT_MS, PROMOTION_WAIT_MS_MAX } from '../../core/limits.ts';
import { engineSetting, type Setting } from '../../core/setting.ts';

export const host: Setting<string> = engineSetting('MILLRACE_HOST', {
  kind: 'text',
  default: '127.0.0.1',
  description: 'Address that the port binds to.',
});

export const port: Setting<number> = engineSetting('MILLRACE_PORT', {
  kind: 'integer',
  min: 0,
  max: PORT_MAX,
  default: 7_400,
  description:
    'Port of the dashboard, REST, probes, metrics and WebSocket; 0 for any free port. With `--workers`, worker i takes this port + i.',
});

export const token: Setting<string | null> = engineSetting('MILLRACE_TOKEN', {
  kind: 'text',
  charactersMin: 8,
  secret: true,
  description:
    'Bearer token that requests which change something must carry. Without it they are open to everyone.',
});

export const promotionWaitMs: Setting<number> = engineSetting('MILLRACE_PROMOTION_WAIT_MS', {
  kind: 'integer',
  min: 0,
  max: PROMOTION_WAIT_MS_MAX,
  default: PROMOTION_WAIT_MS,
  description:
    'Milliseconds that a promotion or rollback waits until every partition of the fleet has taken the model; 0 does not wait.',
});

export const logLevel: Setting<'debug' | 'info' | 'warn' | 'error' | 'silent'> = engineSetting(
  'MILLRACE_LOG_LEVEL',
  {
    kind: 'choice',
    choices: ['debug', 'info', 'warn', 'error', 'silent'],
    default: 'warn',
    description: 'Lowest level of the log lines on standard error.',
  },
);
