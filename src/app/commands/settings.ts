// `millrace settings` (control path).
import { type Verb, verb } from '../cli/verb.ts';

export const settings: Verb = verb({
  name: 'settings',
  description: 'List every setting with its value, and report the problems of all',
  arguments: {
    topology: { description: 'topology file, whose own settings are added', optional: true },
  },
  options: {},
  notes: 'Settings are environment variables. Secrets, and the credentials in URLs, are not printed.',
  examples: [
    'millrace settings',
    'MILLRACE_KAFKA_BROKERS=localhost:9092 millrace settings topologies/flights.ts',
  ],
  async action({ topology }) {
    const { listSettings } = await import('./settings/list-settings.ts');
    await listSettings(topology ?? null, process.env);
  },
});
