// A project as a user writes it, from the public API alone: settings, metrics and routes beside a topology.
import {
  contract,
  count,
  counter,
  defineTopology,
  features,
  hours,
  MillraceError,
  reply,
  required,
  route,
  setting,
  sliding,
  source,
  type Stage,
  string,
  syncOperator,
  timestamp,
  type Topology,
  view,
  watermarks,
} from 'millrace';

const limit = setting('CARDS_LIMIT', {
  kind: 'integer',
  min: 1,
  default: 10,
  description: 'Payments per hour that a card may make.',
});

const bankUrl = setting('CARDS_BANK_URL', {
  kind: 'url',
  protocols: ['https'],
  required: true,
  description: 'Where the bank is asked.',
});

const pin = setting('CARDS_PIN', { kind: 'text', secret: true, description: 'Pin of the bank.' });

const asked = counter('cards_limits_asked_total', 'Limits that were asked for.', ['topology']);

const audited = counter('cards_payments_audited_total', 'Payments that were audited.', ['topology']);

const audit: Stage<never> = {
  id: 'audit',
  kind: 'audit',
  summary: 'counts payments',
  reads: [],
  memoryMs: 0,
  metrics: [audited],
  open: ({ telemetry, topology }) => ({
    operator: syncOperator({
      batch(batch) {
        audited.add(telemetry, batch.rows.length, { topology });
        return batch;
      },
    }),
  }),
};

const limits = route({
  method: 'GET',
  path: '/api/limits/:card',
  description: 'Whether a card has reached its limit.',
  responses: { 200: '`{"card", "payments", "limit", "bank"}`', 404: '`CARD_UNKNOWN`' },
  settings: [limit, bankUrl, pin],
  metrics: [asked],
  async handler({ params: { card } }, { topology, telemetry, features }) {
    asked.add(telemetry, 1, { topology });
    if (card === 'broken') throw new MillraceError('STORE_FAILED', 'the card cannot be read');
    const served = await features(`card=${card}`);
    if (served === null && card !== 'new')
      return reply.error(404, 'CARD_UNKNOWN', `no payment of ${card} was seen`, 'Check the card.');
    const bank = new URL(bankUrl.read()).host;
    return reply.json(200, { card, payments: served?.values['payments_1h'] ?? 0, limit: limit.read(), bank });
  },
});

const block = route({
  method: 'POST',
  path: '/api/limits/:card/block',
  description: 'Blocks a card.',
  handler: ({ params, body }) =>
    reply.json(202, { blocked: params.card, reason: JSON.parse(body) as unknown }),
});

const ready = route({
  method: 'GET',
  path: '/api/limits',
  description: 'Whether limits are available.',
  handler: async (_request, { readiness }) => reply.json(200, (await readiness()).checks['state']),
});

const payments = source('card-payments', {
  schema: { id: string, card: string, at: timestamp },
  eventTime: 'at',
  partitions: 1,
});

const topology: Topology = defineTopology(payments, {
  name: 'card-limits',
  stages: [
    contract('contract', [required('card')]),
    audit,
    watermarks('watermarks'),
    features('features', {
      views: { card: view(['card'], { payments_1h: count({ over: sliding(hours(1)) }) }) },
    }),
  ],
  routes: [limits, block, ready],
});

export default topology;
