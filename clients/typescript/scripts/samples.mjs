// Every `ts` and `tsx` block of the documents becomes a module below .samples, which the tests' compilation checks.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";

const root = new URL("..", import.meta.url);
const documents = ["../../docs/frontend.md", "README.md"];
const folder = new URL(".samples/", root);
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);
for (const document of documents) {
  const text = readFileSync(new URL(document, root), "utf8");
  const blocks = [...text.matchAll(/^```(tsx?)\n(.*?)^```$/gms)];
  if (blocks.length === 0) throw new Error(`${document} has no sample`);
  for (const block of blocks) {
    const line = text.slice(0, block.index).split("\n").length + 1;
    const name = `${document.replace(/.*\//, "").replace(/\.md$/, "").toLowerCase()}-line-${line}.${block[1]}`;
    writeFileSync(new URL(name, folder), `${block[2]}export {};\n`);
  }
}
