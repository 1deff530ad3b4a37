// `millrace erase` (control path).
import { configuredVerb, toggle, type Verb } from '../cli/verb.ts';
import { at, DATA } from './data-option.ts';
import { TOPOLOGY_FILE } from './topology-file.ts';

export const erase: Verb = configuredVerb({
  name: 'erase',
  description: 'Erase an entity: its state, served features, rows and data keys',
  arguments: {
    topology: TOPOLOGY_FILE,
    key: {
      description:
        "value of the source's entity column, as producers send it; - reads it from standard input",
    },
  },
  options: { data: DATA, json: toggle('--json', 'print the report as JSON') },
  notes: `The events that the topic has now are erased: what is read again of them later, after a restart or from a lost
store, leaves nothing of the entity. Events that come afterwards count as those of a new one.
With engines running, each partition is erased by its owner, and the command waits for all; without one, the command
does it. With an embedded log, state or history, stop the engine first: the data folder has one process at a time.
The report lists what was erased, and what was not and why. Interrupted, run it again.`,
  examples: [
    'millrace erase topologies/payments.ts 4111111111111111',
    'millrace erase topologies/payments.ts - --json < entity.txt',
  ],
  async action({ topology, key, data, json }, config) {
    const { eraseEntity } = await import('./erase/erase-entity.ts');
    await eraseEntity(topology, key, at(config, data), json);
  },
});
