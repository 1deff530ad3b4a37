// The byte dictionary against core's, which it stands in for.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { ByteDictionary, NOT_UTF8 } from '../../src/core/byte-dictionary.ts';
import { byteViewOf } from '../../src/core/byte-view.ts';
import { Dictionary, NULL_CODE } from '../../src/core/dictionary.ts';

function encode(dictionary: ByteDictionary, bytes: Uint8Array): number {
  const memory = byteViewOf(Uint8Array.from(bytes).buffer);
  return dictionary.encodeBytes(memory, 0, bytes.length);
}

t.test('gives the codes, strings and sizes of a Dictionary, by bytes and by strings', async (t) => {
  const strings = fc.array(fc.string({ unit: 'binary', maxLength: 12 }), { maxLength: 60 });
  fc.assert(
    fc.property(strings, fc.array(fc.boolean(), { minLength: 1 }), (texts, byBytes) => {
      const ours = new ByteDictionary(1);
      const theirs = new Dictionary();
      for (const [i, text] of texts.entries()) {
        const code = byBytes[i % byBytes.length] ? encode(ours, Buffer.from(text)) : ours.encode(text);
        assert.equal(code, theirs.encode(text));
        assert.equal(ours.decode(code), text);
        assert.equal(ours.find(text), code);
      }
      assert.equal(ours.size, theirs.size);
    }),
  );
  t.pass();
});

t.test('tens of thousands of strings, twice', async (t) => {
  const dictionary = new ByteDictionary();
  const texts = Array.from({ length: 30_000 }, (_, i) => `UA${i * 7}-EWR-2013`);
  for (let pass = 0; pass < 2; pass++) {
    const wrong = texts.filter((text, i) => encode(dictionary, Buffer.from(text)) !== i);
    t.strictSame(wrong, []);
  }
  t.equal(dictionary.size, texts.length);
  t.equal(dictionary.decode(29_999), texts[29_999]);
  t.equal(dictionary.decode(30_000), undefined);
  t.equal(dictionary.decode(NULL_CODE), undefined);
  t.equal(dictionary.find('never'), NULL_CODE);
});

t.test('bytes that are no UTF-8 get no code and leave nothing behind', async (t) => {
  const dictionary = new ByteDictionary();
  t.equal(encode(dictionary, Uint8Array.of(0xff, 0xfe)), NOT_UTF8);
  t.equal(dictionary.size, 0);
  t.equal(encode(dictionary, Buffer.from('é')), 0);
  t.equal(encode(dictionary, Uint8Array.of(0xff, 0xfe)), NOT_UTF8, 'the second time as well');
  t.equal(dictionary.decode(0), 'é');
});
