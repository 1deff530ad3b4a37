// Pages with generated parts are up to date: the declarations in the code are the only place to edit.
import t from 'tap';
import { generatedPages } from '../../tools/docs/generate.ts';

const pages = await generatedPages();
t.ok(pages.length >= 3, 'there are generated pages');
for (const { page, found, expected } of pages)
  t.equal(found, expected, `${page} is up to date; if it is not, run node tools/docs/generate.ts`);
