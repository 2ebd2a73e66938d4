// Answer what Mermaid reads in a flowchart: nodes, subgraphs and edges.
import { readFileSync } from 'node:fs';
import { JSDOM } from 'jsdom';

const { window } = new JSDOM('');
Object.assign(globalThis, { window, document: window.document });
const { default: mermaid } = await import('mermaid');

const text = readFileSync(0, 'utf8');
await mermaid.parse(text);
const { db } = await mermaid.mermaidAPI.getDiagramFromText(text);
process.stdout.write(
  JSON.stringify({
    nodes: [...db.getVertices().values()].map(({ id, text, type }) => ({ id, text, type })),
    subgraphs: db.getSubGraphs().map(({ id, nodes }) => ({ id, nodes })),
    edges: db.getEdges().map(({ start, end, text, stroke }) => ({ start, end, text, stroke })),
  }),
);
