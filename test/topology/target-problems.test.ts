// What is wrong with the targets of a definition.
import t, { type Test } from 'tap';
import { atLeast, binary, labels, score, type Stage } from '../../src/index.ts';
import { fraud, loss, ofFraud, ofLoss, topologyOf, vector, type Parts } from '../support/payment-targets.ts';

function refused(t: Test, parts: Parts, ...clauses: readonly RegExp[]): void {
  let message = '';
  try {
    topologyOf(parts);
  } catch (error) {
    t.match(error, { code: 'TOPOLOGY_INVALID' });
    message = (error as Error).message;
  }
  for (const clause of clauses) t.match(message, clause);
}

t.test('what is wrong with targets', (t) => {
  refused(
    t,
    { stages: [vector, fraud, loss, labels({ key: 'id', task: binary({ column: 'fraud' }) })] },
    /stage 'labels' does not say which target its labels are of: target: 'fraud' or 'loss'/,
  );
  refused(
    t,
    {
      stages: [
        vector,
        fraud,
        ofFraud,
        loss,
        { ...ofLoss, options: { ...ofLoss.options, target: 'los' } } as Stage,
      ],
    },
    /stage 'losses': there is no score stage 'los'; did you mean 'loss'\?/,
  );
  const same = labels('again', {
    target: 'loss',
    key: 'id',
    when: { type: 'fraud' },
    task: binary({ column: 'fraud' }),
  });
  refused(
    t,
    { stages: [vector, fraud, ofFraud, loss, same] },
    /stage 'again' reads the label of target 'fraud' \(fraud: number\)/,
  );
  const large = labels('large', {
    target: 'loss',
    key: 'id',
    when: { type: 'fraud' },
    task: binary({ column: 'fraud', positive: atLeast(2) }),
  });
  t.doesNotThrow(() => topologyOf({ stages: [vector, fraud, ofFraud, loss, large] }), 'a column in two ways');
  refused(
    t,
    { stages: [vector, fraud, ofFraud, loss, ofLoss, score('loss', { key: 'id' })] },
    /'loss' is used twice/,
  );
  refused(
    t,
    { stages: [fraud, vector, ofFraud, loss, ofLoss] },
    /target 'fraud': stage 'features' \(features\) comes after score/,
  );
  refused(
    t,
    { stages: [vector, fraud, ofFraud, loss, ofLoss, { ...ofLoss, id: 'more' }] },
    /target 'loss': there is more than one labels stage/,
  );
  refused(
    t,
    { stages: [vector, fraud, ofFraud, score('front', { key: 'id' }), score('by-card', { key: 'id' })] },
    /score stage 'front': the engine has other uses for payments\.front/,
    /score stage 'by-card'/,
  );
  refused(
    t,
    { learning: { retraining: true, targets: { los: {}, fraud: { retrain: true } } } },
    /targets\.los: there is no score stage 'los'; did you mean 'loss'\?/,
    /there is no option of targets\.fraud 'retrain'; did you mean 'retraining'\?/,
  );
  refused(
    t,
    { learning: { targets: { loss: { retraining: { firstRows: 0 } } } } },
    /target 'loss': retraining\.firstRows/,
  );
  refused(t, { learning: { targets: [] } }, /targets: \[\] is no object/);
  refused(
    t,
    { stages: [vector, fraud, ofFraud, loss] },
    /target 'loss': retraining needs a labels stage, or a score stage with a task without labels/,
  );
  t.end();
});
