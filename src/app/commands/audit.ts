// `millrace audit` and its verbs (control path).
import { configuredVerb, toggle, verbGroup, type Verb } from '../cli/verb.ts';
import { TOPOLOGY_FILE } from './topology-file.ts';

const list = configuredVerb({
  name: 'list',
  description: 'List all changes, oldest first: number, time, action, subject, actor, origin',
  arguments: { topology: TOPOLOGY_FILE },
  options: { json: toggle('--json', 'print JSON, one record a line, with what was before and after') },
  examples: ['millrace audit list topologies/flights.ts'],
  async action({ topology, json }, config) {
    const { listAudit } = await import('./audit/list-audit.ts');
    await listAudit(topology, config, json);
  },
});

const verify = configuredVerb({
  name: 'verify',
  description: 'Verify that no record was changed, removed, moved or inserted',
  arguments: { topology: TOPOLOGY_FILE },
  options: {},
  examples: ['millrace audit verify topologies/flights.ts'],
  async action({ topology }, config) {
    const { verifyAuditOf } = await import('./audit/verify-audit.ts');
    await verifyAuditOf(topology, config);
  },
});

export const audit: Verb = verbGroup({
  name: 'audit',
  description: 'List and verify the audit log: who changed what, when and from where',
  notes: `Every start, promotion, rollback, signing, probe, replay, erasure and change of an API key is a record of the topic TOPOLOGY.audit that has the hash of the record before it.
verify ends with exit code 1 and the place of the first record that does not follow.`,
  examples: ['millrace audit list topologies/flights.ts', 'millrace audit verify topologies/flights.ts'],
  verbs: [list, verify],
});
