// The documentation site: `npm run docs` serves it, `npm run docs:build` checks every link and writes it.
import { defineConfig, type UserConfig } from 'vitepress';

const repository = 'https://github.com/millrace/millrace';

const config: UserConfig = defineConfig({
  title: 'Millrace',
  description: 'Live features, live scores and models that stay right, from Kafka.',
  lang: 'en',
  cleanUrls: true,
  lastUpdated: false,
  markdown: {
    config: (markdown) => {
      const fence = markdown.renderer.rules.fence;
      markdown.renderer.rules.fence = (tokens, index, options, env, self) => {
        const token = tokens[index];
        if (token?.info.trim() === 'mermaid')
          return `<Mermaid code="${encodeURIComponent(token.content)}"></Mermaid>`;
        return fence?.(tokens, index, options, env, self) ?? '';
      };
    },
  },
  // Pages link to files of the repository, which are not pages.
  ignoreDeadLinks: [/^(\.\.?\/)+(src|test|bench|demo|docker|schemas|topologies|README|CHANGELOG|LICENSE)/],
  themeConfig: {
    search: { provider: 'local' },
    nav: [
      { text: 'Tutorial', link: '/tutorial' },
      { text: 'Guides', link: '/guide/kafka' },
      { text: 'Reference', link: '/reference/stages' },
      { text: 'Explanation', link: '/architecture' },
    ],
    sidebar: [
      { text: 'Start', items: [{ text: 'Tutorial', link: '/tutorial' }] },
      {
        text: 'Guides',
        items: [
          { text: 'Run on Kafka, Redis and ClickHouse', link: '/guide/kafka' },
          { text: 'Send events', link: '/guide/events' },
          { text: 'Declare columns', link: '/guide/columns' },
          { text: 'Tasks', link: '/guide/tasks' },
          { text: 'Labels', link: '/guide/labels' },
          { text: 'Profile columns', link: '/guide/profiles' },
          { text: 'Compute columns', link: '/guide/expressions' },
          { text: 'Aggregate features', link: '/guide/features' },
          { text: 'Features of several entities', link: '/guide/entities' },
          { text: 'Serve features', link: '/guide/serving-features' },
          { text: 'Check events by a contract', link: '/guide/contracts' },
          { text: 'Look up rows of tables', link: '/guide/tables' },
          { text: 'Choose an event format', link: '/guide/formats' },
          { text: 'Load files', link: '/guide/loading' },
          { text: 'Read the changes of a database', link: '/guide/databases' },
          { text: 'Backfill', link: '/guide/backfill' },
          { text: 'Run in containers', link: '/guide/containers' },
          { text: 'Test a topology', link: '/guide/testing' },
          { text: 'Retrain and roll back models', link: '/guide/models' },
          { text: 'Choose and write trainers', link: '/guide/trainers' },
          { text: 'Consume predictions', link: '/guide/predictions' },
          { text: 'Secure an engine', link: '/guide/security' },
          { text: 'Extend Millrace', link: '/extending' },
          { text: 'Operate Millrace', link: '/operations' },
          { text: 'Migrate from 0.1.0', link: '/migrating' },
        ],
      },
      {
        text: 'Examples',
        items: [
          { text: 'Card fraud', link: '/examples/cards' },
          { text: 'Click-through', link: '/examples/clicks' },
          { text: 'Predictive maintenance', link: '/examples/pumps' },
        ],
      },
      {
        text: 'Reference',
        items: [
          { text: 'Layout of state', link: '/reference/state-layout' },
          { text: 'Stages', link: '/reference/stages' },
          { text: 'Expressions', link: '/reference/expressions' },
          { text: 'Aggregates and windows', link: '/reference/aggregates' },
          { text: 'Topology options', link: '/reference/topology' },
          { text: 'Drift', link: '/reference/drift' },
          { text: 'Command line', link: '/reference/cli' },
          { text: 'Error codes', link: '/reference/errors' },
          { text: 'Settings', link: '/operations#settings' },
          { text: 'Metrics', link: '/metrics' },
          { text: 'Topics', link: '/reference/topics' },
          { text: 'Tables', link: '/tables' },
          { text: 'REST routes', link: '/reference/rest' },
        ],
      },
      {
        text: 'Explanation',
        items: [
          { text: 'Architecture', link: '/architecture' },
          { text: 'Decisions', link: '/decisions' },
          { text: 'Glossary', link: '/glossary' },
          { text: 'Untested', link: '/untested' },
        ],
      },
    ],
    socialLinks: [{ icon: 'github', link: repository }],
  },
});

export default config;
