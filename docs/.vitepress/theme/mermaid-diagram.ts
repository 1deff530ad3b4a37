// A Mermaid diagram as a component: its source as text until the library, which only works in a browser, has drawn it.
import { defineComponent, h, onMounted, ref } from 'vue';

let diagrams = 0;

export const mermaidDiagram = defineComponent({
  props: { code: { type: String, required: true } },
  setup(props) {
    const source = decodeURIComponent(props.code);
    const svg = ref('');
    onMounted(async () => {
      const { default: mermaid } = await import('mermaid');
      const dark = document.documentElement.classList.contains('dark');
      mermaid.initialize({ startOnLoad: false, theme: dark ? 'dark' : 'default' });
      diagrams += 1;
      svg.value = (await mermaid.render(`mermaid-${diagrams}`, source)).svg;
    });
    return () => (svg.value === '' ? h('pre', source) : h('div', { innerHTML: svg.value }));
  },
});
