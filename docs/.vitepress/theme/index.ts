// The default theme, with Mermaid diagrams drawn in the browser as a repository's page shows them.
import type { Theme } from 'vitepress';
import DefaultTheme from 'vitepress/theme';
import { mermaidDiagram } from './mermaid-diagram.ts';

const theme: Theme = {
  extends: DefaultTheme,
  enhanceApp({ app }) {
    app.component('Mermaid', mermaidDiagram);
  },
};

export default theme;
