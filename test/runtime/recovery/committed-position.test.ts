// The metadata of a group's offset is believed only as far as this engine has written it.
import t from 'tap';
import {
  committedPosition,
  parseMetadata,
  positionMetadata,
} from '../../../src/runtime/recovery/committed-position.ts';

const model = { version: 'v1', update: 7, refused: null };
const source = { topicId: null, predictionsFrom: 0 };
const unknown = { watermarkMs: Number.NEGATIVE_INFINITY, model: null, source };

t.test('what was written is read back', async (t) => {
  for (const watermarkMs of [1_704_067_200_000, 0, -1_000.5, Number.NEGATIVE_INFINITY]) {
    t.same(parseMetadata(positionMetadata(watermarkMs, model)), { watermarkMs, model, source });
  }
  t.same(committedPosition(null), { offset: 0, ...unknown });
  t.match(parseMetadata('1704067200000'), { watermarkMs: 1_704_067_200_000 }, 'that of 0.1.0');
});

t.test('what anyone else has written says nothing', async (t) => {
  const own = positionMetadata(1_704_067_200_000, model);
  const foreign = [
    '',
    'abc',
    '9e15',
    '-9e15',
    'NaN',
    'Infinity',
    '1e400',
    '[',
    '[]',
    '{}',
    'null',
    '[9e15,null,0]',
  ];
  for (const text of [...foreign, own.slice(0, -2), own.replace('170', '180'), own.replace('v1', 'v2')]) {
    t.same(parseMetadata(text), unknown, text);
  }
});
