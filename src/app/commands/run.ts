// `millrace run` (control path).
import { PORT_MAX } from '../../core/port-limits.ts';
import { outputFile, port, refuseAny, workerCount } from '../cli/flags.ts';
import { configuredVerb, defaulted, toggle, valued, type Verb } from '../cli/verb.ts';
import { TOPOLOGY_FILE } from './topology-file.ts';

export const run: Verb = configuredVerb({
  name: 'run',
  description: 'Run a topology on the services that MILLRACE_* name; the others are embedded',
  arguments: { topology: TOPOLOGY_FILE },
  options: {
    port: valued('--port <port>', 'port of the dashboard, REST and WebSocket', port),
    workers: defaulted(
      '--workers <count>',
      'number of processes; they are members of one consumer group',
      workerCount,
      '1',
    ),
    untilCaughtUp: toggle('--until-caught-up', 'end when everything in the source at the start is committed'),
    report: valued('--report <file>', 'write the figures of the run to a JSON file at the end', outputFile),
  },
  examples: [
    'millrace run topologies/flights.ts',
    'millrace run topologies/flights.ts --workers 2',
    'MILLRACE_KAFKA_BROKERS=localhost:9092 MILLRACE_REDIS_URL=redis://localhost:6379 \\',
    '  millrace run topologies/flights.ts --until-caught-up --report report.json',
  ],
  async action({ topology, port, workers, untilCaughtUp, report = null }, settings) {
    const config = { ...settings, port: port ?? settings.port };
    if (workers === 1) {
      const { runTopology } = await import('./run/run-topology.ts');
      await runTopology(topology, config, { untilCaughtUp, report });
      return;
    }
    const lastPort = config.port === 0 ? 0 : config.port + workers - 1;
    refuseAny(
      [
        ...(untilCaughtUp || report !== null ? ['--until-caught-up and --report need a single worker'] : []),
        ...(lastPort > PORT_MAX
          ? [`worker ${workers - 1} would serve on port ${lastPort}, above ${PORT_MAX}`]
          : []),
      ],
      'Change them, or run without --workers.',
    );
    const { runWorkers } = await import('../workers/workers.ts');
    await runWorkers(topology, config, workers);
  },
});
