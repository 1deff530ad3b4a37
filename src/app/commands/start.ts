// `millrace start` (control path).
import { outputFile, port, refuseAny } from '../cli/flags.ts';
import { configuredVerb, toggle, valued, type Verb } from '../cli/verb.ts';
import { EVENTS, RECORD_KEY } from './event-file-options.ts';
import { TOPOLOGY_FILE } from './topology-file.ts';

export const start: Verb = configuredVerb({
  name: 'start',
  description: 'Run a topology over a file of events, in this process alone and from the beginning',
  arguments: { topology: TOPOLOGY_FILE },
  options: {
    events: EVENTS,
    key: RECORD_KEY,
    port: valued('--port <port>', 'port of the dashboard, REST and WebSocket', port),
    exit: toggle('--exit', 'end when all events are processed, without opening the port'),
    report: valued('--report <file>', 'write the figures of the run to a JSON file at the end', outputFile),
  },
  notes: `Every service is embedded, whatever MILLRACE_* says, and keeps its files in the folder start of the data folder, which
is emptied first. A string in the column of the event time is read as an ISO instant.`,
  examples: [
    'millrace start topologies/payments.ts --events events.ndjson',
    'millrace start topologies/payments.ts --events events.ndjson --exit --report report.json',
  ],
  async action({ topology, port, ...given }, settings) {
    refuseAny(
      given.exit && port !== undefined ? ['--exit opens no port, so --port has no effect'] : [],
      'Remove one of them.',
    );
    const { startTopology } = await import('./start/start-topology.ts');
    await startTopology(topology, { ...settings, port: port ?? settings.port }, given);
  },
});
